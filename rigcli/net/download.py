"""What a provider keeps at an address for us, fetched: without a key, over https, from the public network only.

The address comes out of an answer, so it is not trusted: it must not lead to this machine or into a private network
(unless the provider itself is on this machine), no redirect is followed, and the size is capped.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from rigcli.core.errors import ProviderError
from rigcli.core.requests import Prepared
from rigcli.net.client import HttpTransport
from rigcli.net.endpoint import Limits, is_loopback
from rigcli.net.reach import endpoint


@dataclass(frozen=True)
class Downloads:
    """How addresses in the answers of one provider are fetched. `local`: that provider is on this machine."""

    name: str
    limits: Limits
    env: Mapping[str, str] = field(repr=False)
    local: bool = False
    offline: bool = False
    ca_file: str | None = None
    proxy: str | None = None

    async def fetch(self, url: str) -> tuple[str, bytes]:
        """Return media type and bytes. Raises ProviderError (no address to go to, another status), NetworkError."""
        parts = self._checked(url)
        door = endpoint(
            f"{parts.scheme}://{parts.netloc}", self.name, env=self.env, ca_file=self.ca_file, proxy=self.proxy
        )
        limits = replace(self.limits, whole=min(self.limits.whole, self.limits.idle))
        transport = HttpTransport(
            door, limits, offline=self.offline, may_reach=None if self.local else self._public_only
        )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        async with transport.open(Prepared(path, {}, method="GET"), stream=False) as answer:
            if answer.status != 200:  # noqa: PLR2004  nothing else has the whole
                raise ProviderError(
                    f"{self.name}: {parts.hostname} answered {answer.status} where the result should be",
                    hint="such addresses are good for a short time: ask again",
                )
            data = b"".join([chunk async for chunk in answer.chunks()])
        return answer.headers.get("content-type", "").partition(";")[0].strip().lower(), data

    def _checked(self, url: str):  # noqa: ANN202  urlsplit's own type has no public name
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise self._refused("an address that cannot be read") from None
        if parts.username is not None or not host or any(ord(char) <= ord(" ") for char in url):
            raise self._refused("an address that cannot be read")
        if parts.scheme != "https" and not (self.local and parts.scheme == "http" and is_loopback(host)):
            raise self._refused(f"{parts.scheme}://{host}, which is not https")
        if not self.local:
            self._public_only(host, named=True)
        return parts

    def _public_only(self, address: str, *, named: bool = False) -> None:
        """Raise ProviderError for an address of this machine or a private network; a name passes where `named`."""
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            if named and not is_loopback(address):
                return
            raise self._refused(f"{address or 'nowhere'}, which is not on the public network") from None
        inner = getattr(found, "ipv4_mapped", None) or found
        if not inner.is_global or inner.is_multicast:
            raise self._refused(f"{address}, which is not on the public network")

    def _refused(self, where: str) -> ProviderError:
        return ProviderError(
            f"{self.name}: the result is said to be at {where}; nothing was fetched", hint="ask the provider's support"
        )
