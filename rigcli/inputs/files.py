"""Attachments: paths, folders, globs and image URLs become parts of the user's message."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from rigcli.core.blocks import block
from rigcli.core.errors import UsageError
from rigcli.core.messages import MediaPart, Part, TextPart
from rigcli.inputs.kinds import media_kind
from rigcli.inputs.text import decode

TEXT_LIMIT = 4 * 1024 * 1024
"""Bytes of one attached text, about a million tokens: no model reads more at once."""
MEDIA_LIMIT = 32 * 1024 * 1024
"""Bytes of one attached image, document or sound; the providers' own limits lie at 5 to 32 MB."""
FOLDER_LIMIT = 200
"""Files that one attached folder or pattern may hold; beyond that an index answers better."""

_UNREADABLE = "change its permissions, or leave it out"
_IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


def attach(names: Iterable[str], cwd: Path) -> tuple[Part, ...]:
    """Return the parts that these paths, folders, globs or URLs stand for, in order. Raises UsageError."""
    return tuple(part for name in names for part in _parts(name, cwd))


def attach_bytes(data: bytes, name: str, *, guess: bool = False) -> Part:
    """Return what `data` is: an image, a document, a sound, or text in a `<file>` block."""
    kind = media_kind(data[:16])
    if kind is None:
        return TextPart(block("file", decode(data, name, guess=guess), path=name) + "\n")
    return MediaPart(kind.kind, kind.media_type, data=data, name=Path(name).name)


def _parts(name: str, cwd: Path) -> Iterator[Part]:
    if name.startswith(("http://", "https://")):
        yield _by_url(name)
        return
    path = cwd / Path(name).expanduser()
    # os.path and not Path: the methods of Path raise where a folder is closed to us, and _read says that better.
    if os.path.isdir(path):  # noqa: PTH112  as above
        yield from _several(_folder(path), name, cwd, "no text file in it")
    elif os.path.exists(path) or not glob.has_magic(name):  # noqa: PTH110  as above
        data = _read(path)
        if not data:
            raise UsageError(f"{name}: empty", hint="leave it out, or check what was to be in it")
        yield attach_bytes(data, name, guess=True)
    else:
        found = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207  `**` and `~` as a shell has them
        yield from _several((file for file in found if file.is_file()), name, cwd, "no file matches")


def _several(files: Iterable[Path], name: str, cwd: Path, none: str) -> Iterator[Part]:
    """Yield the parts of the files that a folder or pattern stands for; empty ones (`__init__.py`) add nothing."""
    file = None
    for file in _limited(files, name):
        if data := _read(file):
            yield attach_bytes(data, _shown(file, cwd), guess=True)
    if file is None:
        raise UsageError(f"{name}: {none}", hint="quote the pattern, or check the folder")


def _by_url(url: str) -> MediaPart:
    ending = os.path.splitext(urlsplit(url).path)[1].lower()  # noqa: PTH122  the path of a URL is no file path
    if ending == ".pdf":
        return MediaPart("document", "application/pdf", url=url, name=urlsplit(url).path.rpartition("/")[2])
    if ending not in _IMAGE_TYPES:
        raise UsageError(
            f"{url}: only images and PDF files are attached by URL",
            hint=f'fetch it yourself: curl -s "{url}" | rig ask "…"',
        )
    return MediaPart("image", _IMAGE_TYPES[ending], url=url)


def _folder(folder: Path) -> Iterator[Path]:
    """Yield the text files below a folder in a stable order; hidden ones and links are left out. Raises UsageError."""
    for root, folders, files in os.walk(folder, onerror=_closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(root, name)
            if not name.startswith(".") and not file.is_symlink() and file.is_file() and _is_text(file):
                yield file


def _closed(error: OSError) -> NoReturn:
    """Leaving out what cannot be read would answer a question about a folder from half of it."""
    raise UsageError(f"{error.filename}: {_cause(error)}", hint="change its permissions, or attach the files by name")


def _cause(error: OSError) -> str:
    return (error.strerror or "cannot be read").lower()


def _is_text(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            head = stream.read(8192)
    except OSError as error:
        _closed(error)
    return b"\0" not in head and media_kind(head) is None


def _limited(files: Iterable[Path], name: str) -> Iterator[Path]:
    for count, file in enumerate(files):
        if count >= FOLDER_LIMIT:
            raise UsageError(f"{name}: more than {FOLDER_LIMIT} files", hint=f'index it instead: rig ask -i {name} "…"')
        yield file


def _read(path: Path) -> bytes:
    """Return the bytes of one regular file, under the limits. Raises UsageError."""
    try:
        # O_NONBLOCK: opening a FIFO must not wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", hint=_near(path)) from None
    except OSError as error:
        raise UsageError(f"{path}: {_cause(error)}", hint=_UNREADABLE) from None
    with os.fdopen(descriptor, "rb") as stream:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise UsageError(f"{path}: not a regular file", hint="pipe it in instead")
        head = stream.read(16)
        limit = TEXT_LIMIT if media_kind(head) is None else MEDIA_LIMIT
        data = head + stream.read(limit + 1 - len(head))
        if len(data) > limit:
            raise UsageError(
                f"{path}: {about.st_size / 1e6:,.0f} MB, more than the {limit / 1e6:.0f} MB that a question carries",
                hint=f'index it instead: rig ask -i "{path}" "…"',
            )
    return data


def _near(path: Path) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  only on the way to an error

    try:
        names = os.listdir(path.parent)  # noqa: PTH208  names are what is compared
    except OSError:
        return f"there is no folder {path.parent}"
    near = get_close_matches(path.name, names, n=2)
    return f"did you mean {' or '.join(near)}?" if near else "check its name and folder"


def _shown(file: Path, cwd: Path) -> str:
    try:
        return file.relative_to(cwd).as_posix()
    except ValueError:
        return str(file)
