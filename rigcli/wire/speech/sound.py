"""One answer with sound in it -> the sound: bytes as they are, base64 in a document, base64 in events. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from rigcli.core.errors import IncompleteError, ProviderError
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_dict, as_text, first
from rigcli.wire.sse import SSEDecoder

Format: TypeAlias = Literal["mp3", "wav", "opus", "flac", "pcm", "aac"]
FORMATS: tuple[Format, ...] = ("mp3", "wav", "opus", "flac", "pcm", "aac")
_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"RIFF", "wav"),
    (b"ID3", "mp3"),
    (b"OggS", "opus"),
    (b"fLaC", "flac"),
)
_TYPES: dict[str, Format] = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/ogg": "opus",
    "audio/opus": "opus",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/aac": "aac",
    "audio/pcm": "pcm",
    "audio/l16": "pcm",
}
HEAD = 12
"""Bytes that are enough to tell a format."""
_WORDS = ("audio", "audio_data", "audioContent", "audio_base64", "data", "delta")


class Found(NamedTuple):
    """Sound in base64, what it says to be, and the counts beside it."""

    data: str
    media_type: str = ""
    usage: Usage = Usage()


def is_samples(kind: Format | None) -> bool:
    """Tell whether a format is samples as they are: wav is pcm behind a header."""
    return kind in ("pcm", "wav")


def told(media_type: str) -> Format | None:
    """Return the format that a media type names."""
    return _TYPES.get(media_type.partition(";")[0].strip().lower())


def sniffed(head: bytes) -> Format | None:
    """Return the format that begins with these bytes, or None: samples without a header begin with anything."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # noqa: PLR2004  ADTS: twelve set bits, layer 0
        return "aac"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # noqa: PLR2004  MPEG audio, layer 3
        return "mp3"
    return None


def found_in(document: Any) -> Found:
    """Return the sound of a document that holds it in base64 under one of the usual names."""
    row = as_dict(document)
    value = first(row, *_WORDS)
    inner = as_dict(value)
    data = as_text(value) or as_text(first(inner, "data", "content"))
    kind = as_text(first(row, "media_type", "content_type", "mime_type")) or as_text(inner.get("mime_type"))
    return Found(data, kind, usage_of(as_dict(row.get("usage"))) or Usage())


class SoundReader:
    """One answer that is being read. `media_type` is what the sound says to be, empty where nothing says it."""

    def __init__(self, headers: Mapping[str, str], find: Any = found_in) -> None:
        self.media_type = headers.get("content-type", "").strip()
        self.usage = Usage()
        self._find = find
        self._kind = self.media_type.partition(";")[0].strip().lower()
        self._how: Literal["bytes", "document", "events"] | None = None
        self._held = bytearray()
        self._events = SSEDecoder()
        self._ended = False

    def feed(self, chunk: bytes) -> bytes:
        """Return the sound of the next bytes. Raises what an error in them says."""
        if self._how is None and chunk:
            self._how = self._told(chunk)
        if self._how == "bytes":
            return chunk
        if self._how == "events":
            return b"".join(self._event(frame.data) for frame in self._events.feed(chunk))
        self._held += chunk
        return b""

    def end(self) -> bytes:
        """Return the last of the sound. Raises what an error says, IncompleteError for events without their end."""
        if self._how == "events":
            last = b"".join(self._event(frame.data) for frame in self._events.close())
            if not self._ended:
                raise IncompleteError("response ended early")
            return last
        return self._document(bytes(self._held)) if self._how == "document" else b""

    def _told(self, chunk: bytes) -> Literal["bytes", "document", "events"]:
        if self._kind == "text/event-stream":
            return "events"
        if self._kind == "application/json" or (told(self._kind) is None and chunk.lstrip()[:1] == b"{"):
            return "document"
        if self._kind.startswith("text/"):
            raise failures.unreadable(f"{self._kind} where sound was to come")
        return "bytes"

    def _document(self, body: bytes) -> bytes:
        try:
            document: Any = json.loads(body)
        except (ValueError, RecursionError):
            raise failures.unreadable("it is neither sound nor JSON") from None
        sound = self._sound(document)
        if not sound:
            raise failures.unreadable("no sound in it")
        return sound

    def _event(self, data: str) -> bytes:
        if data.startswith("[DONE]"):
            self._ended = True
            return b""
        try:
            event: Json = as_dict(json.loads(data))
        except (ValueError, RecursionError):
            raise failures.unreadable("an event that is not JSON") from None
        if as_text(event.get("type")).endswith("done"):
            self._ended = True
            self.usage = usage_of(as_dict(event.get("usage"))) or self.usage
            return b""
        return self._sound(event)

    def _sound(self, document: Any) -> bytes:
        row = as_dict(document)
        if row.get("error") or as_text(row.get("type")) == "error":
            raise failures.from_event(row)
        found: Found = self._find(document)
        self.media_type = found.media_type or ("" if self._how == "document" else self.media_type)
        self.usage = found.usage if found.usage.raw else self.usage
        return decoded(found.data)


def decoded(data: str) -> bytes:
    """Return what base64 holds; a data URL will do. Raises ProviderError."""
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise ProviderError("unreadable answer: the sound is no base64") from None
