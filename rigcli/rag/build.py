"""Bring an index up to date with its folders: only what changed is read, the lexical half first, vectors after it.

Every step ends in a commit, so that a kill or Ctrl-C at any moment leaves an index that can be searched, and the next
run goes on where this one stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rigcli.core.ports import Embedder
from rigcli.rag.compact import compact
from rigcli.rag.loaders.child import ParserChild
from rigcli.rag.loaders.document import LoadError
from rigcli.rag.read import BinaryFileError, load, name_words, pieces, read_source, to_embed
from rigcli.rag.search import check_embedder
from rigcli.rag.stores.local import LocalStore, storage_door
from rigcli.rag.stores.records import FileRow
from rigcli.rag.stores.vectors import VectorFile
from rigcli.rag.walk import Choice, Found, walk

Progress = Callable[[str, int, int], None]
"""Called with the stage (`scan`, `read`, `embed`), how much is done and the total (0: not known yet)."""

_COMMIT_SECONDS = 1.0
_WINDOW = 1024
"""Passages sorted by length together before they are cut into batches: equal lengths need no padding."""
_SLICE = 64
"""Passages per commit of vectors: less than a second of work that a kill may cost."""
_RACY = 2_000_000_000
"""A file that changed less than 2 s ago may change again within the same tick of the clock: it is read once more."""


@dataclass(slots=True)
class Report:
    """What a run did. `pending` passages still wait for their vector; `problems` are (path, reason)."""

    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    binary: int = 0
    embedded: int = 0
    pending: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class Builder:
    """One run over one index. The caller holds the index's lock."""

    def __init__(self, store: LocalStore, progress: Progress | None = None) -> None:
        self._store = store
        self._progress: Progress = progress or _silent
        self.report = Report()

    def read(self, roots: Sequence[Path], choice: Choice) -> None:
        """Bring files and passages up to date with `roots`; the index can be searched by words after it."""
        known = {path: row for path, row in self._store.files().items() if _under_any(path, roots)}
        found = self._scan(roots, choice)
        present = {each.path for each in found}
        closed = [Path(each.path) for each in found if each.problem and not each.mtime]  # folders without permission
        gone = {path: row for path, row in known.items() if path not in present and not _under_any(path, closed)}
        stale = [each for each in found if not _unchanged(each, known.get(each.path))]
        self.report.unchanged += len(found) - len(stale)
        with ParserChild() as child:
            self._take(stale, known, gone, choice, child)
        if gone:
            with self._store.transaction():
                for path in gone:
                    self._store.remove_file(path)
        self.report.removed += len(gone)
        self.report.problems = self._store.problems()

    def embed(self, embedder: Embedder) -> None:
        """Give every passage its vector, in slices that are each on disk before the next begins."""
        total = self._store.pending_count()
        if not total:
            return
        check_embedder(self._store, embedder.identity)
        done = 0
        self._progress("embed", 0, total)
        while waiting := self._store.pending(_WINDOW):
            waiting.sort(key=lambda passage: len(passage[1]) + len(passage[2]))
            for at in range(0, len(waiting), _SLICE):
                part = waiting[at : at + _SLICE]
                self._embed_slice(embedder, part)
                done += len(part)
                self.report.embedded = done
                self.report.pending = max(0, total - done)
                self._progress("embed", done, total)

    def tidy(self) -> None:
        """Give back the space of vectors that no passage has any more, where it is worth it."""
        compact(self._store)

    def count_pending(self) -> None:
        self.report.pending = self._store.pending_count()

    def _scan(self, roots: Sequence[Path], choice: Choice) -> list[Found]:
        found: dict[str, Found] = {}
        for root in roots:
            for each in walk(root, choice):
                found[each.path] = each
                if len(found) % 500 == 0:
                    self._progress("scan", len(found), 0)
        return list(found.values())

    def _take(
        self,
        stale: list[Found],
        known: dict[str, FileRow],
        gone: dict[str, FileRow],
        choice: Choice,
        child: ParserChild,
    ) -> None:
        """Read what is new or changed, in transactions of about a second."""
        by_hash = {row.hash: path for path, row in gone.items() if row.hash}
        queue = iter(enumerate(stale, start=1))
        entry = next(queue, None)
        while entry:
            with self._store.transaction():
                until = time.monotonic() + _COMMIT_SECONDS
                while entry:
                    number, each = entry
                    self._take_one(each, known.get(each.path), gone, by_hash, choice, child)
                    self._progress("read", number, len(stale))
                    entry = next(queue, None)
                    if time.monotonic() >= until:
                        break

    def _take_one(
        self,
        each: Found,
        before: FileRow | None,
        gone: dict[str, FileRow],
        by_hash: dict[bytes, str],
        choice: Choice,
        child: ParserChild,
    ) -> None:
        mtime = 0 if time.time_ns() - each.mtime < _RACY else each.mtime
        if each.problem:
            self._put_problem(each, each.problem)
            return
        try:
            source = read_source(each.path, choice.max_size)
            if before and before.hash == source.digest and not before.problem:
                self._store.touch_file(each.path, each.size, mtime)
                self.report.unchanged += 1
                return
            old = by_hash.get(source.digest) if not before else None
            if old in gone and gone[old].kind == source.kind.name:
                names = (name_words(old), name_words(each.path))
                self._store.rename_file(old, each.path, mtime, names)
                del gone[old]
                self.report.renamed += 1
                return
            made = pieces(source, load(source, child))
            self._store.put_file(each.path, each.size, mtime, source.digest, source.kind.name, made)
        except BinaryFileError:
            # Kept without a problem and without passages, so that the next run need not look into it again.
            self._store.put_file(each.path, each.size, mtime, None, "binary", ())
            self.report.binary += 1
            return
        except (LoadError, OSError) as error:
            self._put_problem(
                each, (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
            )
            return
        if before:
            self.report.changed += 1
        else:
            self.report.added += 1

    def _put_problem(self, each: Found, reason: str) -> None:
        # A time of 0 makes the next run try again: permissions change without a file's time.
        self._store.put_file(each.path, each.size, 0, None, "unread", (), problem=reason)

    def _embed_slice(self, embedder: Embedder, part: Sequence[tuple[int, str, str]]) -> None:
        vectors = embedder.embed([to_embed(heading, text) for _, heading, text in part])
        name = self._store.meta("vectors")
        if not name:
            name = "vectors.f32"
            self._store.set_meta(embedder=embedder.identity, width=embedder.width, vectors=name)
        with storage_door(self._store.folder):
            first = VectorFile(self._store.folder / name, embedder.width).append(vectors)
        with self._store.transaction():
            self._store.set_rows((first + offset, id_) for offset, (id_, _, _) in enumerate(part))


def _silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""


def _unchanged(found: Found, before: FileRow | None) -> bool:
    return before is not None and before.size == found.size and before.mtime == found.mtime and not found.problem


def _under_any(path: str, roots: Iterable[Path]) -> bool:
    return any(path == str(root) or Path(path).is_relative_to(root) for root in roots)
