"""`rig mcp serve`: rig for other programs that speak MCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli.plain import read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcp.server import Server

TOKEN = "RIG_MCP_TOKEN"  # noqa: S105  the name of a variable
_SHORTEST = 16


def serve(
    http: Annotated[
        str | None, typer.Option("--http", metavar="HOST:PORT", help="Streamable HTTP instead of stdin and stdout.")
    ] = None,
    index: Annotated[
        list[str] | None, typer.Option("-i", "--index", metavar="NAME|PATH", help="Offer this index; default: all.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("-m", "--model", metavar="MODEL", help="The model that answers `ask`.")
    ] = None,
    no_token: Annotated[bool, typer.Option("--no-token", help="Let everybody on this machine in.")] = False,
) -> int:
    """Be an MCP server: offers `ask`, `search` over your indexes, and a prompt with passages.

    Over HTTP a bearer token is needed: RIG_MCP_TOKEN, or a new one that is printed once.

    rig mcp serve --http 127.0.0.1:8765 -i docs
    """
    from rigcli.cli.aio import run_async
    from rigcli.library.mcp import need_sdk

    world = World.real()
    need_sdk()
    if http is None:
        if no_token:
            raise UsageError("--no-token: goes with --http only")
        from rigcli.cli.serve.mcp_wires import over_stdio

        run_async(over_stdio(_server(world, model, index or [])))
        return Exit.OK
    from rigcli.cli.serve.address import Address, read_address
    from rigcli.cli.serve.mcp_wires import PATH, over_http

    address = read_address(http)
    token = None if no_token else _token(world)
    if token is None and not address.loopback:
        raise UsageError(
            f"--no-token: {address.host} is not only this machine, and everybody could ask",
            hint="leave out --no-token, or listen on 127.0.0.1",
        )
    server = _server(world, model, index or [])
    listening = address.listen()
    host, port = listening.getsockname()[:2]
    say(world, f"MCP server on http://{f'[{host}]' if ':' in host else host}:{port}{PATH} (Ctrl-C ends it)")
    if token is not None and not world.env.get(TOKEN):
        say(world, f"bearer token, not shown again: {token}")
    run_async(over_http(server, Address(address.host, port), listening, token))
    return Exit.OK


def _server(world: World, model: str | None, indexes: list[str]) -> Server[Any]:
    from rigcli import __version__
    from rigcli.cli.serve.mcp import build
    from rigcli.cli.serve.offers import desk

    return build(desk(read_settings(world), world.env, world.cwd, model=model, indexes=indexes), __version__)


def _token(world: World) -> str:
    """Return the token that the environment sets, or a new one. Raises UsageError for one that can be guessed."""
    given = world.env.get(TOKEN, "").strip()
    if given and len(given) < _SHORTEST:
        raise UsageError(f"{TOKEN}: shorter than {_SHORTEST} characters", hint="leave it out, and one is made")
    import secrets

    return given or secrets.token_urlsafe(32)
