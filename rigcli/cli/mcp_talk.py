"""The MCP servers of one conversation: started when their tools are wanted, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rigcli.cli.mcp_asks import Asks
from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.library.mcp import make_hub
from rigcli.tools.mcp.asks import Handlers
from rigcli.tools.mcp.names import server_of

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk
    from rigcli.core.messages import Part
    from rigcli.core.ports import Tool
    from rigcli.home.settings import Settings
    from rigcli.tools.mcp.hub import Hub
    from rigcli.tools.mcp.tool import McpTool


@dataclass
class Servers:
    """`patterns` are the names and globs of tools that a server could mean; `offered` what came of them."""

    hub: Hub
    patterns: tuple[str, ...] = ()
    others: Sequence[Tool] = ()
    """The tools that are no server's."""
    offered: list[McpTool] = field(default_factory=list["McpTool"])

    async def offer(self, talk: Talk) -> None:
        """Give a conversation the tools of its servers as they are now. Raises UsageError for a name that is none."""
        names = self.hub.wanted(self.patterns)
        await self.hub.start(names)
        taken = {tool.spec.name for tool in self.others}
        mine = [tool for tool in self.hub.tools(names) if tool.full_name not in taken]
        self.offered[:] = [t for t in mine if any(fnmatchcase(t.full_name, pattern) for pattern in self.patterns)]
        talk.tools = [*self.others, *self.offered]
        for pattern in self.patterns:
            if not any(fnmatchcase(tool.spec.name, pattern) for tool in talk.tools):
                self._explain(pattern, [tool.full_name for tool in mine])

    def _explain(self, pattern: str, known: list[str]) -> None:
        """Raise UsageError for a tool that is not there, unless its server was already said to have failed."""
        server = server_of(pattern)
        if server in self.hub.servers and self.hub.known(server) is None:
            return
        if server in self.hub.servers and self.hub.changed(server, pattern):
            return
        from difflib import get_close_matches

        near = get_close_matches(pattern, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"rig mcp show {server or 'NAME'} lists them"
        raise UsageError(f"no tool {pattern!r}", hint=hint)

    async def close(self) -> None:
        await self.hub.close()


def servers_of(
    settings: Settings,
    world: World,
    talk: Talk | None = None,
    *,
    approve: str = "rules",
    warn: Callable[[str], None],
    verbose: bool = False,
) -> Servers:
    """Return the servers that the settings name, none started. Raises ConfigError, UsageError (no SDK)."""

    def log(server: str, text: str) -> None:
        if verbose:
            warn(f"mcp {server}: {text}")

    asks = Asks(world, talk, approve, warn) if talk is not None else None
    handlers = Handlers(asks.sample, asks.elicit, log, roots=(world.cwd,)) if asks else Handlers(log=log)
    hub = make_hub(settings, world.env, world.cwd, handlers=handlers, warn=warn)
    return Servers(hub)


def split_resources(settings: Settings, names: Sequence[str], cwd: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the files among attachments, and the resources: `SERVER:URI` where SERVER is one and no such file is.

    Raises ConfigError for a server that cannot be read.
    """
    from rigcli.home.mcp_servers import configured, has_servers

    if not any(":" in name for name in names) or not has_servers(settings):
        return list(names), []
    servers = configured(settings)
    files: list[str] = []
    resources: list[tuple[str, str]] = []
    for name in names:
        server, colon, uri = name.partition(":")
        if colon and uri and server in servers and not (cwd / name).exists():
            resources.append((server, uri))
        else:
            files.append(name)
    return files, resources


async def read_resources(hub: Hub, resources: Sequence[tuple[str, str]]) -> list[Part]:
    """Return the parts of resources, in order. Raises RigError."""
    return [part for server, uri in resources for part in await hub.read(server, uri)]


def attach_resources(
    settings: Settings, world: World, resources: Sequence[tuple[str, str]], warn: Callable[[str], None]
) -> list[Any]:
    """Return the parts of resources, with servers that are started for it and ended again. Raises RigError."""
    if not resources:
        return []
    from rigcli.cli.aio import run_async

    async def read() -> list[Part]:
        servers = servers_of(settings, world, warn=warn)
        try:
            return await read_resources(servers.hub, resources)
        finally:
            await servers.close()

    return run_async(read())
