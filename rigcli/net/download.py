"""What a provider keeps at an address for us, fetched: without a key, over https, from the public network only.

The address comes out of an answer, so it is not trusted: it must not lead to this machine or into a private network
(unless the provider itself is on this machine), no redirect is followed, and the size is capped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, urlsplit

from rigcli.core.errors import ProviderError
from rigcli.core.requests import Prepared
from rigcli.net.client import HttpTransport
from rigcli.net.door import Door, as_it_is
from rigcli.net.endpoint import Limits, is_loopback
from rigcli.net.fetch import resolve
from rigcli.net.reach import endpoint
from rigcli.net.vetting import Refused, Vetting


@dataclass(frozen=True)
class Downloads:
    """How addresses in the answers of one provider are fetched. `local`: that provider is on this machine.

    `through` is what stands between the program and the network: a recording.
    """

    name: str
    limits: Limits
    env: Mapping[str, str] = field(repr=False)
    local: bool = False
    offline: bool = False
    ca_file: str | None = None
    proxy: str | None = None
    through: Callable[[Door], Door] = as_it_is

    async def fetch(self, url: str) -> tuple[str, bytes]:
        """Return media type and bytes. Raises ProviderError (no address to go to, another status), NetworkError."""
        parts = self._checked(url)
        door = endpoint(
            f"{parts.scheme}://{parts.netloc}", self.name, env=self.env, ca_file=self.ca_file, proxy=self.proxy
        )
        limits = replace(self.limits, whole=min(self.limits.whole, self.limits.idle))
        # Behind a proxy there may be no resolver: the proxy looks the name up, as it does for every other request.
        vet = None if self.local or door.proxy else self._addresses
        transport = HttpTransport(door, limits, offline=self.offline, vet=vet)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = Prepared(path, {}, method="GET")
        async with self.through(transport).open(asked, stream=False) as answer:
            if answer.status != 200:  # noqa: PLR2004  nothing else has the whole
                raise ProviderError(
                    f"{self.name}: {parts.hostname} answered {answer.status} where the result should be",
                    hint="such addresses are good for a short time: ask again",
                )
            data = b"".join([chunk async for chunk in answer.chunks()])
        return answer.headers.get("content-type", "").partition(";")[0].strip().lower(), data

    def _checked(self, url: str) -> SplitResult:
        try:
            if not self.local:
                parts = Vetting().url(url)
            else:
                parts = urlsplit(url)
                _ = parts.hostname, parts.port
        except ValueError:
            raise self._refused("an address that cannot be read") from None
        except Refused as error:
            raise self._refused(str(error)) from None
        host = parts.hostname or ""
        if parts.username is not None or not host or any(ord(char) <= ord(" ") for char in url):
            raise self._refused("an address that cannot be read")
        if parts.scheme != "https" and not (self.local and parts.scheme == "http" and is_loopback(host)):
            raise self._refused(f"{parts.scheme}://{host}, which is not https")
        return parts

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            return await Vetting().addresses(host, port, resolve)
        except Refused as error:
            raise self._refused(str(error)) from None

    def _refused(self, where: str) -> ProviderError:
        return ProviderError(
            f"{self.name}: the place of the result cannot be asked: {where}; nothing was fetched",
            hint="ask the provider's support",
        )
