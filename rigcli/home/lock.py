"""One writer at a time: a lock that the system takes back when its process dies, however it dies.

`fcntl.flock` and `msvcrt.locking` directly, in place of filelock: its import costs 50 ms of CPU, three times a bare
interpreter, and every `rig ask` takes one lock. The file holds the pid, so that whoever waits can say for whom.
"""

from __future__ import annotations

import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from rigcli.core.errors import SessionBusyError
from rigcli.home.paths import BINARY, CLOEXEC, NOFOLLOW, own_only, private_folder, storage_error

_PAUSE = 0.02  # seconds between two tries, shaken a little so that writers do not march in step


class Lock:
    """A held lock; `release`, or the end of a `with`, gives it back. Made by `acquire`."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd: int | None = fd

    def release(self) -> None:
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        if os.name == "posix":
            with suppress(OSError):
                self.path.unlink()  # while it is still ours; `acquire` notices a file that was removed
        os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(path: Path, what: str, wait: float = 5.0) -> Lock:
    """Take the lock, waiting up to `wait` seconds (`math.inf`: as long as it takes).

    Raises SessionBusyError naming who has it, StorageError.
    """
    private_folder(path.parent)
    deadline = time.monotonic() + wait
    while True:
        try:
            if (lock := _try(path)) is not None:
                return lock
        except OSError as error:
            raise storage_error(path, error) from None
        if time.monotonic() >= deadline:
            pid = holder(path)
            raise SessionBusyError(
                f"{what} is in use" + (f" by pid {pid}" if pid else ""), hint="wait for it to end, then try again"
            )
        time.sleep(_PAUSE * random.uniform(0.2, 1))  # noqa: S311  not a secret


def is_held(path: Path) -> bool:
    """Tell whether another process has the lock right now."""
    try:
        fd = os.open(path, os.O_RDWR | NOFOLLOW | BINARY | CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(fd)
    finally:
        os.close(fd)


def holder(path: Path) -> int | None:
    """Return the pid that is written in a lock file."""
    try:
        fd = os.open(path, os.O_RDONLY | NOFOLLOW | BINARY | CLOEXEC)
    except OSError:
        return None
    try:
        return int(os.read(fd, 32).strip() or b"0") or None
    except (OSError, ValueError):
        return None
    finally:
        os.close(fd)


def _try(path: Path) -> Lock | None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | NOFOLLOW | BINARY | CLOEXEC, 0o600)
    keep = False
    try:
        if not _lock(fd):
            return None
        own_only(fd)
        try:
            status = os.stat(path, follow_symlinks=False)  # noqa: PTH116  compared with the open file below
        except FileNotFoundError:
            return None  # the former holder removed it between open and lock: this lock guards nothing
        if os.name == "posix" and not os.path.samestat(status, os.fstat(fd)):
            return None
        with suppress(OSError):  # a full disk: the lock holds all the same, only without a name on it
            os.ftruncate(fd, 0)
            os.write(fd, b"%-12d\n" % os.getpid())
        keep = True
        return Lock(path, fd)
    finally:
        if not keep:
            os.close(fd)


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> bool:
        # A byte far behind the pid: Windows locks are mandatory, and others must be able to read the pid.
        os.lseek(fd, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(fd, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
