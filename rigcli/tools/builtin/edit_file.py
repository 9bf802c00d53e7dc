"""edit_file: change parts of files of the working folder, by exact replace or by a patch."""

from __future__ import annotations

from typing import Annotated

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.edit import hunks
from rigcli.tools.edit.desk import Make, Wish
from rigcli.tools.edit.near import Told
from rigcli.tools.edit.patch import FilePatch, Hunk, parse
from rigcli.tools.edit.replace import replace
from rigcli.tools.edit.text import Shape, read_text
from rigcli.tools.edit.tool import WritingTool

_FORMS = "give path, old_string and new_string, or patch alone"


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""

    def edit_file(
        path: Annotated[str | None, "path of the file, relative to the working folder"] = None,
        old_string: Annotated[str | None, "text to replace, exactly as it is in the file, spaces included"] = None,
        new_string: Annotated[str | None, "text to put in its place"] = None,
        replace_all: Annotated[bool, "replace it wherever it stands, not only where it stands once"] = False,  # noqa: FBT002  a model names it
        patch: Annotated[
            str | None, "instead of the others: a unified diff, or *** Begin Patch text; may name several files"
        ] = None,
    ) -> list[Wish]:
        """Change files of the working folder: replace one exact text, or apply a patch to one or more files.

        old_string must stand in the file exactly once, unless replace_all is set. A patch can also make, delete and
        move files; the lines that it keeps or removes must be in the file exactly, and all of it is applied or none.
        """
        if patch is not None:
            if path is not None or old_string is not None or new_string is not None:
                raise ToolError(f"patch names its files itself: {_FORMS}")
            return _patched(patch)
        if path is None or old_string is None or new_string is None:
            raise ToolError(f"not enough to go by: {_FORMS}")
        return [Wish("change", path, _replacing(old_string, new_string, everywhere=replace_all))]

    return WritingTool(edit_file, context, previewed=("old_string", "new_string", "patch"))


def _replacing(old: str, new: str, *, everywhere: bool) -> Make:
    def change(before: bytes, told: Told) -> bytes:
        text, shape = read_text(before)
        return shape.encode(replace(text, shape, old, new, everywhere=everywhere, told=told))

    return change


def _patched(text: str) -> list[Wish]:
    wishes: list[Wish] = []
    for each in parse(text):
        match each.kind:
            case "add":
                wishes.append(Wish("add", each.path, _added(each)))
            case "delete":
                wishes.append(Wish("delete", each.path, _deleted(each.hunks)) if each.hunks else _gone(each.path))
            case "update" if each.to is None:
                wishes.append(Wish("change", each.path, _changed(each.hunks)))
            case "update":
                wishes.append(Wish("move", each.to or "", _changed(each.hunks), source=each.path))
                wishes.append(_gone(each.path))
    return wishes


def _gone(path: str) -> Wish:
    return Wish("delete", path)


def _added(each: FilePatch) -> Make:
    return lambda _before, told: Shape().encode(hunks.apply("", Shape(), each.hunks, told=told))


def _changed(wanted: list[Hunk]) -> Make:
    def change(before: bytes, told: Told) -> bytes:
        if not wanted:
            return before
        text, shape = read_text(before)
        return shape.encode(hunks.apply(text, shape, wanted, told=told))

    return change


def _deleted(wanted: list[Hunk]) -> Make:
    """Return what makes sure that a diff removes all that is in the file."""

    def change(before: bytes, told: Told) -> bytes:
        if rest := _changed(wanted)(before, told):
            raise ToolError(f"the patch deletes the file, and {len(rest):,} bytes of it are not in the patch")
        return b""

    return change
