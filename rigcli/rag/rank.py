"""One ranking from two: a convex sum of normalised scores, smoothed over neighbouring passages. Pure.

Measured on four public collections (paragraphs, abstracts, documentation, long files): a sum of normalised scores is
above both halves everywhere, where reciprocal rank fusion loses to the better half on two; .7 lies on a flat
optimum (.6 to .75). A passage's neighbours tell what it is about: their scores count .15 each, and where a file ends
the passage's own score stands in, so that short files are not punished.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEXICAL_WEIGHT = 0.7
PAIR_WEIGHT = 0.3
"""What a match of two neighbouring words of the question counts beside the single words."""
NEIGHBOUR_WEIGHT = 0.15
LIFTED = 3
"""So many of the passages nearest in meaning always come among the first `SHOWN`: where a question shares no telling
word with its answer, the words of other passages would push it out."""
SHOWN = 10
DEPTH = 200
"""Candidates of each half; the dense score of the last is the zero of the dense scale."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: its file and its dense similarity to the question (None: not embedded yet)."""

    file: int
    similarity: float | None


def add_pairs(words: Mapping[int, float], pairs: Mapping[int, float]) -> dict[int, float]:
    """Return the lexical scores of single words and pairs together; a pair alone cannot bring a passage in."""
    return {key: score + PAIR_WEIGHT * pairs.get(key, 0.0) for key, score in words.items()}


def fuse(
    lexical: Mapping[int, float],
    places: Mapping[int, Place],
    floor: float,
    *,
    weight: float = LEXICAL_WEIGHT,
) -> dict[int, float]:
    """Return a score of 0 to 1 for every passage in `places` that is a candidate or stands beside one.

    `lexical` are BM25 scores; `floor` is the similarity that counts as 0, the best one counts as 1. A weight of 1 is
    lexical only, of 0 dense only.
    """
    best_lexical = max(lexical.values(), default=0.0) or 1.0
    similarities = [place.similarity for place in places.values() if place.similarity is not None]
    spread = (max(similarities, default=floor) - floor) or 1.0

    def own(key: int) -> float:
        similarity = places[key].similarity
        dense = max(0.0, (similarity - floor) / spread) if similarity is not None else 0.0
        return weight * max(0.0, lexical.get(key, 0.0)) / best_lexical + (1 - weight) * dense

    scores = {key: own(key) for key in places}

    def smooth(key: int) -> float:
        score = scores[key]
        around = 0.0
        for neighbour in (key - 1, key + 1):
            beside = neighbour in places and places[neighbour].file == places[key].file
            around += scores[neighbour] if beside else score
        return (score + NEIGHBOUR_WEIGHT * around) / (1 + 2 * NEIGHBOUR_WEIGHT)

    return {key: smooth(key) for key in scores}


def lift(scores: Mapping[int, float], nearest: Sequence[int]) -> dict[int, float]:
    """Return the scores with the first `LIFTED` of `nearest` (by meaning, best first) among the first `SHOWN`."""
    ranked = sorted(scores, key=lambda key: -scores[key])
    wanted = [key for key in nearest[:LIFTED] if key in scores]
    left_out: list[int] = []
    while len(more := [key for key in wanted if key not in ranked[: SHOWN - len(left_out)]]) > len(left_out):
        left_out = more  # one that is lifted pushes the last out, which may be wanted too
    lifted = dict(scores)
    if left_out:
        keeps = SHOWN - len(left_out)
        bar = math.nextafter(scores[ranked[keeps - 1]], 0.0)  # just below the last that keeps its place
        lifted |= dict.fromkeys(left_out, bar)
        for key in ranked[keeps:]:
            if key not in left_out:  # below them, where it was level with the last that keeps its place
                lifted[key] = min(scores[key], math.nextafter(bar, 0.0))
    return lifted
