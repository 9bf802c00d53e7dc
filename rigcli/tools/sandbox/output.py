"""What a command says: its beginning and its end are kept, the middle of a flood is dropped as it comes."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable

LINES_TOLD = 200
"""Lines that are shown as they come; a flood is only counted."""
_LONGEST = 500


class HeadTail:
    """A sink for bytes that keeps three quarters of `limit` from the beginning and a quarter from the end."""

    def __init__(self, limit: int, tell: Callable[[str], None]) -> None:
        self._head_room, self._tail_room = limit * 3 // 4, limit // 4
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._size = 0
        self._tell = tell
        self._told = 0
        self._line = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, chunk: bytes) -> None:
        self._size += len(chunk)
        self._show(chunk)
        if (room := self._head_room - len(self._head)) > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_size += len(chunk)
            while self._tail_size - len(self._tail[0]) >= self._tail_room:
                self._tail_size -= len(self._tail.popleft())

    def close(self) -> None:
        """Tell the last line, which has no end."""
        if self._line and self._told < LINES_TOLD:
            self._tell(self._line[:_LONGEST])
        self._line = ""

    def text(self) -> str:
        """Return what was kept, with a word about what was not."""
        tail = b"".join(self._tail)[-self._tail_room :] if self._tail_room else b""
        left_out = self._size - len(self._head) - len(tail)
        if left_out <= 0:
            return (bytes(self._head) + tail).decode("utf-8", "replace")
        head = bytes(self._head).decode("utf-8", "replace")
        return f"{head}\n[… {left_out:,} bytes left out …]\n{tail.decode('utf-8', 'replace')}"

    def _show(self, chunk: bytes) -> None:
        if self._told >= LINES_TOLD:
            return
        *lines, rest = (self._line + self._decoder.decode(chunk)).split("\n")
        self._line = rest[-_LONGEST:]
        for line in lines:
            if self._told < LINES_TOLD:
                self._tell(line[:_LONGEST].rstrip("\r"))
                self._told += 1
        if self._told == LINES_TOLD:
            self._told += 1
            self._tell("… (more is not shown)")
