"""An index as one folder: `index.db` (SQLite: files, passages, full text) and a vector file beside it.

Readers and one writer work at the same time (WAL). A kill at any moment leaves the last commit. A vector file only
grows: rows that no passage points to are garbage, which a search steps over and `rag/compact.py` takes away.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from rigcli.core.errors import StorageError
from rigcli.rag.stores.records import Counts, FileRow, Piece, Stored
from rigcli.rag.stores.schema import SCHEMA, VERSION

DATABASE = "index.db"


@contextlib.contextmanager
def storage_door(folder: Path) -> Generator[None]:
    """Turn what SQLite and the file system raise into StorageError that names the index."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        cause = str(error)
        full = "full" in cause or "disk I/O" in cause
        damaged = "malformed" in cause or "not a database" in cause or "no such table" in cause
        hint = (
            "free some disk space"
            if full
            else f"run: rig indexes rm {folder.name}, then rig index again"
            if damaged
            else None
        )
        raise StorageError(f"index {folder.name}: {cause}", hint=hint) from None
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise StorageError(f"index {folder.name}: {cause}", hint=f"look at {folder}") from None


class LocalStore:
    """The database of one index. Every method raises StorageError where the disk does not do its part."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the index in `folder`; `create` makes it where it is missing."""
        self.folder = folder
        with storage_door(folder):
            self._db = self._open(create=create)

    def _open(self, *, create: bool) -> sqlite3.Connection:
        path = self.folder / DATABASE
        if create and not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        elif not path.exists():
            raise StorageError(f"index {self.folder.name}: {DATABASE} is missing", hint="run: rig index PATH")
        db = self._connect(path)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StorageError(
                f"index {self.folder.name}: made by a newer rig (format {version})", hint="update rig, or index again"
            )
        if version == 0:
            if not create:
                raise StorageError(f"index {self.folder.name}: holds nothing yet", hint="run: rig index PATH")
            db.executescript(f"BEGIN IMMEDIATE;{SCHEMA}PRAGMA user_version={VERSION};COMMIT;")
        return db

    def _connect(self, path: Path) -> sqlite3.Connection:
        writable = os.access(path, os.W_OK) and os.access(self.folder, os.W_OK)
        mode = "mode=rw" if writable else "mode=ro&immutable=1"
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=30, check_same_thread=False
        )
        if writable:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA mmap_size=268435456")
        return db

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing, on disk when it ends."""
        with storage_door(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has already rolled back
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def snapshot(self) -> Generator[None]:
        """What is read inside is of one moment, whatever is written meanwhile."""
        with storage_door(self.folder):
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            with contextlib.suppress(sqlite3.Error):  # nothing was written
                self._db.execute("ROLLBACK")

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with storage_door(self.folder):
            return self._db.execute(query, values).fetchall()

    # What the index says about itself.

    def meta(self, key: str, default: Any = None) -> Any:
        found = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return json.loads(found[0][0]) if found else default

    def set_meta(self, **values: Any) -> None:
        with storage_door(self.folder):
            self._db.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in values.items()]
            )

    def counts(self) -> Counts:
        ((files, problems),) = self._all(
            "SELECT coalesce(sum(problem IS NULL AND kind != 'binary'), 0), count(problem) FROM files"
        )
        ((passages, embedded, characters),) = self._all(
            "SELECT count(*), count(row), coalesce(sum(end - start), 0) FROM passages"
        )
        return Counts(files, problems, passages, embedded, characters)

    def problems(self) -> list[tuple[str, str]]:
        """Return path and reason of every file that could not be read."""
        return self._all("SELECT path, problem FROM files WHERE problem IS NOT NULL ORDER BY path")

    # Files.

    def files(self) -> dict[str, FileRow]:
        rows = self._all("SELECT path, id, size, mtime, hash, kind, problem FROM files")
        return {path: FileRow(*rest) for path, *rest in rows}

    def put_file(
        self,
        path: str,
        size: int,
        mtime: int,
        digest: bytes | None,
        kind: str,
        passages: Iterable[Piece],
        problem: str | None = None,
    ) -> int:
        """Replace a file and its passages; vectors of texts known already are kept."""
        known = dict(
            self._all(
                "SELECT key, row FROM passages JOIN files ON files.id = file WHERE path = ? AND row IS NOT NULL",
                (path,),
            )
        )
        self.remove_file(path)
        cursor = self._db.execute(
            "INSERT INTO files (path, size, mtime, hash, kind, problem) VALUES (?, ?, ?, ?, ?, ?)",
            (path, size, mtime, digest, kind, problem),
        )
        file = cursor.lastrowid
        count = 0
        for piece in passages:
            row = known.get(piece.key)
            if row is None:
                found = self._db.execute(
                    "SELECT row FROM passages WHERE key = ? AND row IS NOT NULL LIMIT 1", (piece.key,)
                ).fetchone()
                row = found[0] if found else None
            self._db.execute(
                "INSERT INTO passages (file, start, end, first_line, last_line, heading, context, text, tail, key, row)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    file,
                    piece.passage.start,
                    piece.passage.end,
                    *piece.passage.lines,
                    piece.passage.heading,
                    piece.context,
                    piece.text,
                    piece.tail,
                    piece.key,
                    row,
                ),
            )
            count += 1
        return count

    def remove_file(self, path: str) -> None:
        self._db.execute("DELETE FROM passages WHERE file = (SELECT id FROM files WHERE path = ?)", (path,))
        self._db.execute("DELETE FROM files WHERE path = ?", (path,))

    def touch_file(self, path: str, size: int, mtime: int) -> None:
        """The file's bytes are the same though its time is not."""
        self._db.execute("UPDATE files SET size = ?, mtime = ? WHERE path = ?", (size, mtime, path))

    def rename_file(self, old: str, new: str, mtime: int, context: tuple[str, str]) -> None:
        """The same bytes under another name; `context` is the file-name part of the context, old and new."""
        ((file,),) = self._all("SELECT id FROM files WHERE path = ?", (old,))
        self._db.execute("UPDATE files SET path = ?, mtime = ? WHERE id = ?", (new, mtime, file))
        if context[0] != context[1]:
            self._db.execute(
                "UPDATE passages SET context = ? || substr(context, ?) WHERE file = ?",
                (context[1], len(context[0]) + 1, file),
            )

    def changed_since(self, paths: Iterable[str]) -> list[str]:
        """Return those of the files that are not on disk any more as they were indexed, by size and time."""
        changed: list[str] = []
        for path in paths:
            known = self._all("SELECT size, mtime FROM files WHERE path = ?", (path,))
            try:
                status = os.stat(path)  # noqa: PTH116  a question asked for every hit
                same = known and known[0] in ((status.st_size, status.st_mtime_ns), (status.st_size, 0))
            except OSError:
                same = False
            if not same:
                changed.append(path)
        return changed

    # Vectors.

    def pending(self, limit: int) -> list[tuple[int, str, str]]:
        """Return id, heading and text of passages without a vector, oldest first."""
        return self._all("SELECT id, heading, text FROM passages WHERE row IS NULL ORDER BY id LIMIT ?", (limit,))

    def pending_count(self) -> int:
        ((count,),) = self._all("SELECT count(*) FROM passages WHERE row IS NULL")
        return count

    def set_rows(self, rows: Iterable[tuple[int, int]]) -> None:
        """Keep (row, passage id) pairs."""
        self._db.executemany("UPDATE passages SET row = ? WHERE id = ?", rows)

    def live_rows(self) -> list[int]:
        """Return the rows of the vector file that passages point to, in order."""
        return [row for (row,) in self._all("SELECT DISTINCT row FROM passages WHERE row IS NOT NULL ORDER BY row")]

    def renumber(self, rows: Sequence[int], vectors: str) -> None:
        """Let the passages point into the file `vectors`, which holds these rows of the old one in this order.

        It survives a power loss when this returns, so that the old file may go.
        """
        with storage_door(self.folder):
            self._db.execute("PRAGMA synchronous=FULL")
        try:
            with self.transaction():
                # In ascending order a row never moves onto one that is still to be moved.
                moved = ((new, old) for new, old in enumerate(rows) if new != old)
                self._db.executemany("UPDATE passages SET row = ? WHERE row = ?", moved)
                self.set_meta(vectors=vectors)
        finally:
            with storage_door(self.folder):
                self._db.execute("PRAGMA synchronous=NORMAL")

    # Searching.

    def lexical(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """Return passage id and BM25 score (higher is better) of the best matches of an FTS5 expression."""
        if not expression:
            return []
        return self._all(
            "SELECT rowid, -rank FROM lexical WHERE lexical MATCH ? ORDER BY rank LIMIT ?", (expression, limit)
        )

    def passages_of_rows(self, rows: Sequence[int]) -> list[tuple[int, int]]:
        """Return (passage id, row) for rows of the vector file; a row may serve several passages, or none."""
        return self._in("SELECT id, row FROM passages WHERE row IN ({})", rows)

    def places(self, ids: Sequence[int]) -> list[tuple[int, int, int | None]]:
        """Return (passage id, file id, row) of those ids that exist."""
        return self._in("SELECT id, file, row FROM passages WHERE id IN ({})", ids)

    def stored(self, ids: Sequence[int]) -> dict[int, Stored]:
        rows = self._in(
            "SELECT passages.id, path, start, end, first_line, last_line, heading, text, tail"
            " FROM passages JOIN files ON files.id = file WHERE passages.id IN ({})",
            ids,
        )
        return {
            row[0]: Stored(row[0], row[1], row[2], row[3], (row[4], row[5]), row[6], row[7], row[8]) for row in rows
        }

    def _in(self, query: str, values: Sequence[int]) -> list[Any]:
        # The numbers are ours, so they can stand in the text: a statement takes only so many parameters.
        return self._all(query.format(",".join(map(str, values)))) if values else []
