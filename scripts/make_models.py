"""Write rigcli/providers/models/**.json from genai-prices (MIT) and scripts/model_limits.toml.

    pip install genai-prices && python scripts/make_models.py

The package itself is no dependency of rig: importing its data costs 0.25 s of CPU, and it brings pydantic and an HTTP
client along. What rig needs of it is facts: names, context windows, prices and when they hold.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from genai_prices import types as gp
from genai_prices.data import providers

HERE = Path(__file__).parent
MODELS = HERE.parent / "rigcli" / "providers" / "models"
KNOWN: dict[str, Any] = json.loads((MODELS.parent / "published.json").read_text(encoding="utf-8"))
MAKERS = KNOWN["makers"]
"""Rows of those who make models: a model's bare name leads to them."""
HOSTS = KNOWN["hosts"]
"""Rows of those who serve others' models. Left out: subscriptions, and servers where the user names the models."""
FOREIGN = KNOWN["foreign"]
"""Words in the names of models that the source counts to a maker who only serves them elsewhere."""
PRICES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
}


def main() -> None:
    shutil.rmtree(MODELS, ignore_errors=True)
    (MODELS / "hosts").mkdir(parents=True)
    license_file = next(file for file in distribution("genai-prices").files or () if file.name == "LICENSE")
    (MODELS / "LICENSE").write_text(license_file.read_text(encoding="utf-8"), encoding="utf-8")
    limits = tomllib.loads((HERE / "model_limits.toml").read_text(encoding="utf-8"))
    found = {provider.id: provider for provider in providers}
    for folder, names in ((MODELS, MAKERS), (MODELS / "hosts", HOSTS)):
        for name, theirs in names.items():
            write(folder / f"{name}.json", found[theirs], limits.get(name, {}))


def write(path: Path, provider: gp.Provider, limits: dict[str, Any]) -> None:
    models = {}
    for model in provider.models:
        table = row(model)
        if any(word in model.id for word in FOREIGN.get(path.stem, ())):
            continue
        if table and any("output" in price for price in table["prices"]):  # what writes no text is no model to talk to
            models[model.id] = {**table, **limits.get(model.id, {})}
    for name in limits.keys() - models.keys():
        raise SystemExit(f"model_limits.toml: {path.stem} has no model {name}")
    source = (
        f"genai-prices {version('genai-prices')}, MIT License, Copyright (c) Pydantic Services Inc. 2025 to present"
    )
    lines = [f"{json.dumps(name)}:{json.dumps(table, separators=(',', ':'))}" for name, table in models.items()]
    path.write_text(f'{{"source":{json.dumps(source)},"models":{{\n' + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print(f"{path.stem}: {len(models)} of {len(provider.models)} models, {path.stat().st_size} bytes")


def row(model: gp.ModelInfo) -> dict[str, Any] | None:
    match: dict[str, list[str]] = {}
    for kind, text in clauses(model.match):
        match.setdefault(kind, []).append(text)
    if not match or "other" in match:
        return None
    prices = [price(one) for one in model.prices] if isinstance(model.prices, list) else [values(model.prices)]
    table: dict[str, Any] = dict(match)
    if match.get("is") == [model.id]:
        del table["is"]  # it goes without saying
    if model.context_window:
        table["context"] = model.context_window
    return {**table, "prices": prices}


def clauses(match: Any) -> Iterator[tuple[str, str]]:
    match match:
        case gp.ClauseEquals():
            yield "is", match.equals.lower()
        case gp.ClauseStartsWith():
            yield "begins", match.starts_with.lower()
        case gp.ClauseEndsWith():
            yield "ends", match.ends_with.lower()
        case gp.ClauseContains():
            yield "holds", match.contains.lower()
        case gp.ClauseOr():
            for one in match.or_:
                yield from clauses(one)
        case gp.ClauseRegex():
            yield "like", looking_for(match)
        case gp.ClauseAnd():
            yield "like", "".join(f"(?={looking_for(one)})" for one in match.and_)
        case _:
            yield "other", ""


def looking_for(clause: Any) -> str:
    """Return a regular expression for re.match that says the same."""
    match clause:
        case gp.ClauseStartsWith():
            return re.escape(clause.starts_with.lower())
        case gp.ClauseContains():
            return ".*" + re.escape(clause.contains.lower())
        case gp.ClauseRegex():
            return clause.regex if clause.regex.startswith("^") else ".*" + clause.regex
        case _:
            raise SystemExit(f"no words for {clause}")


def price(conditional: gp.ConditionalPrice) -> dict[str, Any]:
    table = values(conditional.prices)
    match conditional.constraint:
        case gp.StartDateConstraint() as start:
            table["from"] = start.start_date.isoformat()
        case gp.TimeOfDateConstraint() as hours:
            table["daily"] = [minutes(hours.start_time), minutes(hours.end_time)]
        case _:
            pass
    return table


def minutes(time: Any) -> int:
    """Return minutes after midnight, UTC."""
    offset = time.utcoffset()
    return (time.hour * 60 + time.minute - (int(offset.total_seconds()) // 60 if offset else 0)) % 1440


def values(prices: gp.ModelPrice) -> dict[str, Any]:
    table: dict[str, Any] = {}
    tiers: dict[int, dict[str, float]] = {}
    for theirs, ours in PRICES.items():
        value = getattr(prices, theirs, None)
        if isinstance(value, gp.TieredPrices):
            table[ours] = number(value.base)
            for tier in value.tiers:
                tiers.setdefault(tier.start, {})[ours] = number(tier.price)
        elif value is not None:
            table[ours] = number(value)
    if tiers:
        table["tiers"] = [{"above": start, **tiers[start]} for start in sorted(tiers)]
    return table


def number(value: Any) -> float | int:
    return int(value) if value == int(value) else float(value)


if __name__ == "__main__":
    main()
