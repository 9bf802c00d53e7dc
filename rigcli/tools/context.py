"""What tools are made with: a `rigcli.tools.v1` entry point names a tool, or a function from a `ToolContext` to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rigcli.core.ports import Checkpoints
from rigcli.core.services import Indexes, Memory, Person, Web
from rigcli.tools.read_notes import ReadNotes
from rigcli.tools.sandbox.box import Box

OUTPUT = 64 * 1024
"""Bytes of a command's output that a model gets, head and tail."""


def _nothing(_path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ToolContext:
    """`root` is the working folder: a tool that reads files stays inside it.

    `box` is where commands run; `timeout` are the seconds that one call may take, None for no limit. `may_read` tells
    whether the rules let the model read a file without a question, so that a tool may quote it; `read` is what it has
    read. The rest is what tools may reach beside files, and who keeps what files held before they are written; None
    where it is not there.
    """

    root: Path
    box: Box = Box()  # noqa: RUF009  frozen
    timeout: float | None = 120.0
    web: Web | None = None
    indexes: Indexes | None = None
    memory: Memory | None = None
    person: Person | None = None
    checkpoints: Checkpoints | None = None
    may_read: Callable[[str], bool] = _nothing
    read: ReadNotes = field(default_factory=ReadNotes)
