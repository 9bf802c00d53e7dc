"""The working folder of tools: a path in, an open file out, and nothing outside the folder, whatever the path says.

A path is walked one name at a time from an open folder (`openat` with O_NOFOLLOW), so that nothing is looked at twice
and a link that is swapped in meanwhile is not followed. A link is read and walked like the rest of the path; it may
lead elsewhere in the folder, never out of it. Only regular files with one name are opened: no pipes, no devices, and
no file with a second hard link, because its other name may lie outside. `working_folder` gives what the platform can.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Literal, NamedTuple, TypeAlias

from rigcli.core.ports import ToolError
from rigcli.core.text_filter import escape_visible
from rigcli.tools.secret_names import is_secret

MOST_LINKS = 40  # as many as Linux follows in one path
MOST_DEPTH = 64  # folders below each other that are walked: each holds one file descriptor

Kind: TypeAlias = Literal["file", "folder", "link", "other"]
Skip: TypeAlias = Callable[[str, bool], bool]
"""A path below the root and whether it is a folder, to: leave it out."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A regular file, open for reading bytes. `path` is its real place below the root, with forward slashes."""

    file: IO[bytes]
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder; `size` in bytes is that of a file; `target` is where a link says it leads."""

    name: str
    kind: Kind
    size: int = 0
    target: str = ""


class Folder:
    """A root folder. Every method takes paths relative to it, or absolute ones below it, and raises ToolError."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  resolve() would follow links, and both forms are needed
        self._forms = tuple(dict.fromkeys((self.root, self.root.resolve())))

    @contextmanager
    def open_file(self, path: str) -> Generator[Opened]:
        """Open one regular file; it is closed with the context."""
        with told(path), ExitStack() as cleanup:
            place = self._walk(path, cleanup)
            if place.name is None:
                raise ToolError(f"{shown(path)} is a folder; use list_dir")
            opened = open_regular(place.name, place.fds[-1], "/".join([*place.names, place.name]))
            cleanup.callback(opened.file.close)
            refuse_hidden_secret(path, opened.path)
            yield opened

    def entries(self, path: str) -> list[Entry]:
        """Return what is in a folder, sorted by name."""
        with told(path), ExitStack() as cleanup:
            fd = self._folder(path, cleanup).fds[-1]
            return [_entry(item, fd) for item in _sorted(fd)]

    def files(self, path: str, skip: Skip) -> Iterator[Opened]:
        """Yield every regular file below a folder, or the one file, open; links and what cannot be read are left out.

        A file is closed when the next one is asked for.
        """
        with told(path), ExitStack() as cleanup:
            place = self._walk(path, cleanup)
            if place.name is None:
                for found in _below(place.fds[-1], "/".join(place.names), skip, 0):
                    with suppress(OSError, ToolError):
                        opened = open_regular(found.name, found.fd, found.path)
                        with opened.file:
                            yield opened
                return
        with self.open_file(path) as opened:
            yield opened

    def names(self, path: str, skip: Skip) -> Iterator[str]:
        """Yield the path of every regular file below a folder, or of the one file; nothing is opened."""
        with told(path), ExitStack() as cleanup:
            place = self._walk(path, cleanup)
            where = "/".join([*place.names, place.name or ""]).rstrip("/")
            if place.name is None:
                yield from (each.path for each in _below(place.fds[-1], where, skip, 0) if each.regular)
            elif stat.S_ISREG(_lstat(place.name, place.fds[-1]).st_mode):
                yield where

    def is_folder(self, path: str) -> bool:
        """Tell a folder from a file."""
        with told(path), ExitStack() as cleanup:
            return self._walk(path, cleanup).name is None

    def relative(self, path: str) -> str:
        """Return a path as it is walked from the root. Raises ToolError for one that names another place."""
        if not path or "\0" in path:
            raise ToolError("the path is empty" if not path else "the path has a NUL character in it")
        if path == "~" or path.startswith("~/"):
            raise ToolError(f"{shown(path)}: ~ is not a place in the working folder")
        if not os.path.isabs(path):  # noqa: PTH117  a Path would drop what `..` and `.` say
            return path
        for root in self._forms:
            if path == str(root):
                return "."
            if path.startswith(prefix := str(root).rstrip(os.sep) + os.sep):
                return path[len(prefix) :] or "."
        raise outside(path)

    def _folder(self, path: str, cleanup: ExitStack) -> _Place:
        place = self._walk(path, cleanup)
        if place.name is not None:
            raise ToolError(f"{shown(path)} is a file; use read_file")
        return place

    def _walk(self, path: str, cleanup: ExitStack) -> _Place:
        """Walk a path to a folder (`name` None) or to the name of something else in an open folder."""
        place = _Place([_open_folder(self.root, None)], [])
        cleanup.callback(place.close)
        steps = deque(_steps(self.relative(path)))
        links = 0
        while steps:
            step = steps.popleft()
            if step == "..":
                if not place.names:
                    raise outside(path)
                place.up()
                continue
            mode = _lstat(step, place.fds[-1]).st_mode
            if stat.S_ISLNK(mode):
                links += 1
                if links > MOST_LINKS:
                    raise ToolError(f"{shown(path)}: links that lead in a circle")
                self._turn(os.readlink(step, dir_fd=place.fds[-1]), path, place, steps)
            elif stat.S_ISDIR(mode):
                place.down(step)
            elif steps:
                raise ToolError(f"{shown(path)}: {shown(step)} is not a folder")
            else:
                place.name = step
        return place

    def _turn(self, target: str, path: str, place: _Place, steps: deque[str]) -> None:
        """Go where a link leads: its steps come before the rest; an absolute one starts at the root again."""
        if os.path.isabs(target):  # noqa: PTH117  as in `relative`
            with _outside_if_refused(path):
                target = self.relative(target)
            while place.names:
                place.up()
        steps.extendleft(reversed(_steps(target)))


