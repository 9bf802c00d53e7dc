"""tmux between us and the terminal: sequences that it hands on unread, where its user allows that."""

from __future__ import annotations

import subprocess

_SECONDS = 1.0


def through(sequence: str) -> str:
    """Return an escape sequence as tmux hands it on to the terminal."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def allows() -> bool:
    """Tell whether this tmux hands sequences on: its option `allow-passthrough` is on."""
    try:
        said = subprocess.run(
            ["tmux", "show-options", "-Apv", "allow-passthrough"],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return said.stdout.strip() in (b"on", b"all")
