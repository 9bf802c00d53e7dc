"""shell: a command line of the model's, in the sandbox, with its output as it comes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from rigcli.core.ports import Tool, ToolError, Traits
from rigcli.core.progress import report
from rigcli.core.requests import ToolSpec
from rigcli.core.text_filter import clean
from rigcli.tools.context import OUTPUT, ToolContext
from rigcli.tools.decorator import FunctionTool, tool
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.run import Ended, environment, is_boxed, run
from rigcli.tools.traits import RUNS_CODE, RUNS_CODE_OFFLINE, RUNS_CODE_UNBOXED

MARGIN = 5.0
"""Seconds before the time of a call is over that a command is stopped, so that its output is not lost."""


async def _nothing() -> None:
    """Nothing runs between calls."""


@dataclass(frozen=True, slots=True)
class Boxed:
    """A tool that runs code: what it has to do with the world depends on the box that this machine can give it."""

    inner: FunctionTool[..., Any]
    box: Box
    stop: Callable[[], Awaitable[None]] = _nothing

    @property
    def spec(self) -> ToolSpec:
        return self.inner.spec

    @property
    def read_only(self) -> bool:
        return False

    @property
    def traits(self) -> Traits:
        if not is_boxed(self.box):
            return RUNS_CODE if self.box.mode == "off" else RUNS_CODE_UNBOXED
        return RUNS_CODE if self.box.network else RUNS_CODE_OFFLINE

    def check(self, arguments: dict[str, Any]) -> None:
        self.inner.check(arguments)

    async def run(self, arguments: dict[str, Any]) -> str:
        return await self.inner.run(arguments)

    async def close(self) -> None:
        await self.stop()


def make(context: ToolContext) -> Tool:
    """Return the tool for one working folder."""

    @tool
    async def shell(
        command: Annotated[str, "the command line, for bash (PowerShell on Windows without bash)"],
        cwd: Annotated[str, "folder to run it in, relative to the working folder"] = ".",
        timeout: Annotated[float | None, "seconds after which it is stopped"] = None,  # noqa: ASYNC109  the model's word
    ) -> str:
        """Run a command line and return what it prints, both streams, and its exit code if that is not 0.

        It runs in a sandbox: the working folder can be written, home and /tmp are empty, there is no network unless
        the user allowed it, and stdin is empty. What it leaves running in the background is ended with it.
        """
        if "\0" in command:
            raise ToolError("the command has a NUL character in it")
        folder = _folder(context.root, cwd)
        ended = await run(
            [*_shell(), command],
            context.box,
            context.root,
            folder,
            env=environment(),
            limit=OUTPUT,
            seconds=seconds_of(context, timeout),
            tell=report,
        )
        return _told(ended, seconds_of(context, timeout))

    return Boxed(shell, context.box)


def seconds_of(context: ToolContext, wanted: float | None) -> float | None:
    """Return the seconds that a command gets: what is wanted, within the time of a call."""
    most = None if context.timeout is None else max(context.timeout - MARGIN, context.timeout / 2)
    if wanted is None or wanted <= 0:
        return most
    return wanted if most is None else min(wanted, most)


def _folder(root: Path, cwd: str) -> Path:
    folder = (root / cwd).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise ToolError(f"cwd: {cwd} is outside the working folder")
    if not folder.is_dir():
        raise ToolError(f"cwd: {cwd} is no folder")
    return folder


def _shell() -> list[str]:
    if bash := shutil.which("bash"):
        return [bash, "-c"]
    return ["powershell", "-NoProfile", "-NonInteractive", "-Command"] if os.name == "nt" else ["/bin/sh", "-c"]


def _told(ended: Ended, seconds: float | None) -> str:
    lines = [clean(ended.output).rstrip("\n")] if ended.output.strip() else ["[no output]"]
    if ended.stopped:
        lines.append(f"[stopped after {seconds:g} s, with everything that it had started]")
    elif ended.code:
        lines.append(f"[exit code {ended.code}]")
    return "\n".join(lines)
