"""`rig providers`: the rows rig knows, and which of them can be asked now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rigcli.cli import flags as f
from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.providers.rows import ProviderRow, Rows

app = group()
Name = Annotated[str, typer.Argument(metavar="PROVIDER", help="As `rig providers list` names it.")]


@dataclass(frozen=True)
class State:
    """Whether a provider can be asked, and by what: `reason` is fit for a table."""

    ready: bool
    reason: str


@app.command("list")
def list_(
    ready: Annotated[bool, typer.Option("--ready", help="Only those that can be asked now.")] = False,
    format_: ListFormatFlag = "text",
) -> int:
    """List the providers, those that are ready first, in the order in which they are chosen."""
    world = World.real()
    settings = read_settings(world)
    rows = _rows(settings)
    states = provider_states(world, settings, rows)
    ordered = sorted(rows.all(), key=lambda row: not states[row.name].ready)
    shown = [row for row in ordered if states[row.name].ready or not ready]
    if format_ == "json":
        put_json(world, {"providers": [{**_table(row), **asdict(states[row.name])} for row in shown]})
        return Exit.OK
    width = max((len(row.name) for row in shown), default=0)
    title = max((len(_title(row)) for row in shown), default=0)
    for row in shown:
        mark = "ready" if states[row.name].ready else "     "
        put(world, f"{mark}  {row.name:{width}}  {_title(row):{title}}  {states[row.name].reason}".rstrip())
    if not shown:
        say(world, "no provider is ready (rig keys set openai, or start a local server; rig doctor says more)")
        return Exit.NO
    return Exit.OK


@app.command()
def show(provider: Name, format_: ListFormatFlag = "text") -> int:
    """Show all that rig knows about PROVIDER."""
    world = World.real()
    settings = read_settings(world)
    rows = _rows(settings)
    row = rows.get(provider)
    state = provider_states(world, settings, rows)[row.name]
    if format_ == "json":
        put_json(world, {"provider": {**_table(row), **asdict(state)}})
        return Exit.OK
    facts = {"state": f"ready: {state.reason}" if state.ready else f"not ready: {state.reason}", **_facts(row)}
    width = max(map(len, facts))
    for name, value in facts.items():
        put(world, f"{name:{width}}  {value}")
    return Exit.OK


@app.command()
def check(
    provider: Name,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    offline: f.OfflineFlag = False,
) -> int:
    """Ask PROVIDER's server for its models: does it answer, does it take the key? Costs nothing."""
    import time

    from rigcli.cli.model_lists import Shelf
    from rigcli.providers.catalog import list_path

    world = World.real()
    settings = read_settings(world, offline=offline)
    row = _rows(settings).get(provider).in_wire(wire)
    if list_path(row.wire, row.models_path) is None:
        question = _question(row)
        say(world, f"{row.name}: its server lists no models, so only a question can tell ({question})")
        return Exit.NO
    begun = time.monotonic()
    catalog = Shelf.open(world, settings, base_url=base_url, wire=wire).fetch(row)
    took = time.monotonic() - begun
    count = len(catalog.models)
    put(
        world, f"{row.name}: {catalog.base_url} answers, {count} model{'' if count == 1 else 's'}, {took * 1000:.0f} ms"
    )
    return Exit.OK


def _question(row: ProviderRow) -> str:
    """Return the smallest command that would tell; it costs what one request costs."""
    if "chat" in row.abilities or not row.abilities:
        return f"rig ask -m {row.name}/{row.default_model or 'MODEL'} hi"
    return f"rig {row.abilities[0]} -m {row.name} hi"


def provider_states(world: World, settings: Settings, rows: Rows) -> dict[str, State]:
    """Return for each row whether it can be asked now. Only loopback ports are tried; no key is read."""
    from rigcli.home.defaults import key_places
    from rigcli.home.local import local_servers

    place = key_places(settings, world.env)
    ports = {server.row.name: server.port for server in local_servers(rows, world.env)}
    return {row.name: _state(row, place(row), ports.get(row.name), world.env) for row in rows.all()}


def _signed_by(row: ProviderRow, env: Mapping[str, str]) -> str | None:
    """Return whose credentials requests would be signed with, where that is how the row is reached."""
    from rigcli.net.sigv4 import credentials_place
    from rigcli.providers.access import SIGNED

    return credentials_place(env) if (row.auth or "").startswith(SIGNED) else None


def _state(row: ProviderRow, key: str | None, port: int | None, env: Mapping[str, str]) -> State:
    if row.local:
        return _local_state(row, port)
    if key:
        return State(True, f"key from {key}" if key not in ("file", "keyring") else "key stored by rig")
    if found := _signed_by(row, env):
        return State(True, f"signed with the AWS credentials of {found}")
    if row.base_url is None:
        return State(False, f"needs a server: --base-url, or providers.{row.name}.base_url")
    if row.key == "optional":
        return State(True, f"needs no key: {row.base_url}")
    return State(False, f"no key: rig keys set {row.name}" + (f", or {row.key_env[0]}" if row.key_env else ""))


def _local_state(row: ProviderRow, port: int | None) -> State:
    if port is not None:
        return State(True, f"answers on port {port}")
    start = f" (start it: {row.start})" if row.start else ""
    return State(False, ("nothing answers" if row.rank else f"expected at {row.base_url}") + start)


def _facts(row: ProviderRow) -> dict[str, str]:
    from rigcli.providers.catalog import list_path

    facts = {
        "name": f"{row.name}  ({row.title})",
        "row": row.origin,
        "wire": ", ".join((row.wire, *row.wires)),
        "base URL": row.base_url or "given by you",
        "base URL from": ", ".join(("--base-url", "RIG_BASE_URL", *row.base_url_env)),
        "key": f"{row.key}: {', '.join(row.key_env) or 'RIG_API_KEY'}",
        "default model": row.default_model or "",
        "lists models": "yes" if list_path(row.wire, row.models_path) else "no",
        "quirks": ", ".join(f"{name} = {value}" for name, value in row.quirks.items() if name != "native"),
        "abilities": ", ".join(row.abilities),
        "native tools": _native(row),
        "start": row.start or "",
        "keys are made at": row.key_url or "",
        "documentation": row.docs or "",
    }
    return {name: value for name, value in facts.items() if value}


def _native(row: ProviderRow) -> str:
    """The tools that the provider runs itself (--native), with the wires and models that have them."""
    found: list[str] = []
    for wire in (row.wire, *row.wires):
        there = row.in_wire(wire)
        for name, form in there.quirks.get("native", {}).items():
            forms = cast("list[Any]", form if isinstance(form, list) else [form])
            models = [cast("str", each["models"]) for each in forms if isinstance(each, dict) and "models" in each]
            notes = [
                *([f"--wire {wire}"] if wire != row.wire else []),
                *([f"models {' | '.join(models)}"] if models else []),
            ]
            found.append(f"{name} ({', '.join(notes)})" if notes else name)
    return ", ".join(found)


def _table(row: ProviderRow) -> dict[str, Any]:
    """The row as data. What may hold a secret (headers and query of a row of the user's) stays out."""
    table = asdict(row)
    for name in ("headers", "query"):
        table[name] = sorted(table[name])
    return table


def _title(row: ProviderRow) -> str:
    return row.title if row.title != row.name else ""


def _rows(settings: Settings) -> Rows:
    from rigcli.cli.target import rows_of

    return rows_of(settings)
