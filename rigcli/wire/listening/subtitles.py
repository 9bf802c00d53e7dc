"""Segments -> subtitles: SubRip (SRT) and WebVTT (w3.org/TR/webvtt1). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rigcli.core.errors import ProviderError
from rigcli.wire.shapes import Json

Subtitles = Literal["srt", "vtt"]


def subtitles(segments: Sequence[Json], kind: Subtitles) -> str:
    """Return the file. Raises ProviderError where there are no times."""
    timed = [row for row in segments if isinstance(row.get("start"), int | float) and _end(row) is not None]
    if not timed:
        raise ProviderError(
            "the answer has no times, so there are no subtitles", hint="ask a model that gives them, such as a whisper"
        )
    cues = [_cue(number, row, kind) for number, row in enumerate(timed, 1)]
    return ("WEBVTT\n\n" if kind == "vtt" else "") + "\n".join(cues)


def _cue(number: int, row: Json, kind: Subtitles) -> str:
    start = float(row["start"])
    end = max(_end(row) or start, start)
    text = " ".join(str(row["text"]).split()).replace("-->", "→")  # an arrow would begin another cue
    speaker = row.get("speaker")
    if kind == "vtt":
        text = text.replace("&", "&amp;").replace("<", "&lt;")
        text = f"<v {_plain(speaker)}>{text}" if speaker is not None else text
        return f"{_time(start, '.')} --> {_time(end, '.')}\n{text}\n"
    text = f"{_plain(speaker)}: {text}" if speaker is not None else text
    return f"{number}\n{_time(start, ',')} --> {_time(end, ',')}\n{text}\n"


def _end(row: Json) -> float | None:
    end = row.get("end")
    return float(end) if isinstance(end, int | float) and not isinstance(end, bool) else None


def _plain(speaker: object) -> str:
    return " ".join(str(speaker).replace("<", "").replace(">", "").replace("&", "and").split())


def _time(seconds: float, mark: str) -> str:
    """Return HH:MM:SS,mmm."""
    whole, part = divmod(round(max(seconds, 0) * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}{mark}{part:03}"
