"""A diff in colour: lines added, removed, and where they are."""

from __future__ import annotations

from typing import Final

from rigcli.core.text_filter import clean
from rigcli.ui import colour

_CODES: Final = {"+": colour.GREEN, "-": colour.RED, "@": colour.CYAN, "\\": colour.DIM, "[": colour.YELLOW}


def code_of(line: str, before: str = "") -> str:
    """Return how a line of a diff is painted, "" for not at all; `before` is the line above it."""
    if line.startswith("--- ") or (line.startswith("+++ ") and before.startswith("--- ")):
        return colour.BOLD
    return _CODES.get(line[:1], "")


def painted(diff: str, *, color: bool) -> str:
    """Return a diff for a terminal: nothing in it acts, and its lines are in colour where that is allowed."""
    rows: list[str] = []
    before = ""
    for line in clean(diff).split("\n"):
        rows.append(colour.paint(line, code_of(line, before), on=color and bool(code_of(line, before))))
        before = line
    return "\n".join(rows)
