"""How likely each token was, in the forms of the wires that say it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any

from rigcli.core.choices import Logprobs, TokenLogprob
from rigcli.wire.jsontext import mend
from rigcli.wire.shapes import Json, as_dict, as_list, as_text


def of_choice(value: Any) -> Iterator[Logprobs]:
    """Yield what a choice of Chat Completions says: a list of tokens, or (older) a list for each field."""
    row = as_dict(value)
    items = [*as_list(row.get("content")), *as_list(row.get("refusal"))]
    if not items and as_list(row.get("tokens")):
        items = list(_older(row))
    yield from of_tokens(items)


def of_tokens(items: Any) -> Iterator[Logprobs]:
    """Yield what a list of tokens says, as OpenAI and Ollama write it."""
    yield from _event(
        _token(as_dict(item), "logprob", as_list(as_dict(item).get("top_logprobs"))) for item in as_list(items)
    )


def of_candidate(value: Any) -> Iterator[Logprobs]:
    """Yield what Gemini's `logprobsResult` says: the chosen tokens, and beside them the likely ones."""
    row = as_dict(value)
    tops = (as_list(as_dict(item).get("candidates")) for item in as_list(row.get("topCandidates")))
    pairs = zip_longest(as_list(row.get("chosenCandidates")), tops)
    yield from _event(_token(as_dict(chosen), "logProbability", top or []) for chosen, top in pairs)


def of_text(items: Any) -> Iterator[Logprobs]:
    """Yield what Cohere says: a text and the logarithms of its tokens, whose borders it does not tell."""
    rows = [as_dict(item) for item in as_list(items) or [items]]
    yield from _event(chain.from_iterable(_spread(row) for row in rows))


def _event(tokens: Iterator[TokenLogprob | None]) -> Iterator[Logprobs]:
    if found := tuple(token for token in tokens if token is not None):
        yield Logprobs(found)


def _token(row: Json, name: str, top: list[Any]) -> TokenLogprob | None:
    logprob = _number(row.get(name))
    if logprob is None:
        return None
    rivals = ((mend(as_text(as_dict(item).get("token"))), _number(as_dict(item).get(name))) for item in top)
    own = [byte for byte in as_list(row.get("bytes")) if isinstance(byte, int)]
    return TokenLogprob(
        mend(as_text(row.get("token"))),
        logprob,
        tuple(own) or None,
        tuple((token, number) for token, number in rivals if number is not None),
    )


def _spread(row: Json) -> Iterator[TokenLogprob]:
    text = as_text(row.get("text"))
    for logprob in as_list(row.get("logprobs")):
        if (number := _number(logprob)) is not None:
            yield TokenLogprob(mend(text), number)
            text = ""


def _older(row: Json) -> Iterator[Json]:
    tokens, own, tops = (as_list(row.get(name)) for name in ("tokens", "token_logprobs", "top_logprobs"))
    for token, logprob, top in zip_longest(tokens, own, tops):
        rivals = [{"token": other, "logprob": number} for other, number in as_dict(top).items()]
        yield {"token": token, "logprob": logprob, "top_logprobs": rivals}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
