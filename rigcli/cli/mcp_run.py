"""`rig mcp test|login|logout`: start a server to see what it offers, and log in to one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli.plain import ListFormatFlag, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import AuthError, Exit, UsageError

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.tools.mcp.definition import Listing

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `rig mcp list` shows it.")]


def try_(
    name: Name,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show what the server says on stderr.")] = False,
    format_: ListFormatFlag = "text",
) -> int:
    """Start a server, ask what it offers, end it again."""
    from rigcli.cli.aio import run_async
    from rigcli.cli.mcp_talk import servers_of

    world = World.real()
    settings = read_settings(world)
    begun = time.monotonic()

    async def ask() -> Listing:
        servers = servers_of(settings, world, warn=lambda text: say(world, text), verbose=verbose)
        try:
            return await servers.hub.connection(name).listed()
        finally:
            await servers.close()

    listing = run_async(ask())
    about, seconds = listing.server, time.monotonic() - begun
    counts = {kind: len(getattr(listing, kind)) for kind in ("tools", "prompts", "resources", "templates")}
    if format_ == "json":
        put_json(world, {"name": name, "server": about, "seconds": round(seconds, 3), **counts})
        return Exit.OK
    who = f"{about.get('title') or about['name']} {about['version']}"
    put(world, f"{name}: {who}, protocol {about['protocol']}, {seconds:.1f} s")
    put(world, "  " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    put(world, f"  rig mcp show {name} lists them; rig ask -T '{name}__*' offers its tools")
    return Exit.OK


def login(
    name: Name,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the page's address, open nothing.")] = False,
) -> int:
    """Log in to a server that wants it (OAuth): a page opens in the browser, tokens go where keys are kept."""
    from rigcli.cli.aio import run_async
    from rigcli.library.mcp import make_hub

    world = World.real()
    settings = read_settings(world)
    shown: list[str] = []

    async def show(url: str) -> None:
        shown.append(url)
        world.stderr.write(f"rig: log in to {name} on this page:\n{_printable(url)}\n")
        world.stderr.flush()
        if not no_browser:
            import webbrowser

            webbrowser.open(url)

    async def run() -> Listing:
        hub = make_hub(settings, world.env, world.cwd, show_login=show, warn=lambda text: say(world, text))
        if not hub.spec(name).url:
            raise UsageError(f"mcp {name}: is a command, there is nothing to log in to")
        try:
            return await hub.connection(name).listed()
        finally:
            await hub.close()

    listing = run_async(run())
    kept = _place(settings, name)
    if not shown and kept is None:
        say(world, f"mcp {name}: lets you in without a login")
    else:
        say(world, f"mcp {name}: logged in, {len(listing.tools)} tools; the tokens are in {kept}")
    return Exit.OK


def logout(name: Name) -> int:
    """Forget the tokens of a server."""
    from rigcli.home.secrets import KeyStore
    from rigcli.tools.mcp.oauth import key_name

    world = World.real()
    if not KeyStore(read_settings(world).folders.data).remove(key_name(name)):
        raise AuthError(f"mcp {name}: you are not logged in", hint=f"rig mcp login {name}")
    say(world, f"mcp {name}: logged out")
    return Exit.OK


def _place(settings: Settings, name: str) -> str | None:
    """Return where the tokens of a server are, None where there are none."""
    from rigcli.home.secrets import KeyStore
    from rigcli.tools.mcp.oauth import key_name

    store = KeyStore(settings.folders.data)
    place = store.places().get(key_name(name))
    return {None: None, "keyring": "the system keyring"}.get(place, f"{store.path} (mode 0600)")


def _printable(url: Any) -> str:
    from rigcli.core.text_filter import escape_visible

    return escape_visible(str(url))
