"""Writing in the working folder: a file is replaced as a whole, in an open folder, never through a link.

The way to a file is walked like `folder.Folder` walks it, but no link on it is followed: writing names the real place.
What is written goes to a new file in the same open folder, is synced, and takes the name: a crash leaves the old
content or the new. Right before that the old content is compared with what the caller thinks is there.
"""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rigcli.core.ports import ToolError
from rigcli.tools.folder import Folder, open_regular, outside, refuse_special, shown, told, working_folder

LARGEST = 10 * 1024 * 1024
"""Bytes of a file that is written, or changed."""
_LONGEST_PATH = 4096
PERMISSIONS = 0o777  # set-user-ID and the like are not kept, as when any other program writes to a file


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it is now; `data` is None where there is none. `path` is its place in the root, `mode` its rights."""

    path: str
    data: bytes | None = None
    mode: int | None = None


class Writer(Protocol):
    """A root folder in which files can be changed. Raises ToolError."""

    def look(self, path: str) -> Content:
        """Return what a file that is to be written holds now; nothing where it or a folder above it is not there."""
        ...

    def write(self, path: str, data: bytes | None, before: bytes | None, mode: int | None = None) -> list[str]:
        """Put `data` in the place of `before` (None: no file) and return the folders made for it, outer ones first.

        `mode` is that of the new file; None keeps the old one. Refused where something else than `before` is there.
        """
        ...

    def drop_folder(self, path: str) -> None:
        """Remove a folder if it is empty; does nothing otherwise."""
        ...


def writer(root: Path) -> Writer:
    """Return the writer with the strongest protection that this platform has."""
    if type(working_folder(root)) is Folder:
        return OpenedWriter(root)
    from rigcli.tools.folder_write_portable import PortableWriter  # noqa: PLC0415  Windows only

    return PortableWriter(root)


def names_of(relative: str, path: str) -> list[str]:
    """Return the names of a path that is to be written. Raises ToolError for what can be no file's."""
    if len(relative) > _LONGEST_PATH:
        raise ToolError(f"{shown(path[:80])}…: the path is too long")
    if relative.endswith("/") or relative.rpartition("/")[2] in (".", ".."):
        raise ToolError(f"{shown(path)} names a folder, not a file")
    names: list[str] = []
    for step in relative.split("/"):
        if step == "..":
            if not names:
                raise outside(path)
            names.pop()
        elif step not in ("", "."):
            names.append(step)
    if not names:
        raise ToolError(f"{shown(path)} names a folder, not a file")
    return names


def refuse_new_name(name: str) -> None:
    """Raise ToolError for a name that would be hard to see or to remove."""
    if shown(name) != name or name != name.strip():
        raise ToolError(f"{shown(name)!r}: a new name may hold no control or hidden characters, nor begin or end blank")


def refuse_too_large(size: int, path: str) -> None:
    if size > LARGEST:
        raise ToolError(f"{shown(path)}: {size:,} bytes are more than the {LARGEST:,} that are written at once")


def refuse_unwritable(info: os.stat_result, path: str) -> None:
    refuse_special(info, path)
    refuse_too_large(info.st_size, path)
    if not info.st_mode & 0o222:
        raise ToolError(f"{shown(path)} is marked read-only: it is left as it is")


def changed(path: str, *, gone: bool = False) -> ToolError:
    what = "is gone" if gone else "was changed by somebody else"
    return ToolError(f"{shown(path)} {what} in the meantime; nothing was written: read it again, then repeat the call")


