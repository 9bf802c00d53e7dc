"""Open the two streams to a server: a process, streamable HTTP, or the older HTTP with server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import ConfigError, DeniedError, UsageError
from rigcli.tools.mcp.launch import Wrap, kept, launch
from rigcli.tools.mcp.limits import capped
from rigcli.tools.mcp.spec import ServerSpec, Transport

if TYPE_CHECKING:
    import ssl

    import httpx2

    from rigcli.tools.mcp.stderr import Stderr

CONNECT_SECONDS = 10.0
STREAM_SECONDS = 310.0
"""How long a stream may be silent: a little longer than the longest call takes by default."""


@dataclass(frozen=True, slots=True)
class Way:
    """What holds for all connections: environment and folder of processes, certificates, proxies, what is refused.

    `trust` makes the certificates, once they are needed; `proxy` names the proxy for a URL, None for no proxy.
    """

    env: Mapping[str, str]
    cwd: str
    wrap: Wrap = kept
    trust: Any = None
    proxy: Any = None
    offline: bool = False
    local_only: bool = False
    contexts: list[ssl.SSLContext] = field(default_factory=list["ssl.SSLContext"])

    def verify(self, url: str) -> ssl.SSLContext | bool:
        if not url.startswith("https:"):
            return False
        if not self.contexts and self.trust is not None:
            self.contexts.append(self.trust())
        return self.contexts[0] if self.contexts else True


def check_reach(spec: ServerSpec, way: Way) -> None:
    """Raise UsageError or DeniedError where the settings forbid the network, or what leaves this machine."""
    if not spec.url or is_loopback(spec.url):
        return
    where = f"mcp {spec.name}: "
    if way.offline:
        raise UsageError(f"{where}offline is set, and {_host(spec.url)} is not this machine", hint="without --offline")
    if way.local_only:
        raise DeniedError(f"{where}local_only is set, and {_host(spec.url)} is not this machine")


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this machine."""
    import ipaddress  # noqa: PLC0415  only for a server that is reached by URL

    host = _host(url).strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def open_stdio(spec: ServerSpec, way: Way, stderr: Stderr) -> AbstractAsyncContextManager[Any]:
    """Start the server's command. Raises ConfigError where it cannot be started."""
    from mcp import StdioServerParameters, stdio_client  # noqa: PLC0415  an extra, and half a second

    start = way.wrap(launch(spec, way.env, way.cwd))
    program, *arguments = start.argv
    # The SDK adds a few variables of its own choice to these; they are all in ours.
    parameters = StdioServerParameters(
        command=program, args=arguments, env=dict(start.env), cwd=start.cwd, encoding_error_handler="replace"
    )

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Any]:
        try:
            async with stdio_client(parameters, errlog=stderr.writing) as streams:
                stderr.handed_over()
                yield streams
        except OSError as error:
            raise ConfigError(f"mcp {spec.name}: cannot start {spec.command}: {error.strerror or error}") from None

    return opened()


@asynccontextmanager
async def open_http(spec: ServerSpec, way: Way, kind: Transport, auth: httpx2.Auth | None) -> AsyncGenerator[Any]:
    """Connect to a server by its URL. Every answer is bounded, no redirect leaves the server's origin."""
    import httpx2  # noqa: PLC0415  comes with the SDK

    def client(headers: Any = None, timeout: Any = None, auth: Any = None) -> httpx2.AsyncClient:
        _ = timeout
        proxy = way.proxy(spec.url) if way.proxy else None
        return httpx2.AsyncClient(
            headers={**spec.headers, **(headers or {}), "Accept-Encoding": "identity"},
            auth=auth,
            timeout=httpx2.Timeout(CONNECT_SECONDS, read=STREAM_SECONDS),
            verify=way.verify(spec.url),
            proxy=proxy,
            trust_env=False,
            event_hooks={"response": [capped]},
        )

    if kind == "sse":
        from mcp.client.sse import sse_client  # noqa: PLC0415  as above

        async with sse_client(spec.url, httpx_client_factory=client, auth=auth) as streams:
            yield streams
        return
    from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415  as above

    async with client(auth=auth) as http, streamable_http_client(spec.url, http_client=http) as streams:
        yield streams


def _host(url: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415  as above

    return urlsplit(url).hostname or ""
