"""A socket as bytes in and bytes out: TCP, a proxy's tunnel, TLS. What HTTP is it does not know.

Not asyncio's streams: a StreamReader forgets what it has received as soon as the connection breaks, and what came of an
answer before a reset must be shown.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import ssl

HIGH = 256 * 1024
"""Bytes received and not yet read at which the other side is made to wait."""
EYEBALLS = 0.25
"""Seconds until the next address of a host is tried beside a silent one (RFC 8305)."""


class Pipe(asyncio.Protocol):
    """One connection. Made by `Pipe.to`; closed by `close`, at once."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received: deque[bytes] = deque()
        self._size = 0
        self.error: Exception | None = None
        self._ended = False
        self._waiting: asyncio.Future[None] | None = None
        self._heard: Callable[[], None] | None = None

    @classmethod
    async def to(cls, host: str, port: int, trust: ssl.SSLContext | None, name: str | None = None) -> Pipe:
        """Connect, and shake hands where `trust` is given, with `name` if the host is its address.

        Raises OSError, ssl.SSLError.
        """
        loop = asyncio.get_running_loop()
        name = (name or host) if trust else None
        _, pipe = await loop.create_connection(
            cls, host, port, ssl=trust, server_hostname=name, happy_eyeballs_delay=EYEBALLS
        )
        return pipe

    async def secure(self, host: str, trust: ssl.SSLContext) -> None:
        """Shake hands through the connection as it is: behind a proxy. Raises OSError, ssl.SSLError."""
        if self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        made = await loop.start_tls(self._transport, self, trust, server_hostname=host)
        if made is None:
            raise ConnectionResetError
        self._transport = made

    @property
    def peer(self) -> str:
        """The IP address at the other end, as text; empty where there is none."""
        found: Any = self._transport.get_extra_info("peername") if self._transport else None
        return str(found[0]) if found else ""

    @property
    def protocol(self) -> str:
        """What was agreed on in the TLS handshake (ALPN); empty where nothing was."""
        found: Any = self._transport.get_extra_info("ssl_object") if self._transport else None
        return (found.selected_alpn_protocol() if found else None) or ""

    @property
    def broken(self) -> bool:
        """Nothing can come any more."""
        return self._ended or self.error is not None

    def write(self, data: bytes) -> None:
        """Hand bytes to the system; a server that takes none is noticed by its silence."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def read(self) -> bytes:
        """Return all bytes that have come, at least one; b"" at the end. Raises OSError once all are read."""
        while not self._received:
            if self.error is not None:
                raise self.error
            if self._ended:
                return b""
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self.take()

    def listen(self, heard: Callable[[], None]) -> None:
        """Have `heard` called whenever bytes have come, to `take`, and at the end."""
        self._heard = heard

    def take(self) -> bytes:
        """Return all bytes that have come; b"" where there are none."""
        data = self._received.popleft() if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        if self._size >= HIGH and self._transport is not None and not self._ended:
            self._transport.resume_reading()
        self._size = 0
        return data

    def close(self) -> None:
        """Let go without waiting for the other side."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._size += len(data)
        if self._size >= HIGH and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = exc
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        if self._heard is not None:
            self._heard()
