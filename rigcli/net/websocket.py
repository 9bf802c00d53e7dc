"""A door whose streamed answers come over a WebSocket that is kept for the next question (wsproto, an extra).

Everything else is as over HTTP: proxy, TLS, timeouts, caps, no redirects; whatever is no streamed question goes the
usual way. What the messages say is the wire's: `SocketTalk`. Events come out as the frames of an SSE stream, so that
the same decoder and reader read them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from rigcli import __version__
from rigcli.core.errors import ConfigError, LimitError, ProviderError
from rigcli.core.ports import Answer, SocketTalk
from rigcli.core.requests import Prepared
from rigcli.net.client import Clock, HttpTransport, encode, refuse_redirect
from rigcli.net.door import Door, OuterDoor
from rigcli.net.faults import Place, foreign_errors
from rigcli.net.kept import kept
from rigcli.net.pipe import Pipe
from rigcli.net.retry import retry_after

_CONTENT = "text/event-stream"
_HTTP = "rig config set net.websocket false asks over HTTP"


def library(provider: str) -> Any:
    """Return wsproto. Raises ConfigError where it is not installed."""
    try:
        return import_module("wsproto")
    except ImportError:
        raise ConfigError(
            f"{provider}: net.websocket is set, and wsproto is not installed", hint='pip install "rigcli[websocket]"'
        ) from None


class Line:
    """One WebSocket: text messages in and out. Closed by `close`, at once."""

    def __init__(self, pipe: Pipe, wsproto: Any, talk: SocketTalk) -> None:
        self.talk = talk
        self._pipe = pipe
        self._events = wsproto.events
        self._malformed: Any = wsproto.utilities.ProtocolError
        self._socket = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._waiting: list[Any] = []

    async def shake(
        self, host: str, target: str, headers: Mapping[str, str], cap: int
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of what the server says to the upgrade; 101 where it agrees."""
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._pipe.write(self._socket.send(self._events.Request(host=host, target=target, extra_headers=extra)))
        status, found, body = 0, {}, b""
        while True:
            event = await self._next()
            match type(event).__name__:
                case "AcceptConnection":
                    return 101, {}, b""
                case "RejectConnection":
                    status = event.status_code
                    found = {name.decode().lower(): value.decode("latin-1") for name, value in event.headers}
                    if not event.has_body:
                        return status, found, body
                case "RejectData":
                    body += event.data
                    if event.body_finished or len(body) > cap:
                        return status, found, body
                case _:
                    return status or 400, found, body

    def send(self, text: str) -> None:
        self._pipe.write(self._socket.send(self._events.TextMessage(data=text)))

    async def message(self, cap: int) -> str:
        """Return the next text. Raises LimitError over the cap, NetworkError where the server closed, OSError."""
        pieces: list[str] = []
        size = 0
        while True:
            event = await self._next()
            match type(event).__name__:
                case "TextMessage":
                    pieces.append(event.data)
                    size += len(event.data)
                    if size > cap:
                        raise LimitError(f"the answer is larger than {cap // (1024 * 1024)} MiB")
                    if event.message_finished:
                        return "".join(pieces)
                case "Ping":
                    self._pipe.write(self._socket.send(event.response()))
                case "CloseConnection":
                    raise ConnectionResetError
                case _:
                    pass

    async def _next(self) -> Any:
        while not self._waiting:
            data = await self._pipe.read()
            if not data:
                raise ConnectionResetError
            try:
                self._socket.receive_data(data)
                self._waiting += self._socket.events()
            except self._malformed:
                raise ProviderError("the server does not speak WebSocket", hint=_HTTP) from None
        return self._waiting.pop(0)

    @property
    def broken(self) -> bool:
        return self._pipe.broken

    def close(self) -> None:
        self._pipe.close()


