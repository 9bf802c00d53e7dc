"""Apply hunks to a text: where their old lines stand exactly, and nowhere else. There is no fuzz."""

from __future__ import annotations

from collections.abc import Sequence

from rigcli.core.ports import ToolError
from rigcli.tools.edit.near import Told, nearest
from rigcli.tools.edit.patch import Hunk
from rigcli.tools.edit.text import Shape, split, unified_ends

_LINES_TOLD = 10


def apply(text: str, shape: Shape, hunks: Sequence[Hunk], *, told: Told) -> str:
    """Return the text with all hunks applied, in their order. Lines that are kept keep their ends.

    Raises ToolError for the first hunk whose old lines are not there, or are there more than once.
    """
    lines = split(text)
    bare = [line.rstrip("\n").removesuffix("\r") if line.endswith("\n") else line for line in lines]
    out: list[str] = []
    done = moved = 0
    for number, hunk in enumerate(hunks, 1):
        at = _place(bare, hunk, done, moved, f"hunk {number}", told)
        moved = at - (hunk.start - 1) if hunk.start and hunk.old else moved
        out += lines[done:at]
        done = at
        for mark, content in hunk.lines:
            if mark == "+":
                out.append(content + shape.eol)
                continue
            if mark == " ":
                out.append(lines[done])
            done += 1
    rest = lines[done:]
    return _ended(out, rest, text, hunks[-1].newline if hunks else None, shape)


def _ended(out: list[str], rest: list[str], text: str, newline: bool | None, shape: Shape) -> str:  # noqa: FBT001  a value, no switch
    """Put the text together and settle its last line end: as the patch says, else as it was."""
    whole = [*out, *rest]
    inner = [line if line.endswith("\n") else line + shape.eol for line in whole[:-1]]
    last = whole[-1] if whole else ""
    had = not text or text.endswith("\n")
    if rest:
        return "".join([*inner, last])
    bare = last.removesuffix("\n").removesuffix("\r") if last.endswith("\n") else last
    wants = had if newline is None else newline
    return "".join([*inner, bare + shape.eol if wants and whole else bare])


def _place(bare: Sequence[str], hunk: Hunk, done: int, moved: int, name: str, told: Told) -> int:
    """Return the line before which a hunk is applied, counted from 0."""
    old = hunk.old
    begin = _after(bare, hunk, done, name, told)
    if not old:
        return _insertion(bare, hunk, begin, moved, name)
    if hunk.last:
        at = len(bare) - len(old)
        if at >= begin and list(bare[at:]) == old:
            return at
    stated = (hunk.start or 0) - 1 + moved
    if hunk.start and not hunk.last and stated >= begin and list(bare[stated : stated + len(old)]) == old:
        return stated
    places = [] if hunk.last else [at for at in _starts(bare, old[0], begin) if list(bare[at : at + len(old)]) == old]
    if not places:
        where = " at the end of the file" if hunk.last else ""
        behind = f" after line {begin}" if begin else ""
        raise ToolError(f"{name}: its old lines do not stand{where}{behind}; {nearest(chr(10).join(bare), old, told)}")
    if len(places) > 1 and not hunk.after:
        lines = ", ".join(str(at + 1) for at in places[:_LINES_TOLD])
        raise ToolError(f"{name}: its old lines stand there {len(places)} times (lines {lines}): give more of them")
    return places[0]


def _after(bare: Sequence[str], hunk: Hunk, done: int, name: str, told: Told) -> int:
    """Return where to look from: behind the line that a `@@ …` names."""
    if not hunk.after:
        return done
    wanted = unified_ends(hunk.after).strip()
    places = [at for at in range(done, len(bare)) if bare[at].strip() == wanted]
    if not places:
        raise ToolError(f"{name}: no line is {wanted!r}; {nearest(chr(10).join(bare), [wanted], told)}")
    if len(places) > 1:
        fits = [at for at in places if list(bare[at + 1 : at + 1 + len(hunk.old)]) == hunk.old]
        if len(fits) != 1:
            lines = ", ".join(str(at + 1) for at in places[:_LINES_TOLD])
            raise ToolError(f"{name}: {len(places)} lines are {wanted!r} (lines {lines}): give more old lines instead")
        places = fits
    at = places[0]
    return at if hunk.old and hunk.old[0].strip() == wanted else at + 1


def _insertion(bare: Sequence[str], hunk: Hunk, begin: int, moved: int, name: str) -> int:
    """Return where lines go that replace none: behind the line that is numbered or named, else at the end."""
    if hunk.after:
        return begin
    if hunk.start is None:
        return len(bare)
    at = hunk.start + moved
    if not begin <= at <= len(bare):
        raise ToolError(f"{name}: there is no line {hunk.start} to insert behind: the file has {len(bare)} lines")
    return at


def _starts(bare: Sequence[str], first: str, begin: int) -> list[int]:
    return [at for at in range(begin, len(bare)) if bare[at] == first]
