"""The index folder: private, copyable, safe against two writers, clear about damage."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from rigcli.core.errors import StorageError, UsageError
from rigcli.home.lock import acquire
from rigcli.rag.library import LOCK, Library
from rigcli.rag.search import Searcher
from rigcli.rag.stores.local import LocalStore
from rigcli.rag.stores.vectors import VectorFile
from tests.rag.conftest import Build
from tests.rag.fakes import WordEmbedder


def test_vectors_are_appended_and_a_torn_row_stays_garbage(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "v", 3)
    with pytest.raises(FileNotFoundError):
        file.read()
    assert file.append(np.ones((2, 3))) == 0
    with (tmp_path / "v").open("ab") as torn:
        torn.write(b"\1\2\3\4\5")
    assert file.append(np.full((1, 3), 2.0)) == 3
    assert file.rows() == 4
    assert file.read()[[0, 1, 3]].tolist() == [[1, 1, 1], [1, 1, 1], [2, 2, 2]]


def test_garbage_rows_never_hide_passages(build: Build, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    question = "rotate the signing keys"
    file = VectorFile(store.folder / store.meta("vectors"), WordEmbedder.width)
    file.append(np.repeat(WordEmbedder().embed([question]), 900, axis=0))
    (hits,) = Searcher(store, WordEmbedder()).search([question], mode="dense")
    assert len(hits) == 3
    assert Path(hits[0].stored.path).name == "keys.md"


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_everything_in_it_is_for_its_owner_only(build: Build, library: Library) -> None:
    before = os.umask(0)
    try:
        with acquire(library.folder / "private" / LOCK, "index"), library.open("private", create=True) as store:
            store.set_meta(roots=[])
            VectorFile(store.folder / "vectors.f32", 2).append(np.ones((1, 2)))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()}
            assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert {"index.db", "vectors.f32"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_copied_folder_is_an_index(build: Build, library: Library, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    store.close()
    shutil.copytree(library.folder / "docs", library.folder / "copy")
    with library.open("copy") as copy:
        assert Searcher(copy, WordEmbedder()).search(["backups vault"], top=1)[0][0].stored.text.startswith("# Backups")


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
def test_an_index_that_may_not_be_written_can_be_read(build: Build, library: Library, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    store.close()
    folder = library.folder / "docs"
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    try:
        with library.open("docs") as again:
            assert Searcher(again, WordEmbedder()).search(["keys"])[0]
    finally:
        folder.chmod(0o700)


@pytest.mark.parametrize("damage", [b"", b"garbage" * 900])
def test_a_damaged_index_is_named_with_the_way_out(library: Library, damage: bytes) -> None:
    (library.folder / "bad").mkdir(parents=True)
    (library.folder / "bad" / "index.db").write_bytes(damage)
    with pytest.raises(StorageError, match="index bad") as caught:
        library.open("bad")
    assert caught.value.hint
    library.remove("bad")
    assert library.names() == []


def test_an_index_of_a_newer_rig_is_refused(library: Library, store: LocalStore) -> None:
    store._db.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(StorageError, match="made by a newer rig"):
        library.open("docs")


def test_a_failed_transaction_leaves_the_last_commit(store: LocalStore) -> None:
    with store.transaction():
        store.put_file("/a", 1, 1, None, "text", ())

    def fail() -> None:
        with store.transaction():
            store.put_file("/b", 1, 1, None, "text", ())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(store.files()) == ["/a"]


def test_names_come_from_folders_and_never_clash(library: Library, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "My docs!", tmp_path / "b" / "My docs!"
    assert library.name_for([first]) == "My-docs"
    with library.open("My-docs", create=True) as store:
        store.set_meta(roots=[str(first)])
    assert library.name_for([first]) == "My-docs"
    assert library.name_for([second]).startswith("My-docs-")
    assert library.name_for([Path("/")]) == "root"


def test_an_index_is_found_by_name_and_by_folder(library: Library, docs: Path) -> None:
    with library.open("guide", create=True) as store:
        store.set_meta(roots=[str(docs.resolve())])
    assert library.find("guide", docs) == "guide"
    assert library.find("docs", docs.parent) == "guide"
    assert library.find(".", docs) == "guide"
    assert library.find("..", docs) is None
    with pytest.raises(UsageError, match="no index 'giude'") as caught:
        library.find("giude", docs)
    assert caught.value.hint == "did you mean guide?"


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 80])
def test_a_name_cannot_leave_the_folder_of_indexes(library: Library, name: str) -> None:
    with pytest.raises(UsageError):
        library.open(name, create=True)
