"""Writing in the working folder where the platform has no `openat` (Windows): resolve, check, write, replace.

As with `folder_portable`, names can be swapped between the check and the writing; a link that is there is refused.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from rigcli.core.ports import ToolError
from rigcli.tools.folder import outside, shown, told
from rigcli.tools.folder_portable import PortableFolder
from rigcli.tools.folder_write import (
    LARGEST,
    PERMISSIONS,
    Content,
    changed,
    names_of,
    refuse_new_name,
    refuse_too_large,
    refuse_unwritable,
)


class PortableWriter(PortableFolder):
    """A writer by path names."""

    def look(self, path: str) -> Content:
        """Return what a file that is to be written holds now."""
        with told(path):
            where, real = self._target(path)
            if not real.exists():
                return Content(where)
            info = real.lstat()
            refuse_unwritable(info, where)
            with self._open(real, where) as opened:
                data = opened.file.read(LARGEST + 1)
            refuse_too_large(len(data), where)
            return Content(where, data, stat.S_IMODE(info.st_mode))

    def write(self, path: str, data: bytes | None, before: bytes | None, mode: int | None = None) -> list[str]:
        """Put `data` in the place of `before`, or remove the file."""
        with told(path):
            where, real = self._target(path)
            seen = self.look(path)
            if seen.data != before:
                raise changed(where, gone=seen.data is None)
            if data is None:
                real.unlink()
                return []
            refuse_too_large(len(data), where)
            return self._write(real, where, data, seen.mode if mode is None else mode)

    def drop_folder(self, path: str) -> None:
        """Remove a folder if it is empty."""
        with suppress(OSError, ToolError):
            self._target(path)[1].rmdir()

    def _write(self, real: Path, where: str, data: bytes, mode: int | None) -> list[str]:
        root = self._forms[-1]
        missing = [folder for folder in real.parents if folder.is_relative_to(root) and not folder.exists()]
        for folder in reversed(missing):
            refuse_new_name(folder.name)
            folder.mkdir()
        made = [folder.relative_to(root).as_posix() for folder in reversed(missing)]
        if mode is None:
            refuse_new_name(real.name)
        temporary = real.with_name(f".rig-{os.urandom(8).hex()}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                temporary.chmod(mode & PERMISSIONS)
            _refuse_moved(real.parent, where)
            temporary.replace(real)
        except BaseException:
            temporary.unlink(missing_ok=True)
            for folder in made[::-1]:
                self.drop_folder(folder)
            raise
        return made

    def _target(self, path: str) -> tuple[str, Path]:
        """Return the place of a file below the root. Raises ToolError where a link or a device is on the way."""
        relative = self.relative(path.replace("/", os.sep)).replace(os.sep, "/")
        names = names_of(relative, path)
        self.refuse_device_names(names, path)
        where = "/".join(names)
        real = self._forms[-1].joinpath(*names)
        if os.path.realpath(real) != str(real):
            raise ToolError(f"{shown(path)} leads over a link; nothing is written through links: name the real place")
        for above in real.parents:
            if above.exists() and not above.is_dir():
                raise ToolError(f"{shown(path)}: {shown(above.name)} is not a folder")
        return where, real


def _refuse_moved(folder: Path, where: str) -> None:
    if os.path.realpath(folder) != str(folder):
        raise outside(where)
