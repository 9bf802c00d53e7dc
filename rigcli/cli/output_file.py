"""Where a command puts what is no text: a file that is there as a whole or not at all, or a pipe.

The file is opened before anything is asked for: a folder that takes no file costs nothing. What came of a run that
broke off is kept beside, under a name that says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.home.paths import BINARY, CLOEXEC, storage_error, write_all

T = TypeVar("T")
STDOUT = "-"
_TRIES = 10_000


def already_there(given: str) -> UsageError:
    """Return the error for a file that nobody said may be replaced."""
    return UsageError(f"{given}: is there already", hint="name another file or a folder, or add --force")


class PipeOutput:
    """Bytes to stdout as they come. Raises UsageError where that is a terminal."""

    path: Path | None = None

    def __init__(self, world: World, what: str) -> None:
        if world.stdout_tty:
            raise UsageError(f"-O -: {what} is no text, and stdout is a terminal", hint="-O FILE, or pipe it on")
        world.stdout.flush()
        self._stream: BinaryIO = world.stdout.buffer

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    def patch(self, data: bytes) -> None:
        """What left cannot be changed."""

    def commit(self, ending: str) -> None:
        """Nothing is left to do."""

    def give_up(self) -> Path | None:
        return None


class FileOutput:
    """Bytes to a file: beside it while they come, in its place at the end.

    `place` is what the user named: a file, or a folder; None is the working folder. In a folder the file is called
    `name` with the ending that is known at the end. Only with `force` does a file take the place of another.
    Raises UsageError, StorageError.
    """

    def __init__(self, world: World, place: str | None, name: str, *, force: bool = False) -> None:
        target = world.cwd / Path(place).expanduser() if place else world.cwd
        self._free = place is None or target.is_dir() or place.endswith(("/", os.sep))
        self._shown = Path(place or ".") if self._free else Path(place or ".").parent
        if not self._free and target.is_symlink():
            target = target.resolve()
        self._folder = target if self._free else target.parent
        self._name = name if self._free else target.name
        self._given = self._name if place is None or self._free else Path(place).name
        self._direct = not self._free and target.exists() and not target.is_file()
        self._force = force
        if not self._free and target.is_file() and not force:
            raise already_there(place or "")
        self.path: Path | None = None
        if not self._folder.is_dir():
            raise UsageError(f"{place}: there is no folder {self._folder}", hint=f"make it: mkdir -p {self._folder}")
        self._size = 0
        self._temporary = self._folder / f".{self._name}.{os.getpid()}.{os.urandom(4).hex()}.part"
        self._descriptor = self._do(self._open)

    def write(self, data: bytes) -> None:
        """Write. Raises StorageError."""
        self._do(lambda: write_all(self._descriptor, data))
        self._size += len(data)

    def patch(self, data: bytes) -> None:
        """Put these bytes over the first of the file. Raises StorageError."""

        if self._direct:
            return  # a device or a pipe has no beginning to go back to

        def over() -> None:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            write_all(self._descriptor, data)
            os.lseek(self._descriptor, 0, os.SEEK_END)

        self._do(over)

    def commit(self, ending: str) -> None:
        """Put the file in its place; `path` says then where. Raises StorageError."""
        if not self._direct:
            self._do(lambda: os.fsync(self._descriptor))
        self._close()
        if self._direct:
            self.path = self._shown / self._given
        elif self._free:
            self.path = self._do(lambda: self._beside(f"{self._name}.{ending}"))
        elif self._force:
            self._do(lambda: self._temporary.replace(self._folder / self._name))
            self.path = self._shown / self._given
        else:  # a file that came there meanwhile stays too
            self.path = self._do(lambda: self._beside(self._given))

    def give_up(self) -> Path | None:
        """Keep what came of a run that broke off and return where; None where nothing came."""
        if self._descriptor < 0:
            return None
        self._close()
        if self._direct:
            return None
        if not self._size:
            with suppress(OSError):
                self._temporary.unlink()
            return None
        try:
            return self._beside(f"{self._name}.part")
        except OSError:
            return self._temporary

    def _beside(self, name: str) -> Path:
        """Give the file this name, or the next that is free, and return the path as the user would write it."""
        stem, dot, ending = name.rpartition(".")
        for number in range(1, _TRIES):
            free = self._folder / (name if number == 1 else f"{stem}-{number}{dot}{ending}")
            if self._moved(free):
                return self._shown / free.name
        raise FileExistsError(f"{name} and {_TRIES} more are there")

    def _moved(self, free: Path) -> bool:
        """Give the file a name that no other has; a link is made or fails, nothing can come between."""
        try:
            os.link(self._temporary, free)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            if free.exists():
                return False
            self._temporary.replace(free)
            return True
        self._temporary.unlink()
        return True

    def _open(self) -> int:
        if self._direct:
            return os.open(self._folder / self._name, os.O_WRONLY | BINARY | CLOEXEC)
        # As any program makes a document: the umask decides who may read it, but what is replaced keeps its mode.
        mode = 0o666
        with suppress(OSError):
            if not self._free:
                mode = (self._folder / self._name).stat().st_mode & 0o777
        return os.open(self._temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | BINARY | CLOEXEC, mode)

    def _close(self) -> None:
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def _do(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            raise storage_error(self._shown / ("" if self._free else self._given), error) from None
