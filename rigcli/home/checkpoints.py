"""What files held before tools changed them, kept so that a turn can be taken back.

    STATE/checkpoints/SESSION/journal.jsonl    one line for each file that was changed, or taken back
    STATE/checkpoints/SESSION/blobs/           old contents, under their hashes

Files are 0600. A session's contents are bounded, the oldest go first; sessions not written for 30 days go as a whole.
What the shell or python tool changes is not seen here.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from rigcli.core.ports import FileChange
from rigcli.home.paths import (
    BINARY,
    CLOEXEC,
    FILE,
    NOFOLLOW,
    own_only,
    private_folder,
    read_private,
    storage_error,
    write_all,
)
from rigcli.home.sessions.blobs import Blobs
from rigcli.home.sessions.records import line

SESSION_BYTES = 256 * 1024 * 1024
KEPT_DAYS = 30
_JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Kept:
    """One change of one file. `before` and `after` are hashes, None for no file; `turn` is the id of a question."""

    number: int
    turn: str | None
    root: str
    path: str
    before: str | None
    after: str | None
    mode: int | None = None
    folders: tuple[str, ...] = ()
    """Folders that were made for it."""


class CheckpointStore:
    """The checkpoints of one session; without a folder they are kept in memory, for as long as the process lives."""

    def __init__(self, folder: Path | None, *, most: int = SESSION_BYTES) -> None:
        self._folder = folder
        self._most = most
        self._lines: list[dict[str, Any]] | None = [] if folder is None else None
        self._memory: dict[str, bytes] = {}

    def keep(self, changes: Sequence[FileChange], *, root: Path, turn: str | None) -> None:
        """Keep the old contents; they are on disk before this returns. Raises StorageError."""
        lines = self._read()
        number = max((int(each["n"]) for each in lines if "n" in each), default=0)
        for each in changes:
            number += 1
            before = None if each.before is None else self._put(each.before)
            after = None if each.after is None else sha256(each.after).hexdigest()
            self._append(
                {"n": number, "turn": turn, "root": str(root), "path": each.path, "before": before, "after": after}
                | {"mode": each.mode, "time": int(time.time())}
            )
        self._bound()

    def made(self, folders: Sequence[str]) -> None:
        """Note the folders that were made for the change kept last. Raises StorageError."""
        self._append({"made": list(folders)})

    def undone(self, numbers: Sequence[int]) -> None:
        """Note that changes were taken back. Raises StorageError."""
        self._append({"undone": list(numbers)})

    def changes(self) -> list[Kept]:
        """Return the changes that stand, the first one first. Raises StorageError."""
        found: dict[int, Kept] = {}
        last = 0
        for each in self._read():
            if "undone" in each:
                for number in cast("list[int]", each["undone"]):
                    found.pop(number, None)
            elif "made" in each:
                if last in found:
                    kept = found[last]
                    found[last] = _kept(_line_of(kept) | {"folders": [*kept.folders, *each["made"]]})
            else:
                with suppress(KeyError, TypeError, ValueError):  # a line of a newer rig, or a damaged one
                    kept = _kept(each)
                    found[kept.number], last = kept, kept.number
        return list(found.values())

    def content(self, digest: str) -> bytes | None:
        """Return an old content, or None where it is no longer kept."""
        if self._folder is None:
            return self._memory.get(digest)
        return self._blobs.get({"sha256": digest})

    @property
    def _blobs(self) -> Blobs:
        return Blobs((self._folder or Path()) / "blobs")

    def _put(self, data: bytes) -> str:
        if self._folder is None:
            digest = sha256(data).hexdigest()
            self._memory[digest] = data
            return digest
        return str(self._blobs.put(data)["sha256"])

    def _read(self) -> list[dict[str, Any]]:
        if self._lines is None:
            data = read_private(cast("Path", self._folder) / _JOURNAL) or b""
            self._lines = [value for text in data.split(b"\n") if (value := _object(text))]
        return self._lines

    def _append(self, record: dict[str, Any]) -> None:
        self._read().append(record)
        if self._folder is None:
            return
        import os  # noqa: PLC0415  only where something is written

        private_folder(self._folder)
        path = self._folder / _JOURNAL
        try:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | NOFOLLOW | BINARY | CLOEXEC, FILE)
            try:
                own_only(fd)
                write_all(fd, line(record))
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise storage_error(path, error) from None

    def _bound(self) -> None:
        """Let go of the oldest contents where there are more bytes than a session may keep."""
        order = list(dict.fromkeys(each.before for each in reversed(self.changes()) if each.before))
        room = self._most
        for digest in order:
            size = self._size(digest)
            room -= size
            if room < 0:
                self._memory.pop(digest, None)
                if self._folder is not None:
                    with suppress(OSError):
                        self._blobs.remove(digest)

    def _size(self, digest: str) -> int:
        if self._folder is None:
            return len(self._memory.get(digest, b""))
        try:
            return self._blobs.path(digest).stat().st_size
        except OSError:
            return 0


def folder_of(state: Path, session: str) -> Path:
    return state / "checkpoints" / session


def remove(state: Path, session: str) -> None:
    """Erase the checkpoints of a session, if there are any."""
    shutil.rmtree(folder_of(state, session), ignore_errors=True)


def prune(state: Path, *, clock: Callable[[], float] = time.time) -> None:
    """Erase the checkpoints of sessions whose files were not changed for 30 days."""
    with suppress(OSError):
        for folder in (state / "checkpoints").iterdir():
            with suppress(OSError):
                if clock() - (folder / _JOURNAL).stat().st_mtime > KEPT_DAYS * 86400:
                    shutil.rmtree(folder, ignore_errors=True)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _kept(each: dict[str, Any]) -> Kept:
    return Kept(
        int(each["n"]),
        each["turn"],
        str(each["root"]),
        str(each["path"]),
        each["before"],
        each["after"],
        each.get("mode"),
        tuple(each.get("folders", ())),
    )


def _line_of(kept: Kept) -> dict[str, Any]:
    about = {"n": kept.number, "turn": kept.turn, "root": kept.root, "path": kept.path, "before": kept.before}
    return {**about, "after": kept.after, "mode": kept.mode, "folders": kept.folders}
