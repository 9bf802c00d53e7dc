"""`rig models show`: all that is known about one model, and who says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli.plain import ListFormatFlag, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit, RigError

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.providers.catalog import ListedModel
    from rigcli.providers.context import Window
    from rigcli.providers.lookup import Choice
    from rigcli.providers.prices import ModelRow

_KINDS = {"input": "in", "cached_input": "cached in", "cache_write": "written to the cache", "output": "out"}


def show(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="PROVIDER/MODEL, an alias, or a well-known name.")],
    format_: ListFormatFlag = "text",
) -> int:
    """Show what MODEL reads, writes, can do and costs, and where that is known from."""
    from rigcli.cli.target import rows_of
    from rigcli.providers.lookup import resolve
    from rigcli.providers.prices import find_model, renewed_folder

    world = World.real()
    settings = read_settings(world)
    choice = resolve(model, rows_of(settings), settings.section("aliases"))
    renewed = renewed_folder(settings.folders.data)
    row = find_model(choice.row.name, choice.model, renewed=renewed) if _official(choice, world) else None
    listed, window = _listed(world, settings, choice), _window(world, settings, choice)
    facts = _facts(choice, row, listed, window)
    if format_ == "json":
        put_json(world, {"model": facts})
        return Exit.OK
    lines = _lines(choice, row, window, facts)
    width = max(map(len, lines))
    for name, value in lines.items():
        put(world, f"{name:{width}}  {value}")
    return Exit.OK


def _official(choice: Choice, world: World) -> bool:
    """Prices are those of the provider's own server; another one has its own."""
    row = choice.row
    return row.origin == "built-in" and not any(world.env.get(name) for name in ("RIG_BASE_URL", *row.base_url_env))


def _listed(world: World, settings: Settings, choice: Choice) -> ListedModel | None:
    """Return the model as its server listed it last; nobody is asked."""
    from rigcli.cli.model_lists import Shelf

    kept = Shelf.open(world, settings).kept(choice.row)
    return next((one for one in kept.models if one.id == choice.model), None) if kept else None


def _window(world: World, settings: Settings, choice: Choice) -> Window | None:
    """Ask a server of one's own; None where it cannot be asked, or is silent."""
    if choice.row.context_probe is None:
        return None
    from rigcli.cli.aio import run_async
    from rigcli.cli.flag_table import ModelFlags
    from rigcli.cli.target import reach
    from rigcli.library.context import window_of

    try:
        found = run_async(window_of(reach(world, settings, ModelFlags(), choice, ""), settings))
    except RigError:
        return None
    return found if found.held else None


def _facts(choice: Choice, row: ModelRow | None, listed: ListedModel | None, window: Window | None) -> dict[str, Any]:
    sources = [
        "the server" if window else "",
        "the provider's list" if listed and listed.context else "",
        row.source.partition(",")[0] if row else "",
    ]
    return {
        "name": choice.full_name,
        "provider": choice.row.name,
        "id": choice.model,
        "title": listed.title if listed else None,
        "context": (window.most if window else None)
        or (listed.context if listed else None)
        or (row.context if row else None),
        "window": window.held if window else None,
        "max_output": row.max_output if row else None,
        "abilities": list(window.abilities if window and window.abilities else choice.row.abilities),
        "usd_per_million": {kind: getattr(row, kind) for kind in _KINDS} if row else None,
        "tiers": [{"above": tier.above, **{kind: getattr(tier, kind) for kind in _KINDS}} for tier in row.tiers]
        if row
        else [],
        "sources": [source for source in sources if source],
    }


def _lines(choice: Choice, row: ModelRow | None, window: Window | None, facts: dict[str, Any]) -> dict[str, str]:
    whose = "" if window and window.abilities else f" (what {choice.row.title} can do; a model may do less)"
    lines = {
        "name": facts["name"],
        "title": facts["title"] or "",
        "provider": f"{choice.row.title}, {choice.row.wire}",
        "context": f"{facts['context']:,} tokens" if facts["context"] else "not known",
        "here": _here(window) if window else "",
        "output": f"{facts['max_output']:,} tokens at most" if facts["max_output"] else "not known",
        "abilities": ", ".join(facts["abilities"]) + whose,
        "file": window.details if window else "",
        "price": "none: the server is your own" if choice.row.local else "not known",
    }
    if row:
        lines["price"] = _price(row)
        for tier in row.tiers:
            lines[f"above {tier.above:,}"] = _price(tier)
    lines["known from"] = ", ".join(facts["sources"]) or "nobody"
    return {name: value for name, value in lines.items() if value}


def _here(window: Window) -> str:
    return f"{window.held:,} tokens at once" + (", unless the server was told otherwise" if window.assumed else "")


def _price(prices: Any) -> str:
    known = [
        f"${getattr(prices, kind):g} {words}" for kind, words in _KINDS.items() if getattr(prices, kind) is not None
    ]
    return ", ".join(known) + ": a million tokens" if known else "not known"
