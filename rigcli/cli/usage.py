"""`rig usage`: what was used and what it cost, by day, model or provider."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import typer

from rigcli.cli.plain import ListFormatFlag, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit
from rigcli.home.usage import Entry, Ledger

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
_DAY = 86400


@app.command()
def usage(
    by: Annotated[Literal["day", "model", "provider"], typer.Option("--by", help="What a line is about.")] = "day",
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, help="So many days, today included.")] = 30,
    format_: ListFormatFlag = "text",
) -> int:
    """Tokens and cost of your model calls, as the providers counted; calls of unknown price are counted apart."""
    world = World.real()
    settings = read_settings(world)
    since = time.strftime("%Y-%m-%d", time.localtime(time.time() - (days - 1) * _DAY))
    entries = list(Ledger(settings.folders.state).entries(since))
    rows = summed(entries, by)
    total = next(iter(summed(entries, "all")), None)
    daily = settings.get("budget.daily") or None
    if format_ == "json":
        put_json(world, {"by": by, "since": since, "rows": rows, "total": total, "budget_daily_usd": daily})
        return Exit.OK
    width = max((len(row["name"]) for row in rows), default=0)
    for row in [*rows, *([{**total, "name": "total"}] if total and len(rows) > 1 else [])]:
        put(world, _line(row, max(width, 5)))
    if daily:
        spent = Ledger(settings.folders.state).spent_today()[0]
        put(world, f"today ${spent:.4f} of ${daily:g} (budget.daily)")
    if not rows and world.stderr_tty:
        world.stderr.write("no usage yet\n")
    return Exit.OK


def summed(entries: Iterable[Entry], by: str) -> list[dict[str, Any]]:
    """Return a row for each day, model or provider (`all`: one), days in order, others the dearest first."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        name = {"day": entry.day, "model": f"{entry.provider}/{entry.model}", "provider": entry.provider}.get(by, by)
        empty = {"name": name, "calls": 0, "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0, "unpriced_calls": 0}
        row = rows.setdefault(name, empty)
        row["calls"] += 1
        row["input_tokens"] += entry.input_tokens or 0
        row["output_tokens"] += entry.output_tokens or 0
        row["cost_usd"] += entry.cost_usd or 0.0
        row["unpriced_calls"] += entry.cost_usd is None
    if by == "day":
        return [rows[name] for name in sorted(rows)]
    return sorted(rows.values(), key=lambda row: (-row["cost_usd"], row["name"]))


def _line(row: dict[str, Any], width: int) -> str:
    calls = f"{row['calls']:,} call{'' if row['calls'] == 1 else 's'}"
    tokens = f"{row['input_tokens']:,} in / {row['output_tokens']:,} out"
    apart = f" and {row['unpriced_calls']:,} of unknown price" if row["unpriced_calls"] else ""
    known = f"${row['cost_usd']:.4f}" if row["calls"] > row["unpriced_calls"] else ""
    money = f"{known}{apart}" if known else apart.removeprefix(" and ")
    return f"{row['name']:{width}}  {calls:>11}  {tokens:>28}  {money}"
