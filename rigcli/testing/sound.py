"""Sound that says what it is made of: each character of a text is two samples, or one silent MP3 frame. Pure.

So a test can read back what was said, in which order, and whether a joined recording lost anything.
"""

from __future__ import annotations

import struct

RATE = 24000
_FRAME = 417
"""Bytes of an MP3 frame of 128 kbit/s at 44.1 kHz."""
_HEAD = b"\xff\xfb\x90\xc0"
_PLACE = _FRAME - 4


def pcm(text: str) -> bytes:
    """Return 16-bit samples: two for each character, which hold its code point."""
    return b"".join(struct.pack("<HH", ord(char) >> 16, ord(char) & 0xFFFF) for char in text)


def wav(text: str, *, size: int | None = None, rate: int = RATE) -> bytes:
    """Return a WAV; `size` is what the header says of the samples, as a stream that does not know writes 0xFFFFFFFF."""
    data = pcm(text)
    about = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    stated = len(data) if size is None else size
    whole = len(about) + 8 + len(data) if size is None else 0xFFFFFFFF
    return b"RIFF" + struct.pack("<I", whole) + about + b"data" + struct.pack("<I", stated) + data


def mp3(text: str) -> bytes:
    """Return an MP3 as encoders write it: a tag, a frame that counts the frames, then one for each character."""
    tag = b"ID3\x04\x00\x00" + struct.pack(">I", 20) + b"TSSE" + bytes(16)
    counted = (_HEAD + bytes(17) + b"Xing" + bytes(4) + struct.pack(">I", len(text))).ljust(_FRAME, b"\0")
    return tag + counted + b"".join(_frame(char) for char in text)


def heard(data: bytes) -> str:
    """Return the text of a WAV, an MP3 or samples made here."""
    if data[:4] == b"RIFF":
        return _samples(data[44:])
    if b"ID3" not in data[:3] and data[:4] != _HEAD:
        return _samples(data)
    start = data.find(_HEAD)
    frames = [data[place : place + _FRAME] for place in range(start, len(data), _FRAME)]
    return "".join(chr(struct.unpack_from(">I", frame, _PLACE)[0]) for frame in frames if b"Xing" not in frame[:64])


def _frame(char: str) -> bytes:
    return _HEAD + bytes(_PLACE - len(_HEAD)) + struct.pack(">I", ord(char))


def _samples(data: bytes) -> str:
    pairs = struct.iter_unpack("<HH", data[: len(data) // 4 * 4])
    return "".join(chr(high << 16 | low) for high, low in pairs)