@dataclass(slots=True)
class _Place:
    """Where a walk stands: the folders it came through, open and by name; at its end the name of a file."""

    fds: list[int]
    names: list[str]
    name: str | None = None

    def down(self, name: str) -> None:
        self.fds.append(_open_folder(name, self.fds[-1]))
        self.names.append(name)

    def up(self) -> None:
        os.close(self.fds.pop())
        self.names.pop()

    def close(self) -> None:
        while self.fds:
            os.close(self.fds.pop())


def working_folder(root: Path) -> Folder:
    """Return the folder with the strongest protection that this platform has."""
    if os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW"):
        return Folder(root)
    from rigcli.tools.folder_portable import PortableFolder  # noqa: PLC0415  Windows only

    return PortableFolder(root)


def open_regular(name: str, folder_fd: int, path: str) -> Opened:
    """Open a file by its name in an open folder. Raises ToolError for anything but a regular file with one name.

    It is looked at before it is opened, because opening alone can wake a device, and again when it is open.
    """
    refuse_special(_lstat(name, folder_fd), path)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    fd = os.open(name, flags, dir_fd=folder_fd)
    try:
        info = os.fstat(fd)
        refuse_special(info, path)
        return Opened(os.fdopen(fd, "rb"), path, info.st_size)
    except BaseException:
        os.close(fd)
        raise


def refuse_hidden_secret(asked: str, real: str) -> None:
    """Raise ToolError for a harmless name that leads to a secret one: the rules have judged the name that was asked."""
    if is_secret(real) and not is_secret(os.path.normpath(asked)):
        raise ToolError(f"{shown(asked)} leads to {shown(real)}; ask for it by its own name")


def refuse_special(info: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise ToolError(f"{shown(path)} is {_KINDS.get(stat.S_IFMT(info.st_mode), 'no regular file')}, not a file")
    if info.st_nlink > 1:
        raise ToolError(f"{shown(path)} has a second hard link, which may lie outside the working folder: not read")


_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
}


class _Found(NamedTuple):
    """What is no folder and no link, by its name in an open folder."""

    fd: int
    name: str
    path: str
    regular: bool


def _below(fd: int, path: str, skip: Skip, depth: int) -> Iterator[_Found]:
    for item in _sorted(fd):
        where = f"{path}/{item.name}" if path else item.name
        is_folder = item.is_dir(follow_symlinks=False)
        if item.is_symlink() or skip(where, is_folder):
            continue
        if not is_folder:
            yield _Found(fd, item.name, where, item.is_file(follow_symlinks=False))
        elif depth < MOST_DEPTH:
            with suppress(OSError, ToolError):
                inner = _open_folder(item.name, fd)
                try:
                    yield from _below(inner, where, skip, depth + 1)
                finally:
                    os.close(inner)


def _sorted(fd: int) -> list[os.DirEntry[str]]:
    with os.scandir(fd) as found:
        return sorted(found, key=lambda item: item.name)


def _entry(item: os.DirEntry[str], fd: int) -> Entry:
    if item.is_symlink():
        return Entry(item.name, "link", target=os.readlink(item.name, dir_fd=fd))
    if item.is_dir(follow_symlinks=False):
        return Entry(item.name, "folder")
    if item.is_file(follow_symlinks=False):
        return Entry(item.name, "file", item.stat(follow_symlinks=False).st_size)
    return Entry(item.name, "other")


def _open_folder(name: str | Path, fd: int | None) -> int:
    follow = 0 if fd is None else os.O_NOFOLLOW  # the root itself may be a link: it is the user's own choice
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow, dir_fd=fd)


def _lstat(name: str, fd: int) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        near = get_close_matches(name, os.listdir(fd), n=3)
        hint = f"; near: {', '.join(map(shown, near))}" if near else ""
        raise ToolError(f"no such file or folder: {shown(name)}{hint}") from None


def _steps(path: str) -> list[str]:
    return [step for step in path.split("/") if step not in ("", ".")]


def shown(name: str) -> str:
    """Return a name that can stand in a line: control and hidden characters visible, odd bytes too."""
    return escape_visible(name.encode("utf-8", "backslashreplace").decode("utf-8"))


def outside(path: str) -> ToolError:
    return ToolError(f"{shown(path)} is outside the working folder; tools see only what is in it")


@contextmanager
def _outside_if_refused(path: str) -> Generator[None]:
    try:
        yield
    except ToolError:
        raise ToolError(f"{shown(path)} is a link that leads out of the working folder") from None


@contextmanager
def told(path: str) -> Generator[None]:
    """Turn the system's errors into words without the machine's own paths."""
    try:
        yield
    except OSError as error:
        raise ToolError(f"{shown(path)}: {os.strerror(error.errno) if error.errno else error}") from None
    except UnicodeEncodeError:
        raise ToolError(f"{shown(path)}: no name on this system") from None
