"""Which project folders may say how rig behaves: a `.rig/` counts only with the exact content that the user trusted.

What was hashed is what is used: the files are read once, and `Project.files` is handed on. A link inside the folder
could change behind the hash, so a folder with one cannot be trusted. Nothing here runs anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rigcli.core.errors import ConfigError, DeniedError
from rigcli.home.lock import Lock, acquire
from rigcli.home.paths import Folders, read_private, write_private

NAME = ".rig"
MOST_FILES = 1000
MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Project:
    """A project's `.rig/` as it was read: file contents by path relative to it (with `/`), and their hash."""

    folder: Path
    files: dict[str, bytes]
    digest: str


def find_project(cwd: Path, homes: Folders, home: Path | None) -> Path | None:
    """Return the `.rig` folder of a working folder: in it, or above it up to the repository's root or home."""
    for folder in (cwd, *cwd.parents):
        if folder == home:
            return None
        candidate = folder / NAME
        if candidate.is_dir() and candidate not in (homes.config, homes.config.parent):
            return candidate
        if (folder / ".git").exists():
            return None
    return None


def read_project(folder: Path) -> Project:
    """Read a whole `.rig` folder. Raises DeniedError where it holds what cannot be trusted as content."""
    import hashlib  # noqa: PLC0415  only where there is a project folder

    files: dict[str, bytes] = {}
    size = 0
    for path in _walk(folder):
        data = read_private(path, limit=MOST_BYTES) or b""
        size += len(data)
        if size > MOST_BYTES or len(files) >= MOST_FILES:
            raise DeniedError(f"{folder}: is too large to be trusted", hint="more than 16 MiB or 1000 files")
        files[path.relative_to(folder).as_posix()] = data
    digest = hashlib.sha256()
    for name in sorted(files):
        encoded = name.encode("utf-8", "surrogateescape")
        digest.update(b"%d:%s%d:" % (len(encoded), encoded, len(files[name])))
        digest.update(files[name])
    return Project(folder, files, digest.hexdigest())


def trusted_digest(folder: Path, homes: Folders) -> str | None:
    """Return the hash under which the user trusted this folder, or None."""
    return _load(homes).get(_name(folder))


def trust(project: Project, homes: Folders) -> None:
    """Remember that the user trusts exactly this content."""
    with _lock(homes):
        _save({**_load(homes), _name(project.folder): project.digest}, homes)


def forget(folder: Path, homes: Folders) -> bool:
    """Trust a folder no longer; tell whether it was trusted."""
    with _lock(homes):
        known = _load(homes)
        was = known.pop(_name(folder), None) is not None
        if was:
            _save(known, homes)
    return was


def known_digests(homes: Folders) -> dict[str, str]:
    """Return all that is trusted: a hash by the name of each folder or file."""
    return _load(homes)


def keep_digests(digests: dict[str, str], homes: Folders) -> None:
    """Trust these, besides what is trusted already."""
    if digests:
        with _lock(homes):
            _save({**_load(homes), **digests}, homes)


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(path)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                raise DeniedError(
                    f"{path}: a link or special file cannot be trusted", hint="replace it by a plain file"
                )


def _lock(homes: Folders) -> Lock:
    return acquire(homes.state / ".trust.lock", str(_file(homes)))


def _file(homes: Folders) -> Path:
    return homes.state / "trust.json"


def _name(folder: Path) -> str:
    return str(folder.resolve())


def _load(homes: Folders) -> dict[str, str]:
    data = read_private(_file(homes))
    if data is None:
        return {}
    try:
        projects: dict[str, Any] = json.loads(data)["projects"]
        return {str(name): str(digest) for name, digest in projects.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{_file(homes)}: damaged", hint="remove it; projects must then be trusted again") from None


def _save(projects: dict[str, str], homes: Folders) -> None:
    text = json.dumps({"v": 1, "projects": dict(sorted(projects.items()))}, indent=1)
    write_private(_file(homes), text.encode() + b"\n")
