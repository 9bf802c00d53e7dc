"""Runs one command and answers for its whole family. A program of its own: standard library only, started with -I -S.

    python -I -S supervise.py '{"argv": […], "memory": BYTES, "processes": N, "own_pids": false, "write": […]}'

stdin is the leash: when it ends (rig wants the command gone, or is gone itself) everything that the command started is
asked to end, and two seconds later made to. What a command leaves running when it ends is ended with it. The exit code
is the command's; 128 + N for a signal.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import NoReturn, TypedDict

    class Plan(TypedDict):
        """What to run. 0 is no limit; `write` are the folders that Landlock leaves writable, None for no Landlock."""

        argv: list[str]
        memory: int
        processes: int
        own_pids: bool
        write: list[str] | None


GRACE = 2.0
COUNTED_EVERY = 0.25
LINUX = sys.platform.startswith("linux")
_PDEATHSIG, _SUBREAPER, _NO_NEW_PRIVS = 1, 36, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_OURS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_asked_to_end: list[int] = []


def main() -> int:
    plan: Plan = json.loads(sys.argv[1])
    if LINUX:
        _prctl(_SUBREAPER, 1)  # orphans become our children, so none is lost
        _prctl(_PDEATHSIG, signal.SIGTERM)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in _OURS:
        signal.signal(number, _noted)
    child = os.fork()
    if child == 0:
        _become(plan)
    status = _watch(child, wake, _most(plan))
    _end_family(own_pids=plan["own_pids"])
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _noted(number: int, frame: FrameType | None) -> None:
    _ = frame
    if number != signal.SIGCHLD:
        _asked_to_end.append(number)


def _become(plan: Plan) -> NoReturn:
    """Turn this process into the command."""
    program = plan["argv"][0]
    try:
        for number in (*_OURS, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.setpgid(0, 0)
        _limit(plan)
        if LINUX:
            _prctl(_NO_NEW_PRIVS, 1)
            if plan["write"] is not None:
                _landlock(plan["write"])
        os.execvp(program, plan["argv"])
    except BaseException as error:
        os.write(2, f"{program}: {error}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _limit(plan: Plan) -> None:
    import resource

    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, plan["memory"])]
    limits.append((resource.RLIMIT_NPROC, plan["processes"]))
    for number, wanted in limits:
        hard = resource.getrlimit(number)[1]
        if wanted or number == resource.RLIMIT_CORE:
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            with suppress(OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
                resource.setrlimit(number, (value, value))


def _most(plan: Plan) -> int:
    """Return how many processes to count up to: the kernel's own limit does not hold for root."""
    return plan["processes"] if plan["own_pids"] and os.geteuid() == 0 else 0


def _watch(child: int, wake: int, most: int) -> int:
    """Wait until the command ends, or is to end; return its status."""
    while True:
        ready, _, _ = select.select([0, wake], [], [], COUNTED_EVERY if most else None)
        if most and len(_family()) > most:
            os.write(1, f"\nmore than {most} processes at once: ended\n".encode())
            return signal.SIGKILL
        if wake in ready:
            os.read(wake, 512)
        status = _reap(child)
        if status is not None:
            return status
        if _asked_to_end or (0 in ready and not os.read(0, 512)):
            return _end_gently(child)


def _end_gently(child: int) -> int:
    """Ask everybody to end and give them two seconds; return the command's status."""
    for pid in _family():
        _send(pid, signal.SIGTERM)
    until, status = time.monotonic() + GRACE, None
    while time.monotonic() < until and _family():
        status = _reap(child) if status is None else status
        time.sleep(0.02)
    _send(child, signal.SIGKILL) if status is None else _reap(child)
    return signal.SIGKILL if status is None else status


def _end_family(*, own_pids: bool) -> None:
    """Make an end of whoever is left; in a PID namespace of our own that is everybody but its first process and us."""
    until = time.monotonic() + GRACE
    while True:
        if own_pids:
            _send(-1, signal.SIGKILL)
        family = _family()
        if not family or time.monotonic() > until:
            return
        for pid in family:
            _send(pid, signal.SIGKILL)
        _reap(0)
        time.sleep(0.01)


def _reap(child: int) -> int | None:
    """Collect everybody who has ended; return the command's status if it is among them."""
    found = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            found = status if pid == child else found
    return found


def _send(pid: int, number: int) -> None:
    with suppress(OSError):
        os.kill(pid, number)


def _family() -> list[int]:
    """Return everybody below us: children, their children, and orphans, who are children of a subreaper."""
    below: dict[int, list[int]] = {}
    for pid, parent in _processes():
        below.setdefault(parent, []).append(pid)
    found: list[int] = []
    parents = [os.getpid()]
    while parents:
        children = below.get(parents.pop(), [])
        found += children
        parents += children
    return found


def _processes() -> Iterator[tuple[int, int]]:
    """Yield every process that has not ended, with its parent."""
    if not LINUX:
        yield from _listed()
        return
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
                if fields[0] != b"Z":
                    yield int(name), int(fields[1])


def _listed() -> Iterator[tuple[int, int]]:
    import subprocess

    done = subprocess.run(["/bin/ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False)
    own = os.getpid()
    for line in done.stdout.splitlines():
        pid, parent, state = line.split(None, 2)
        if not state.startswith("Z") and not (int(parent) == own and state.startswith("R") and "ps" in line):
            yield int(pid), int(parent)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _landlock(folders: list[str]) -> None:
    """Leave only these folders writable. A kernel without Landlock changes nothing: this is the second layer."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return
    # Writing, removing and making of every kind; moving between folders since version 2, cutting since 3.
    writing = _WRITE_FILE | 0x1FF0 | (1 << 13 if version > 1 else 0) | (_TRUNCATE if version > 2 else 0)
    handled = ctypes.c_uint64(writing)
    rules = call(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint32(0))
    if rules < 0:
        return
    for folder in folders:
        with suppress(OSError):
            fd = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            allowed = writing if os.path.isdir(folder) else writing & (_WRITE_FILE | _TRUNCATE)
            beneath = allowed.to_bytes(8, sys.byteorder) + fd.to_bytes(4, sys.byteorder)
            call(_ADD_RULE, rules, 1, ctypes.create_string_buffer(beneath, 12), 0)
            os.close(fd)
    call(_RESTRICT_SELF, rules, 0)
    os.close(rules)


if __name__ == "__main__":
    sys.exit(main())
