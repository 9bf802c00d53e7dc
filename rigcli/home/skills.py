"""Skills: folders with a `SKILL.md` that says how something is done. Names and descriptions are told, texts are read.

skills/release-notes/SKILL.md        ---
skills/release-notes/template.txt    name: release-notes
description: How we write release notes; use before you write any
---
Read template.txt first. …
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from rigcli.core.errors import ConfigError
from rigcli.home.front_matter import read, text_of
from rigcli.home.settings import Settings
from rigcli.home.shelf import MOST_BYTES, NAME

FILE: Final = "SKILL.md"


@dataclass(frozen=True, slots=True)
class Skill:
    """`body` is what stands below the front matter; `open` gives the bytes of a file below its folder, or None."""

    name: str
    description: str
    path: Path
    body: str
    open: Callable[[str], bytes | None]
    files: tuple[str, ...] = ()

    def text(self, file: str) -> str:
        """Return a file of the skill. Raises ConfigError where there is none, or no text."""
        data = self.open(file) if file in self.files else None
        if data is None:
            raise ConfigError(f"skill {self.name}: no file {file!r}; it has {', '.join(self.files) or 'none'}")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ConfigError(f"skill {self.name}: {file} is no text") from None


def has_skills(settings: Settings) -> bool:
    """Tell whether there could be any, without reading one."""
    project = settings.project
    return (settings.folders.config / "skills").is_dir() or (
        project is not None and any(name.startswith("skills/") for name in project.files)
    )


def known_skills(settings: Settings, warn: Callable[[str], None]) -> dict[str, Skill]:
    """Return the skills that the settings allow, by name; the project's before the user's. Broken ones are told."""
    found: dict[str, Skill] = {}
    for name, path, names, opener in (*_projects(settings), *_own(settings)):
        if name in found or not any(fnmatchcase(name, each) for each in settings.get("skills.enabled")):
            continue
        try:
            found[name] = _skill(name, path, names, opener)
        except ConfigError as error:
            warn(error.line())
    return dict(sorted(found.items()))


_Folder = tuple[str, Path, Sequence[str], Callable[[str], bytes | None]]


def _skill(name: str, path: Path, names: Sequence[str], opener: Callable[[str], bytes | None]) -> Skill:
    data = opener(FILE) or b""
    try:
        table, body = read(path, data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None
    description = " ".join((text_of(table, "description", str(path)) or "").split())
    if not description:
        raise ConfigError(f"{path}: no description", hint="say in the front matter what it is for")
    return Skill(name, description, path, body, opener, tuple(sorted(each for each in names if each != FILE)))


def _own(settings: Settings) -> list[_Folder]:
    root = settings.folders.config / "skills"
    return [
        (folder.name, folder / FILE, _names(folder), _reader(folder))
        for folder in (sorted(root.iterdir()) if root.is_dir() else ())
        if NAME.fullmatch(folder.name) and (folder / FILE).is_file()
    ]


def _names(folder: Path) -> list[str]:
    """Return the plain files below a folder; a link could lead anywhere."""
    names = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path.relative_to(folder).as_posix() for path in names if path.resolve().is_relative_to(folder.resolve())]


def _reader(folder: Path) -> Callable[[str], bytes | None]:
    def opened(name: str) -> bytes | None:
        path = folder.joinpath(*PurePosixPath(name).parts)
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ConfigError(f"{path}: more than {MOST_BYTES >> 20} MiB")
            return path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from None

    return opened


def _projects(settings: Settings) -> list[_Folder]:
    project = settings.project
    if project is None:
        return []
    folders: dict[str, dict[str, bytes]] = {}
    for name, data in project.files.items():
        parts = name.split("/", 2)
        if len(parts) == 3 and parts[0] == "skills" and NAME.fullmatch(parts[1]):  # noqa: PLR2004  skills, NAME, file
            folders.setdefault(parts[1], {})[parts[2]] = data
    return [
        (name, project.folder / "skills" / name / FILE, list(files), files.get)
        for name, files in folders.items()
        if FILE in files
    ]
