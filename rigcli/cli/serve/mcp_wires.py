"""The two ways to rig as an MCP server: its own stdin and stdout, and HTTP behind the guard."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

from rigcli.cli.serve.address import Address
from rigcli.cli.serve.guard import Guard

if TYPE_CHECKING:
    from mcp.server import Server

PATH = "/mcp"


async def over_stdio(server: Server[Any]) -> None:
    """Serve whoever started this process, until it closes stdin."""
    from mcp.server.stdio import stdio_server

    _to_stderr()
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def over_http(server: Server[Any], address: Address, listening: socket.socket, token: str | None) -> None:
    """Serve HTTP on a socket that listens, until the process is told to end."""
    import uvicorn

    _to_stderr()
    config = uvicorn.Config(
        guarded(server, address, token),
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=2,
        limit_concurrency=256,
        h11_max_incomplete_event_size=64 * 1024,
        ws="none",
    )
    uvicorn_server = uvicorn.Server(config)
    # Signals are the business of whoever runs this: SIGTERM cancels, Ctrl-C interrupts.
    uvicorn_server.capture_signals = _no_signals
    await uvicorn_server.serve(sockets=[listening])


def guarded(server: Server[Any], address: Address, token: str | None) -> Guard:
    """Return the ASGI app: the protocol behind the guard. The SDK checks names and origins a second time."""
    from mcp.server.transport_security import TransportSecuritySettings

    hosts = sorted(address.names)
    both = [name for host in hosts for name in (host, f"{host}:*")]
    security = TransportSecuritySettings(
        allowed_hosts=both, allowed_origins=[f"{scheme}://{name}" for scheme in ("http", "https") for name in both]
    )
    app: Any = server.streamable_http_app(streamable_http_path=PATH, transport_security=security)
    return Guard(app, address.names, token)


def _no_signals() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def _to_stderr() -> None:
    """Keep the SDK's log lines, which hold what clients sent, off the terminal; rig tells errors itself."""
    for name in ("mcp", "uvicorn", "sse_starlette"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
