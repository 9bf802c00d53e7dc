"""Indexes from the outside: paths to roots, a run over an index, hits. The settings say where indexes are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.core.hits import Hit
    from rigcli.home.lock import Lock
    from rigcli.home.settings import Settings
    from rigcli.rag.build import Progress, Report
    from rigcli.rag.library import Library
    from rigcli.rag.search import Found, Mode
    from rigcli.rag.walk import Choice


class Place(Protocol):
    """Where whoever asks stands: the folder that paths are relative to, and the environment."""

    @property
    def cwd(self) -> Path: ...

    @property
    def env(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Here:
    """A place as a value."""

    cwd: Path
    env: Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """What one `rig index` was asked for; None: as the index says, or the default."""

    roots: tuple[Path, ...]
    name: str | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    max_size: int | None = None
    embedder: str | None = None
    vectors: bool = True


@dataclass(frozen=True)
class Outcome:
    """What came of it. `stopped` says that it was interrupted and can go on."""

    name: str
    report: Report
    files: int
    passages: int
    stopped: bool = False


def library(settings: Settings) -> Library:
    from rigcli.rag.library import Library

    return Library(settings.folders.indexes)


def roots_of(place: Place, paths: Sequence[str]) -> tuple[Path, ...]:
    """Return the paths as folders and files that exist. Raises UsageError."""
    roots: list[Path] = []
    for text in paths:
        path = place.cwd / Path(text).expanduser()
        try:
            path.lstat()
            roots.append(path.resolve(strict=True))
        except (OSError, RuntimeError, ValueError) as error:
            cause = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{text}: {cause.lower()}", hint="name a folder or a file to index") from None
        if not (roots[-1].is_dir() or roots[-1].is_file()):
            raise UsageError(f"{text}: is neither a folder nor a regular file")
    return tuple(dict.fromkeys(roots))


def present_roots(stored: Sequence[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return which folders of an index are there, and which are not: gone, or on a disk that is not mounted."""
    there = tuple(Path(root) for root in stored if Path(root).exists())
    return there, tuple(root for root in stored if Path(root) not in there)


