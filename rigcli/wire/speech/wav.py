"""WAV: samples out of it, and the header before them. Format: RIFF, with the chunks `fmt ` and `data`. Pure."""

from __future__ import annotations

import struct

from rigcli.core.errors import ProviderError
from rigcli.wire import failures

OPEN = 0xFFFFFFFF
"""The size that a stream writes where it cannot know it."""
_CHUNK = 8
_FORM = 12
_LONGEST = 1 << 20
"""Bytes of chunks before the samples; more are no header."""


class WavReader:
    """The samples of one file, however it is cut; `format` is its `fmt ` chunk, known before the first sample."""

    def __init__(self) -> None:
        self.format: bytes | None = None
        self._held = b""
        self._left: int | None = None
        """Bytes of samples that are still to come; None before them, -1 where they go on to the end."""

    def feed(self, data: bytes) -> bytes:
        """Return the samples in these bytes. Raises ProviderError for what is no WAV."""
        if self._left is None:
            self._held += data
            data = self._header()
        if self._left is None or self._left < 0:
            return data
        taken = data[: self._left]
        self._left -= len(taken)
        return taken

    def _header(self) -> bytes:
        """Read chunks until the samples; return what of them is there already."""
        held, place = self._held, _FORM
        if len(held) >= _FORM and (held[:4], held[8:12]) != (b"RIFF", b"WAVE"):
            raise failures.unreadable("it says to be WAV and is none")
        while len(held) >= place + _CHUNK:
            name, size = held[place : place + 4], struct.unpack_from("<I", held, place + 4)[0]
            if name == b"data":
                return self._samples(size, held[place + _CHUNK :])
            if size > _LONGEST:
                raise failures.unreadable("a WAV without samples")
            if len(held) < place + _CHUNK + size:
                break
            if name == b"fmt ":
                self.format = held[place + _CHUNK : place + _CHUNK + size]
            place += _CHUNK + size + size % 2
        return b""

    def _samples(self, size: int, there: bytes) -> bytes:
        if self.format is None:
            raise failures.unreadable("a WAV that does not say what its samples are")
        self._left = size if 0 < size < OPEN - _CHUNK * 16 else -1
        self._held = b""
        return there


def plain_format(rate: int, channels: int = 1) -> bytes:
    """Return the `fmt ` chunk of 16-bit samples; `rate` is in Hz."""
    return struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)


def header(format_: bytes, size: int | None = None) -> bytes:
    """Return all that stands before the samples; `size` is theirs in bytes, None where nobody knows it yet."""
    about = b"WAVE" + b"fmt " + struct.pack("<I", len(format_)) + format_
    known = size is not None and size + len(about) + _CHUNK < OPEN
    whole = len(about) + _CHUNK + size + size % 2 if known and size is not None else OPEN
    return b"RIFF" + struct.pack("<I", whole) + about + b"data" + struct.pack("<I", size if known else OPEN)


def same(one: bytes, two: bytes) -> None:
    """Raise ProviderError where the samples of two pieces cannot stand in one file."""
    if one != two:
        raise ProviderError("the pieces of the text came with different sampling, which cannot be joined")
