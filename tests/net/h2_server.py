"""A real HTTP/2 server on loopback, behind TLS: each request is answered by a function that has the connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes, Settings

Script = Callable[["Peer", "Asked"], None]


@dataclass
class Asked:
    """One request; `line` is the number of its connection, `stream` its number there."""

    line: int
    stream: int
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Peer:
    """The server's end of one connection."""

    socket: ssl.SSLSocket
    http: H2Connection
    line: int
    events: list[Event] = field(default_factory=list)

    def head(self, stream: int, *extra: tuple[str, str], status: int = 200, end: bool = False) -> None:
        kind = ("content-type", "application/json")
        self.http.send_headers(stream, [(":status", str(status)), kind, *extra], end_stream=end)
        self.flush()

    def say(self, stream: int, data: bytes, *, end: bool = False) -> None:
        self.http.send_data(stream, data, end_stream=end)
        self.flush()

    def answer(self, stream: int, body: bytes = b"{}", *extra: tuple[str, str], status: int = 200) -> None:
        """Send a whole answer, as the client makes room for it."""
        self.head(stream, *extra, status=status)
        while body:
            room = min(self.http.local_flow_control_window(stream), self.http.max_outbound_frame_size)
            if room <= 0:
                self.listen()
                continue
            self.http.send_data(stream, body[:room])
            body = body[room:]
            self.flush()
        self.http.end_stream(stream)
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def listen(self) -> list[Event]:
        """Take in what comes next; raises ConnectionResetError at the end."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        events = self.http.receive_data(data)
        self.events += events
        self.flush()
        return events

    def cut(self) -> None:
        """End the connection; what was sent before it arrives."""
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(65536):
            pass


class H2Server:
    """`asked` holds each request as it came; `resets` the streams that clients gave up."""

    def __init__(
        self, script: Script, context: ssl.SSLContext, settings: dict[SettingCodes, int] | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self.resets: list[int] = []
        self.reset = threading.Event()
        self.gone = threading.Event()
        self.lines = 0
        self._script, self._context, self._settings = script, context, settings or {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.lines += 1
                self._sockets.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection, self.lines), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket, line: int) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secure:
            self._sockets.append(secure)
            if secure.selected_alpn_protocol() != "h2":
                secure.recv(65536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nover http/1.1")
                return
            http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
            http.local_settings = Settings(client=False, initial_values=self._settings)
            http.initiate_connection()
            peer = Peer(secure, http, line)
            peer.flush()
            begun: dict[int, Asked] = {}
            while True:
                peer.listen()
                while peer.events:
                    self._take(peer, peer.events.pop(0), begun)
        self.gone.set()

    def _take(self, peer: Peer, event: Event, begun: dict[int, Asked]) -> None:
        match event:
            case RequestReceived():
                begun[event.stream_id] = Asked(peer.line, event.stream_id, dict(event.headers))
            case DataReceived():
                begun[event.stream_id].body += event.data
                peer.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                peer.flush()
            case StreamEnded():
                self.asked.append(begun[event.stream_id])
                self._script(peer, begun[event.stream_id])
            case StreamReset():
                self.resets.append(event.stream_id)
                self.reset.set()
            case _:
                pass

    def close(self) -> None:
        self._listener.close()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            pass  # wakes accept() where closing the listener does not
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)


def offering(certificate: Any, *protocols: str) -> ssl.SSLContext:
    """Return a server's context with a certificate and the protocols it agrees to (ALPN)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    if protocols:
        made.set_alpn_protocols(list(protocols))
    return made
