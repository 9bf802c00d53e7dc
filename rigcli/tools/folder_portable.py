"""The working folder where the platform has no `openat` (Windows): resolve, check, open, and check what was opened.

Between the check and the opening a name can be swapped; that the open file is still the one that was checked is made
sure by its identity. This is weaker than `folder.Folder`, and is used only where that cannot work.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rigcli.core.ports import ToolError
from rigcli.tools.folder import Entry, Folder, Opened, Skip, outside, refuse_hidden_secret, refuse_special, shown, told

_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}
)


class PortableFolder(Folder):
    """A root folder by path names."""

    @contextmanager
    def open_file(self, path: str) -> Generator[Opened]:
        """Open one regular file; it is closed with the context."""
        with told(path):
            real = self._resolve(path)
            if real.is_dir():
                raise ToolError(f"{shown(path)} is a folder; use list_dir")
            where = real.relative_to(self._forms[-1]).as_posix()
            refuse_hidden_secret(path, where)
            with self._open(real, where) as opened:
                yield opened

    def entries(self, path: str) -> list[Entry]:
        """Return what is in a folder, sorted by name."""
        with told(path):
            real = self._resolve(path)
            if not real.is_dir():
                raise ToolError(f"{shown(path)} is a file; use read_file")
            return [_entry(each) for each in sorted(real.iterdir())]

    def files(self, path: str, skip: Skip) -> Iterator[Opened]:
        """Yield every regular file below a folder, or the one file, open; links and the unreadable are left out."""
        with told(path):
            real = self._resolve(path)
            if real.is_dir():
                for each in self._walked(real, skip):
                    where = each.relative_to(self._forms[-1]).as_posix()
                    with suppress(OSError, ToolError), self._open(each, where) as opened:
                        yield opened
                return
        with self.open_file(path) as opened:
            yield opened

    def names(self, path: str, skip: Skip) -> Iterator[str]:
        """Yield the path of every regular file below a folder, or of the one file; nothing is opened."""
        with told(path):
            real = self._resolve(path)
            found = self._walked(real, skip) if real.is_dir() else [real]
            yield from (each.relative_to(self._forms[-1]).as_posix() for each in found if each.is_file())

    def is_folder(self, path: str) -> bool:
        """Tell a folder from a file."""
        with told(path):
            return self._resolve(path).is_dir()

    def _resolve(self, path: str) -> Path:
        """Return the real place of a path. Raises ToolError where that is outside, or no name of a file at all."""
        relative = Path(self.relative(path.replace("/", os.sep)))
        self.refuse_device_names(relative.parts, path)
        real = _real(self._forms[-1] / relative)
        if not real.is_relative_to(self._forms[-1]):
            raise outside(path)
        if not real.exists():
            raise ToolError(f"no such file or folder: {shown(path)}")
        return real

    def refuse_device_names(self, steps: Iterable[str], path: str) -> None:
        """Raise ToolError for a name that is no file's on Windows."""
        for step in steps:
            if ":" in step or step.split(".")[0].rstrip().casefold() in _DEVICES:
                raise ToolError(f"{shown(path)}: {shown(step)} is a device or a stream, not a file")

    @contextmanager
    def _open(self, real: Path, where: str) -> Generator[Opened]:
        before = real.lstat()
        refuse_special(before, where)
        with real.open("rb") as file:
            info = os.fstat(file.fileno())
            refuse_special(info, where)
            if not os.path.samestat(before, info) or _real(real) != real:
                raise ToolError(f"{shown(where)} changed while it was opened")
            yield Opened(file, where, info.st_size)

    def _walked(self, folder: Path, skip: Skip) -> Iterator[Path]:
        for each in sorted(folder.iterdir()):
            where = each.relative_to(self._forms[-1]).as_posix()
            if _real(each) != each or skip(where, each.is_dir()):  # a link or a junction
                continue
            if each.is_dir():
                with suppress(OSError):
                    yield from self._walked(each, skip)
            else:
                yield each


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path.resolve fails on links that lead in a circle


def _entry(path: Path) -> Entry:
    if path.is_symlink():
        return Entry(path.name, "link", target=str(path.readlink()))
    if path.is_dir():
        return Entry(path.name, "folder")
    return Entry(path.name, "file", path.stat().st_size) if path.is_file() else Entry(path.name, "other")
