"""The vector file: float32 rows, one after the other, without a header. It is only appended to, and read by mmap."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class VectorFile:
    """Rows of `width` float32. A row that was cut short by a crash is filled up with zeros and stays garbage."""

    def __init__(self, path: Path, width: int) -> None:
        self.path = path
        self.width = width

    def rows(self) -> int:
        try:
            return self.path.stat().st_size // (4 * self.width)
        except FileNotFoundError:
            return 0

    def append(self, vectors: Any) -> int:
        """Write vectors of shape (n, width) to disk and return the row of the first. Raises OSError."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            size = os.lseek(fd, 0, os.SEEK_END)
            stride = 4 * self.width
            _write_all(fd, bytes(-size % stride) + vectors.astype("<f4").tobytes())
            os.fsync(fd)
            return -(-size // stride)
        finally:
            os.close(fd)

    def write(self, vectors: Any, rows: Sequence[int], chunk: int) -> None:
        """Write these rows of `vectors` into a new file, `chunk` rows at a time. Raises OSError."""
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        try:
            for at in range(0, len(rows), chunk):
                _write_all(fd, vectors[rows[at : at + chunk]].tobytes())
            os.fsync(fd)
        finally:
            os.close(fd)
        if os.name == "posix":  # the name of the file too
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def read(self) -> Any:
        """Return the rows as a read-only array of shape (rows, width), mapped and not loaded.

        Raises FileNotFoundError.
        """
        import numpy as np  # noqa: PLC0415  only where vectors are searched

        count = self.path.stat().st_size // (4 * self.width)
        if not count:
            return np.zeros((0, self.width), np.float32)
        return np.memmap(self.path, "<f4", "r", shape=(count, self.width))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
