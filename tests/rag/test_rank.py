"""One ranking from words and meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rigcli.rag.rank import LIFTED, SHOWN, Place, add_pairs, fuse, lift
from rigcli.rag.search import Searcher
from rigcli.rag.stores.local import LocalStore
from rigcli.rag.stores.records import Stored
from rigcli.rag.terms import match_any, match_pairs, share_of_terms, terms
from rigcli.rag.widen import widen
from tests.rag.conftest import Build
from tests.rag.fakes import WordEmbedder

KEYS = st.integers(0, 60)
SCORES = st.floats(0, 50)


@given(
    st.dictionaries(KEYS, SCORES),
    st.dictionaries(KEYS, st.builds(Place, st.integers(0, 3), st.none() | st.floats(-1, 1))),
    st.floats(0, 1),
)
def test_scores_lie_between_0_and_1(lexical: dict[int, float], places: dict[int, Place], weight: float) -> None:
    scores = fuse(lexical, places, -1.0, weight=weight)
    assert scores.keys() == places.keys()
    assert all(0 <= score <= 1.0001 for score in scores.values())


def test_a_passage_between_good_ones_beats_one_between_bad_ones_of_the_same_file() -> None:
    places = {number: Place(1, 0.0) for number in range(10)}
    scores = fuse({1: 5.0, 2: 3.0, 3: 5.0, 7: 3.0}, places, 0.0)
    assert scores[2] > scores[7]


def test_neighbours_of_another_file_say_nothing() -> None:
    alone = fuse({5: 4.0, 9: 8.0}, {5: Place(1, 0.5), 9: Place(3, 0.9)}, 0.0)
    beside = fuse({5: 4.0, 9: 8.0}, {5: Place(1, 0.5), 6: Place(2, 0.9), 9: Place(3, 0.9)}, 0.0)
    assert alone[5] == beside[5]


@given(st.dictionaries(KEYS, st.floats(0, 1), min_size=1), st.lists(KEYS, unique=True))
@example({0: 0.0, 1: 0.0, **dict.fromkeys(range(2, 11), 1.0)}, [0, 1])
def test_the_nearest_come_among_the_first_and_the_best_keep_their_places(
    scores: dict[int, float], nearest: list[int]
) -> None:
    before = sorted(scores, key=lambda key: -scores[key])
    lifted = lift(scores, nearest)
    after = sorted(lifted, key=lambda key: -lifted[key])
    keep = SHOWN - LIFTED
    assert [scores[key] for key in after[:keep]] == [scores[key] for key in before[:keep]]
    least = sorted(lifted.values(), reverse=True)[:SHOWN][-1]
    assert all(lifted[key] >= least for key in nearest[:LIFTED] if key in lifted)


def test_pairs_raise_what_words_found_and_bring_in_nothing() -> None:
    assert add_pairs({1: 2.0, 2: 2.0}, {1: 1.0, 3: 9.0}) == {1: 2.3, 2: 2.0}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What are the signing keys used for?", ["signing", "keys"]),
        ("why not?", ["why", "not"]),
        ("max_tokens, max_tokens!", ["max_tokens"]),
        ("???", []),
        ('"quoted" OR NEAR(x) AND -y*', ["quoted", "near", "x", "y"]),
    ],
)
def test_questions_become_telling_words(question: str, words: list[str]) -> None:
    assert terms(question) == words


@given(st.text(max_size=80))
def test_any_question_is_a_valid_search(text: str) -> None:
    assert match_any(terms(text)).count('"') % 2 == 0
    assert match_pairs(terms(text)).count('"') % 2 == 0


@pytest.mark.parametrize(
    "question", ["", "???", "'", '"', "* OR", "NEAR(", "a AND (", "\0", "ключ 鍵", "x" * 9000, "-- ;", "___"]
)
def test_the_index_survives_any_question(build: Build, store: LocalStore, question: str) -> None:
    build(embedder=WordEmbedder())
    (hits,) = Searcher(store, WordEmbedder()).search([question])
    assert all(0 <= hit.score <= 1 for hit in hits)


def test_a_share_counts_words_whatever_their_endings() -> None:
    assert share_of_terms(["rotating", "keys", "moon"], "Rotate a key: rotation of keys") == pytest.approx(2 / 3)
    assert share_of_terms([], "anything") == 0


def test_modes_ask_their_half_only(build: Build, store: LocalStore) -> None:
    embedder = WordEmbedder()
    build(embedder=embedder)
    embedder.texts.clear()
    searcher = Searcher(store, embedder)
    assert [Path(hit.stored.path).name for hit in searcher.search(["vault"], mode="lexical")[0]] == ["backup.md"]
    assert embedder.texts == []
    assert len(searcher.search(["vault"], mode="dense")[0]) == 3
    assert embedder.texts == ["vault"]


def test_many_questions_are_embedded_together_and_answered_in_order(build: Build, store: LocalStore) -> None:
    build(embedder=WordEmbedder())
    questions = ["signing keys", "nightly backups", "open the valve"] * 15
    answers = Searcher(store, WordEmbedder()).search(questions, top=1)
    assert [Path(hits[0].stored.path).stem for hits in answers] == ["keys", "backup", "pump"] * 15


def stored(number: int, path: str = "/a") -> Stored:
    return Stored(
        number, path, number * 10, number * 10 + 8, (number + 1, number + 1), f"h{number}", f"text{number:04}", "\n\n"
    )


def test_widened_hits_are_exact_slices_and_never_overlap() -> None:
    known = {number: stored(number) for number in range(6)} | {6: stored(6, "/b")}
    found = widen([2, 1, 5, 6], known, {3: 0.9, 4: 0.2, 1: 0.8}, 30, 3)
    assert [(key, hit.start, hit.end) for key, hit in found] == [(2, 10, 38), (5, 40, 58), (6, 60, 68)]
    assert found[0][1].text == "text0001\n\ntext0002\n\ntext0003"
    assert found[0][1].lines == (2, 4)
    assert found[0][1].heading == "h2"


def test_without_a_size_hits_are_the_passages_themselves() -> None:
    known = {number: stored(number) for number in range(3)}
    assert [hit for _, hit in widen([1, 0], known, {}, 0, 5)] == [known[1], known[0]]
