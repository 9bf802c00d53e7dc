"""What comes nearest in a file to lines that are not there as they were given."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

Told: TypeAlias = Literal["content", "nothing"]
"""Whether a message may show what is in the file: not before anybody has allowed to read it."""

_SHOWN = 12  # lines
_LONGEST = 200  # characters of a line that are shown
_LOOKED_AT = 20_000  # lines of a file
_LIKE = 0.6


def nearest(plain: str, wanted: Sequence[str], told: Told) -> str:
    """Return a sentence about the block of lines that is most like the wanted ones."""
    if told == "nothing":
        return "read_file shows what is there"
    lines = plain.split("\n")[:_LOOKED_AT]
    start, how = _best(lines, wanted)
    if start is None:
        return "nothing there is like it; read_file shows what is there"
    block = lines[start : start + min(len(wanted), _SHOWN)]
    shown = "\n".join(f"{number:>6}\t{line[:_LONGEST]}" for number, line in enumerate(block, start + 1))
    return f"{how}:\n{shown}"


def _best(lines: Sequence[str], wanted: Sequence[str]) -> tuple[int | None, str]:
    """Return where the most alike block begins, None where there is none, and what to say of it."""
    bare = [_bare(line) for line in wanted]
    offsets = [number for number, line in enumerate(bare) if line]
    if not offsets:
        return None, ""
    theirs = [_bare(line) for line in lines]
    scores: dict[int, int] = {}
    places: dict[str, list[int]] = {}
    for number, line in enumerate(theirs):
        places.setdefault(line, []).append(number)
    for offset in offsets:
        for number in places.get(bare[offset], ())[:1000]:
            scores[number - offset] = scores.get(number - offset, 0) + 1
    if scores:
        start, score = max(scores.items(), key=lambda item: (item[1], -item[0]))
        if score == len(offsets):
            return max(start, 0), "only spaces, tabs or empty lines differ from"
        return max(start, 0), "the nearest is"
    return _like(theirs, bare[offsets[0]], offsets[0])


def _like(theirs: Sequence[str], first: str, offset: int) -> tuple[int | None, str]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(first[:_LONGEST])
    best, where = _LIKE, None
    for number, line in enumerate(theirs[:5000]):
        matcher.set_seq1(line[:_LONGEST])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, where = ratio, number
    return (None, "") if where is None else (max(where - offset, 0), "the nearest is")


def _bare(line: str) -> str:
    return " ".join(line.split())
