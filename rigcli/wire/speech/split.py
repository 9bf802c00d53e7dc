"""A long text -> pieces that one request takes each, cut where a speaker would pause. Pure."""

from __future__ import annotations

import re
import unicodedata

_PAUSES = (
    re.compile(r"\n\s*\n"),  # a paragraph
    re.compile(r"[.!?…]+[\"'”’»)\]]*\s|[。！？｡]+[」』”）]*|\n"),  # noqa: RUF001  sentences, Chinese and Japanese ones too
    re.compile(r"[,;:–—]\s|[，、；：]"),  # noqa: RUF001  clauses
    re.compile(r"\s"),
)
_LEAST = (0.5, 0.25, 0.25, 0.0)
"""How full a piece must be for a pause of that kind to be worth a cut: short pieces sound chopped."""


def split(text: str, limit: int) -> list[str]:
    """Return the text in pieces of at most `limit` characters, none of them blank; only white space is lost."""
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        place = _cut(rest, limit)
        pieces.append(rest[:place].rstrip())
        rest = rest[place:].lstrip()
    return [*pieces, rest] if rest else pieces


def _cut(text: str, limit: int) -> int:
    """Return where the text is cut, between 1 and the limit."""
    window = text[: limit + 1]  # the pause behind a sentence may stand just beyond the limit
    for pause, least in zip(_PAUSES, _LEAST, strict=True):
        ends = [end for found in pause.finditer(window) if (end := min(found.end(), limit)) and _fits(found, limit)]
        if ends and ends[-1] >= limit * least:
            return ends[-1]
    place = limit
    while place > 1 and unicodedata.combining(text[place]):  # an accent stays with its letter
        place -= 1
    return place


def _fits(found: re.Match[str], limit: int) -> bool:
    """Tell whether all of the pause but white space lies within the limit."""
    return found.start() > 0 and found.start() + len(found[0].rstrip()) <= limit
