"""Run a command and see to it that nothing of it outlives the one who asked for it. A program of its own, run by path.

    python -I -S keeper.py PARENT_PID -- COMMAND [ARGUMENT]...

Standard input and output are the command's. When the parent is gone, however it went, or a SIGTERM comes, every process
that came of the command is ended: first asked, then killed. On Linux those that left their process group are found too,
because the keeper is their next of kin (PR_SET_CHILD_SUBREAPER). It knows nothing of rig.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

_PDEATHSIG, _SUBREAPER = 1, 36
_LINUX = sys.platform.startswith("linux")
_GRACE = 0.8
"""Seconds between asking and killing: less than what the SDK waits between the two."""


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _command(argv: list[str]) -> None:
    """Become the command. Only ever called in the child."""
    _prctl(_PDEATHSIG, signal.SIGKILL)  # a keeper that was itself killed takes the command along
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(argv[0], argv, os.environ)  # noqa: S606  that is what a keeper is for
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _children() -> list[int]:
    """Return the processes whose parent is this one, by what Linux says of each."""
    found: list[int] = []
    for name in os.listdir("/proc"):  # noqa: PTH208  every millisecond counts here
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  as above
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != b"Z":
                found.append(int(name))
    return found


def _signal(number: int, first: int) -> bool:
    """Send a signal to all that is left of the command; tell whether anything was."""
    if not _LINUX:
        try:
            os.killpg(first, number)
        except OSError:
            return False
        return True
    left = _children()
    for pid in left:
        for kill in (os.killpg, os.kill):  # a child that leads a group of its own takes it along
            try:
                kill(pid, number)
            except OSError:
                continue
    return bool(left)


def _reap() -> dict[int, int]:
    """Return the exit statuses of the processes that ended."""
    ended: dict[int, int] = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        pass
    return ended


def _end_all(first: int) -> None:
    _signal(signal.SIGTERM, first)
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline:
        _reap()
        if not _signal(0, first):
            return
        time.sleep(0.01)
    for _ in range(100):  # those whose parent is killed now come to this process one after another
        if not _signal(signal.SIGKILL, first):
            return
        time.sleep(0.01)
        _reap()


def main(parent: int, argv: list[str]) -> int:
    """Run the command to its end and return its exit code."""
    _prctl(_SUBREAPER, 1)
    asked: list[int] = []
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    _prctl(_PDEATHSIG, signal.SIGTERM)
    first = os.fork()
    if first == 0:
        if not _LINUX:
            os.setpgid(0, 0)
        _command(argv)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)  # the command's own end of the pipe must be the only one
    os.dup2(0, 1)
    code: int | None = None
    while code is None and not asked and os.getppid() == parent:
        if select.select([reading], [], [], 1.0)[0]:
            os.read(reading, 4096)
        code = _reap().get(first)
    _end_all(first)
    return 128 - code if code is not None and code < 0 else code or 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[3:]))
