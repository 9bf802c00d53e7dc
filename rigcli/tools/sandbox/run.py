"""Start a command in the box and read what it says; however that ends, nothing of it runs on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rigcli.core.ports import ToolError
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.bubblewrap import find, wrap
from rigcli.tools.sandbox.output import HeadTail

SUPERVISOR = Path(__file__).with_name("supervise.py")
_CHUNK = 64 * 1024
_KEPT = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME", "SYSTEMROOT", "COMSPEC", "PATHEXT")
"""Variables that a command gets from rig's own environment; keys are in the others."""
_LONGER = 1.0
"""Seconds that are added to the supervisor's own patience before it is killed itself."""
GRACE = 2.0


@dataclass(frozen=True, slots=True)
class Started:
    """How a command is started: the whole command line, and is it boxed."""

    argv: list[str]
    boxed: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command said (both streams, in order, cut in the middle) and its exit code; 128 + N for a signal.

    `stopped`: it did not end within its time.
    """

    output: str
    code: int
    stopped: bool = False


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return what a command sees of the environment: an allowlist, because keys are in the rest."""
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {"TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0", "NO_COLOR": "1"}
    env["HOME"] = str(Path.home())
    return env | (extra or {})


def is_boxed(box: Box) -> bool:
    """Tell whether commands run in a sandbox here."""
    return box.mode != "off" and find().path is not None


def why_not(box: Box) -> str:
    """Return why commands run without a sandbox; "" where they run in one."""
    if box.mode == "off":
        return "the sandbox is switched off (sandbox.mode)"
    return find().why


def prepare(argv: Sequence[str], box: Box, root: Path, cwd: Path, env: dict[str, str]) -> Started:
    """Return how a command is started. Raises ToolError where the box is required and cannot be had."""
    boxed = is_boxed(box)
    if box.mode == "required" and not boxed:
        raise ToolError(f"not run: {why_not(box)}, and sandbox.mode is required")
    plan = {
        "argv": list(argv),
        "memory": box.memory * 1024 * 1024,
        "processes": box.processes if boxed else 0,  # counted over all processes of a user where there is no box
        "own_pids": boxed,
        "write": None if box.mode == "off" else _writable(box, root, boxed=boxed),
    }
    if os.name == "nt":
        return Started(list(argv), boxed=False)
    supervised = [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(plan)]
    bwrap = find().path if boxed else None
    return Started(wrap(bwrap, box, root, supervised, env, cwd) if bwrap else supervised, boxed)


async def run(
    argv: Sequence[str],
    box: Box,
    root: Path,
    cwd: Path,
    *,
    env: dict[str, str],
    limit: int,
    seconds: float | None = None,
    tell: Callable[[str], None],
) -> Ended:
    """Run a command to its end. `limit` are the bytes of output kept; `tell` gets complete lines as they come.

    A cancelled caller has the whole family of processes ended before this returns. Raises ToolError.
    """
    process = await start(argv, box, root, cwd, env=env)
    output, stopped = HeadTail(limit, tell), False
    try:
        async with asyncio.timeout(seconds):
            await _read(process, output)
            await process.wait()
    except TimeoutError:
        stopped = True
    finally:
        await end(process)
        output.close()
    code = process.returncode or 0
    return Ended(output.text(), code if code >= 0 else 128 - code, stopped)


async def start(
    argv: Sequence[str], box: Box, root: Path, cwd: Path, *, env: dict[str, str], fds: tuple[int, ...] = ()
) -> asyncio.subprocess.Process:
    """Start a command in the box; its stdin is the leash (see supervise.py). Call `end`. Raises ToolError."""
    started = prepare(argv, box, root, cwd, env)
    try:
        return await asyncio.create_subprocess_exec(
            *started.argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            pass_fds=fds,
        )
    except OSError as error:
        raise ToolError(f"{started.argv[0]}: {error.strerror or error}") from None


async def _read(process: asyncio.subprocess.Process, output: HeadTail) -> None:
    assert process.stdout  # noqa: S101  it is a pipe
    while chunk := await process.stdout.read(_CHUNK):
        output.feed(chunk)


async def end(process: asyncio.subprocess.Process) -> None:
    """Let go of the leash and wait: the supervisor ends the family. One that does not come back is killed."""
    if process.stdin is not None:
        process.stdin.close()
    await asyncio.shield(asyncio.ensure_future(_wait_or_kill(process)))


async def _wait_or_kill(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(GRACE + _LONGER):
            await _gone(process)
    except TimeoutError:
        with suppress(ProcessLookupError):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGER):  # a pipe that somebody holds open is left to them
                await _gone(process)
    if transport := getattr(process, "_transport", None):
        transport.close()


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Wait for the end; what it still says is read and dropped, because a full pipe would hold it up."""
    while process.stdout is not None and await process.stdout.read(_CHUNK):
        pass
    await process.wait()


def _writable(box: Box, root: Path, *, boxed: bool) -> list[str]:
    """Return where a command may write. In the box home and the temporary folders are its own, and empty."""
    own = [str(Path.home()), "/var/tmp", "/run"] if boxed else []  # noqa: S108  a rule, not a use
    return [str(root.resolve()), *(str(each) for each in box.writable), "/tmp", "/dev", "/proc", *own]  # noqa: S108  as above
