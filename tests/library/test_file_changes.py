"""What tools wrote can be looked at and taken back, and nothing that somebody else wrote is lost by it."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rigcli.core.errors import StorageError
from rigcli.core.ports import FileChange, ToolError
from rigcli.home.checkpoints import CheckpointStore, folder_of, prune, remove
from rigcli.library.file_changes import of_turn, session_diff, take_back
from rigcli.tools.builtin import edit_file, write_file
from rigcli.tools.context import ToolContext


class Keeper:
    """Checkpoints of one turn."""

    def __init__(self, store: CheckpointStore, root: Path, turn: str = "1") -> None:
        self.store, self.root, self.turn = store, root, turn

    def keep(self, changes: Sequence[FileChange]) -> None:
        self.store.keep(changes, root=self.root, turn=self.turn)

    def made(self, folders: Sequence[str]) -> None:
        self.store.made(folders)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, CheckpointStore]:
    (tmp_path / "work").mkdir()
    return tmp_path / "work", CheckpointStore(tmp_path / "state" / "s")


def write(root: Path, store: CheckpointStore, path: str, content: str, turn: str = "1") -> None:
    made = write_file.make(ToolContext(root, checkpoints=Keeper(store, root, turn)))
    asyncio.run(made.run({"path": path, "content": content}))


def patch(root: Path, store: CheckpointStore, text: str) -> None:
    made = edit_file.make(ToolContext(root, checkpoints=Keeper(store, root)))
    asyncio.run(made.run({"patch": f"*** Begin Patch\n{text}\n*** End Patch"}))


def tree(root: Path) -> dict[str, tuple[int, bytes | None]]:
    return {
        str(each.relative_to(root)): (stat.S_IMODE(each.stat().st_mode), each.read_bytes() if each.is_file() else None)
        for each in root.rglob("*")
    }


NAMES = ["a", "b", "d/c", "d/e/f", "g h/ü"]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(NAMES), st.text(st.characters(codec="utf-8"), max_size=20)),
        st.tuples(st.just("delete"), st.sampled_from(NAMES), st.just("")),
        st.tuples(st.just("move"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    ),
    max_size=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=30), max_size=4), steps=steps)
def test_undo_gives_back_the_same_tree(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], steps: list[Any]
) -> None:
    base = tmp_path_factory.mktemp("undo")
    root, store = base / "work", CheckpointStore(base / "state")
    root.mkdir()
    for name, data in before.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        (root / name).chmod(0o640)
    was = tree(root)
    for kind, path, more in steps:
        try:
            if kind == "write":
                write(root, store, path, more)
            elif kind == "delete":
                patch(root, store, f"*** Delete File: {path}")
            else:
                patch(root, store, f"*** Update File: {path}\n*** Move to: {more}")
        except ToolError:
            continue
    take_back(store, of_turn(CheckpointStore(base / "state"), "1"))
    assert tree(root) == was
    assert store.changes() == CheckpointStore(base / "state").changes() == []


def test_only_the_turn_is_taken_back(place: tuple[Path, CheckpointStore]) -> None:
    root, store = place
    write(root, store, "a", "one", "1")
    write(root, store, "a", "two", "2")
    write(root, store, "new/b", "b", "2")
    assert take_back(store, of_turn(store, "2")) == ["a", "new/b"]
    assert tree(root).keys() == {"a"}
    assert (root / "a").read_text() == "one"
    assert of_turn(store, "2").steps == []


def test_what_somebody_else_changed_is_left_unless_forced(place: tuple[Path, CheckpointStore]) -> None:
    root, store = place
    (root / "a").write_text("old")
    write(root, store, "a", "new")
    write(root, store, "b", "b")
    (root / "a").write_text("the user's")
    what = of_turn(store, "1")
    assert [step.net.path for step in what.changed] == ["a"]
    assert take_back(store, what) == ["b"]
    assert (root / "a").read_text() == "the user's"
    write(root, store, "a", "new again", "3")
    (root / "a").write_text("the user's again")
    take_back(store, of_turn(store, "3"), force=True)
    assert (root / "a").read_text() == "the user's"


@pytest.mark.skipif(sys.platform == "win32", reason="rights and links are POSIX")
def test_undo_writes_through_no_link(place: tuple[Path, CheckpointStore], tmp_path: Path) -> None:
    root, store = place
    (root / "a").write_text("old")
    write(root, store, "a", "new")
    (tmp_path / "outside").write_text("new")
    (root / "a").unlink()
    (root / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(StorageError, match="cannot be brought back"):
        take_back(store, of_turn(store, "1"), force=True)
    assert (tmp_path / "outside").read_text() == "new"
    assert all(stat.S_IMODE(each.stat().st_mode) & 0o077 == 0 for each in (tmp_path / "state").rglob("*"))


def test_the_diff_of_a_session_is_from_its_start_to_now(place: tuple[Path, CheckpointStore]) -> None:
    root, store = place
    (root / "a").write_text("old\n")
    write(root, store, "a", "middle\n")
    write(root, store, "a", "new\n", "2")
    write(root, store, "d/b", "b\n", "2")
    one = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n"
    assert session_diff(store) == one + "--- /dev/null\n+++ b/d/b\n@@ -0,0 +1 @@\n+b\n"
    assert session_diff(store, "a") == one
    (root / "a").write_text("user\n")
    assert session_diff(store, "a").startswith("[a was changed by somebody else, too]\n--- a/a")
    take_back(store, of_turn(store, "2"), force=True)
    take_back(store, of_turn(store, "1"), force=True)
    assert session_diff(store) == ""


def test_the_oldest_contents_go_where_there_is_no_room(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for folder in (tmp_path / "state", None):
        store = CheckpointStore(folder, most=25)
        for number in range(4):
            write(tmp_path / "work", store, "a", f"{folder} {number}".rjust(100)[-10:], str(number))
        assert of_turn(store, "1").lost == ["a"]
        assert [step.net.path for step in of_turn(store, "3").steps] == ["a"]


def test_nothing_is_written_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(ToolError, match="no checkpoint could be kept, so nothing was written"):
        write(tmp_path / "work", CheckpointStore(tmp_path / "state" / "s"), "a", "x")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_damaged_journal_loses_only_its_damaged_lines(place: tuple[Path, CheckpointStore], tmp_path: Path) -> None:
    root, store = place
    write(root, store, "a", "one")
    with (tmp_path / "state" / "s" / "journal.jsonl").open("ab") as file:
        file.write(b'{"n": "x"}\n[1]\n\xff\n{"n"')
    assert [each.path for each in CheckpointStore(tmp_path / "state" / "s").changes()] == ["a"]


def test_old_checkpoints_go_and_a_removed_session_takes_its_own_along(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    for name in ("old", "new", "gone"):
        write(tmp_path / "work", CheckpointStore(folder_of(tmp_path, name)), "a", name)
    os.utime(folder_of(tmp_path, "old") / "journal.jsonl", (0, 0))
    prune(tmp_path)
    remove(tmp_path, "gone")
    assert [each.name for each in (tmp_path / "checkpoints").iterdir()] == ["new"]
