"""The diff of one file, for a person to look at, and for `patch` to read: unified, three lines of context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from rigcli.core.ports import ToolError
from rigcli.tools.edit.text import Shape, read_text, split

CONTEXT = 3
MOST_COMPARED = 4000
"""Lines on a side between which difflib looks for common ones; beyond, a changed stretch is shown as replaced."""
Opcode: TypeAlias = tuple[str, int, int, int, int]


def file_diff(path: str, before: bytes | None, after: bytes | None) -> str:
    """Return the diff between two contents of a file (None: there is none), its last line ended."""
    old_name, new_name = (f"a/{path}" if before is not None else "/dev/null", f"b/{path}")
    head = f"--- {old_name}\n+++ {new_name if after is not None else '/dev/null'}\n"
    try:
        (old, was), (new, is_now) = _text(before), _text(after)
    except ToolError:
        sizes = ["none" if data is None else f"{len(data):,} bytes" for data in (before, after)]
        return f"{head}[binary: {sizes[0]} before, {sizes[1]} after]\n"
    if before is not None and after is not None and was != is_now:
        head += f"[{_named(was)} becomes {_named(is_now)}]\n"
    if was.eol == is_now.eol or before is None or after is None:
        old, new = ([line.replace("\r\n", "\n") for line in lines] for lines in (old, new))
    return head + "".join(hunks(old, new))


def counts(before: bytes | None, after: bytes | None) -> tuple[int, int]:
    """Return how many lines were added and removed."""
    try:
        old, new = _text(before)[0], _text(after)[0]
    except ToolError:
        return 0, 0
    changes = [code for code in _opcodes(old, new) if code[0] != "equal"]
    return sum(code[4] - code[3] for code in changes), sum(code[2] - code[1] for code in changes)


def hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the hunks between two lists of lines with their ends."""
    for group in _grouped(_opcodes(old, new)):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@\n"
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                yield from _marked(" ", old[start:end])
            else:
                yield from _marked("-", old[start:end])
                yield from _marked("+", new[new_start:new_end])


def _text(data: bytes | None) -> tuple[list[str], Shape]:
    if data is None:
        return [], Shape()
    text, shape = read_text(data)
    return split(text), shape


def _named(shape: Shape) -> str:
    ends = "CRLF" if shape.eol == "\r\n" else "LF"
    return f"{shape.encoding}{' with a byte order mark' if shape.mark else ''}, {ends}"


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """Return what is equal and what differs; common lines at both ends are cut off first, that is where time goes."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    codes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    if max(len(middle_old), len(middle_new)) > MOST_COMPARED:
        codes.append(("replace", head, len(old) - tail, head, len(new) - tail))
    else:
        found = SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes()
        codes += [(kind, a + head, b + head, c + head, d + head) for kind, a, b, c, d in found]
    if tail:
        codes.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return codes


def _grouped(codes: Sequence[Opcode]) -> Iterator[list[Opcode]]:
    """Yield the changes with their context; those that are near each other together."""
    group: list[Opcode] = []
    for position, (kind, a, b, c, d) in enumerate(codes):
        if kind != "equal":
            group.append((kind, a, b, c, d))
            continue
        last = position == len(codes) - 1
        if group and (last or b - a > 2 * CONTEXT):
            yield [*group, (kind, a, min(b, a + CONTEXT), c, min(d, c + CONTEXT))]
            group = []
        if not last and (not group):
            start = max(a, b - CONTEXT)
            group = [(kind, start, b, c + (start - a), d)]
        elif group:
            group.append((kind, a, b, c, d))
    if any(code[0] != "equal" for code in group):
        yield group


def _span(start: int, end: int) -> str:
    length = end - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _marked(mark: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
