"""Several answers -> one recording. Pure: bytes in, bytes out.

mp3 and aac are frames, which stand behind each other; wav gets one header; samples alone (pcm) need nothing. What
cannot be joined is known before anything is asked (`JOINED`).
"""

from __future__ import annotations

import re

from rigcli.core.errors import ProviderError
from rigcli.wire import failures
from rigcli.wire.speech import mp3, wav
from rigcli.wire.speech.sound import HEAD, Format, is_samples, sniffed, told

JOINED: frozenset[Format] = frozenset({"mp3", "wav", "pcm", "aac"})
"""Formats of which several pieces make one file."""
USUAL_RATE = 24000
"""Hz of samples that come without a word about them: that of OpenAI and those who follow it."""


class Track:
    """A recording in the making. `format` is known with the first sound: what came, where that cannot be changed.

    `begin` stands before each answer, `feed` takes its sound, `close` ends it.
    """

    def __init__(self, wanted: Format, *, several: bool = False, rate: int = USUAL_RATE) -> None:
        self.format: Format | None = None
        self.size = 0
        self._wanted: Format = wanted
        self._several = several
        self._rate = rate
        self._source: Format | None = None
        self._samples: bytes | None = None
        """The `fmt ` chunk, once a header is written."""
        self._counted = 0
        self._begin("")

    def begin(self, media_type: str) -> None:
        """The next answer begins."""
        self._begin(media_type)

    def feed(self, data: bytes) -> bytes:
        """Return what goes into the recording now. Raises ProviderError."""
        if self._kind is None:
            self._head += data
            if len(self._head) < HEAD:
                return b""
            data, self._head = self._head, b""
            self._open(data)
        return self._out(self._body(data))

    def close(self) -> bytes:
        """Return what the answer still held. Raises ProviderError where it had no sound."""
        out = b""
        if self._kind is None and self._head:
            data, self._head = self._head, b""
            self._open(data)
            out = self._out(self._body(data))
        if self._frames:
            out += self._out(self._frames.end())
        if not self._heard:
            raise failures.unreadable("no sound in it")
        return out

    def header(self) -> bytes | None:
        """Return the header with true sizes, to stand over that at the beginning; None where nothing is to mend."""
        return wav.header(self._samples, self._counted) if self._samples is not None else None

    def _begin(self, media_type: str) -> None:
        self._media_type = media_type
        self._kind: Format | None = None
        self._head = b""
        self._heard = False
        self._wav = wav.WavReader()
        self._frames: mp3.Frames | None = None

    def _open(self, head: bytes) -> None:
        """Tell what the answer is, and for the first one what the recording becomes."""
        unknown: Format = "pcm" if is_samples(self._wanted) else self._wanted
        self._kind = sniffed(head) or told(self._media_type) or unknown
        if self._kind == "wav" and head[:4] != b"RIFF":
            self._kind = "pcm"
        if self._source is None:
            self._source = self._kind
            changed = is_samples(self._kind) and is_samples(self._wanted)
            self.format = self._wanted if changed else self._kind
        elif self._kind != self._source:
            raise ProviderError(f"the pieces of the text came as {self._source} and as {self._kind}: not joined")
        if self._several and self._kind not in JOINED:
            raise ProviderError(f"the sound came as {self._kind}, and pieces of that cannot be joined")
        if self._kind == "mp3" and self._several:
            self._frames = mp3.Frames()

    def _body(self, data: bytes) -> bytes:
        if self._kind == "wav":
            return self._wav.feed(data)
        return self._frames.feed(data) if self._frames else data

    def _out(self, data: bytes) -> bytes:
        if not data:
            return b""
        self._heard = True
        if is_samples(self._kind) and self.format == "wav":
            self._counted += len(data)
            data = self._with_header(data)
        self.size += len(data)
        return data

    def _with_header(self, data: bytes) -> bytes:
        format_ = self._wav.format if self._kind == "wav" else self._plain()
        if format_ is None:
            raise AssertionError("samples come behind their format")
        if self._samples is None:
            self._samples = format_
            return wav.header(format_) + data
        wav.same(self._samples, format_)
        return data

    def _plain(self) -> bytes:
        """Return what samples are whose media type says it, as `audio/L16;rate=24000;channels=1`."""
        numbers = {name: int(value) for name, value in re.findall(r"(rate|channels)=(\d{1,6})", self._media_type)}
        return wav.plain_format(numbers.get("rate", self._rate), numbers.get("channels", 1))
