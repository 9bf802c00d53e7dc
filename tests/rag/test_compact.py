"""The vector file is written anew where much of it is garbage, and no search ever sees half of that."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rigcli.core.errors import StorageError
from rigcli.rag.build import Builder
from rigcli.rag.compact import compact
from rigcli.rag.library import Library
from rigcli.rag.search import Searcher
from rigcli.rag.stores.local import LocalStore
from rigcli.rag.stores.vectors import VectorFile
from tests.rag.conftest import Build
from tests.rag.fakes import WordEmbedder

QUESTIONS = ("rotate the signing keys", "nightly backups vault", "open the valve")


def vectors(store: LocalStore) -> list[str]:
    return sorted(path.name for path in store.folder.glob("vectors*"))


def found(store: LocalStore, searcher: Searcher | None = None) -> list[list[tuple[str, float]]]:
    searcher = searcher or Searcher(store, WordEmbedder())
    answers = searcher.search(QUESTIONS, mode="dense")
    return [[(Path(hit.stored.path).name, round(hit.score, 5)) for hit in hits] for hits in answers]


def rows(store: LocalStore) -> int:
    return VectorFile(store.folder / store.meta("vectors"), WordEmbedder.width).rows()


@pytest.fixture
def littered(build: Build, docs: Path, store: LocalStore) -> LocalStore:
    """An index whose file holds garbage before, between and behind the rows that live."""
    for number in range(4):
        (docs / f"junk{number}.md").write_text(f"# Junk {number}\n\nNothing that matters, part {number}.\n")
    build(embedder=WordEmbedder())
    for number in range(4):
        (docs / f"junk{number}.md").unlink()
    (docs / "keys.md").write_text("# Keys\n\nRotate the signing keys every thirty days.\n")
    build(embedder=WordEmbedder())
    assert rows(store) == 8
    return store


def test_garbage_goes_and_every_search_finds_the_same(littered: LocalStore) -> None:
    before = found(littered)
    assert compact(littered)
    assert (rows(littered), littered.live_rows()) == (3, [0, 1, 2])
    assert vectors(littered) == ["vectors-2.f32"]
    assert found(littered) == before
    if os.name == "posix":
        assert (littered.folder / "vectors-2.f32").stat().st_mode & 0o777 == 0o600


def test_a_file_with_little_garbage_stays(build: Build, docs: Path, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    assert not compact(store)
    assert vectors(store) == ["vectors.f32"]


def test_an_index_without_vectors_has_nothing_to_give_back(build: Build, store: LocalStore) -> None:
    build()
    assert not compact(store)


def test_the_next_vectors_go_into_the_new_file(littered: LocalStore, build: Build, docs: Path) -> None:
    compact(littered)
    (docs / "new.md").write_text("# New\n\nA paragraph about turbines.\n")
    build(embedder=WordEmbedder())
    assert rows(littered) == 4
    (hits,) = Searcher(littered, WordEmbedder()).search(["turbines"], mode="dense", top=1)
    assert Path(hits[0].stored.path).name == "new.md"


def test_a_search_that_began_before_is_not_mixed_up(littered: LocalStore, library: Library) -> None:
    """A searcher that has the old file open goes on with the new one at its next question."""
    with library.open("docs") as other:
        searcher = Searcher(other, WordEmbedder())
        before = found(other, searcher)
        with other.snapshot():
            assert other.meta("vectors") == "vectors.f32"
            compact(littered)
            assert other.meta("vectors") == "vectors.f32"
        assert found(other, searcher) == before


def test_a_compaction_between_looking_and_opening_is_seen(
    littered: LocalStore, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = found(littered)
    read = VectorFile.read

    def slow(file: VectorFile) -> Any:
        monkeypatch.setattr(VectorFile, "read", read)
        with library.open("docs") as writer:
            compact(writer)
        return read(file)

    with library.open("docs") as other:
        monkeypatch.setattr(VectorFile, "read", slow)
        assert found(other) == before


@pytest.mark.parametrize("where", ["write", "renumber", "unlink"])
def test_a_kill_at_any_step_leaves_an_index_that_answers_and_the_next_run_cleans_up(
    littered: LocalStore, library: Library, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    class KilledError(BaseException):
        """Stands for the end of the process."""

    def killed(step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any) -> None:
            if where == "write":
                step(*arguments)  # the whole file is there, nothing names it
            raise KilledError

        return wrapped

    before = found(littered)
    owner: Any = {"write": VectorFile, "renumber": LocalStore, "unlink": Path}[where]
    with monkeypatch.context() as patch:
        patch.setattr(owner, where, killed(getattr(owner, where)))
        with pytest.raises(KilledError):
            compact(littered)
    with library.open("docs") as after:
        assert found(after) == before
        Builder(after).tidy()
        assert found(after) == before
        assert len(vectors(after)) == 1
        assert rows(after) == 3


def test_a_full_disk_leaves_everything_as_it_was(littered: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found(littered)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="no space left"):
            compact(littered)
    assert vectors(littered) == ["vectors.f32"]
    assert found(littered) == before


def test_a_large_file_is_copied_in_pieces_and_in_order(tmp_path: Path) -> None:
    old, new = VectorFile(tmp_path / "a", 2), VectorFile(tmp_path / "b", 2)
    old.append(np.arange(20, dtype=np.float32).reshape(10, 2))
    new.write(old.read(), [1, 3, 4, 9], 3)
    assert new.read()[:, 0].tolist() == [2, 6, 8, 18]
