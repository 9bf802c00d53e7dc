"""Writers of an index: one at a time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rigcli.core.errors import SessionBusyError, UsageError
from rigcli.library.indexing import locked
from rigcli.rag.library import Library


def test_a_second_writer_waits_for_the_first_or_says_who_is_in_its_way(tmp_path: Path) -> None:
    library = Library(tmp_path / "indexes")
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(5)
        with locked(library, "docs"):
            order.append("second")

    thread = threading.Thread(target=second)
    with locked(library, "docs"):
        thread.start()
        inside.set()
        with pytest.raises(SessionBusyError, match=f"index docs is in use by pid {os.getpid()}"):
            locked(library, "docs", wait=0)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_name_that_is_none_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        locked(Library(tmp_path / "indexes"), "../x")
    assert list(tmp_path.iterdir()) == []
