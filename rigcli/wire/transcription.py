"""Speech -> text: OpenAI's `/audio/transcriptions` and those who follow it, whole or streamed.

Formats: platform.openai.com/docs/api-reference/audio/createTranscription and docs.mistral.ai/api (transcriptions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rigcli.core.errors import IncompleteError, RigError
from rigcli.core.ports import Frame, Framing
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.jsontext import dump, mend, read_json
from rigcli.wire.multipart import multipart
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_dict, as_list, as_text

PATH = "/audio/transcriptions"
DONE = "[DONE]"
_KEPT = ("start", "end", "text", "speaker")


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `segments` have start and end in seconds, text, and the speaker where the server knows."""

    text: str
    segments: tuple[Json, ...] = ()
    language: str | None = None
    duration: float | None = None
    usage: Usage = field(default_factory=Usage)
    words: tuple[Json, ...] = ()
    """Words with start and end, where the server gives them."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A recording: its bytes, what it is, and a file name, by whose ending some servers tell the kind."""

    data: bytes
    media_type: str
    name: str


class OpenAITranscription:
    """The wire `openai-transcription`."""

    name: str = "openai-transcription"
    framing: Framing = "sse"

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        """Return the upload. `segments` asks for times; `extra` becomes fields as they are (language, prompt, …)."""
        fields, notices = {"model": model, **self._times(wanted=segments)}, ()
        if segments and not self._quirks.get("times_field", "response_format"):
            notices = ("the times were left out: the server gives none",)
        if stream and self._quirks.get("stream") and not segments:
            fields["stream"] = "true"
        fields.update(extra or {})
        kind, content = multipart(form_fields(fields), "file", speech.name, speech.media_type, speech.data)
        path = str(self._quirks.get("path") or PATH).replace("{model}", model)
        return Prepared(path, {}, {"content-type": kind}, notices=notices, content=content)

    def _times(self, *, wanted: bool) -> Json:
        """Return the field that asks for the times of segments, or for none."""
        field = str(self._quirks.get("times_field", "response_format"))
        if field == "response_format":
            return {field: "verbose_json" if wanted else "json"}
        return {field: "segment"} if field and wanted else {}

    def read(self, body: Any) -> Transcript:
        """Return what one document says. Raises what an error document says, ProviderError for another shape."""
        document = as_dict(body)
        if document.get("error"):
            raise failures.from_event(document)
        if not isinstance(document.get("text"), str):
            raise failures.unreadable("no `text` in it")
        return _transcript(document)

    def reader(self) -> TranscriptReader:
        """Return a reader for a streamed answer."""
        return TranscriptReader()

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


class TranscriptReader:
    """One streamed answer: text as it is written, and at the end all of it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._segments: list[Json] = []
        self._done: Json | None = None

    def read(self, frame: Frame) -> str:
        """Return the text that this event adds. Raises what an error in it says, ProviderError for broken JSON."""
        if frame.data[:6] == DONE:
            return ""
        event = as_dict(read_json(frame.data, frame.offset))
        kind = as_text(event.get("type")) or frame.event or ""
        if kind == "error" or event.get("error"):
            raise failures.from_event(event)
        if kind.endswith("text.delta"):
            piece = mend(as_text(event.get("delta")) or as_text(event.get("text")))
            self._pieces.append(piece)
            return piece
        if kind.endswith("segment"):
            self._segments.append(event)
        elif kind.endswith("done"):
            self._done = event
        return ""

    def end(self) -> Transcript:
        """Return the whole. Raises IncompleteError where the last event never came."""
        if self._done is None:
            raise IncompleteError("response ended early")
        whole = _transcript({"segments": self._segments, **self._done})
        text = whole.text or "".join(self._pieces) or "".join(str(one["text"]) for one in whole.segments)
        return replace(whole, text=text)


def form_fields(fields: Json, behind: str = "[]") -> list[tuple[str, str]]:
    """Return form fields: a list is its field again and again, with `behind` after the name, as the server wants it."""
    out: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            out += [(f"{name}{behind}", _word(item)) for item in as_list(list(value))]  # pyright: ignore[reportUnknownArgumentType]  JSON from the user
        else:
            out.append((name, _word(value)))
    return out


def _word(value: Any) -> str:
    return value if isinstance(value, str) else dump(value)


def _transcript(document: Json) -> Transcript:
    usage = as_dict(document.get("usage"))
    duration = document.get("duration") or usage.get("seconds") or usage.get("prompt_audio_seconds")
    return Transcript(
        mend(as_text(document.get("text"))),
        tuple(_segments(as_list(document.get("segments")))),
        as_text(document.get("language")) or None,
        float(duration) if isinstance(duration, int | float) and not isinstance(duration, bool) else None,
        usage_of(usage) or Usage(),
        tuple(_words(as_list(document.get("words")))),
    )


def _words(items: Sequence[Any]) -> list[Json]:
    rows = [as_dict(item) for item in items]
    return [
        {"text": text, **{key: row[key] for key in ("start", "end", "speaker") if row.get(key) is not None}}
        for row in rows
        if (text := as_text(row.get("word")) or as_text(row.get("text")))
    ]


def _segments(items: Sequence[Any]) -> list[Json]:
    rows = [_spoken(as_dict(item)) for item in items]
    return [{key: row[key] for key in _KEPT if row.get(key) is not None} for row in rows if as_text(row.get("text"))]


def _spoken(row: Json) -> Json:
    """Some call the speaker `speaker_id`."""
    return {**row, "speaker": row["speaker_id"]} if row.get("speaker_id") is not None else row
