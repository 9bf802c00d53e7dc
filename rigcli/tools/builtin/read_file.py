"""read_file: text of a file in the working folder, with line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import IO, Annotated, NamedTuple

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.folder import shown, working_folder
from rigcli.tools.folder_write import LARGEST
from rigcli.tools.text_file import WHOLE, lines
from rigcli.tools.traits import READS_FILES

MOST_LINES = 2000
MOST_CHARS = 60_000  # about 15,000 tokens
LONGEST = 2000
"""Characters of one line that are shown."""


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""
    folder = working_folder(context.root)

    @tool(read_only=True, traits=READS_FILES)
    def read_file(
        path: Annotated[str, "path of the file, relative to the working folder"],
        start: Annotated[int, "first line to read, counted from 1"] = 1,
        end: Annotated[int | None, "last line to read; without it, the end of the file"] = None,
    ) -> str:
        """Read a text file of the working folder. Each line comes with its number; long files are shown in part."""
        if start < 1 or (end is not None and end < start):
            raise ToolError(f"lines {start} to {end}: the first is 1, and the last is not before the first")
        with folder.open_file(path) as opened:
            file: IO[bytes] = opened.file
            if opened.size <= LARGEST:  # it could be edited: what is shown is what is noted
                data = file.read(LARGEST)
                context.read.note(opened.path, data)
                file = BytesIO(data)
            try:
                return _report(_select(lines(file, opened.size), opened.size, start, end), start)
            except ToolError as error:
                raise ToolError(f"{shown(path)}: {error}") from None

    return read_file


class _Part(NamedTuple):
    """Lines of a file from `start` on; `total` is None where the rest was not read."""

    lines: list[str]
    total: int | None


def _select(all_lines: Iterator[str], size: int, start: int, end: int | None) -> _Part:
    last = end if end is not None else (start + MOST_LINES - 1 if size > WHOLE else None)
    before = sum(1 for _ in islice(all_lines, start - 1))
    wanted = list(islice(all_lines, None if last is None else last - start + 1))
    if not wanted and start > 1:
        raise ToolError(f"there is no line {start}: the file has {before}")
    if size > WHOLE:
        return _Part(wanted, None)
    return _Part(wanted, before + len(wanted) + sum(1 for _ in all_lines))


def _report(part: _Part, start: int) -> str:
    if not part.lines:
        return "[the file is empty]"
    head, tail = _fitting(part.lines)
    last = start + len(part.lines) - 1
    out = _numbered(part.lines[:head], start)
    if head + tail < len(part.lines):
        hidden = f"{start + head}-{last - tail}"
        out += [f"[… lines {hidden} left out; read them with start and end …]"]
        out += _numbered(part.lines[len(part.lines) - tail :], last - tail + 1)
    if part.total is None:
        out.append(f"[lines {start}-{last} of a very large file]")
    elif (start, last) != (1, part.total):
        out.append(f"[lines {start}-{last} of {part.total}]")
    return "\n".join(out)


def _fitting(part: list[str]) -> tuple[int, int]:
    """Return how many lines of head and tail fit: three quarters of the room are the head's."""
    costs = [min(len(line), LONGEST) + 8 for line in part]
    if len(part) <= MOST_LINES and sum(costs) <= MOST_CHARS:
        return len(part), 0
    head = _count(costs, MOST_LINES * 3 // 4, MOST_CHARS * 3 // 4)
    return head, min(_count(costs[::-1], MOST_LINES // 4, MOST_CHARS // 4), len(part) - head)


def _count(costs: list[int], most: int, room: int) -> int:
    for number, cost in enumerate(costs[:most]):
        room -= cost
        if room < 0:
            return number
    return min(most, len(costs))


def _numbered(part: list[str], first: int) -> list[str]:
    return [f"{number:>6}\t{_cut(line)}" for number, line in enumerate(part, first)]


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} [… {len(line) - LONGEST:,} more characters]"
