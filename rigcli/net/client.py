"""HttpTransport: one request, one connection, one answer; over HTTP/2, where that is wanted, the connection is shared.

No redirect is followed, no cookie kept, no environment read.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from rigcli import __version__
from rigcli.core.errors import ProviderError, StalledError, UsageError
from rigcli.core.ports import Answer
from rigcli.core.requests import Prepared
from rigcli.net.endpoint import Endpoint, Limits, is_loopback
from rigcli.net.faults import Place, StreamError, foreign_errors, no_connection, silence
from rigcli.net.http import Exchange, Head, Road
from rigcli.net.inflate import ACCEPTED, Inflater
from rigcli.net.pipe import Pipe
from rigcli.net.retry import retry_after
from rigcli.net.sign import Sign

if TYPE_CHECKING:
    import ssl

    from rigcli.net.http2 import Stream

T = TypeVar("T")
Vet = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to the addresses that may be connected to, at least one."""
NEXT_ADDRESS = 3.0
"""Seconds until the next address of a vetted host is tried."""
_REDIRECTS = range(300, 400)


class HttpTransport:
    """The door to one provider (core.ports.Transport). `now` is Unix time, for Retry-After dates.

    With `offline` nothing but loopback is reached: UsageError before any socket is opened. `sign` adds what a provider
    wants that is shown no key. `vet` turns host and port into the addresses that may be connected to, and raises where
    there is none; nobody looks the name up after it, a proxy neither. With `redirects` one is an answer like any other.
    With `http2` a server behind TLS is asked over HTTP/2 if it speaks that.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits | None = None,
        *,
        offline: bool = False,
        now: Callable[[], float] = time.time,
        sign: Sign | None = None,
        vet: Vet | None = None,
        redirects: bool = False,
        http2: bool = False,
    ) -> None:
        self.endpoint = endpoint
        self.limits = limits or Limits()
        self._sign = sign
        self._offline = offline
        self._now = now
        self._vet = vet
        self._redirects = redirects
        self._http2 = http2
        self._trust: dict[tuple[str, ...], ssl.SSLContext] = {}

    def within(self, seconds: float) -> HttpTransport:
        """Return the same door with no more than these seconds for an exchange: for small questions, such as a list."""
        times = self.limits
        limits = replace(
            times,
            connect=min(times.connect, seconds),
            idle=min(times.idle, seconds),
            whole=min(times.whole, seconds),
            total=min(times.total or seconds, seconds),
        )
        return HttpTransport(
            self.endpoint,
            limits,
            offline=self._offline,
            now=self._now,
            sign=self._sign,
            vet=self._vet,
            redirects=self._redirects,
            http2=self._http2,
        )

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncGenerator[HttpAnswer]:
        """Send one request and yield its answer, whatever its status; leaving closes the connection.

        `left` are the seconds that remain of `limits.total`, where attempts before this one took their part.

        Raises UsageError (offline), ConfigError (base URL, CA file), NetworkError, StalledError, and ProviderError for
        a redirect: neither key nor prompt is sent on.
        """
        self.stay_offline()
        place = Place(self.endpoint, self.limits, streamed=stream)
        clock = Clock(place, left)
        exchange: Exchange | Stream | None = None
        answer: HttpAnswer | None = None
        try:
            with foreign_errors(place):
                head, exchange = await self._ask(prepared, clock, stream=stream)
            answer = HttpAnswer(head, exchange, place, clock, self._now())
            if not self._redirects:
                refuse_redirect(answer, place)
            yield answer  # outside the door: what fails in the caller's own code is no fault of the network
        finally:
            if answer is not None:
                await answer.close()
            if exchange is not None:
                exchange.close()

    async def _ask(self, prepared: Prepared, clock: Clock, *, stream: bool) -> tuple[Head, Exchange | Stream]:
        """Send the request, and once more where a shared connection was closed before the server read it."""
        again = True
        while True:
            exchange: Exchange | Stream | None = None
            try:
                road, exchange = await self._exchange(prepared, clock)
                await clock.waiting(exchange.ready())
                return await clock.reading(self._send(exchange, road, prepared, stream=stream)), exchange
            except BaseException as error:
                if exchange is not None:
                    exchange.close()
                if not (again and isinstance(error, StreamError) and error.what == "refused"):
                    raise
                again = False

    async def _exchange(self, prepared: Prepared, clock: Clock) -> tuple[Road, Exchange | Stream]:
        if not (self._http2 and self.endpoint.base_url.startswith("https:")):
            road = self.road(prepared)
            pipe = await (clock.connecting(road.open()) if self._vet is None else self._vetted(prepared, clock))
            return road, Exchange(pipe)
        from rigcli.net.trunk import OFFER, library, trunk  # noqa: PLC0415  only where it is wanted

        end = self.endpoint
        shared = trunk(f"{end.origin} {end.proxy} {end.ca_file} {end.ca_dir}", library(end.name))
        exchange = await clock.connecting(shared.exchange(lambda offer: self.road(prepared, offer=offer)))
        return self.road(prepared, offer=OFFER), exchange

    def stay_offline(self) -> None:
        if self._offline and not is_loopback(self.endpoint.host):
            raise UsageError(
                f"{self.endpoint.name}: offline is set, and {self.endpoint.host} is not this machine",
                hint="leave out --offline, or: rig config set offline false",
            )

    async def _vetted(self, prepared: Prepared, clock: Clock) -> Pipe:
        """Connect to the first address of those that may be asked which answers."""
        road = self.road(prepared)
        found = [] if self._vet is None else list(await clock.connecting(self._vet(road.host, road.port)))
        last = found.pop()
        for address in found:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(NEXT_ADDRESS):
                    return await self.road(prepared, address).open()
        return await clock.connecting(self.road(prepared, last).open())

    def road(self, prepared: Prepared, address: str | None = None, *, offer: tuple[str, ...] = ()) -> Road:
        """Return the way to the server, or its `address`, and offer it these protocols.

        For plain http there is no certificate to check, and reading the bundle is what costs most.
        """
        proxy = self.endpoint.proxy
        return Road(
            self.endpoint.url(prepared.path),
            proxy,
            self._trusted(offer) if self.endpoint.base_url.startswith("https:") else None,
            self._trusted() if proxy and proxy.startswith("https:") else None,
            address,
        )

    def _trusted(self, offer: tuple[str, ...] = ()) -> ssl.SSLContext:
        if offer not in self._trust:
            from rigcli.net.tls import trust  # noqa: PLC0415  only for TLS

            self._trust[offer] = trust(self.endpoint.ca_file, self.endpoint.ca_dir, offer)
        return self._trust[offer]

    def _send(
        self, exchange: Exchange | Stream, road: Road, prepared: Prepared, *, stream: bool
    ) -> Coroutine[Any, Any, Head]:
        headers = {
            "host": road.authority,
            "user-agent": f"rig/{__version__}",
            "accept": "*/*",
            # A compressor holds tokens back until it has enough of them: streams come as they are.
            "accept-encoding": "identity" if stream else ACCEPTED,
            "connection": "close",
            **road.proxy_headers,
            **self.endpoint.headers,
            **prepared.headers,
        }
        body = b""
        if prepared.method != "GET":
            headers.setdefault("content-type", "application/json")
            body = encode(prepared.body) if prepared.content is None else prepared.content
            headers["content-length"] = str(len(body))
        if self._sign:
            headers.update(self._sign(prepared.method, self.endpoint.url(prepared.path), headers, body))
        return exchange.send(prepared.method, road.target, headers, body)


class HttpAnswer:
    """One answer (core.ports.Answer). `headers` have lower-case names; `retry_after` is in seconds."""

    def __init__(self, head: Head, exchange: Exchange | Stream, place: Place, clock: Clock, now: float) -> None:
        self.status: int = head.status_code
        self.headers: Mapping[str, str] = _headers(head)
        self.retry_after: float | None = retry_after(self.headers, now)
        self._exchange = exchange
        self._place = place
        self._clock = clock
        self._reading: AsyncGenerator[bytes] | None = None

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the decoded body as it comes, once.

        Raises NetworkError (reset, cut), StalledError (silence, total time), LimitError (over the cap), ProviderError
        (unreadable encoding).
        """
        self._reading = self._chunks()
        return self._reading

    async def close(self) -> None:
        """Stop reading; what a reader left half-way is closed with it."""
        if self._reading is not None:
            await self._reading.aclose()

    async def _chunks(self) -> AsyncGenerator[bytes]:
        place = self._place
        inflater = Inflater(self.headers.get("content-encoding", ""), place.limits.body, place.label)
        with foreign_errors(place):
            pieces = self._exchange.body()
            while True:
                try:
                    raw = await self._clock.reading(anext(pieces))
                except StopAsyncIteration:
                    break
                for piece in inflater.feed(raw):
                    yield piece
        inflater.close()


