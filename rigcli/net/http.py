"""One HTTP/1.1 exchange over a pipe. h11 knows the protocol; here it is only fed and asked.

httpx would do the same with httpcore, anyio and h11 in 90 ms of CPU more for each question, half of what `rig ask`
costs, and hand on each HTTP chunk alone where one read of the socket holds forty.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

import h11

from rigcli.core.errors import NetworkError
from rigcli.net.endpoint import shown_origin
from rigcli.net.pipe import Pipe

if TYPE_CHECKING:
    import ssl

HEADERS = 100 * 1024
"""Bytes of one answer's headers."""
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SAFE = "/%:@!$&'()*+,;=~-._?[]"


class Head(NamedTuple):
    """The head of an answer."""

    status_code: int
    headers: Iterable[tuple[bytes, bytes]]


class Exchange:
    """A request that was sent and its answer as it comes."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADERS)
        self._broken: h11.RemoteProtocolError | None = None

    async def ready(self) -> None:
        """Wait until a request may be sent: at once, the connection is its own."""

    async def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Head:
        """Send a request and return the head of its answer. Raises OSError, h11.ProtocolError."""
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        data = self._http.send(request) or b""
        if body:
            data += self._http.send(h11.Data(data=body)) or b""
        self._pipe.write(data + (self._http.send(h11.EndOfMessage()) or b""))
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                return Head(event.status_code, event.headers)
            if event is h11.NEED_DATA:
                data = await self._pipe.read()
                if not data:
                    raise h11.RemoteProtocolError("peer closed connection without an answer")
                self._http.receive_data(data)

    async def body(self) -> AsyncGenerator[bytes]:
        """Yield the body, all that has come at once; nothing that came is lost to an error behind it."""
        while True:
            pieces, ended = self._gather()
            if pieces:
                yield b"".join(pieces)
            if ended:
                return
            if self._broken is not None:
                raise self._broken
            self._http.receive_data(await self._pipe.read())

    def close(self) -> None:
        self._pipe.close()

    def _gather(self) -> tuple[list[bytes], bool]:
        pieces: list[bytes] = []
        try:
            while True:
                event = self._http.next_event()
                if isinstance(event, h11.Data):
                    pieces.append(event.data)
                elif event is h11.NEED_DATA:
                    return pieces, False
                else:
                    return pieces, True
        except h11.RemoteProtocolError as error:
            self._broken = error
            return pieces, False


class Road:
    """The way to a URL: straight, or through a proxy. `trust` is None for plain http.

    With `address` the connection goes there, though it is the host that is asked and whose certificate counts; a proxy
    is asked for a tunnel to it, so that nobody looks the name up again. Raises UnicodeError for a host that is no name.
    """

    def __init__(
        self,
        url: str,
        proxy: str | None,
        trust: ssl.SSLContext | None,
        proxy_trust: ssl.SSLContext | None,
        address: str | None = None,
    ) -> None:
        self._url = urlsplit(url)
        self._proxy = urlsplit(proxy) if proxy else None
        self._socks = proxy is not None and proxy.startswith("socks")
        self._trust = trust
        self._proxy_trust = proxy_trust
        self.host = _ascii(self._url.hostname or "")
        self.port = self._url.port or _PORTS[self._url.scheme]
        self._pinned = address is not None
        self._address = address or self.host

    @property
    def authority(self) -> str:
        return _bracketed(self.host) + ("" if self.port == _PORTS[self._url.scheme] else f":{self.port}")

    @property
    def secure(self) -> bool:
        return self._trust is not None

    @property
    def target(self) -> str:
        """What stands in the request line: a path, or for a proxy that reads the request the whole URL."""
        query = f"?{quote(self._url.query, safe=_SAFE)}" if self._url.query else ""
        path = quote(self._url.path or "/", safe=_SAFE) + query
        return f"http://{self.authority}{path}" if self._proxy_reads else path

    @property
    def proxy_headers(self) -> dict[str, str]:
        """What the proxy must see with each request, where it reads them."""
        return self._credentials if self._proxy_reads else {}

    async def open(self, *, plain: bool = True) -> Pipe:
        """Connect; without `plain` a proxy is asked for a tunnel where it would read an HTTP request itself.

        Raises OSError, ssl.SSLError, h11.ProtocolError, NetworkError (the proxy says no).
        """
        if self._proxy is None:
            return await Pipe.to(self._address, self.port, self._trust, self.host)
        port = self._proxy.port or _PORTS[self._proxy.scheme]
        pipe = await Pipe.to(_ascii(self._proxy.hostname or ""), port, self._proxy_trust)
        try:
            if self._socks:
                await self._through_socks(pipe)
            elif self._trust is not None or self._pinned or not plain:
                await self._tunnel(pipe)
            if self._trust is not None:
                await pipe.secure(self.host, self._trust)
        except BaseException:
            pipe.close()
            raise
        return pipe

    @property
    def _there(self) -> str:
        return f"{_bracketed(self._address)}:{self.port}"

    @property
    def _proxy_reads(self) -> bool:
        return self._proxy is not None and self._trust is None and not self._socks and not self._pinned

    @property
    def _label(self) -> str:
        return f"{self.host}, through the proxy {shown_origin(self._proxy.geturl() if self._proxy else '')}"

    @property
    def _credentials(self) -> dict[str, str]:
        user, password = _user(self._proxy)
        if user is None:
            return {}
        pair = f"{user}:{password or ''}".encode()
        return {"proxy-authorization": f"Basic {base64.b64encode(pair).decode()}"}

    async def _tunnel(self, pipe: Pipe) -> None:
        headers = {"host": self._there, **self._credentials}
        answer = await Exchange(pipe).send("CONNECT", self._there, headers, b"")
        if answer.status_code // 100 != 2:  # noqa: PLR2004  2xx is the word for "it worked"
            hint = "see HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
            raise NetworkError(f"{self._label}: it answered {answer.status_code}", hint=hint)

    async def _through_socks(self, pipe: Pipe) -> None:
        from rigcli.net.socks import connect  # noqa: PLC0415  hardly anyone has such a proxy

        await connect(pipe, self._address, self.port, *_user(self._proxy), self._label)


def _user(proxy: SplitResult | None) -> tuple[str | None, str | None]:
    if proxy is None or proxy.username is None:
        return None, None
    return unquote(proxy.username), unquote(proxy.password or "")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ascii(host: str) -> str:
    """Raises UnicodeError for what is no host name."""
    return host if host.isascii() else host.encode("idna").decode()
