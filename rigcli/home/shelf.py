"""Files by name that say how rig behaves: agents, roles, templates, skills, tools.

They lie in folders of the user's own config folder, and in the `.rig` of a project that is trusted. Of two with one
name the project's counts, as with settings. What a project's file says is what was hashed, not what lies there now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from rigcli.core.errors import ConfigError, DeniedError, StorageError, UsageError
from rigcli.home.settings import Settings

Kind = Literal["agents", "roles", "templates", "skills", "tools"]
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,57}")
"""Names become names of tools (`ask_NAME`), which providers allow 64 characters."""
MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """A file of that name; nothing of a user's own is read before `text` is called."""

    name: str
    path: Path
    project: bool = False
    data: bytes | None = None

    @property
    def origin(self) -> str:
        """Whose it is, for lists."""
        return "project" if self.project else "user"

    def text(self) -> str:
        """Return what is in it. Raises ConfigError where it cannot be read."""
        try:
            data = self.path.read_bytes() if self.data is None else self.data
        except OSError as error:
            raise ConfigError(f"{self.path}: {(error.strerror or str(error)).lower()}") from None
        if len(data) > MOST_BYTES:
            raise ConfigError(f"{self.path}: more than {MOST_BYTES >> 20} MiB")
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise ConfigError(f"{self.path}: is not UTF-8") from None


def shelf(settings: Settings, kind: Kind, suffixes: Iterable[str]) -> dict[str, Found]:
    """Return what there is of a kind, by name; of several files with one name the first suffix counts."""
    found: dict[str, Found] = {}
    for each in (*_projects(settings, kind, tuple(suffixes)), *_own(settings, kind, tuple(suffixes))):
        found.setdefault(each.name, each)
    return dict(sorted(found.items()))


def pick(settings: Settings, kind: Kind, suffixes: tuple[str, ...], name: str) -> Found:
    """Return one by name. Raises UsageError with the near names, DeniedError where only an untrusted project has it."""
    known = shelf(settings, kind, suffixes)
    if name in known:
        return known[name]
    if settings.untrusted is not None and any((settings.untrusted / kind / f"{name}{s}").is_file() for s in suffixes):
        raise DeniedError(
            f"{kind[:-1]} {name}: {settings.untrusted} is not trusted",
            hint=f"look at what is in it, then: rig config trust {settings.untrusted.parent}",
        )
    raise unknown(kind, name, known)


def unknown(kind: Kind, name: str, known: Mapping[str, object]) -> UsageError:
    """Return the error for a name that is not there."""
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"`rig {kind} list` shows what there is"
    return UsageError(f"no {kind[:-1]} {name!r}", hint=hint)


def checked_name(kind: Kind, name: str) -> str:
    """Return the name if a file may be called so. Raises UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{kind[:-1]} {name!r}: letters, digits, _ and - only, at most 58", hint="choose a shorter name"
        )
    return name


def own_folder(settings: Settings, kind: Kind) -> Path:
    """Return where the user's own lie."""
    return settings.folders.config / kind


def _own(settings: Settings, kind: Kind, suffixes: tuple[str, ...]) -> Iterator[Found]:
    folder = own_folder(settings, kind)
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StorageError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    for suffix in suffixes:
        for path in entries:
            name = path.name.removesuffix(suffix)
            if path.name.endswith(suffix) and NAME.fullmatch(name) and path.is_file():
                yield Found(name, path)


def _projects(settings: Settings, kind: Kind, suffixes: tuple[str, ...]) -> Iterator[Found]:
    project = settings.project
    if project is None:
        return
    for suffix in suffixes:
        for relative, data in project.files.items():
            folder, _, file = relative.rpartition("/")
            name = file.removesuffix(suffix)
            if folder == kind and file.endswith(suffix) and NAME.fullmatch(name):
                yield Found(name, project.folder / relative, project=True, data=data)
