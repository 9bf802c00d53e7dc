"""What tools changed in the files of a session: look at it, take it back. shell and python leave no traces here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from rigcli.core.errors import StorageError
from rigcli.core.ports import ToolError
from rigcli.home.checkpoints import CheckpointStore, Kept
from rigcli.tools.edit.diff import file_diff
from rigcli.tools.folder_write import Writer, writer


@dataclass(frozen=True, slots=True)
class Net:
    """All changes of one file, put together: what it held before the first, and what the last one left there."""

    root: str
    path: str
    before: str | None
    after: str | None
    mode: int | None
    folders: tuple[str, ...]
    anew: bool = False
    """The file was gone in between: its rights are no longer its old ones."""


@dataclass(frozen=True, slots=True)
class _Step:
    net: Net
    now: bytes | None
    then: bytes | None


@dataclass(slots=True)
class TakingBack:
    """What it takes to take a turn's changes back, found out before anything is done.

    `changed` are files that somebody has changed since, `lost` those whose old content is no longer kept.
    """

    steps: list[_Step]
    changed: list[_Step]
    lost: list[str]
    numbers: list[int]
    folders: list[tuple[str, str]]


def of_turn(store: CheckpointStore, turn: str) -> TakingBack:
    """Return what is to be done to take the changes of one turn back; `turn` is the id of its question."""
    kept = [each for each in store.changes() if each.turn == turn]
    found = TakingBack([], [], [], [each.number for each in kept], [])
    for net in put_together(kept):
        found.folders += [(net.root, folder) for folder in net.folders]
        there, now = _now(net)
        if there and _hash(now) == net.before and not (net.anew and now is not None):
            continue
        then = None if net.before is None else store.content(net.before)
        if net.before is not None and then is None:
            found.lost.append(net.path)
            continue
        step = _Step(net, now, then)
        (found.steps if there and _hash(now) == net.after else found.changed).append(step)
    return found


def take_back(store: CheckpointStore, what: TakingBack, *, force: bool = False) -> list[str]:
    """Give files their old content, also those that somebody changed since where `force`; return their paths.

    Raises StorageError for the first that cannot be written; what was done by then stays done, and can be done again.
    """
    done: list[str] = []
    for step in [*what.steps, *(what.changed if force else [])]:
        try:
            mode = step.net.mode if step.now is None or step.net.anew else None
            _writer(step.net.root).write(step.net.path, step.then, step.now, mode)
        except ToolError as error:
            raise StorageError(f"{step.net.path}: cannot be brought back: {error}") from None
        done.append(step.net.path)
    for root, folder in sorted(what.folders, key=lambda each: each[1].count("/"), reverse=True):
        _writer(root).drop_folder(folder)
    if what.numbers:
        store.undone(what.numbers)
    return done


def put_together(kept: Iterable[Kept]) -> list[Net]:
    """Return one change for each file, in the order of their first."""
    nets: dict[tuple[str, str], Net] = {}
    for each in kept:
        key = (each.root, each.path)
        old = nets.get(key)
        if old is None:
            nets[key] = Net(each.root, each.path, each.before, each.after, each.mode, each.folders)
        else:
            made = (*old.folders, *each.folders)
            anew = old.anew or each.before is None
            nets[key] = Net(each.root, each.path, old.before, each.after, old.mode, made, anew)
    return list(nets.values())


def session_diff(store: CheckpointStore, only: str = "") -> str:
    """Return the diff between what files held before this session's tools changed them, and what they hold now.

    `only` is the path of one file or folder.
    """
    nets = put_together(store.changes())
    wanted = only.removeprefix("./").rstrip("/")
    return "".join(
        _diff(store, net) for net in nets if not wanted or net.path == wanted or net.path.startswith(f"{wanted}/")
    )


def _diff(store: CheckpointStore, net: Net) -> str:
    there, now = _now(net)
    before = None if net.before is None else store.content(net.before)
    if net.before is not None and before is None:
        return f"--- a/{net.path}\n[its old content is no longer kept]\n"
    if not there:
        return f"--- a/{net.path}\n[cannot be read now]\n"
    if before == now:
        return ""
    note = "" if _hash(now) == net.after else f"[{net.path} was changed by somebody else, too]\n"
    return note + file_diff(net.path, before, now)


def _now(net: Net) -> tuple[bool, bytes | None]:
    """Return whether the place can be looked at, and what is there."""
    try:
        return True, _writer(net.root).look(net.path).data
    except (ToolError, OSError):
        return False, None


def _writer(root: str) -> Writer:
    return writer(Path(root))


def _hash(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()
