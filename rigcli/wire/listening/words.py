"""Words with times -> sentences with times: a new one where somebody else speaks, a sentence ends, or nobody speaks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rigcli.wire.shapes import Json

SILENCE = 1.5
"""Seconds between two words that end a segment."""
LONGEST = 12.0
"""Seconds that a segment lasts at most, so that it fits below a film."""
_ENDS = (".", "!", "?", "…", "。", "！", "？")  # noqa: RUF001  Chinese and Japanese ends too


def word(text: str, start: float | None, end: float | None, speaker: Any = None) -> Json:
    """Return one word as all formats of ours have it."""
    row: Json = {"text": text, "start": start, "end": end}
    return row if speaker is None else {**row, "speaker": str(speaker)}


def segments_of(words: Iterable[Json], *, between: str = " ") -> tuple[Json, ...]:
    """Return the segments of words in order of time; words without times go to the segment that is open."""
    groups: list[list[Json]] = []
    for one in words:
        if not groups or _parted(groups[-1], one):
            groups.append([])
        groups[-1].append(one)
    return tuple(_joined(group, between) for group in groups if any(one["text"].strip() for one in group))


def _parted(group: list[Json], one: Json) -> bool:
    last = group[-1]
    if not one["text"].strip():
        return False
    if last.get("speaker") != one.get("speaker"):
        return True
    said = next((item["text"].rstrip() for item in reversed(group) if item["text"].strip()), "")
    begun, ended, now = group[0]["start"], last["end"], one["start"]
    if said.endswith(_ENDS):
        return True
    if now is None or ended is None or begun is None:
        return False
    return now - ended > SILENCE or now - begun > LONGEST


def _joined(group: list[Json], between: str) -> Json:
    spoken = [one for one in group if one["text"].strip()]
    row: Json = {"start": spoken[0]["start"], "end": spoken[-1]["end"]}
    row["text"] = between.join(one["text"] for one in group).strip()
    if (speaker := spoken[0].get("speaker")) is not None:
        row["speaker"] = speaker
    return {key: value for key, value in row.items() if value is not None}
