"""What tools are made with: a `rigcli.tools.v1` entry point names a tool, or a function from a `ToolContext` to one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rigcli.core.services import Indexes, Memory, Person, Web
from rigcli.tools.sandbox.box import Box

OUTPUT = 64 * 1024
"""Bytes of a command's output that a model gets, head and tail."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """`root` is the working folder: a tool that reads files stays inside it.

    `box` is where commands run; `timeout` are the seconds that one call may take, None for no limit.
    The rest is what tools may reach beside files; None where it is not there.
    """

    root: Path
    box: Box = Box()  # noqa: RUF009  frozen
    timeout: float | None = 120.0
    web: Web | None = None
    indexes: Indexes | None = None
    memory: Memory | None = None
    person: Person | None = None
