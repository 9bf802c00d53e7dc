"""What is remembered: of the user, and of one session. A key and a value each; the newest value of a key counts.

    memory/user.jsonl                  {"v":1} and then an entry a line
    memory/session-ID.jsonl            the same for one session
    memory/….jsonl.corrupt-TIME        the untouched original of one that was damaged

A file is replaced as a whole under a lock, so that a reader, or a crash, sees the old one or the new one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rigcli.core.errors import StorageError
from rigcli.core.services import Scope
from rigcli.home.lock import acquire
from rigcli.home.paths import read_private, write_private

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """`strange` says that strangers' words had been read when a model recorded it; `at` is in seconds since 1970."""

    key: str
    value: str
    at: float = 0.0
    strange: bool = False


class MemoryStore:
    """The memory in one folder. `session` is the id of the session, None where nothing of it is kept on disk."""

    def __init__(self, folder: Path, session: str | None = None) -> None:
        self.folder = folder
        self.session = session
        self.damaged: list[Path] = []
        """Files that could not be read whole; what could be is there."""
        self._passing: dict[str, Entry] = {}

    def entries(self, scope: Scope) -> list[Entry]:
        """Return what is remembered, the oldest first. Raises StorageError."""
        path = self._path(scope)
        return list(self._passing.values()) if path is None else self._read(path)

    def record(self, scope: Scope, key: str, value: str, *, strange: bool = False) -> None:
        """Keep a value; one that had the key before is replaced. Raises StorageError."""
        self._change(scope, key, Entry(key, value, time.time(), strange))

    def forget(self, scope: Scope, key: str) -> bool:
        """Tell whether there was something to forget. Raises StorageError."""
        return self._change(scope, key, None)

    def drop_session(self, session: str) -> None:
        """Forget all of a session."""
        with suppress(OSError):
            self._file(f"session-{session}").unlink()

    def _change(self, scope: Scope, key: str, entry: Entry | None) -> bool:
        path = self._path(scope)
        if path is None:
            known = self._passing.pop(key, None) is not None
            if entry:
                self._passing[key] = entry
            return known
        if entry is None and read_private(path) is None:
            return False
        with acquire(path.with_name(f".{path.name}.lock"), str(path)):
            kept = {each.key: each for each in self._read(path)}
            known = kept.pop(key, None) is not None
            if entry:
                kept[key] = entry
            if known or entry:
                self._write(path, kept.values())
        return known

    def _path(self, scope: Scope) -> Path | None:
        if scope == "user":
            return self._file("user")
        return self._file(f"session-{self.session}") if self.session else None

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def _read(self, path: Path) -> list[Entry]:
        data = read_private(path)
        if data is None:
            return []
        lines = data.decode("utf-8", "replace").splitlines()
        rows = [_row(line) for line in lines]
        if rows and rows[0] is not None and rows[0].get("v", 0) > VERSION:
            raise StorageError(f"{path}: was written by a newer rig", hint="update rig")
        found = [entry for row in rows[1:] if (entry := _entry(row)) is not None]
        if (len(found) != len(lines) - 1 or not data.endswith(b"\n")) and path not in self.damaged:
            self.damaged.append(path)
        return list({entry.key: entry for entry in found}.values())

    def _write(self, path: Path, entries: Iterable[Entry]) -> None:
        if path in self.damaged and (data := read_private(path)) is not None:
            write_private(path.with_name(f"{path.name}.corrupt-{int(time.time())}"), data)
            self.damaged.remove(path)
        rows: list[dict[str, Any]] = [{"v": VERSION}, *(asdict(entry) for entry in entries)]
        write_private(path, "".join(json.dumps(row) + "\n" for row in rows).encode())


def _row(line: str) -> dict[str, Any] | None:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None  # pyright: ignore[reportUnknownVariableType]  JSON


def _entry(row: dict[str, Any] | None) -> Entry | None:
    if row is None or not isinstance(row.get("key"), str) or not isinstance(row.get("value"), str):
        return None
    at = row.get("at")
    return Entry(row["key"], row["value"], at if isinstance(at, int | float) else 0.0, row.get("strange") is not False)