class OpenedWriter(Folder):
    """A writer that walks by open folders, for systems with openat."""

    def look(self, path: str) -> Content:
        """Return what a file that is to be written holds now."""
        names = names_of(self.relative(path), path)
        where = "/".join(names)
        with told(path), ExitStack() as cleanup:
            fd = self._down(names[:-1], path, cleanup)
            info = None if fd is None else _lstat(names[-1], fd)
            if fd is None or info is None:
                return Content(where)
            _refuse(info, where)
            data, status = _read(names[-1], fd, where)
            return Content(where, data, stat.S_IMODE(status.st_mode))

    def write(self, path: str, data: bytes | None, before: bytes | None, mode: int | None = None) -> list[str]:
        """Put `data` in the place of `before`, or remove the file."""
        names = names_of(self.relative(path), path)
        where = "/".join(names)
        made: list[str] = []
        with told(path), ExitStack() as cleanup:
            try:
                fd = self._down(names[:-1], path, cleanup, made if before is None and data is not None else None)
                self._replace(names[-1], _there(fd, where), where, data, before, mode)
            except BaseException:
                for folder in reversed(made):
                    self.drop_folder(folder)
                raise
        return made

    def drop_folder(self, path: str) -> None:
        """Remove a folder if it is empty."""
        names = names_of(path, path)
        with suppress(OSError, ToolError), ExitStack() as cleanup:
            fd = self._down(names[:-1], path, cleanup)
            if fd is not None:
                os.rmdir(names[-1], dir_fd=fd)

    def _down(self, names: list[str], path: str, cleanup: ExitStack, made: list[str] | None = None) -> int | None:
        """Return the folder of these names, open; None where one is missing, unless `made` takes those made for it."""
        fd = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        cleanup.callback(os.close, fd)
        for depth, name in enumerate(names):
            info = _lstat(name, fd)
            if info is None:
                if made is None:
                    return None
                refuse_new_name(name)
                os.mkdir(name, dir_fd=fd)
                made.append("/".join(names[: depth + 1]))
            elif stat.S_ISLNK(info.st_mode):
                raise _link("/".join(names[: depth + 1]), os.readlink(name, dir_fd=fd))
            elif not stat.S_ISDIR(info.st_mode):
                raise ToolError(f"{shown(path)}: {shown(name)} is not a folder")
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=fd)
            cleanup.callback(os.close, fd)
        return fd

    def _replace(
        self, name: str, fd: int, where: str, data: bytes | None, before: bytes | None, mode: int | None
    ) -> None:
        if data is None:
            _expect(name, fd, where, before)
            os.unlink(name, dir_fd=fd)
            os.fsync(fd)
            return
        refuse_too_large(len(data), where)
        if before is None:
            refuse_new_name(name)
        temporary = f".rig-{os.urandom(8).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        new = os.open(temporary, flags, 0o666 if mode is None and before is None else 0o600, dir_fd=fd)
        try:
            with os.fdopen(new, "wb") as file:
                file.write(data)
                file.flush()
                status = _expect(name, fd, where, before)
                _dress(new, status, mode)
                os.fsync(new)
            _expect_same(name, fd, where, status)
            os.rename(temporary, name, src_dir_fd=fd, dst_dir_fd=fd)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=fd)
            raise
        os.fsync(fd)


def _there(fd: int | None, where: str) -> int:
    if fd is None:
        raise changed(where, gone=True)
    return fd


def _lstat(name: str, fd: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _link(where: str, target: str) -> ToolError:
    return ToolError(f"{shown(where)} is a link to {shown(target)}; nothing is written through links: name that place")


def _refuse(info: os.stat_result, where: str) -> None:
    if stat.S_ISLNK(info.st_mode):
        raise ToolError(f"{shown(where)} is a link; nothing is written through links: name the file that it leads to")
    refuse_unwritable(info, where)


def _read(name: str, fd: int, where: str) -> tuple[bytes, os.stat_result]:
    opened = open_regular(name, fd, where)
    with opened.file as file:
        status = os.fstat(file.fileno())
        refuse_unwritable(status, where)
        data = file.read(LARGEST + 1)
    refuse_too_large(len(data), where)
    return data, status


def _expect(name: str, fd: int, where: str, before: bytes | None) -> os.stat_result | None:
    """Return the status of the file that holds `before`. Raises ToolError where that is not what is there."""
    info = _lstat(name, fd)
    if info is None or before is None:
        if (info is None) != (before is None):
            raise changed(where, gone=info is None)
        return None
    _refuse(info, where)
    data, status = _read(name, fd, where)
    if data != before:
        raise changed(where)
    return status


def _expect_same(name: str, fd: int, where: str, status: os.stat_result | None) -> None:
    """Look once more right before the name changes hands: the time between is that of two system calls."""
    info = _lstat(name, fd)
    if (info is None) != (status is None):
        raise changed(where, gone=info is None)
    if info is not None and status is not None:
        same = (info.st_ino, info.st_dev, info.st_mtime_ns, info.st_size, info.st_nlink)
        if same != (status.st_ino, status.st_dev, status.st_mtime_ns, status.st_size, status.st_nlink):
            raise changed(where)


def _dress(new: int, status: os.stat_result | None, mode: int | None) -> None:
    """Give the new file the rights, the owner and the attributes of the one it replaces."""
    if status is not None:
        mine = os.fstat(new)
        if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
            with suppress(PermissionError):
                os.fchown(new, status.st_uid, status.st_gid)
        mode = stat.S_IMODE(status.st_mode) if mode is None else mode
    if mode is not None:
        os.fchmod(new, mode & PERMISSIONS)
