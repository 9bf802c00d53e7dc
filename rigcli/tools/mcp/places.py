"""Where other programs keep their servers. Paths only; nothing is read here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """A file of a program. Those of a project lie in the working folder: never read but when asked for."""

    program: str
    path: Path


def places(home: Path, cwd: Path, appdata: Path | None = None) -> Iterator[Place]:
    """Yield where servers may be written down, the user's files first."""
    config = appdata or (home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".config")
    yield Place("claude-desktop", config / "Claude" / "claude_desktop_config.json")
    yield Place("claude-code", home / ".claude.json")
    yield Place("claude-code", cwd / ".mcp.json")
    yield Place("cursor", home / ".cursor" / "mcp.json")
    yield Place("cursor", cwd / ".cursor" / "mcp.json")
    for edition in ("Code", "Code - Insiders", "VSCodium"):
        yield Place("vscode", config / edition / "User" / "mcp.json")
    yield Place("vscode", cwd / ".vscode" / "mcp.json")
    yield Place("windsurf", home / ".codeium" / "windsurf" / "mcp_config.json")
    yield Place("gemini", home / ".gemini" / "settings.json")
    yield Place("mistralrs", home / ".config" / "mistralrs" / "mcp.json")
    yield Place("mistralrs", cwd / "mcp-config.json")


PROGRAMS = ("claude-desktop", "claude-code", "cursor", "vscode", "windsurf", "gemini", "mistralrs")
