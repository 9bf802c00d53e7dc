"""The checkpoints of a conversation: kept by its tools, looked at by /diff, taken back by /undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rigcli.core.errors import UsageError
from rigcli.core.ports import FileChange

if TYPE_CHECKING:
    from rigcli.home.checkpoints import CheckpointStore
    from rigcli.home.sessions import Node, Session

_UNSEEN = ("shell", "python")
_NAMED = 5  # files


class SessionCheckpoints:
    """Keeps what files held, for the session that is talked in now and the question that is answered now."""

    def __init__(self, session: Callable[[], Session], state: Path, root: Path) -> None:
        self._session = session
        self._state = state
        self._root = root
        self._stores: dict[str | None, CheckpointStore] = {}

    def keep(self, changes: Sequence[FileChange]) -> None:
        """Keep the old contents. Raises StorageError."""
        question = last_question(self._session().nodes())
        self.store.keep(changes, root=self._root, turn=question.id if question else None)

    def made(self, folders: Sequence[str]) -> None:
        """Note folders that were made. Raises StorageError."""
        self.store.made(folders)

    @property
    def store(self) -> CheckpointStore:
        """The store of the session that is talked in now."""
        id_ = self._session().id
        if id_ not in self._stores:
            from rigcli.home.checkpoints import prune

            prune(self._state)
            self._stores[id_] = store_of(self._state, id_)
        return self._stores[id_]


def store_of(state: Path, session: str | None) -> CheckpointStore:
    from rigcli.home.checkpoints import CheckpointStore, folder_of

    return CheckpointStore(None if session is None else folder_of(state, session))


def last_question(nodes: Sequence[Node]) -> Node | None:
    return next((node for node in reversed(nodes) if node.message.role == "user"), None)


def bring_files_back(store: CheckpointStore, turn: str, *, keep: bool, force: bool, hint: str) -> str:
    """Give the files of a turn their old content and return what to say of it; "" where it changed none.

    Files that somebody changed since stay with `keep` and are overwritten with `force`; without either nothing is
    done. Raises UsageError that says how to go on, StorageError.
    """
    from rigcli.library.file_changes import of_turn, take_back

    what = of_turn(store, turn)
    changed = [step.net.path for step in what.changed]
    if changed and not (keep or force):
        raise UsageError(f"{_names(changed)}: changed by somebody else since; nothing was taken back", hint=hint)
    done = take_back(store, what, force=force)
    said = f"{_names(done)} as before" if done else ""
    if what.lost:
        said += f"{'; ' if said else ''}no longer kept and left as it is: {_names(what.lost)}"
    return said


def unseen(nodes: Iterable[Node]) -> str:
    """Return what to say where a turn ran something whose changes nobody kept."""
    called = {call.name for node in nodes for call in node.message.tool_calls}
    ran = [name for name in _UNSEEN if name in called]
    return f"what {' and '.join(ran)} changed stays" if ran else ""


def _names(paths: Sequence[str]) -> str:
    from rigcli.tools.folder import shown

    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(map(shown, paths[:_NAMED])) + more
