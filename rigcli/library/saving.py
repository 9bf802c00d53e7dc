"""Results that are files - pictures, speech: written whole or not at all, and never over something that is there."""

from __future__ import annotations

import os
import re
import unicodedata
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from rigcli.core.errors import UsageError
from rigcli.home.paths import storage_error

_WORDS = 8
_LENGTH = 48
"""Characters of the part of a name that comes from a text."""
_TRIES = 10_000


def slug(text: str, fallback: str = "result") -> str:
    """Return the first words of a text as part of a file name: lower case letters and digits of ASCII, and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())[:_WORDS]
    return "-".join(words)[:_LENGTH].strip("-") or fallback


def stem_for(text: str, now: datetime | None = None, fallback: str = "result") -> str:
    """Return a file name without an ending: the text's words and the local time."""
    return f"{slug(text, fallback)}-{(now or datetime.now().astimezone()):%Y%m%d-%H%M%S}"


def folder_for(path: Path) -> Path:
    """Return the folder, made where it is not there. Raises UsageError, StorageError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{path}: is no folder", hint="name a folder, or a file in one") from None
    except OSError as error:
        raise storage_error(str(path), error) from None
    return path


def save_new(folder: Path, stem: str, ending: str, data: bytes, *, replace: bool = False) -> Path:
    """Write a new file `stem + ending`, or `stem-2…` where that is taken; return its path.

    With `replace` it takes the place of the file of that name instead. Raises StorageError.

    The bytes are on disk before the name is: a file that is seen is whole.
    """
    try:
        with NamedTemporaryFile(dir=folder, prefix=".rig-", suffix=".part", delete=False) as part:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
    except OSError as error:
        raise storage_error(str(folder / f"{stem}{ending}"), error) from None
    held = Path(part.name)
    try:
        _as_usual(held)
        if replace:
            return held.replace(folder / f"{stem}{ending}")
        for number in range(1, _TRIES):
            path = folder / (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")
            with suppress(FileExistsError):
                _name(held, path)
                return path
    except OSError as error:
        raise storage_error(str(folder / f"{stem}{ending}"), error) from None
    finally:
        held.unlink(missing_ok=True)
    raise UsageError(f"{folder / stem}{ending}: that name is taken {_TRIES:,} times", hint="name another file")


def _name(held: Path, path: Path) -> None:
    """Give a file its name, only if nobody has it. Raises FileExistsError, OSError."""
    try:
        os.link(held, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first, then the bytes moved over it
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        held.replace(path)


def _as_usual(path: Path) -> None:
    """Give it the rights that a new file of the user's has; a temporary one is for its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)