class Clock:
    """The times of one exchange: until it is connected, the silence between bytes, what is left of all in all."""

    def __init__(self, place: Place, left: float | None = None) -> None:
        self._place = place
        left = place.limits.total if left is None else left
        self._end = None if left is None else asyncio.get_running_loop().time() + left

    async def connecting(self, what: Awaitable[T]) -> T:
        return await self._wait(what, self._place.limits.connect, no_connection)

    async def reading(self, what: Awaitable[T]) -> T:
        return await self._wait(what, self._place.silence, silence)

    async def waiting(self, what: Awaitable[T]) -> T:
        """Wait as long as it takes, within what is left of all in all: others go first."""
        return await self._wait(what, None, _too_late)

    async def _wait(self, what: Awaitable[T], seconds: float | None, late: Callable[[Place], StalledError]) -> T:
        if self._end is not None:
            left = self._end - asyncio.get_running_loop().time()
            if seconds is None or left < seconds:
                seconds, late = left, _too_late
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await what
        except TimeoutError:
            if not limit.expired():
                raise
            raise late(self._place) from None


def _too_late(place: Place) -> StalledError:
    total = place.limits.total
    within = "the time that was left" if total is None else f"{total:g} s"
    error = StalledError(f"{place.label}: no answer within {within}", hint="see --timeout")
    error.final = True
    return error


def _headers(head: Head) -> dict[str, str]:
    """Names in lower case; several of one name are one list (RFC 9110)."""
    found: dict[str, str] = {}
    for name, value in head.headers:
        text = value.decode("latin-1")
        key = name.decode("ascii").lower()
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def encode(body: Mapping[str, Any]) -> bytes:
    """Return compact JSON in UTF-8. Raises UsageError for text or numbers that JSON cannot carry."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise UsageError("the request cannot be sent: it holds half a surrogate pair, which is no text") from None
    except ValueError as error:
        raise UsageError(f"the request cannot be sent: {error}") from None


def refuse_redirect(answer: Answer, place: Place) -> None:
    if answer.status not in _REDIRECTS:
        return
    target = place.endpoint.target_of(answer.headers.get("location", ""))
    raise ProviderError(
        f"{place.label}: the server redirects to {target or 'nowhere'} (status {answer.status}); nothing was sent on",
        hint="if you trust that place, make it the base URL",
        status=answer.status,
    )
