"""Indexing and indexing again: only what changed is read, vectors are kept, and a kill costs nothing but time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rigcli.core.errors import ConfigError
from rigcli.rag.build import Builder
from rigcli.rag.library import Library
from rigcli.rag.search import Searcher
from rigcli.rag.stores.local import LocalStore
from rigcli.rag.walk import Choice
from tests.conftest import ROOT
from tests.rag.conftest import Build
from tests.rag.fakes import WordEmbedder


def texts(store: LocalStore) -> set[tuple[str, int, int, str]]:
    """Everything that can be found, without ids."""
    ids = [row[0] for row in store.passages_of_rows(store.live_rows())]
    return {(Path(s.path).name, s.start, s.end, s.text) for s in store.stored(ids).values()}


def age(folder: Path) -> None:
    """Make all files old: what changed within two seconds is read again to be sure."""
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def test_everything_is_indexed_and_embedded(build: Build, store: LocalStore) -> None:
    report = build(embedder=WordEmbedder())
    assert (report.added, report.embedded, report.pending) == (3, 3, 0)
    assert {name for name, *_ in texts(store)} == {"keys.md", "backup.md", "pump.py"}


def test_again_reads_nothing(build: Build, docs: Path) -> None:
    age(docs)
    build(embedder=WordEmbedder())
    embedder = WordEmbedder()
    report = build(embedder=embedder)
    assert (report.unchanged, report.added, report.changed, report.removed) == (3, 0, 0, 0)
    assert embedder.texts == []


def test_only_the_changed_file_is_embedded_and_known_passages_keep_their_vectors(build: Build, docs: Path) -> None:
    new = "This part is new and has a length of its own. " * 12
    long = "# A\n\n" + "The first part stays the same. " * 25
    (docs / "keys.md").write_text(long)
    build(embedder=WordEmbedder())
    (docs / "keys.md").write_text(f"{long}\n\n# B\n\n{new}")
    embedder = WordEmbedder()
    report = build(embedder=embedder)
    assert report.changed == 1
    assert embedder.texts == [f"B\n# B\n\n{new.strip()}"]


def test_a_new_time_with_the_same_bytes_changes_nothing(build: Build, docs: Path) -> None:
    build()
    age(docs)
    report = build()
    assert (report.unchanged, report.changed) == (3, 0)


def test_a_renamed_file_keeps_its_vectors_and_is_found_by_its_new_name(
    build: Build, docs: Path, store: LocalStore
) -> None:
    build(embedder=WordEmbedder())
    (docs / "backup.md").rename(docs / "disaster.md")
    embedder = WordEmbedder()
    report = build(embedder=embedder)
    assert (report.renamed, report.added, report.removed) == (1, 0, 0)
    assert embedder.texts == []
    (found,) = Searcher(store, None).search(["disaster"], top=1)[0]
    assert Path(found.stored.path).name == "disaster.md"
    assert Searcher(store, None).search(["backup"], top=1)[0] != []


def test_removed_files_leave(build: Build, docs: Path, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    (docs / "pump.py").unlink()
    assert build().removed == 1
    assert Searcher(store, None).search(["pump valve"])[0] == []


def test_a_second_folder_is_added_and_the_first_stays(
    build: Build, docs: Path, tmp_path: Path, store: LocalStore
) -> None:
    build()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "new.md").write_text("A new folder.")
    report = build(roots=[tmp_path / "more"])
    assert (report.added, report.removed) == (1, 0)
    assert len(store.files()) == 4


def test_what_cannot_be_read_is_named_and_tried_again(build: Build, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (docs / "picture.png").write_bytes(b"\x89PNG\0\0")
    report = build()
    assert report.problems == [(str(docs / "broken.pdf"), "is no PDF that can be read")]
    assert report.binary == 1
    (docs / "broken.pdf").write_text("Now it is text after all.")
    assert build().problems == []


def test_an_index_of_another_embedder_says_how_to_make_it_again(build: Build, docs: Path, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    (docs / "new.md").write_text("More.")
    other = WordEmbedder()
    other.identity = "other"
    with pytest.raises(ConfigError, match="made with words-1, not with other") as caught:
        build(embedder=other)
    assert "rig indexes rm docs" in (caught.value.hint or "")
    with pytest.raises(ConfigError):
        Searcher(store, other).search(["keys"])


def test_words_are_found_before_the_vectors_are_there(build: Build, store: LocalStore) -> None:
    build()
    (hits,) = Searcher(store, WordEmbedder()).search(["rotate signing keys"])
    assert Path(hits[0].stored.path).name == "keys.md"


class StopsAfter(WordEmbedder):
    """Ctrl-C while the second slice is embedded."""

    def embed(self, texts, purpose="document"):
        if self.texts:
            raise KeyboardInterrupt
        return super().embed(texts)


def test_an_interrupt_keeps_what_is_done(
    build: Build, docs: Path, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rigcli.rag.build._SLICE", 1)
    with pytest.raises(KeyboardInterrupt):
        build(embedder=StopsAfter())
    assert store.counts().embedded == 1
    embedder = WordEmbedder()
    build(embedder=embedder)
    assert len(embedder.texts) == 2


FILES = st.dictionaries(
    st.sampled_from(["a.md", "b.md", "c.txt", "d.py"]),
    st.sampled_from(["One thing.", "# T\n\nAnother thing.", "def f():\n    pass", "", "x " * 900]),
)


@given(st.lists(FILES, min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_indexing_again_comes_to_the_same_as_indexing_once(tmp_path_factory: pytest.TempPathFactory, steps) -> None:
    folder = tmp_path_factory.mktemp("steps")
    docs = folder / "docs"
    docs.mkdir()

    def bring(name: str) -> set[tuple[str, int, int, str]]:
        with Library(folder / "lib").open(name, create=True) as store:
            builder = Builder(store)
            builder.read([docs], Choice())
            builder.embed(WordEmbedder())
            assert builder.report.pending == 0
            return texts(store)

    for files in steps:
        for path in docs.iterdir():
            path.unlink()
        for name, text in files.items():
            (docs / name).write_text(text)
        again = bring("again")
    assert again == bring("once")


INDEX = """
import sys
from pathlib import Path
from rigcli.home.lock import acquire
from rigcli.rag import build
from rigcli.rag.library import LOCK, Library
from rigcli.rag.walk import Choice
from tests.rag.fakes import WordEmbedder
build._SLICE, build._COMMIT_SECONDS = 2, 0.0
def tell(stage, done, total):
    print(stage, done, flush=True)
