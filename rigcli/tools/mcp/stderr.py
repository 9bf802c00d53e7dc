"""What a server writes to its stderr: read to the end, cleaned, handed on line by line, the last lines remembered."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

from rigcli.tools.mcp.definition import plain

_LINE = 400
"""Characters of one line that are shown."""
_BUFFER = 64 * 1024


class Stderr:
    """A pipe with a reader behind it. `writing` goes to the process and is closed here once that has it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        reading, writing = os.pipe()
        self.writing: TextIO = os.fdopen(writing, "w", encoding="utf-8")
        self.last: deque[str] = deque(maxlen=20)
        self._tell = tell
        self._thread = threading.Thread(target=self._read, args=(reading,), daemon=True, name="mcp-stderr")
        self._thread.start()

    def handed_over(self) -> None:
        """Close this end, so that the pipe ends with the process."""
        self.writing.close()

    def close(self) -> None:
        """Wait a moment for the last words."""
        self.writing.close()
        self._thread.join(timeout=0.5)

    def _read(self, descriptor: int) -> None:
        rest = b""
        with os.fdopen(descriptor, "rb", buffering=0) as pipe:
            while chunk := pipe.read(_BUFFER):
                *lines, rest = (rest + chunk).split(b"\n")
                rest = rest[:_BUFFER]  # a line without an end costs no more than this
                for line in lines:
                    self._line(line)
        self._line(rest)

    def _line(self, line: bytes) -> None:
        text = plain(line.decode("utf-8", "replace")).strip()[:_LINE]
        if text:
            self.last.append(text)
            self._tell(text)
