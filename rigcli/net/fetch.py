"""A page at an address that a model names: every hop vetted, nothing of the user's sent along, everything capped."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from rigcli.core.errors import LimitError, NetworkError, ProviderError, StalledError
from rigcli.core.requests import Prepared
from rigcli.net.client import HttpTransport
from rigcli.net.door import Door, as_it_is
from rigcli.net.endpoint import Limits
from rigcli.net.reach import endpoint
from rigcli.net.vetting import Refused, Resolve, Vetting

HOPS = 5
SECONDS = 20.0
SIZE = 10 << 20
_MOVED = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "accept": "text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, application/json;q=0.8, "
    "application/pdf;q=0.7, */*;q=0.1",
    "accept-language": "en, *;q=0.5",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: `url` is where it was in the end, `media_type` as the server said it, parameters included."""

    url: str
    media_type: str
    data: bytes


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses that the system knows for a host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetch pages. `proxy` and `ca_file` are settings; the environment's proxies count as everywhere.

    `through` is what stands between the program and the network: a recording.
    """

    vetting: Vetting = Vetting()  # noqa: RUF009  frozen
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    offline: bool = False
    ca_file: str | None = None
    proxy: str | None = None
    resolve: Resolve = resolve
    seconds: float = SECONDS
    size: int = SIZE
    through: Callable[[Door], Door] = as_it_is

    async def fetch(self, url: str) -> Fetched:
        """Return what stands at an address after at most 5 redirects.

        Raises Refused (an address that is not asked), UsageError (offline), NetworkError, LimitError, ProviderError.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url)
        except TimeoutError:
            raise StalledError(f"fetch: it was not there within {self.seconds:g} s") from None

    async def _follow(self, url: str) -> Fetched:
        for _ in range(HOPS + 1):
            parts = self.vetting.url(url)
            url = parts.geturl()
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            async with self._door(url).open(Prepared(path, {}, _HEADERS, method="GET"), stream=False) as answer:
                if answer.status in _MOVED and (there := answer.headers.get("location")):
                    url = _next(url, there)
                    continue
                if answer.status != 200:  # noqa: PLR2004  nothing else has a page
                    raise ProviderError(f"{parts.hostname} answered {answer.status}", status=answer.status)
                kind = answer.headers.get("content-type", "")
                data = b"".join([chunk async for chunk in answer.chunks()])
                return Fetched(url, kind, data)
        raise LimitError(f"more than {HOPS} redirects")

    def _door(self, url: str) -> Door:
        parts = urlsplit(url)
        try:
            door = endpoint(
                f"{parts.scheme}://{parts.netloc}", "fetch", env=self.env, ca_file=self.ca_file, proxy=self.proxy
            )
        except UnicodeError:
            raise Refused("the URL cannot be read") from None
        limits = Limits(self.seconds, self.seconds, self.seconds, self.seconds, self.size)
        return self.through(HttpTransport(door, limits, offline=self.offline, vet=self._addresses, redirects=True))

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            return await self.vetting.addresses(host, port, self.resolve)
        except UnicodeError:
            raise NetworkError(f"{host}: no such host") from None


def _next(url: str, location: str) -> str:
    """Return where a redirect leads; what a fragment says stays here."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise Refused("it redirects to an address that cannot be read") from None
