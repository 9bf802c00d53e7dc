"""The servers of one run: which there are, which of their tools are offered, and all of them closed at the end.

A listing that is kept from an earlier run stands in for a server that is not running: its tools are offered at once,
and the server is started by the first call. What a tool was when the user first met it is kept by the `Shelf`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from rigcli.core.errors import RigError, UsageError
from rigcli.core.messages import Part
from rigcli.tools.mcp.asks import Handlers
from rigcli.tools.mcp.client import Connection
from rigcli.tools.mcp.definition import Judged, Listing, plain
from rigcli.tools.mcp.expand import Filler
from rigcli.tools.mcp.names import full_names, may_mean
from rigcli.tools.mcp.oauth import Vault
from rigcli.tools.mcp.results import resource_parts
from rigcli.tools.mcp.spec import ServerSpec
from rigcli.tools.mcp.tool import McpTool
from rigcli.tools.mcp.transport import Way


class Shelf(Protocol):
    """What is remembered of servers between runs."""

    def listing(self, spec: ServerSpec) -> Listing | None:
        """Return a listing that is not too old and was made by exactly this server."""
        ...

    def keep(self, spec: ServerSpec, listing: Listing) -> None: ...

    def judge(self, server: str, tools: Iterable[dict[str, Any]]) -> Judged:
        """Hold definitions against those first seen; one never seen before is trusted from now on."""
        ...


def _no_vault(spec: ServerSpec) -> Vault | None:
    """Nobody keeps logins."""


def _quiet(text: str) -> None:
    """Nobody is told."""


@dataclass
class Hub:
    """`servers` by name. `warn` gets what the user should know; each thing is said once."""

    servers: Mapping[str, ServerSpec]
    way: Way
    filler: Filler
    shelf: Shelf
    handlers: Handlers = field(default_factory=Handlers)
    vault: Callable[[ServerSpec], Vault | None] = _no_vault
    warn: Callable[[str], None] = _quiet
    _open: dict[str, Connection] = field(default_factory=dict[str, Connection])
    _said: set[str] = field(default_factory=set[str])

    def connection(self, name: str) -> Connection:
        """Return the connection to a server, opened when it is used. Raises UsageError for one that is not there."""
        if name not in self._open:
            spec = self.spec(name)
            self._open[name] = Connection(
                spec,
                self.way,
                self.filler,
                self.handlers,
                self.vault(spec) if spec.url else None,
                lambda listing: self._came(spec, listing),
            )
        return self._open[name]

    def spec(self, name: str) -> ServerSpec:
        spec = self.servers.get(name)
        if spec is None:
            from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

            near = get_close_matches(name, self.servers, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else "rig mcp list shows them"
            raise UsageError(f"no MCP server {name!r}", hint=hint)
        if not spec.enabled:
            raise UsageError(f"the MCP server {name!r} is switched off", hint=f"rig config set mcp.{name}.enabled true")
        return spec

    def known(self, name: str) -> Listing | None:
        """Return what a server offers as far as it is known without starting it."""
        running = self._open.get(name)
        return running.listing if running and running.listing else self.shelf.listing(self.servers[name])

    def wanted(self, patterns: Iterable[str]) -> list[str]:
        """Return the servers that names or globs of tools could mean."""
        patterns = list(patterns)
        return [n for n, s in self.servers.items() if s.enabled and any(may_mean(p, n) for p in patterns)]

    async def start(self, names: Iterable[str]) -> None:
        """Bring up those servers of which nothing is known; one that fails is said and left out."""
        missing = [name for name in names if self.known(name) is None]
        found = await asyncio.gather(*(self.connection(name).listed() for name in missing), return_exceptions=True)
        for error in found:
            if isinstance(error, RigError):
                self.say(error.line())
            elif isinstance(error, BaseException):
                raise error

    def tools(self, names: Iterable[str]) -> list[McpTool]:
        """Return the tools of servers that are known, those that changed left out with one notice a server."""
        return [tool for name in names if (listing := self.known(name)) for tool in self._tools(name, listing)]

    def _tools(self, name: str, listing: Listing) -> list[McpTool]:
        judged = self.shelf.judge(name, listing.tools)
        self._tell(name, judged)
        connection = self.connection(name)
        definitions = {tool["name"]: tool for tool in reversed(listing.tools)}
        return [
            McpTool(full, definitions[own], connection)
            for full, own in full_names(name, [tool["name"] for tool in listing.tools]).items()
            if own in judged.trusted and connection.spec.offers(own)
        ]

    def changed(self, name: str, pattern: str) -> bool:
        """Tell whether a pattern speaks of tools that are off because they changed."""
        listing = self.known(name)
        if listing is None:
            return False
        off = self.shelf.judge(name, listing.tools).changed
        names = full_names(name, [tool["name"] for tool in listing.tools])
        return any(fnmatchcase(full, pattern) for full, own in names.items() if own in off)

    async def read(self, name: str, uri: str) -> tuple[Part, ...]:
        """Return the parts of a resource. Raises RigError."""
        found = await self.connection(name).request(lambda client: client.read_resource(uri, cache_mode="bypass"))
        return resource_parts(found.contents, f"{name}:{uri}")

    async def prompt(self, name: str, prompt: str, arguments: dict[str, str]) -> Any:
        """Return the SDK's result of a prompt. Raises RigError."""
        return await self.connection(name).request(lambda client: client.get_prompt(prompt, arguments))

    async def close(self) -> None:
        """Close every connection, side by side; nothing of a server runs on behind this."""
        await asyncio.gather(*(connection.close() for connection in self._open.values()))

    @property
    def open(self) -> Mapping[str, Connection]:
        return self._open

    def say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.warn(text)

    def _came(self, spec: ServerSpec, listing: Listing) -> None:
        self.shelf.keep(spec, listing)
        self._tell(spec.name, self.shelf.judge(spec.name, listing.tools))

    def _tell(self, name: str, judged: Judged) -> None:
        if judged.changed:
            what = ", ".join(plain(tool) for tool in judged.changed)
            self.say(
                f"mcp {name}: not what it was when you first used it, and off: {what} "
                f"(rig mcp show {name} shows what changed, rig mcp trust {name} takes it)"
            )
        if judged.new and judged.known_server:
            self.say(f"mcp {name}: offers more than before: {', '.join(plain(tool) for tool in judged.new)}")