def bring_up_to_date(
    place: Place,
    settings: Settings,
    wanted: Wanted,
    progress: Progress | None = None,
    *,
    notice: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Make or refresh an index. Raises RigError; an interrupt ends it early and says so in the outcome.

    `notice` is told where another process writes the index and must be waited for.
    """
    from rigcli.rag.build import Builder

    shelf = library(settings)
    name = wanted.name or shelf.name_for(wanted.roots)
    _wait_for_writer(shelf, name, notice)
    with locked(shelf, name), shelf.open(name, create=True) as store:
        choice = _choice(store.meta("choice"), wanted)
        roots = sorted({*store.meta("roots", []), *map(str, wanted.roots)})
        store.set_meta(roots=roots, choice=[choice.include, choice.exclude, choice.max_size])
        builder = Builder(store, progress)
        stopped = False
        try:
            builder.read(wanted.roots, choice)
            if wanted.vectors and store.pending_count():
                from rigcli.library.embedding import embedder_for

                embedder = embedder_for(settings, place.env, store, wanted.embedder)
                if not store.meta("embedder"):
                    store.set_meta(purposes=True)
                builder.embed(embedder)
            elif wanted.embedder:
                from rigcli.library.embedding import embedder_for

                embedder_for(settings, place.env, store, wanted.embedder)  # says so where the index has another one
            builder.tidy()
        except KeyboardInterrupt:
            stopped = True
        builder.count_pending()
        counts = store.counts()
    return Outcome(name, builder.report, counts.files, counts.passages, stopped)


def locked(shelf: Library, name: str, *, wait: float = math.inf) -> Lock:
    """Take an index for this process alone; `wait` in seconds. Raises UsageError, SessionBusyError, StorageError."""
    from rigcli.home.lock import acquire
    from rigcli.rag.library import LOCK, check_name

    check_name(name)
    return acquire(shelf.folder / name / LOCK, f"index {name}", wait)


def remove_index(settings: Settings, name: str) -> None:
    """Delete an index that is there; the files it was made from stay. Raises SessionBusyError, StorageError."""
    shelf = library(settings)
    with locked(shelf, name, wait=0):
        shelf.empty(name)
    shelf.remove(name)


def _wait_for_writer(shelf: Library, name: str, notice: Callable[[str], None]) -> None:
    """Say that another rig is writing, where one is; the lock itself is waited for by the caller."""
    from rigcli.core.errors import SessionBusyError

    try:
        locked(shelf, name, wait=0).release()
    except SessionBusyError as error:
        notice(f"{error.message}; waiting until it is done (Ctrl-C stops waiting)")


def _choice(stored: tuple[list[str], list[str], int] | None, wanted: Wanted) -> Choice:
    """Return what the flags say, else what the index was made with, else the default."""
    from rigcli.rag.walk import DEFAULT_MAX_SIZE, Choice

    include, exclude, max_size = stored or ((), (), DEFAULT_MAX_SIZE)

    def pick(flag: tuple[str, ...] | None, kept: Sequence[str]) -> tuple[str, ...]:
        return tuple(pattern for pattern in (kept if flag is None else flag) if pattern)

    return Choice(pick(wanted.include, include), pick(wanted.exclude, exclude), wanted.max_size or max_size)


def find_index(place: Place, settings: Settings, wanted: str) -> str:
    """Return the name of the index that a name or path stands for. Raises UsageError."""
    name = library(settings).find(wanted, place.cwd)
    if name is None:
        raise UsageError(f"{wanted}: is not indexed yet", hint=f"run: rig index {wanted}")
    return name


def search_index(
    place: Place,
    settings: Settings,
    name: str,
    questions: Sequence[str],
    *,
    top: int,
    mode: Mode = "hybrid",
    size: int = 0,
    notice: Callable[[str], None] = lambda _: None,
) -> list[list[Hit]]:
    """Return the hits of each question, best first, with paths as the user sees them. Raises RigError.

    `size` joins a hit with its neighbours up to so many characters; `notice` is told of files that have changed since.
    """
    from rigcli.rag.search import Searcher

    with library(settings).open(name) as store:
        embedder = None
        if mode != "lexical" and store.meta("embedder"):
            from rigcli.library.embedding import embedder_for

            embedder = embedder_for(settings, place.env, store, None)
        answers = Searcher(store, embedder).search(questions, top=top, mode=mode, size=size)
        changed = store.changed_since(dict.fromkeys(found.stored.path for answer in answers for found in answer))
    if changed:
        more = f" and {len(changed) - 1} more" if changed[1:] else ""
        notice(f"{shown_path(changed[0], place.cwd)}{more}: changed since it was indexed (rig indexes update {name})")
    return [[_hit(found, name, place.cwd) for found in answer] for answer in answers]


def search_indexes(
    place: Place,
    settings: Settings,
    names: Sequence[str],
    questions: Sequence[str],
    *,
    top: int,
    mode: Mode = "hybrid",
    size: int = 0,
    notice: Callable[[str], None] = lambda _: None,
) -> list[list[Hit]]:
    """Return the hits of several indexes as one ranking."""
    each = [
        search_index(place, settings, name, questions, top=top, mode=mode, size=size, notice=notice) for name in names
    ]
    if len(each) == 1:
        return each[0]
    return [
        sorted((hit for hits in answers for hit in hits), key=lambda hit: -hit.score)[:top]
        for answers in zip(*each, strict=True)
    ]


def shown_path(path: str, cwd: Path) -> str:
    """Return a path relative to the working folder where it lies under it, else absolute."""
    try:
        return str(Path(path).relative_to(cwd.resolve()))
    except (ValueError, OSError):
        return path


def _hit(found: Found, index: str, cwd: Path) -> Hit:
    from rigcli.core.hits import Hit

    stored = found.stored
    return Hit(
        path=shown_path(stored.path, cwd),
        lines=stored.lines,
        start=stored.start,
        end=stored.end,
        score=found.score,
        text=stored.text,
        heading=stored.heading,
        index=index,
    )
