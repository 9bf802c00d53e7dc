"""`rig keys`: provider keys. A key goes in; none ever comes out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.providers.rows import ProviderRow, Rows
    from rigcli.tools.web.engines import Engine

app = group()
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="As `rig providers` lists them, or a search engine.")]
FOR_MCP = "mcp/"
"""Secrets of MCP servers are kept under such names; a server's settings name them as `${key:mcp/…}`."""
_LONGEST = 16 * 1024  # characters; keys are short, and stdin may be endless


@app.command("set")
def set_(
    provider: Provider,
    key: Annotated[str | None, typer.Argument(metavar="", hidden=True)] = None,
) -> int:
    """Store the key of PROVIDER: asked for without echo, or the first line of piped text.

    pass show openai | rig keys set openai
    """
    from rigcli.home.secrets import KeyStore

    world = World.real()
    if key is not None:
        raise UsageError(
            "keys set: a key on the command line is seen by every program of this machine",
            hint=f"rig keys set {provider}, and type it when asked; better make a new key",
        )
    settings = read_settings(world)
    store = KeyStore(settings.folders.data)
    if provider.startswith(FOR_MCP):
        place = store.set(provider, _read_any(world, provider))
        say(world, f"{provider}: stored in {'the system keyring' if place == 'keyring' else f'{place} (mode 0600)'}")
        return Exit.OK
    row = _row(settings, provider)
    place = store.set(row.name, _read(world, row))
    if place == "keyring":
        say(world, f"{row.name}: key stored in the system keyring")
    else:
        say(world, f"{row.name}: no system keyring here, key stored in {place} (mode 0600, not encrypted)")
    from rigcli.providers.rows import ProviderRow

    for name in ("RIG_API_KEY", *row.key_env) if isinstance(row, ProviderRow) else row.key_env:
        if world.env.get(name):
            say(world, f"note: {name} is set and comes before the stored key")
    return Exit.OK


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List the providers that have a key, and where each comes from. Keys are not shown."""
    world = World.real()
    settings = read_settings(world)
    found = key_origins(settings, _rows(settings), world)
    if format_ == "json":
        put_json(world, {"keys": [{"provider": name, "origin": origin} for name, origin in found.items()]})
        return Exit.OK
    if world.env.get("RIG_API_KEY"):
        say(world, "RIG_API_KEY is set: whichever provider a command uses gets it")
    width = max(map(len, found), default=0)
    for name, origin in found.items():
        put(world, f"{name:{width}}  {origin}")
    if not found:
        say(world, "no keys (rig keys set PROVIDER)")
    return Exit.OK


@app.command()
def rm(provider: Provider) -> int:
    """Forget the stored key of PROVIDER."""
    from rigcli.home.secrets import KeyStore

    world = World.real()
    settings = read_settings(world)
    store = KeyStore(settings.folders.data)
    if not store.remove(provider):
        stored = ", ".join(store.places()) or "none"
        raise UsageError(f"keys: none is stored for {provider!r}", hint=f"stored: {stored}")
    say(world, f"{provider}: key removed")
    return Exit.OK


@app.command()
def path() -> int:
    """Print the path of the file that lists the stored keys (and holds them where there is no keyring)."""
    from rigcli.home.secrets import KeyStore

    world = World.real()
    put(world, str(KeyStore(read_settings(world).folders.data).path))
    return Exit.OK


def key_origins(settings: Settings, rows: Rows, world: World) -> dict[str, str]:
    """Return where the key of each provider that has one would come from, in the order of the defaults."""
    from rigcli.home.defaults import key_places
    from rigcli.home.secrets import KeyStore

    place = key_places(settings, world.env)
    store = KeyStore(settings.folders.data)
    found = {row.name: origin for row in rows.all() if (origin := place(row))}
    others = {name: origin for name, origin in store.places().items() if name not in found}
    return {name: str(store.path) if origin == "file" else origin for name, origin in {**found, **others}.items()}


def _row(settings: Settings, provider: str) -> ProviderRow | Engine:
    """Return who the key is for: a provider, or a search engine. Raises UsageError with the near names."""
    from rigcli.tools.web.engines import engines

    rows = _rows(settings)
    return engines()[provider] if provider not in rows and provider in engines() else rows.get(provider)


def _rows(settings: Settings) -> Rows:
    from rigcli.providers.rows import Rows
    from rigcli.wire.quirks import check

    return Rows(settings.section("providers"), check)


def _read(world: World, row: ProviderRow | Engine) -> str:
    """Return the key from the terminal without echo, or from the pipe. Raises UsageError."""
    if row.key_url and world.stdin_tty:
        say(world, f"keys of {row.title} are made at {row.key_url}")
    return _read_any(world, row.name, row.title)


def _read_any(world: World, name: str, title: str = "") -> str:
    if world.stdin_tty:
        from getpass import getpass

        try:
            value = getpass(f"Key for {title or name} (not shown): ", stream=world.stderr)
        except EOFError:
            value = ""
        except KeyboardInterrupt:
            world.stderr.write("\n")
            raise
    else:
        value = world.stdin.readline(_LONGEST)
    if not value.strip():
        raise UsageError("keys set: no key came in", hint=f"rig keys set {name}, or pipe it in")
    return value
