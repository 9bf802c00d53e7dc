"""`rig models`: what can be asked, from the providers themselves, and the user's own short names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from rigcli.cli import flags as f
from rigcli.cli import model_refresh
from rigcli.cli.local_models import pull, rm
from rigcli.cli.model_count import count
from rigcli.cli.model_show import show
from rigcli.cli.plain import ListFormatFlag, put, put_json, read_settings, say
from rigcli.cli.routing import route
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.cli.model_lists import Listing
    from rigcli.home.settings import Settings
    from rigcli.providers.catalog import ListedModel


class ListUnlessTold(TyperGroup):
    """`rig models openai` is `rig models list openai`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ListUnlessTold,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="The models that your providers offer, and your aliases. `rig models [PROVIDER]` lists them.",
)


@app.command("list")
def list_(
    provider: Annotated[str | None, typer.Argument(metavar="[PROVIDER]", help="Only this one.")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask again, though the list is younger than a day.")
    ] = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    format_: ListFormatFlag = "text",
    offline: f.OfflineFlag = False,
) -> int:
    """List the models of PROVIDER, or of every provider that is ready; lists are kept for a day."""
    from rigcli.cli.model_lists import Shelf, ready_rows
    from rigcli.cli.target import rows_of

    world = World.real()
    settings = read_settings(world, offline=offline)
    rows = rows_of(settings)
    if base_url and provider is None:
        raise UsageError("models: --base-url needs a provider", hint="rig models openai-compatible --base-url URL")
    wanted = [rows.get(provider).in_wire(wire)] if provider else ready_rows(world, settings, rows)
    shelf = Shelf.open(world, settings, base_url=base_url, wire=wire)
    listings = shelf.lists(wanted, refresh=refresh)
    if provider and (error := listings[0].error):
        raise error
    if format_ == "json":
        _put_listings_json(world, settings, listings)
    else:
        _put_listings(world, settings, listings, shelf.now)
    return Exit.OK if any(listing.catalog for listing in listings) else Exit.NO


app.command()(show)
app.command()(model_refresh.refresh)
app.command()(count)
app.command()(pull)
app.command()(rm)
app.command()(route)


@app.command()
def aliases(format_: ListFormatFlag = "text") -> int:
    """List your short names for models."""
    world = World.real()
    found = read_settings(world).section("aliases")
    if format_ == "json":
        put_json(world, {"aliases": found})
        return Exit.OK
    _put_aliases(world, found)
    if not found:
        say(world, "no aliases (rig models alias NAME PROVIDER/MODEL)")
    return Exit.OK


@app.command()
def alias(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The short name.")],
    model: Annotated[str, typer.Argument(metavar="PROVIDER/MODEL", help="What it stands for.")],
) -> int:
    """Let NAME stand for a model, wherever a model is named."""
    from rigcli.cli.target import rows_of
    from rigcli.home.settings_edit import set_value
    from rigcli.providers.lookup import resolve

    world = World.real()
    settings = read_settings(world)
    rows = rows_of(settings)
    if not name.strip() or name != name.strip() or "/" in name or ":" in name or "." in name:
        raise UsageError(f"alias {name!r}: a short name holds no space at its ends, slash, colon or dot")
    if name in rows:
        raise UsageError(f"alias {name!r}: a provider has this name", hint="choose another")
    choice = resolve(model, rows, {key: value for key, value in settings.section("aliases").items() if key != name})
    set_value(settings.folders.config_file, f"aliases.{name}", [choice.full_name])
    say(world, f"{name} is {choice.full_name} (-m {name})")
    return Exit.OK


@app.command()
def unalias(name: Annotated[str, typer.Argument(metavar="NAME", help="The short name.")]) -> int:
    """Forget a short name."""
    from rigcli.home.settings_edit import unset
    from rigcli.providers.rows import near

    world = World.real()
    settings = read_settings(world)
    known = settings.section("aliases")
    if name not in known:
        raise UsageError(f"no alias {name!r}", hint=near(name, known) or "`rig models aliases` lists them")
    if not unset(settings.folders.config_file, f"aliases.{name}"):
        raise UsageError(
            f"alias {name!r}: is not in your settings file", hint=f"it comes from {settings.origin(f'aliases.{name}')}"
        )
    say(world, f"{name}: alias removed")
    return Exit.OK


def _put_listings(world: World, settings: Settings, listings: list[Listing], now: float) -> None:
    names = settings.section("aliases")
    for listing in listings:
        if listing.error:
            say(world, f"no list: {listing.error.line()}")
        if listing.catalog:
            if listing.stale:
                age = _age(now - listing.catalog.fetched)
                say(world, f"this list is {age} old: {listing.stale.message}")
            elif not listing.catalog.models:
                say(world, f"{listing.provider}: its server has no model yet")
            _put_models(world, settings, listing, listing.catalog.models)
    _put_aliases(world, names)
    if not listings:
        say(world, "no provider is ready (rig keys set openai, or start a local server; rig doctor says more)")


def _put_models(world: World, settings: Settings, listing: Listing, models: tuple[ListedModel, ...]) -> None:
    rows = [(f"{listing.provider}/{model.id}", _details(settings, listing, model)) for model in models]
    width = max((len(name) for name, details in rows if details), default=0)
    for name, details in rows:
        put(world, f"{name:{width}}  {details}" if details else name)


def _put_aliases(world: World, names: dict[str, str]) -> None:
    width = max(map(len, names), default=0)
    for name, model in sorted(names.items()):
        put(world, f"{name:{width}}  = {model}")


def _put_listings_json(world: World, settings: Settings, listings: list[Listing]) -> None:
    models = [
        {
            "provider": listing.provider,
            "id": model.id,
            "name": f"{listing.provider}/{model.id}",
            "title": model.title,
            **_facts(settings, listing, model),
            "fetched": listing.catalog.fetched,
        }
        for listing in listings
        if listing.catalog
        for model in listing.catalog.models
    ]
    errors = [
        {**error.to_json(), "provider": listing.provider}
        for listing in listings
        if (error := listing.error or listing.stale)
    ]
    put_json(world, {"models": models, "aliases": settings.section("aliases"), "errors": errors})


def _facts(settings: Settings, listing: Listing, model: ListedModel) -> dict[str, Any]:
    """What the server said, and what rig's own table adds; None where nobody knows."""
    from rigcli.providers.prices import find_model, renewed_folder

    renewed = renewed_folder(settings.folders.data)
    row = find_model(listing.provider, model.id, renewed=renewed) if listing.official else None
    return {
        "context": model.context or (row.context if row else None),
        "size": model.size,
        "input_usd_per_million": row.input if row else None,
        "output_usd_per_million": row.output if row else None,
    }


def _details(settings: Settings, listing: Listing, model: ListedModel) -> str:
    facts = _facts(settings, listing, model)
    words = [
        f"{facts['context'] // 1000}k context" if facts["context"] else "",
        f"{facts['size'] / 1e9:.1f} GB" if facts["size"] else "",
        f"${facts['input_usd_per_million']:g} in, ${facts['output_usd_per_million']:g} out a million tokens"
        if facts["input_usd_per_million"] is not None
        else "",
        model.title or "",
    ]
    return ", ".join(word for word in words if word)


def _age(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"  # noqa: PLR2004  two days
