"""AGENTS.md: what a project tells whoever works in it. It counts only with the content that the user trusted.

The files of the working folder and of those above it, up to the repository's root, the outermost first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rigcli.core.errors import StorageError
from rigcli.core.text_filter import clean
from rigcli.home.paths import Folders, read_private
from rigcli.home.trust import keep_digests, known_digests

NAME = "AGENTS.md"
MOST_BYTES = 256 << 10
"""Of all files together: more would be a good part of a model's context."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """`text` is what the trusted files say; `ignored` are the others, with the reason."""

    text: str = ""
    ignored: tuple[tuple[Path, str], ...] = ()


def find_files(cwd: Path, home: Path | None) -> list[Path]:
    """Return the AGENTS.md files that speak of a working folder, the outermost first."""
    found: list[Path] = []
    for folder in (cwd, *cwd.parents):
        if folder == home:
            break
        if (folder / NAME).is_file() or (folder / NAME).is_symlink():
            found.append(folder / NAME)
        if (folder / ".git").exists():
            return found[::-1]
    return [path for path in found if path.parent == cwd]  # without a repository nothing above is the project's


def read_instructions(cwd: Path, homes: Folders, home: Path | None) -> Instructions:
    """Return what the trusted files say, and which were left out. Raises ConfigError for a damaged list of trust."""
    files = find_files(cwd, home)
    if not files:
        return Instructions()
    known = known_digests(homes)
    texts: list[str] = []
    ignored: list[tuple[Path, str]] = []
    for path in files:
        data, why = _read(path)
        if not why and known.get(str(path.resolve())) != _digest(data):
            why = "changed since you trusted it" if str(path.resolve()) in known else "is not trusted"
        if why:
            ignored.append((path, why))
            continue
        texts.append(f'<instructions path="{path}">\n{clean(data.decode("utf-8", "replace")).strip()}\n</instructions>')
    return Instructions("\n\n".join(texts), tuple(ignored))


def trust_instructions(files: list[Path], homes: Folders) -> list[Path]:
    """Trust exactly what these files say now; return those that could be read."""
    digests = {path: _digest(data) for path in files for data, why in [_read(path)] if not why}
    keep_digests({str(path.resolve()): digest for path, digest in digests.items()}, homes)
    return list(digests)


def _read(path: Path) -> tuple[bytes, str]:
    """Return what a file holds, or why it cannot be trusted."""
    try:
        data = read_private(path, limit=MOST_BYTES)
    except StorageError as error:
        return b"", error.message.removeprefix(f"{path}: ")
    return (data, "") if data is not None else (b"", "is gone")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
