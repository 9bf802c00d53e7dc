"""Inline images of iTerm2, which WezTerm, Konsole and VS Code read too: iterm2.com/documentation-images.html."""

from __future__ import annotations

from base64 import b64encode

_PART = 64 * 1024
"""Characters of one part: tmux passes on a sequence up to a megabyte."""


def encode(data: bytes, columns: int, rows: int) -> str:
    """Return the escape sequence that shows a picture file, of whatever kind the terminal reads, in so many cells."""
    return f"\x1b]1337;File={_about(data, columns, rows)}:{b64encode(data).decode('ascii')}\x07"


def in_parts(data: bytes, columns: int, rows: int) -> list[str]:
    """Return the same as several sequences (iTerm2 3.5 and later)."""
    text = b64encode(data).decode("ascii")
    pieces = [f"\x1b]1337;MultipartFile={_about(data, columns, rows)}\x07"]
    pieces += [f"\x1b]1337;FilePart={text[at : at + _PART]}\x07" for at in range(0, len(text), _PART)]
    return [*pieces, "\x1b]1337;FileEnd\x07"]


def _about(data: bytes, columns: int, rows: int) -> str:
    return f"inline=1;size={len(data)};width={columns};height={rows};preserveAspectRatio=1"
