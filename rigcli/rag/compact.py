"""Take the garbage out of a vector file: rows of passages that were changed or removed.

What lives is copied into a new file, then one transaction lets the passages point into it, then the old file goes. A
kill in between leaves one of the two unused; the next run takes it away. Searches that began before see the old state.
"""

from __future__ import annotations

import contextlib
import re

from rigcli.rag.stores.local import LocalStore, storage_door
from rigcli.rag.stores.vectors import VectorFile

_DEAD_SHARE = 0.25
"""Above it a file is written anew: what is copied over the life of an index stays below four times what it holds."""
_CHUNK = 4096
"""Rows that are copied at once."""
_NAME = re.compile(r"vectors(?:-(\d+))?\.f32")


def compact(store: LocalStore) -> bool:
    """Write the vector file anew where more than a quarter is garbage; tell whether it was.

    The caller holds the index's lock. Raises StorageError; the index is as it was then.
    """
    name = store.meta("vectors")
    if not name:
        return False
    _sweep(store, name)
    old = VectorFile(store.folder / name, int(store.meta("width")))
    rows, live = old.rows(), store.live_rows()
    if rows - len(live) <= _DEAD_SHARE * rows:
        return False
    number = _NAME.fullmatch(name)
    new = VectorFile(store.folder / f"vectors-{int((number and number[1]) or 1) + 1}.f32", old.width)
    with storage_door(store.folder):
        try:
            new.write(old.read(), live, _CHUNK)
        except OSError:
            new.path.unlink(missing_ok=True)
            raise
    store.renumber(live, new.path.name)
    _sweep(store, new.path.name)
    return True


def _sweep(store: LocalStore, used: str) -> None:
    """Remove vector files that are not used: the last one, or what a killed run left."""
    for path in store.folder.glob("vectors*.f32"):
        if path.name != used and _NAME.fullmatch(path.name):
            with contextlib.suppress(OSError):  # Windows keeps a file that is being searched; the next run has it
                path.unlink()
