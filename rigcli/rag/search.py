"""Questions in, passages out: both halves of an index asked and their scores made one ranking."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from rigcli.core.errors import ConfigError, RetrievalError
from rigcli.core.ports import Embedder
from rigcli.rag.rank import DEPTH, LEXICAL_WEIGHT, Place, add_pairs, fuse, lift
from rigcli.rag.stores.local import LocalStore
from rigcli.rag.stores.records import Stored
from rigcli.rag.stores.vectors import VectorFile
from rigcli.rag.terms import match_any, match_pairs, share_of_terms, terms
from rigcli.rag.widen import widen

Mode = Literal["hybrid", "lexical", "dense"]

_LEXICAL_DEPTH = 2 * DEPTH
"""Twice as deep as the dense half, so that the neighbours of a good passage have their lexical score too."""
_SHORT = 300
"""Characters of a short passage: how many neighbours may have to be looked at for a size."""
_AT_ONCE = 32
"""Questions per pass over the vectors: 100,000 passages and 32 questions make 13 MB of similarities."""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and its score, 0 to 1: its place in the ranking times how well the best passage fits at all."""

    stored: Stored
    score: float


@dataclass(frozen=True, slots=True)
class _Dense:
    """Similarities of one question to all rows, and the zero of its scale."""

    similarities: Any
    top: dict[int, int]  # passage id -> row
    floor: float


class Searcher:
    """Answers questions from one index. `embedder` may be None where only the lexical half is asked."""

    def __init__(self, store: LocalStore, embedder: Embedder | None) -> None:
        self._store = store
        self._embedder = embedder
        self._vectors: Any = None
        self._name = ""

    def search(
        self, questions: Sequence[str], *, top: int = 5, mode: Mode = "hybrid", size: int = 0
    ) -> list[list[Found]]:
        """Return the best passages of each question, best first; joined with neighbours up to `size` characters.

        Raises ConfigError (the index was made with another embedder), RetrievalError (dense asked, no vectors there).
        """
        with self._at_one_moment(mode):
            rows = self._vectors
            if rows is None or not len(rows):
                if mode == "dense":
                    raise RetrievalError("search: this index has no vectors", hint="run the same `rig index` again")
                return [self._rank(question, None, top, "lexical", size) for question in questions]
            answers: list[list[Found]] = []
            for at in range(0, len(questions), _AT_ONCE):
                some = questions[at : at + _AT_ONCE]
                assert self._embedder  # noqa: S101  there are no rows without one
                similarities = self._embedder.embed(some, "query") @ rows.T
                answers += [
                    self._rank(question, self._nearest(row), top, mode, size)
                    for question, row in zip(some, similarities, strict=True)
                ]
            return answers

    @contextmanager
    def _at_one_moment(self, mode: Mode) -> Generator[None]:
        """Hold the passages still, and the vector file that they point into: a writer may exchange both meanwhile."""
        before = None
        while True:
            with self._store.snapshot():
                name = self._store.meta("vectors") if self._embedder and mode != "lexical" else None
                if self._open(name) or name == before:
                    yield
                    return
                before = name  # it went between the two looks: the next snapshot names its successor

    def _open(self, name: str | None) -> bool:
        """Map the vector file of that name; tell whether that could be done."""
        if name is None or self._embedder is None:
            self._vectors = None
            return True
        check_embedder(self._store, self._embedder.identity)
        if self._vectors is None or name != self._name:
            self._vectors, self._name = None, name
            try:
                self._vectors = VectorFile(self._store.folder / name, int(self._store.meta("width"))).read()
            except FileNotFoundError:
                return False
        return True

    def _nearest(self, similarities: Any) -> _Dense:
        """Return the nearest passages; rows that no passage points to any more are stepped over."""
        import numpy as np  # noqa: PLC0415  only where vectors are searched

        count = len(similarities)
        depth = DEPTH
        while True:
            depth = min(depth, count)
            rows = np.argpartition(-similarities, depth - 1)[:depth]
            live = self._store.passages_of_rows(rows.tolist())
            if len({row for _, row in live}) >= DEPTH or depth == count:
                break
            depth *= 4
        live.sort(key=lambda pair: -similarities[pair[1]])
        top = dict(live[:DEPTH])
        floor = min((float(similarities[row]) for row in top.values()), default=0.0)
        return _Dense(similarities, top, floor)

    def _rank(self, question: str, dense: _Dense | None, top: int, mode: Mode, size: int) -> list[Found]:
        words = terms(question)
        lexical = self._lexical(words) if mode != "dense" else dict[int, float]()
        candidates = lexical.keys() | (dense.top.keys() if dense else set[int]())
        around = {key + step for key in candidates for step in (-1, 0, 1)}
        places = {key: Place(file, _similarity(dense, row)) for key, file, row in self._store.places(sorted(around))}
        weight = {"lexical": 1.0, "dense": 0.0, "hybrid": LEXICAL_WEIGHT}[mode]
        scores = fuse(lexical, places, dense.floor if dense else 0.0, weight=weight)
        own = {key: scores[key] for key in candidates if key in scores}
        if dense and mode == "hybrid":
            own = lift(own, list(dense.top))
        ranked = sorted(own, key=lambda key: (-own[key], key))
        reach = 1 + size // _SHORT if size else 0
        first = ranked[: top * (2 * reach + 1)]  # so many are enough, however many are joined
        stored = self._store.stored(sorted({key + step for key in first for step in range(-reach, reach + 1)}))
        fit = _fit(words, [stored[key] for key in first[:3] if key in stored], places)
        return [Found(joined, min(1.0, own[key] * fit)) for key, joined in widen(first, stored, scores, size, top)]

    def _lexical(self, words: list[str]) -> Mapping[int, float]:
        single = dict(self._store.lexical(match_any(words), _LEXICAL_DEPTH))
        return add_pairs(single, dict(self._store.lexical(match_pairs(words), _LEXICAL_DEPTH)))


def check_embedder(store: LocalStore, identity: str) -> None:
    """Raise ConfigError where the index holds vectors of another embedder than `identity`."""
    made_with = store.meta("embedder")
    if made_with and made_with != identity:
        name = store.folder.name
        raise ConfigError(
            f"index {name}: its vectors were made with {made_with}, not with {identity}",
            hint=f"run: rig indexes rm {name}, then rig index again, or name the embedder {made_with}",
        )


def _similarity(dense: _Dense | None, row: int | None) -> float | None:
    if dense is None or row is None or row >= len(dense.similarities):
        return None
    return float(dense.similarities[row])


def _fit(words: list[str], best: list[Stored], places: Mapping[int, Place]) -> float:
    """Return how well the best passages fit at all: their cosine, or the share of the question's words they hold."""
    shares = [share_of_terms(words, f"{stored.heading} {stored.text}") for stored in best]
    cosines = [places[stored.id].similarity or 0.0 for stored in best]
    return max([*shares, *cosines], default=0.0)
