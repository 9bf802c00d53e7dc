"""write_file: a whole file of the working folder, new or replaced."""

from __future__ import annotations

from typing import Annotated

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.edit.desk import Wish
from rigcli.tools.edit.near import Told
from rigcli.tools.edit.text import Shape, read_text, with_ends
from rigcli.tools.edit.tool import WritingTool


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""

    def write_file(
        path: Annotated[str, "path of the file, relative to the working folder; missing folders are made"],
        content: Annotated[str, "the whole text of the file"],
    ) -> list[Wish]:
        """Write a text file of the working folder: a new one, or all of one that is there.

        A file that is there keeps its rights, encoding and line ends. To change a part of a file use edit_file.
        """

        def put(before: bytes, _told: Told) -> bytes:
            return _shape(before).encode(with_ends(content, "\r\n")) if _is_crlf(before) else _plain(before, content)

        return [Wish("put", path, put)]

    return WritingTool(write_file, context, previewed=("content",))


def _plain(before: bytes, content: str) -> bytes:
    shape = _shape(before)
    return shape.encode(content.removeprefix("\ufeff") if shape.mark else content)


def _is_crlf(before: bytes) -> bool:
    return _shape(before).eol == "\r\n"


def _shape(before: bytes) -> Shape:
    """Return the shape of the old content; what was no text has none to keep."""
    if not before:
        return Shape()
    try:
        return read_text(before)[1]
    except ToolError:
        return Shape()
