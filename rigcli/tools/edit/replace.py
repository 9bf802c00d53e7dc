"""Exact replace: a text that stands in a file once, or everywhere, becomes another; all other bytes stay."""

from __future__ import annotations

import re
from bisect import bisect_left

from rigcli.core.ports import ToolError
from rigcli.tools.edit.near import Told, nearest
from rigcli.tools.edit.text import Shape, unified_ends, with_ends

_NUMBERED = re.compile(r"(?m)\A *\d+\t")
_LINES_TOLD = 10


def replace(text: str, shape: Shape, old: str, new: str, *, everywhere: bool, told: Told) -> str:
    """Return the text with `old` replaced by `new`. Line ends are not told apart; new ones are the file's own.

    Raises ToolError where `old` is not there, with what comes nearest to it, or stands there more than once.
    """
    wanted, put = unified_ends(old), unified_ends(new)
    if not wanted:
        raise ToolError("old_string is empty: write_file makes a file, and a replace needs text to replace")
    if wanted == put:
        raise ToolError("old_string and new_string are the same: nothing would change")
    plain = unified_ends(text)
    places = _places(plain, wanted)
    if not places:
        raise ToolError(_not_found(plain, wanted, told))
    if len(places) > 1 and not everywhere:
        lines = [str(plain.count("\n", 0, at) + 1) for at in places[:_LINES_TOLD]]
        more = ", …" if len(places) > _LINES_TOLD else ""
        raise ToolError(
            f"old_string stands there {len(places)} times (lines {', '.join(lines)}{more}): add lines around it until "
            "it is the only one, or set replace_all"
        )
    return _put(text, plain, places, len(wanted), with_ends(put, shape.eol))


def _places(text: str, wanted: str) -> list[int]:
    found: list[int] = []
    at = text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + len(wanted))
    return found


def _put(text: str, plain: str, places: list[int], length: int, put: str) -> str:
    """Replace in the text as it is on disk what was found in the one with plain line ends."""
    if len(text) == len(plain):
        folded: list[int] = []
    else:  # where in the plain text a newline stands for two characters
        folded = [found.start() - number for number, found in enumerate(re.finditer("\r\n", text))]
    out: list[str] = []
    last = 0
    for place in places:
        start, end = place + bisect_left(folded, place), place + length + bisect_left(folded, place + length)
        out += [text[last:start], put]
        last = end
    return "".join([*out, text[last:]])


def _not_found(plain: str, wanted: str, told: Told) -> str:
    if _NUMBERED.match(wanted):
        return "old_string is not in the file: it begins with a line number, which is no part of the file"
    return f"old_string is not in the file; {nearest(plain, wanted.split(chr(10)), told)}"
