"""What a command may see and do: the box as the user wants it, and what this machine can make of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["auto", "required", "off"]


@dataclass(frozen=True, slots=True)
class Box:
    """A box around commands.

    `mode`: auto uses a sandbox where there is one, required refuses to run without, off runs without. `readable` and
    `writable` are folders besides the working folder, `hidden` such that nothing may see; `memory` is in MiB, each
    process; `processes` at once. 0 is no limit.
    """

    mode: Mode = "auto"
    network: bool = False
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    memory: int = 4096
    processes: int = 512


PROTECTED = (".git/hooks", ".git/config", ".rig", ".envrc", ".vscode", ".idea", ".mcp.json", ".gitmodules")
"""Names in the working folder that stay read-only: what is in them runs later by itself."""


def interpreter_folders() -> tuple[Path, ...]:
    """Return where the running Python and the supervisor live: they are needed inside the box, wherever that is."""
    places = (sys.prefix, sys.base_prefix, sys.exec_prefix, Path(__file__).parent)
    return tuple(dict.fromkeys(Path(each).resolve() for each in places))