class WebSocketDoor(OuterDoor[HttpTransport]):
    """A door to a provider's WebSocket beside its HTTP door. Raises ConfigError where wsproto is missing."""

    def __init__(self, inner: HttpTransport, talk: Callable[[], SocketTalk]) -> None:
        self._inner = inner
        self._talk = talk
        self._wsproto = library(inner.endpoint.name)

    def within(self, seconds: float) -> Door:
        return WebSocketDoor(self._inner.within(seconds), self._talk)

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncGenerator[Answer]:
        """As HttpTransport.open. Leaving before the answer has ended closes the connection: that stops the model."""
        if not stream or prepared.method != "POST" or prepared.content is not None:
            async with self._inner.open(prepared, stream=stream, left=left) as answer:
                yield answer
            return
        self._inner.stay_offline()
        place = Place(self.endpoint, self.limits)
        clock = Clock(place, left)
        shelf = kept(f"{self.endpoint.url(prepared.path)} {hash(frozenset(self.endpoint.headers.items()))}")
        line: Line | None = shelf.pop() if shelf else None
        if line is not None and line.broken:
            line.close()
            line = None
        spoken: _Spoken | None = None
        try:
            with foreign_errors(place):
                if line is not None:
                    spoken = await self._again(line, prepared, place, clock)
                if spoken is None:
                    line, spoken = await self._anew(prepared, place, clock)
            refuse_redirect(spoken, place)
            yield spoken
        finally:
            if spoken is not None and line is not None and spoken.ended:
                shelf.append(line)
            elif line is not None:
                line.close()

    async def _again(self, line: Line, prepared: Prepared, place: Place, clock: Clock) -> _Spoken | None:
        """Return the answer on a connection that is there; None where it is there no more, or remembers nothing."""
        try:
            line.send(line.talk.ask(prepared.body))
            first = await clock.reading(line.message(place.limits.body))
        except OSError:
            line.close()
            return None
        refused = line.talk.refusal(first)
        if refused and refused[1]:
            line.close()
            return None
        return _Spoken(line, first, refused[0] if refused else 200, place, clock)

    async def _anew(self, prepared: Prepared, place: Place, clock: Clock) -> tuple[Line, _Spoken]:
        encode(prepared.body)  # says what cannot be sent
        road = self._inner.road(prepared)
        line = Line(await clock.connecting(road.open(plain=False)), self._wsproto, self._talk())
        try:
            headers = {"user-agent": f"rig/{__version__}", **self.endpoint.headers, **prepared.headers}
            url = urlsplit(road.target)
            target = road.target if not url.netloc else f"{url.path}{'?' * bool(url.query)}{url.query}"
            shaken = line.shake(road.authority, target, headers, place.limits.body)
            status, found, body = await clock.reading(shaken)
            if status != 101:  # noqa: PLR2004  switching protocols
                return line, _Spoken(line, body.decode("utf-8", "replace"), status, place, clock, found)
            line.send(line.talk.ask(prepared.body))
            first = await clock.reading(line.message(place.limits.body))
        except BaseException:
            line.close()
            raise
        refused = line.talk.refusal(first)
        return line, _Spoken(line, first, refused[0] if refused else 200, place, clock)


class _Spoken:
    """One answer (core.ports.Answer). `ended`: all of it came, and the connection may be asked again."""

    def __init__(
        self, line: Line, first: str, status: int, place: Place, clock: Clock, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = headers or {"content-type": _CONTENT}
        self.retry_after: float | None = retry_after(self.headers, 0.0)
        self.ended = False
        self._line, self._first = line, first
        self._place, self._clock = place, clock

    async def chunks(self) -> AsyncIterator[bytes]:
        text, left = self._first, self._place.limits.body
        if self.status != 200:  # noqa: PLR2004  refused: one document
            yield text.encode()
            return
        while True:
            left -= len(text)
            state = self._line.talk.heard(text)
            self.ended = state == "end"
            yield b"data: " + " ".join(text.splitlines()).encode("utf-8", "replace") + b"\n\n"
            if state != "more":
                return
            if left < 0:
                raise LimitError(f"{self._place.label}: the answer is larger than the limit net.max_response_mb")
            with foreign_errors(self._place):
                text = await self._clock.reading(self._line.message(self._place.limits.body))
