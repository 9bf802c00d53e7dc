"""MP3: what stands before the frames of one piece and is wrong before those of all. Pure.

Frames can be put behind each other. Tags (ID3v2) and the frame that tells how long the piece is (Xing, Info) cannot:
a player would believe the first of them. Format: id3.org/id3v2.3.0, ISO 11172-3.
"""

from __future__ import annotations

_ID3 = 10
_FRAME = 4
_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_VERSION_1 = 3


class Frames:
    """The frames of one piece without what stands before them, however the bytes are cut."""

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._through = False

    def feed(self, data: bytes) -> bytes:
        if self._through:
            return data
        self._held += data
        return self._opened()

    def end(self) -> bytes:
        """Return what was held back in case it was a header."""
        held, self._held, self._through = self._held, b"", True
        return b"" if self._skip else held

    def _opened(self) -> bytes:
        if not self._skip and self._held[:3] == b"ID3" and len(self._held) >= _ID3:
            size = 0
            for byte in self._held[6:_ID3]:
                size = size << 7 | byte & 0x7F
            self._skip = _ID3 + size
        if self._skip:
            taken = min(self._skip, len(self._held))
            self._held, self._skip = self._held[taken:], self._skip - taken
            if self._skip:
                return b""
        if len(self._held) < _FRAME or self._held[:3] == b"ID3":
            return b"" if len(self._held) < _ID3 else self._opened()
        length = frame_length(self._held)
        if length and len(self._held) < length:
            return b""
        if length and (b"Xing" in self._held[:length][:64] or b"Info" in self._held[:length][:64]):
            self._held = self._held[length:]
        return self.end()


def frame_length(head: bytes) -> int:
    """Return the bytes of the layer 3 frame that begins with these, or 0 where none begins."""
    if len(head) < _FRAME or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004  eleven set bits
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, padding = head[2] >> 2 & 3, head[2] >> 1 & 1
    kilobits = (_V1 if version == _VERSION_1 else _V2)[head[2] >> 4]
    if layer != 1 or version not in _RATES or rate == len(_RATES[3]) or not kilobits:
        return 0
    return (144 if version == _VERSION_1 else 72) * kilobits * 1000 // _RATES[version][rate] + padding
