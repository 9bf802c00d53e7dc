"""What tools are made with: a `rigcli.tools.v1` entry point names a tool, or a function from a `ToolContext` to one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rigcli.tools.sandbox.box import Box

OUTPUT = 64 * 1024
"""Bytes of a command's output that a model gets, head and tail."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """`root` is the working folder: a tool that reads files stays inside it.

    `box` is where commands run; `timeout` are the seconds that one call may take, None for no limit.
    """

    root: Path
    box: Box = Box()  # noqa: RUF009  frozen
    timeout: float | None = 120.0
