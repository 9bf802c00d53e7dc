"""The indexes of one user: a folder with one folder each. Names and paths; what is inside is the store's.

Whoever writes one holds its lock, the file LOCK in its folder; taking it is the caller's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rigcli.core.errors import StorageError, UsageError
from rigcli.rag.stores.local import DATABASE, LocalStore, storage_door

LOCK = "lock"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Library:
    """`folder` need not exist yet."""

    folder: Path

    def names(self) -> list[str]:
        """Return the names of all indexes, sorted."""
        with storage_door(self.folder):
            if not self.folder.is_dir():
                return []
            return sorted(each.name for each in self.folder.iterdir() if (each / DATABASE).is_file())

    def open(self, name: str, *, create: bool = False) -> LocalStore:
        """Open one index. Raises UsageError (no such index, with the near names), StorageError."""
        check_name(name)
        if not create and not (self.folder / name / DATABASE).is_file():
            raise self._unknown(name)
        return LocalStore(self.folder / name, create=create)

    def find(self, wanted: str, cwd: Path) -> str | None:
        """Return the name of the index that a name or a path stands for; None for a path that is not indexed yet.

        Raises UsageError where it is neither.
        """
        if _NAME.fullmatch(wanted) and (self.folder / wanted / DATABASE).is_file():
            return wanted
        path = cwd / Path(wanted).expanduser()
        if not os.path.exists(path):  # noqa: PTH110  Path.exists() raises where the folder is closed to us
            raise self._unknown(wanted)
        return self.of_roots([path.resolve()])

    def of_roots(self, roots: Sequence[Path]) -> str | None:
        """Return the name of the index over exactly these folders, if there is one."""
        wanted = sorted(map(str, roots))
        for name in self.names():
            with contextlib.suppress(StorageError), LocalStore(self.folder / name) as store:
                if sorted(store.meta("roots", [])) == wanted:
                    return name
        return None

    def name_for(self, roots: Sequence[Path]) -> str:
        """Return the name that an index over these folders has or gets: the first's, with a hash where it is taken.

        Raises StorageError where what has the name is damaged: it may be the very index that is meant.
        """
        if known := self.of_roots(roots):
            return known
        first = roots[0]
        name = re.sub(r"[^A-Za-z0-9_.\-]+", "-", first.name).strip("-.")[:50] or "root"
        if (self.folder / name / DATABASE).is_file():
            LocalStore(self.folder / name).close()
            digest = hashlib.sha256("\0".join(map(str, roots)).encode("utf-8", "surrogateescape")).hexdigest()
            name = f"{name}-{digest[:6]}"
        return name

    def empty(self, name: str) -> None:
        """Delete what is in an index, but for its lock, which the caller holds. Raises StorageError."""
        with storage_door(self.folder / name):
            for each in (self.folder / name).iterdir():
                if each.name != LOCK:
                    each.unlink()

    def remove(self, name: str) -> None:
        """Delete what is left of an index; the files it was made from stay. Raises StorageError."""
        with storage_door(self.folder / name):
            shutil.rmtree(self.folder / name)

    def _unknown(self, wanted: str) -> UsageError:
        names = self.names()
        near = get_close_matches(wanted, names, n=3, cutoff=0.6)
        if near:
            hint = "did you mean " + " or ".join(near) + "?"
        elif names:
            hint = "there are " + ", ".join(names[:8]) + "; a folder becomes one by: rig index PATH"
        else:
            hint = "make one with: rig index PATH"
        return UsageError(f"no index {wanted!r}", hint=hint)


def check_name(name: str) -> None:
    """Raise UsageError where a name cannot be a folder's on every system."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"index name {name!r}: letters, digits, `-`, `_` and `.` make a name", hint="choose another with --name"
        )