library = Library(Path(sys.argv[1]))
with acquire(library.folder / "k" / LOCK, "index k"), library.open("k", create=True) as store:
    builder = build.Builder(store, tell)
    builder.read([Path(sys.argv[2])], Choice())
    builder.embed(WordEmbedder())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment_it_goes_on_and_ends_as_if_in_one_go(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for number in range(12):
        (docs / f"{number}.md").write_text(f"# File {number}\n\nSomething about topic {number} and its parts.")

    def run(folder: str, lines: int | None) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", INDEX, str(tmp_path / folder), str(docs)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert process.stdout
        with process.stdout:
            for _ in range(lines or 1000):
                if not process.stdout.readline():
                    break
            if lines:
                process.send_signal(signal.SIGKILL)
        process.wait()

    run("once", None)
    for lines in (1, 4, 9, 2, 3, 2):
        run("killed", lines)
        with Library(tmp_path / "killed").open("k") as store:
            assert store.counts().files >= 0  # readable, whatever was cut off
    run("killed", None)
    with Library(tmp_path / "once").open("k") as once, Library(tmp_path / "killed").open("k") as killed:
        assert texts(killed) == texts(once)
        assert killed.counts() == once.counts()
        question = ["topic 7"]
        hits = [
            [
                (found.stored.text, round(found.score, 5))
                for found in Searcher(store, WordEmbedder()).search(question, top=3)[0]
            ]
            for store in (once, killed)
        ]
        assert hits[0] == hits[1]
