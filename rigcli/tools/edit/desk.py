"""Where files are changed: a call is planned, shown, held against what was shown, kept, and written as one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from rigcli.core.errors import RigError
from rigcli.core.ports import FileChange, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.edit.diff import counts, file_diff
from rigcli.tools.edit.near import Told
from rigcli.tools.folder import shown
from rigcli.tools.folder_write import Content, writer
from rigcli.tools.secret_names import is_secret

Make: TypeAlias = Callable[[bytes, Told], bytes]
"""The old content to the new one. Raises ToolError in words that quote the file only where that is told."""
_REMEMBERED = 64  # previews
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call wants of one file. `make` gets the content of `source`, of the file itself without one.

    `kind`: put makes or replaces, add makes, change needs a file that is there, delete removes it, move takes the
    content of `source` to a new name (the source has a delete of its own, which may look at the content too).
    """

    kind: Literal["put", "add", "change", "delete", "move"]
    path: str
    make: Make | None = None
    source: str | None = None


class Desk:
    """The changes of one working folder, one call at a time."""

    def __init__(self, context: ToolContext) -> None:
        self._context = context
        self._writer = writer(context.root)
        self._previewed: dict[str, bytes] = {}

    def preview(self, key: str, wishes: Sequence[Wish]) -> str:
        """Return the diff of a call and remember what it was made from. Raises ToolError where the call cannot work."""
        changes = self._plan(wishes, approved=False)
        while len(self._previewed) >= _REMEMBERED:
            del self._previewed[next(iter(self._previewed))]
        self._previewed[key] = _digest(changes)
        names = ", ".join(shown(each.path) for each in changes)
        head = f"[{len(changes)} files: {names}]\n" if len(changes) > 1 else ""
        return head + "".join(file_diff(shown(each.path), each.before, each.after) for each in changes)

    def run(self, key: str, wishes: Sequence[Wish]) -> str:
        """Write what a call wants and return what was done. Raises ToolError; then nothing is changed."""
        previewed = self._previewed.pop(key, None)
        changes = self._plan(wishes, approved=True)
        if previewed is not None and previewed != _digest(changes):
            names = ", ".join(shown(each.path) for each in changes)
            raise ToolError(
                f"{names}: changed by somebody else since this change was shown and approved; nothing was written: "
                "read it again, then repeat the call"
            )
        self._keep(changes)
        self._write(changes)
        return "\n".join(map(_told, changes))

    def _plan(self, wishes: Sequence[Wish], *, approved: bool) -> list[FileChange]:
        if len(wishes) > _MOST_FILES:
            raise ToolError(f"{len(wishes)} files in one call are more than {_MOST_FILES}: send several patches")
        found = {wish.path: self._look(wish.path) for wish in wishes}
        places = [os.path.normcase(found[wish.path].path) for wish in wishes]
        if len(set(places)) < len(places):
            twice = next(wish.path for wish in wishes if places.count(os.path.normcase(found[wish.path].path)) > 1)
            raise ToolError(f"{shown(twice)} is named twice in one call: put its changes together")
        changes = [self._change(wish, found, approved=approved) for wish in wishes]
        if all(each.before == each.after for each in changes):
            raise ToolError("nothing would change: the file already is like that")
        return changes

    def _look(self, path: str) -> Content:
        content = self._writer.look(path)
        if self._context.read.stale(content.path, content.data):
            raise ToolError(
                f"{shown(path)} {'is gone' if content.data is None else 'was changed'} since you read it; "
                "nothing was written: read it again"
            )
        return content

    def _change(self, wish: Wish, found: dict[str, Content], *, approved: bool) -> FileChange:
        there = found[wish.path]
        if wish.kind in ("change", "delete") and there.data is None:
            raise ToolError(f"no such file: {shown(wish.path)}")
        if wish.kind in ("add", "move") and there.data is not None:
            raise ToolError(f"{shown(wish.path)} is there already")
        if wish.make is None:
            return FileChange(there.path, there.data, None, there.mode)
        source = found[wish.source] if wish.source is not None else there
        if wish.kind == "move" and source.data is None:
            raise ToolError(f"no such file: {shown(wish.source or '')}")
        try:
            after = wish.make(source.data or b"", self._may_tell(source, approved=approved))
        except ToolError as error:
            raise ToolError(f"{shown(wish.path)}: {error}") from None
        mode = source.mode if wish.kind == "move" else there.mode
        return FileChange(there.path, there.data, None if wish.kind == "delete" else after, mode)

    def _may_tell(self, source: Content, *, approved: bool) -> Told:
        """Tell whether an error may quote a file: where the model knows it, or may read it anyway."""
        if self._context.read.known(source.path):
            return "content"
        if is_secret(source.path):
            return "nothing"
        return "content" if approved or self._context.may_read(source.path) else "nothing"

    def _keep(self, changes: Sequence[FileChange]) -> None:
        if self._context.checkpoints is None:
            return
        try:
            self._context.checkpoints.keep(changes)
        except RigError as error:
            raise ToolError(f"no checkpoint could be kept, so nothing was written: {error.message}") from None

    def _write(self, changes: Sequence[FileChange]) -> None:
        """Write every file; where one fails, those before it get their old content back."""
        done: list[FileChange] = []
        made: list[str] = []
        try:
            for each in changes:
                is_new = each.before is None and each.after is not None
                mode = each.mode if is_new else None
                made += self._writer.write(each.path, each.after, each.before, mode)
                done.append(each)
        except BaseException:
            for each in reversed(done):
                with suppress(ToolError, OSError):
                    self._writer.write(each.path, each.before, each.after, each.mode)
            for folder in reversed(made):
                self._writer.drop_folder(folder)
            raise
        for each in changes:
            self._context.read.note(each.path, each.after)
        if made and self._context.checkpoints is not None:
            with suppress(RigError):  # an empty folder too many after an undo is all that comes of it
                self._context.checkpoints.made(made)


def _digest(changes: Sequence[FileChange]) -> bytes:
    digest = sha256()
    for each in changes:
        for data in (os.fsencode(each.path), each.before, each.after):
            digest.update(b"-" if data is None else b"+" + sha256(data).digest())
    return digest.digest()


def _told(change: FileChange) -> str:
    path = shown(change.path)
    added, removed = counts(change.before, change.after)
    if change.after is None:
        return f"deleted {path} ({removed} lines)"
    if change.before is None:
        return f"made {path} ({added} lines)"
    return f"changed {path} (+{added} -{removed} lines)"
