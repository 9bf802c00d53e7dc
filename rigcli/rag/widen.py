"""Passages joined with their neighbours: small pieces are found best, larger ones are read best. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rigcli.rag.stores.records import Stored


def widen(
    ranked: list[int], stored: Mapping[int, Stored], scores: Mapping[int, float], size: int, top: int
) -> list[tuple[int, Stored]]:
    """Return up to `top` (key of the best passage, joined passages), each at most `size` characters where it is joined.

    A passage takes in the better of its neighbours as long as it fits; what was taken in is not shown again.
    """
    used: set[int] = set()
    found: list[tuple[int, Stored]] = []
    for key in ranked:
        if len(found) == top:
            break
        if key in used or key not in stored:
            continue
        first = last = key
        used.add(key)
        while True:
            beside = [
                (scores.get(near, 0.0), near)
                for near in (first - 1, last + 1)
                if near not in used and _joins(stored, near, first, last) and _length(stored, near, first, last) <= size
            ]
            if not beside:
                break
            _, near = max(beside)
            first, last = min(first, near), max(last, near)
            used.add(near)
        found.append((key, _join(stored, key, first, last)))
    return found


def _joins(stored: Mapping[int, Stored], near: int, first: int, last: int) -> bool:
    """Return whether a passage stands right before or behind the others in the same file."""
    if near not in stored or stored[near].path != stored[first].path:
        return False
    return stored[near].start > stored[last].start if near > last else stored[near].start < stored[first].start


def _length(stored: Mapping[int, Stored], near: int, first: int, last: int) -> int:
    return stored[max(last, near)].end - stored[min(first, near)].start


def _join(stored: Mapping[int, Stored], key: int, first: int, last: int) -> Stored:
    """Return the passages `first` to `last` as one, under the headings of the best."""
    text = "".join(stored[each].text + stored[each].tail for each in range(first, last)) + stored[last].text
    lines = (stored[first].lines[0], max(stored[first].lines[0], stored[last].lines[1]))
    return replace(stored[key], start=stored[first].start, end=stored[last].end, lines=lines, text=text)
