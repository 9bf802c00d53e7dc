"""python: code of the model's in a Python that stays, so that what it defined is there at the next call."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from rigcli.core.ports import Tool, ToolError
from rigcli.core.progress import report
from rigcli.core.text_filter import clean
from rigcli.tools.builtin.shell import Boxed, seconds_of
from rigcli.tools.context import OUTPUT, ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.bubblewrap import is_seen
from rigcli.tools.sandbox.output import HeadTail
from rigcli.tools.sandbox.run import SUPERVISOR, end, environment, is_boxed, start

WORKER = SUPERVISOR.with_name("python_worker.py")


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder, with an interpreter of its own."""
    keeper = _Keeper(context)

    @tool
    async def python(
        code: Annotated[str, "Python code; the value of a last expression is shown, too"],
        timeout: Annotated[float | None, "seconds after which it is stopped"] = None,  # noqa: ASYNC109  the model's word
        restart: Annotated[bool, "begin with a fresh interpreter"] = False,  # noqa: FBT002  a flag of the model's
    ) -> str:
        """Run Python code and return what it prints. Variables, functions and imports stay for the next call.

        It runs in a sandbox: the working folder can be written, home and /tmp are empty, there is no network unless
        the user allowed it.
        """
        return await keeper.run(code, seconds_of(context, timeout), restart=restart)

    return Boxed(python, context.box, keeper.stop)


@dataclass(slots=True)
class _Worker:
    """One interpreter: its process, and the end of a socket on which it is given code."""

    process: asyncio.subprocess.Process
    channel: socket.socket

    async def stop(self) -> None:
        self.channel.close()
        await end(self.process)


@dataclass(slots=True)
class _Keeper:
    """The interpreter of a conversation, started when it is needed; one call at a time."""

    context: ToolContext
    _worker: _Worker | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, code: str, seconds: float | None, *, restart: bool) -> str:
        async with self._one:
            if restart or (self._worker and self._worker.process.returncode is not None):
                await self.stop()
            if self._worker is None:
                self._worker = await _start(self.context)
            output, done = HeadTail(OUTPUT, report), False
            try:
                async with asyncio.timeout(seconds):
                    result = await _exchange(self._worker, code, output)
                done = True
            except TimeoutError:
                result = {"error": f"stopped after {seconds:g} s; variables and imports are lost"}
            finally:
                output.close()
                if not done:
                    await self.stop()
        return _told(output.text(), result)

    async def stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.stop()


async def _start(context: ToolContext) -> _Worker:
    if os.name == "nt":
        raise ToolError("the python tool needs Linux or macOS; use shell")
    ours, theirs = socket.socketpair()
    try:
        process = await start(
            [_interpreter(context.box), "-u", "-X", "utf8", str(WORKER), str(theirs.fileno())],
            context.box,
            context.root,
            context.root,
            env=environment(),
            fds=(theirs.fileno(),),
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    ours.setblocking(False)
    return _Worker(process, ours)


def _interpreter(box: Box) -> str:
    """Return the user's own Python, or the one that runs rig where the box hides that one."""
    own = shutil.which("python3")
    return own if own and (not is_boxed(box) or is_seen(Path(own), box)) else sys.executable


async def _exchange(worker: _Worker, code: str, output: HeadTail) -> dict[str, Any]:
    """Hand over code and read what it prints until the line that ends it, which holds the result."""
    mark = secrets.token_hex(16)
    request = json.dumps({"code": code, "mark": mark}).encode() + b"\n"
    await asyncio.get_running_loop().sock_sendall(worker.channel, request)
    assert worker.process.stdout  # noqa: S101  it is a pipe
    begin, rest = f"\0{mark} ".encode(), b""
    try:
        while chunk := await worker.process.stdout.read(64 * 1024):
            rest += chunk
            at = rest.find(begin)
            if at >= 0 and rest.endswith(b"\n"):
                result: dict[str, Any] = json.loads(rest[at + len(begin) :])
                rest = rest[:at]
                return result
            printed = at if at >= 0 else max(0, len(rest) - len(begin))
            output.feed(rest[:printed])
            rest = rest[printed:]
    finally:
        output.feed(rest)
    code_ = await worker.process.wait()
    return {"error": f"the interpreter ended (exit code {code_}); variables and imports are lost"}


def _told(printed: str, result: dict[str, Any]) -> str:
    parts = [clean(printed).rstrip("\n")] if printed.strip() else []
    if result.get("value") is not None:
        parts.append(clean(str(result["value"])))
    if result.get("error"):
        parts.append(clean(str(result["error"])).rstrip("\n"))
    return "\n".join(parts) or "[no output]"
