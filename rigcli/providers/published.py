"""Prices as genai-prices publishes them (a JSON list of providers) -> the tables that `prices` reads. Pure.

Format: github.com/pydantic/genai-prices, prices/new_data/v2/data.schema.json. `published.json` says which of its
providers is which row of ours. What is read is facts: names, context windows, prices, and when they hold.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

PRICES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
}
DEAREST = 1_000_000
"""US dollars a million tokens; a number above it is no price."""
LONGEST_PATTERN = 300
_PLAIN = {"equals": "is", "starts_with": "begins", "ends_with": "ends", "contains": "holds"}


class UnreadableError(ValueError):
    """The document is not what is published; the message says where."""


def tables(document: Any, shipped: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {row: {model: table}} for the rows that the document knows.

    `shipped` are the tables of the package: what a person looked up for them (`max_output`) is kept. Raises
    UnreadableError; a model that is named by rules unknown here is left out.
    """
    known: dict[str, Any] = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
    theirs = {_text(one, "id"): one for one in (_dict(each, "a provider") for each in _list(document, "the document"))}
    found: dict[str, dict[str, Any]] = {}
    for row, id_ in {**known["makers"], **known["hosts"]}.items():
        if id_ in theirs:
            models = _models(theirs[id_], known["foreign"].get(row, ()), shipped.get(row, {}))
            if models:
                found[row] = models
    if len(found) * 2 < len(known["makers"]):
        raise UnreadableError(f"it knows only {len(found)} of the providers")
    return found


def _models(provider: Mapping[str, Any], foreign: Any, shipped: Mapping[str, Any]) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for each in _list(provider.get("models"), f"models of {provider['id']}"):
        model = _dict(each, "a model")
        id_ = _text(model, "id")
        if any(word in id_ for word in foreign):
            continue
        table = _model(model, id_)
        if table and any("output" in price for price in table["prices"]):  # what writes no text is no model to talk to
            models[id_] = {**_looked_up(shipped.get(id_, {}), table), **table}
    return models


def _looked_up(shipped: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: shipped[key] for key in ("context", "max_output") if key in shipped and key not in table}


def _model(model: Mapping[str, Any], id_: str) -> dict[str, Any] | None:
    match: dict[str, list[str]] = {}
    for kind, text in _clauses(_dict(model.get("match"), f"match of {id_}")):
        match.setdefault(kind, []).append(text)
    if not match or "other" in match:
        return None
    if match.get("is") == [id_]:
        del match["is"]  # it goes without saying
    given = model.get("prices")
    prices = [_values(given, id_)] if isinstance(given, dict) else [_price(one, id_) for one in _list(given, id_)]
    table: dict[str, Any] = {**match, "prices": prices}
    context = model.get("context_window")
    if isinstance(context, int) and not isinstance(context, bool) and context > 0:
        table["context"] = context
    return table


def _clauses(match: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, value in match.items():
        if kind in _PLAIN and isinstance(value, str):
            yield _PLAIN[kind], value.lower()
        elif kind == "or":
            for one in _list(value, "or"):
                yield from _clauses(_dict(one, "a rule"))
        elif kind == "regex":
            yield _pattern(_looking_for(match))
        elif kind == "and":
            parts = [_looking_for(_dict(one, "a rule")) for one in _list(value, "and")]
            yield _pattern(None if None in parts else "".join(f"(?={part})" for part in parts))
        else:
            yield "other", ""


def _pattern(text: str | None) -> tuple[str, str]:
    """A pattern that cannot be compiled, or is too long to be one, is none."""
    if text is None or len(text) > LONGEST_PATTERN:
        return "other", ""
    try:
        re.compile(text)
    except re.error:
        return "other", ""
    return "like", text


def _looking_for(clause: Mapping[str, Any]) -> str | None:
    """Return a regular expression for re.match that says the same, or None."""
    for kind, value in clause.items():
        text = str(value)
        match kind:
            case "starts_with":
                return re.escape(text.lower())
            case "contains":
                return ".*" + re.escape(text.lower())
            case "regex":
                return text if text.startswith("^") else ".*" + text
            case _:
                break
    return None


def _price(conditional: Any, id_: str) -> dict[str, Any]:
    given = _dict(conditional, f"a price of {id_}")
    table = _values(given.get("prices"), id_)
    limits = cast("dict[str, Any]", given.get("constraint") or {})
    if "start_date" in limits:
        table["from"] = str(limits["start_date"])
    elif "start_time" in limits:
        table["daily"] = [_minutes(limits.get("start_time"), id_), _minutes(limits.get("end_time"), id_)]
    return table


def _minutes(time: Any, id_: str) -> int:
    """Return minutes after midnight, UTC, of `HH:MM:SS` with Z, an offset, or nothing behind it."""
    found = re.fullmatch(r"(\d\d):(\d\d)(?::\d\d)?(?:Z|([+-])(\d\d):?(\d\d))?", str(time))
    if found is None:
        raise UnreadableError(f"{id_}: {str(time)[:40]!r} is no time of day")
    offset = int(found[4]) * 60 + int(found[5]) if found[3] else 0
    return (int(found[1]) * 60 + int(found[2]) - (offset if found[3] != "-" else -offset)) % 1440


def _values(given: Any, id_: str) -> dict[str, Any]:
    table: dict[str, Any] = {}
    tiers: dict[int, dict[str, Any]] = {}
    for theirs, ours in PRICES.items():
        value = _dict(given, f"prices of {id_}").get(theirs)
        if isinstance(value, dict):
            stepped = cast("dict[str, Any]", value)
            table[ours] = _number(stepped.get("base"), id_)
            for each in _list(stepped.get("tiers"), f"tiers of {id_}"):
                tier = _dict(each, "a tier")
                tiers.setdefault(int(_number(tier.get("start"), id_, 10**9)), {})[ours] = _number(
                    tier.get("price"), id_
                )
        elif value is not None:
            table[ours] = _number(value, id_)
    if tiers:
        table["tiers"] = [{"above": start, **tiers[start]} for start in sorted(tiers)]
    return table


def _number(value: Any, id_: str, most: float = DEAREST) -> float | int:
    if isinstance(value, str):  # a decimal is written as text where it would not fit a float
        try:
            value = float(value)
        except ValueError:
            value = None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value <= most
    ):
        raise UnreadableError(f"{id_}: {str(value)[:40]!r} is no price")
    return int(value) if value == int(value) else value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise UnreadableError(f"{what} is no list")
    return cast("list[Any]", value)


def _dict(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(f"{what} is no table")
    return cast("dict[str, Any]", value)


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{key} is missing")
    return value
