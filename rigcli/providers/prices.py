"""What is known about models: how much they read, what they cost. An unknown price is None, never 0.

models/NAME.json holds the models of those who make them, models/hosts/NAME.json those of who serve them. Both are
written by scripts/make_models.py, and read only where a price or a context is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rigcli.core.usage import Usage

FOLDER = Path(__file__).parent / "models"
MILLION = 1_000_000
LONG_WRITE = 2
"""What is kept for an hour costs twice the price of input (docs: pricing, of Anthropic and of Amazon Bedrock)."""
_PRICES = ("input", "output", "cached_input", "cache_write")


@dataclass(frozen=True, slots=True)
class Tier:
    """The prices of a request whose whole input is longer than `above` tokens; None where the lower price stays."""

    above: int
    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model. Sizes in tokens, prices in US dollars a million tokens; None where nobody is certain."""

    id: str
    context: int | None = None
    max_output: int | None = None
    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    cache_write: float | None = None
    tiers: tuple[Tier, ...] = ()
    source: str = ""


def find_model(provider: str, model: str, now: float | None = None, *, renewed: Path | None = None) -> ModelRow | None:
    """Return the row of a model with the prices of `now` (Unix time), or None where nobody knows it.

    A name that the table has counts first, then one that begins, ends or holds what the table says, then a dated
    snapshot (`gpt-4o-2024-08-06`) as the model it is a snapshot of. `renewed` is the folder with newer tables than
    those of the package (`renewed_folder`).
    """
    shelf = _shelf(provider, renewed)
    name = model.lower()
    found = shelf.names.get(name) or shelf.matching(name) or shelf.names.get(_without_date(name))
    if found is None:
        return None
    table = shelf.models[found]
    price = _price_of(table["prices"], now)
    tiers = tuple(Tier(**tier) for tier in price.get("tiers", ()))
    sizes = {key: table[key] for key in ("context", "max_output") if key in table}
    return ModelRow(found, **sizes, **{key: price.get(key) for key in _PRICES}, tiers=tiers, source=shelf.source)


def providers_of(model: str) -> list[str]:
    """Return the makers whose table names exactly this model."""
    names = sorted(entry.removesuffix(".json") for entry in os.listdir(FOLDER) if entry.endswith(".json"))  # noqa: PTH208  as in rows
    return [name for name in names if model.lower() in _shelf(name).names]


def cost(usage: Usage, model: ModelRow | None) -> float | None:
    """Return what an answer cost in US dollars, or None where a price or a count is unknown.

    Cached and cache-written tokens are part of `input_tokens`; where their own price is unknown and there are any,
    so is the sum. A long request may have prices of its own (`tiers`).
    """
    if model is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached, written = usage.cached_input_tokens or 0, usage.cache_write_tokens or 0
    plain = max(usage.input_tokens - cached - written, 0)
    long = min(usage.cache_write_1h_tokens or 0, written)
    written -= long
    total = long * LONG_WRITE * (_at(model, "input", usage.input_tokens) or 0.0)
    for kind, count in zip(_PRICES, (plain, usage.output_tokens, cached, written), strict=True):
        price = _at(model, kind, usage.input_tokens)
        if price is None and (count or kind in ("input", "output")):
            return None
        total += count * (price or 0.0)
    return total / MILLION


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The models of one provider; `names` leads from every name in lower case to an id."""

    source: str
    models: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]

    def matching(self, name: str) -> str | None:
        """Return the first model whose pattern the name fits: the order of the table is part of its meaning."""
        return next((id_ for id_, table in self.models.items() if _fits(name, table)), None)


def _fits(name: str, table: Mapping[str, Any]) -> bool:
    return (
        any(name.startswith(text) for text in table.get("begins", ()))
        or any(name.endswith(text) for text in table.get("ends", ()))
        or any(text in name for text in table.get("holds", ()))
        or any(re.match(text, name) for text in table.get("like", ()))
    )


def _at(model: ModelRow, kind: str, length: int) -> float | None:
    price: float | None = getattr(model, kind)
    for tier in model.tiers:  # in rising order
        if length > tier.above:
            price = getattr(tier, kind) if getattr(tier, kind) is not None else price
    return price


def _price_of(prices: list[Mapping[str, Any]], now: float | None) -> Mapping[str, Any]:
    """Return the last price that holds: some begin on a day, some hold for some hours of each day (UTC)."""
    if len(prices) == 1:
        return prices[0]
    import time  # noqa: PLC0415  few prices depend on it

    at = time.gmtime(now)
    day, minute = time.strftime("%Y-%m-%d", at), at.tm_hour * 60 + at.tm_min
    held = [price for price in prices if _holds(price, day, minute)]
    return held[-1] if held else {}


def _holds(price: Mapping[str, Any], day: str, minute: int) -> bool:
    if "daily" in price:
        begin, end = price["daily"]
        return begin <= minute < end if begin <= end else minute >= begin or minute < end
    return day >= price.get("from", "")


def _without_date(model: str) -> str:
    """Cut `-2025-04-14` or `-20251001` off the end."""
    head, _, tail = model.rpartition("-")
    if len(tail) == len("20251001") and tail.isdigit():
        return head
    words = model.rsplit("-", 3)
    dated = len(words) == 4 and all(word.isdigit() for word in words[1:]) and len(words[1]) == 4  # noqa: PLR2004  name, year, month, day
    return words[0] if dated else model


def renewed_folder(data: Path) -> Path:
    """Return where `rig models refresh` keeps newer tables, below the user's data folder."""
    return data / "prices"


def shipped_tables() -> dict[str, dict[str, Any]]:
    """Return the tables of the package: {row: {model: table}}."""
    import json  # noqa: PLC0415  as late as the price

    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["models"] for path in FOLDER.rglob("*.json")}


def forget() -> None:
    """Read the tables anew when they are next asked for."""
    _shelf.cache_clear()


@cache
def _shelf(provider: str, renewed: Path | None = None) -> _Shelf:
    import json  # noqa: PLC0415  as late as the price

    own = [renewed / f"{provider}.json"] if renewed else []
    for path in (*own, FOLDER / f"{provider}.json", FOLDER / "hosts" / f"{provider}.json"):
        if path.is_file():
            try:
                table = json.loads(path.read_text(encoding="utf-8"))
                models: dict[str, dict[str, Any]] = table["models"]
            except (OSError, ValueError, KeyError, TypeError):
                if path in own:
                    continue  # damaged: those of the package are still there
                raise
            names = {name: id_ for id_, one in models.items() for name in (*one.get("is", ()), id_.lower())}
            return _Shelf(table["source"], models, names)
    return _Shelf("", {}, {})
