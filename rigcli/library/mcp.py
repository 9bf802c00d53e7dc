"""MCP servers put together: what the settings say, the keys, the certificates, what was seen of each before."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.home.secrets import KeyStore
    from rigcli.home.settings import Settings
    from rigcli.tools.mcp.asks import Handlers
    from rigcli.tools.mcp.hub import Hub
    from rigcli.tools.mcp.spec import ServerSpec
    from rigcli.tools.mcp.tool import McpTool

INSTALL = "pip install 'rigcli[mcp]'"


def _quiet(text: str) -> None:
    """Nobody is told."""


def need_sdk() -> None:
    """Raise UsageError where the SDK is not installed; it is not imported."""
    from importlib.util import find_spec

    if find_spec("mcp") is None or find_spec("mcp_types") is None:
        raise UsageError("MCP: the package for it is not installed", hint=INSTALL)


def make_hub(
    settings: Settings,
    env: Mapping[str, str],
    cwd: Path,
    *,
    servers: Mapping[str, ServerSpec] | None = None,
    handlers: Handlers | None = None,
    show_login: Callable[[str], Awaitable[None]] | None = None,
    warn: Callable[[str], None] = _quiet,
) -> Hub:
    """Return the configured servers, none of them started. With `show_login` the user may be sent to a login page.

    Raises ConfigError for a server that cannot be read, UsageError where the SDK is missing.
    """
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.mcp_servers import configured
    from rigcli.home.secrets import KeyStore
    from rigcli.net.proxy import proxy_for
    from rigcli.net.tls import trust
    from rigcli.tools.mcp.asks import Handlers
    from rigcli.tools.mcp.expand import Filler
    from rigcli.tools.mcp.hub import Hub
    from rigcli.tools.mcp.oauth import Vault
    from rigcli.tools.mcp.transport import Way

    need_sdk()
    keys = _Keys(KeyStore(settings.folders.data))

    def certificates() -> ssl.SSLContext:
        own = settings.get("net.ca_file")
        return trust(own or env.get("SSL_CERT_FILE"), None if own else env.get("SSL_CERT_DIR"))

    def proxy(url: str) -> str | None:
        return proxy_for(url, env, settings.get("net.proxy"))

    way = Way(
        env,
        str(cwd),
        trust=certificates,
        proxy=proxy,
        offline=settings.get("offline"),
        local_only=settings.get("local_only"),
    )
    return Hub(
        configured(settings) if servers is None else servers,
        way,
        Filler(env, keys.get, str(cwd)),
        McpShelf(settings.folders),
        handlers or Handlers(roots=(cwd,)),
        lambda spec: Vault(spec.name, keys, show_login),
        warn,
    )


@asynccontextmanager
async def mcp_tools(*patterns: str) -> AsyncGenerator[list[McpTool]]:
    """Yield tools of the MCP servers that the user's settings name, for an Agent; the servers run while this is open.

        async with mcp_tools("files__*") as tools:
            print((await Agent(model, tools=tools, approve=ask).ask("What is in here?")).text)

    Patterns are names or globs of `SERVER__tool`. Raises UsageError (no such server or tool, no SDK), ConfigError, and
    what the start of a server raises.
    """
    import os
    from fnmatch import fnmatchcase

    from rigcli.home.settings import load

    hub = make_hub(load(os.environ, Path.cwd()), os.environ, Path.cwd())
    try:
        names = hub.wanted(patterns)
        for name in names:
            await hub.connection(name).listed()
        tools = [t for t in hub.tools(names) if any(fnmatchcase(t.full_name, pattern) for pattern in patterns)]
        if not tools:
            raise UsageError(f"no MCP tool fits {', '.join(patterns)}", hint="rig tools list shows what there is")
        yield tools
    finally:
        await hub.close()


class _Keys:
    """Rig's own store of keys, as the MCP room sees one."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    def get(self, name: str) -> str | None:
        found = self._store.get(name)
        return found.value if found else None

    def set(self, name: str, value: str) -> None:
        self._store.set(name, value)
