"""HTTP/2 over one pipe: many exchanges side by side. h2 (an extra) knows the protocol; here it is only fed and asked.

Two things are not left to it. It takes a GOAWAY for the end of everything, where RFC 9113 (6.8) lets the requests that
the server has taken in finish. And room is given back to the server as a reader takes what came, so that a slow reader
holds up its own stream and no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from typing import Any

from rigcli.net.faults import StreamError
from rigcli.net.http import HEADERS, Head
from rigcli.net.pipe import Pipe

WINDOW = 1024 * 1024
"""Bytes of one answer that wait for their reader at most."""
ALL_WINDOWS = 64 * WINDOW
_FRAME = 16 * 1024  # what is announced: the protocol's own default
_HEAD = 9  # bytes before a frame's payload: size, type, flags, stream
_GOAWAY, _GOAWAY_SIZE = 7, 8
_OLD_WAYS = frozenset({"host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})


class Line:
    """One connection; `streams` are all that want something of it, `busy` those that may send.

    `leaving`: the server takes no new request on it. `proven`: something was answered on it. `unwanted`: the server
    wants to be asked over HTTP/1.1.
    """

    def __init__(self, pipe: Pipe, h2: Any) -> None:
        self.leaving = self.proven = self.unwanted = False
        self._greeted = False
        self.streams: set[Stream] = set()
        self.busy: set[Stream] = set()
        self.pipe = pipe
        self.h2 = h2
        self._begun: dict[int, Stream] = {}
        self._partial = bytearray()
        self._fault: Exception | None = None
        self.http: Any = _client(h2)
        self.http.initiate_connection()
        self.http.increment_flow_control_window(ALL_WINDOWS - self.http.inbound_flow_control_window)
        self.flush()
        pipe.listen(self._heard)

    @property
    def usable(self) -> bool:
        return not (self.leaving or self.unwanted or self._fault or self.pipe.broken)

    @property
    def full(self) -> bool:
        """No further request may be sent now: before the server has said how many it takes, one."""
        return len(self.busy) >= (self.http.remote_settings.max_concurrent_streams if self._greeted else 1)

    def join(self, stream: Stream) -> None:
        """Raises what ended the connection."""
        if self._fault or self.leaving:
            raise self._fault or StreamError("refused")
        self.streams.add(stream)

    def begin(self, stream: Stream, headers: list[tuple[str, str]], *, whole: bool) -> int:
        """Send the head of a request and return the number of its stream."""
        number: int = self.http.get_next_available_stream_id()
        self.http.send_headers(number, headers, end_stream=whole)
        self._begun[number] = stream
        self.flush()
        return number

    def flush(self) -> None:
        if data := self.http.data_to_send():
            self.pipe.write(data)

    def leave(self, stream: Stream) -> None:
        """The stream is through, or nobody wants to know the rest."""
        self.streams.discard(stream)
        self.busy.discard(stream)
        self._begun.pop(stream.number, None)
        if self.leaving and not self.streams:
            self.close()
        self._tell()

    def close(self) -> None:
        self._fail(StreamError("ended"))

    def _heard(self) -> None:
        """Take in what came; the pipe calls it as it comes."""
        if self._fault is not None:
            return
        try:
            for frame in self._frames(self.pipe.take()):
                self._take(frame)
        except self.h2.exceptions.DenialOfServiceError:  # more headers than were announced to be read
            self._fail(StreamError("endless"))
        except (StreamError, self.h2.exceptions.H2Error):
            self._fail(StreamError("foreign"))
        else:
            self.flush()
            if self.pipe.broken:
                self._fail(self.pipe.error or StreamError("ended"))

    def _frames(self, data: bytes) -> Iterator[bytes]:
        held = self._partial
        held += data
        while len(held) >= _HEAD:
            size = int.from_bytes(held[:3], "big")
            if size > _FRAME:  # h2 would say so when all of it has come
                raise StreamError("foreign")
            if len(held) < _HEAD + size:
                return
            frame = bytes(held[: _HEAD + size])
            del held[: _HEAD + size]
            yield frame

    def _take(self, frame: bytes) -> None:
        if frame[3] == _GOAWAY and len(frame) >= _HEAD + _GOAWAY_SIZE:
            self._go(int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF)
            return
        for event in self.http.receive_data(frame):
            self._dispatch(event)

    def _go(self, last: int) -> None:
        """The server takes in no request after number `last`."""
        self.leaving = True
        for stream in list(self.streams):
            if not stream.number or stream.number > last:
                stream.fail(StreamError("refused"))
        if not self.streams:
            self.close()

    def _dispatch(self, event: Any) -> None:
        stream = self._begun.get(getattr(event, "stream_id", None) or 0)
        match type(event).__name__:
            case "RemoteSettingsChanged":
                self._greeted = True
                self._tell()
            case "WindowUpdated":
                self._tell()
            case "DataReceived" if stream is None:
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case "ResponseReceived" if stream:
                self.proven = True
                stream.answered(event.headers)
            case "DataReceived" if stream:
                stream.received(event.data, event.flow_controlled_length)
            case "StreamEnded" if stream:
                stream.end()
            case "StreamReset" if stream:
                code = _name(self.h2, event.error_code)
                self.unwanted = self.unwanted or code == "HTTP_1_1_REQUIRED"
                stream.fail(StreamError("reset", code))
            case _:
                pass  # 1xx, trailers, ping, kinds of frames that rig does not use

    def _fail(self, fault: Exception) -> None:
        if self._fault is None:
            self._fault = fault
            with suppress(self.h2.exceptions.H2Error):
                self.flush()
            self.pipe.close()
            stale = self.proven and (isinstance(fault, OSError) or fault.args[:1] == ("ended",))
            for stream in list(self.streams):  # a server may close what nobody used, just when it is used again
                stream.fail(StreamError("refused") if stale and stream.head is None else fault)

    def _tell(self) -> None:
        for stream in self.streams:
            stream.news.set()


class Stream:
    """A request that was sent on a shared connection and its answer as it comes: as net.http.Exchange."""

    def __init__(self, line: Line) -> None:
        self.number = 0
        self.head: Head | None = None
        self.news = asyncio.Event()
        self._line = line
        self._fault: Exception | None = None
        self._pieces: list[bytes] = []
        self._owed = 0  # bytes of room that the server gets back once they are read
        self._sent = self._ended = False
        line.join(self)

    async def ready(self) -> None:
        """Wait until the server takes another request on this connection. Raises StreamError, OSError."""
        while self._line.full:
            await self._wait()
        self._line.busy.add(self)

    async def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Head:
        """Send a request and return the head of its answer. Raises OSError, StreamError."""
        named = {name.lower(): value for name, value in headers.items()}
        pseudo = {":method": method, ":scheme": "https", ":authority": named.get("host", ""), ":path": target}
        fields = [*pseudo.items(), *((name, value) for name, value in named.items() if name not in _OLD_WAYS)]
        self.number = self._line.begin(self, fields, whole=not body)
        await self._upload(body)
        while self.head is None:
            await self._wait()
        return self.head

    async def body(self) -> AsyncGenerator[bytes]:
        """Yield the body, all that has come at once; nothing that came is lost to an error behind it."""
        while True:
            if self._pieces:
                data = b"".join(self._pieces)
                self._pieces.clear()
                self._give_back()
                yield data
            elif self._ended:
                return
            else:
                await self._wait()

    def close(self) -> None:
        """Let go; a server that still works on it is told to stop."""
        with suppress(self._line.h2.exceptions.H2Error):
            if self.number and self._fault is None and not (self._sent and self._ended):
                self._line.http.reset_stream(self.number, self._line.h2.errors.ErrorCodes.CANCEL)
            self._give_back()
        self._line.leave(self)

    def answered(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.head = Head(
            next((int(value) for name, value in headers if name == b":status"), 0),
            [(name, value) for name, value in headers if not name.startswith(b":")],
        )
        self.news.set()

    def received(self, data: bytes, size: int) -> None:
        """Take a piece; `size` counts its padding too."""
        self._owed += size
        if data:
            self._pieces.append(data)
            self.news.set()

    def end(self) -> None:
        self._ended = True
        self.news.set()

    def fail(self, fault: Exception) -> None:
        if not self._ended:  # what comes after the end is about a request that was not read to its end
            self._fault = self._fault or fault
            self.news.set()

    async def _upload(self, body: bytes) -> None:
        """Send the body as the server makes room for it; one that has answered in full wants no more of it."""
        at, line = 0, self._line
        while at < len(body) and not self._ended:
            self._check()
            room = min(line.http.local_flow_control_window(self.number), line.http.max_outbound_frame_size)
            if room <= 0:
                await self._wait()
                continue
            line.http.send_data(self.number, body[at : at + room], end_stream=at + room >= len(body))
            line.flush()
            at += room
        self._sent = at >= len(body)

    async def _wait(self) -> None:
        self._check()
        self.news.clear()
        await self.news.wait()

    def _check(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _give_back(self) -> None:
        if self._owed:
            self._line.http.acknowledge_received_data(self._owed, self.number)
            self._owed = 0
            self._line.flush()


def _client(h2: Any) -> Any:
    """Return h2's connection with what rig announces: no push, its windows, as many bytes of headers as over 1.1."""
    http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
    code = h2.settings.SettingCodes
    wanted = {code.ENABLE_PUSH: 0, code.INITIAL_WINDOW_SIZE: WINDOW, code.MAX_HEADER_LIST_SIZE: HEADERS}
    http.local_settings = h2.settings.Settings(client=True, initial_values=wanted)
    http.decoder.max_header_list_size = HEADERS  # announced is not enforced
    return http


def _name(h2: Any, code: int) -> str:
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return f"error {code}"
