"""The page on this machine that a login ends at: one request on 127.0.0.1, and its code."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from rigcli.core.errors import AuthError
from rigcli.tools.mcp.definition import plain

if TYPE_CHECKING:
    from mcp.client.auth import AuthorizationCodeResult

PATH = "/callback"
_PAGE = b"You are logged in. This page can be closed.\n"
_SORRY = b"The login failed. The terminal says more.\n"


class Loopback:
    """Wait for the browser to come back: `open` takes a free port, `start` answers there, `result` has the code."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._came: asyncio.Future[dict[str, str]] | None = None

    def open(self) -> str:
        """Return the address that the browser is to be sent to."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}{PATH}"

    async def start(self) -> None:
        """Answer from now on: a browser may be back before whoever opened it goes on."""
        if self._socket is None:
            raise AssertionError("opened before anybody is sent here")
        came = self._came = asyncio.get_running_loop().create_future()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _answer(reader, writer, self._came or came)

        if self._server is None:
            self._server = await asyncio.start_server(answer, sock=self._socket)

    async def result(self) -> AuthorizationCodeResult:
        """Return the code that the browser brings. Raises AuthError where the login was refused."""
        from mcp.client.auth import AuthorizationCodeResult  # noqa: PLC0415  an extra

        if self._came is None:
            raise AssertionError("started before anybody is waited for")
        query = await self._came
        if "code" not in query:
            why = query.get("error_description") or query.get("error") or "no code came back"
            raise AuthError(f"login: {plain(why)}")
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))

    def close(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
        elif self._socket is not None:
            self._socket.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, came: asyncio.Future[Any]) -> None:
    """Answer one request; only the page of the login ends the waiting, not the browser's wish for an icon."""
    try:
        async with asyncio.timeout(10):
            first = (await reader.readline()).decode("latin-1").split()
            while (await reader.readline()).strip():
                pass
        target = urlsplit(first[1]) if len(first) > 1 else urlsplit("")
        query = {key: values[0] for key, values in parse_qs(target.query).items()}
        known = target.path == PATH and ("code" in query or "error" in query)
        body = _PAGE if known and "code" in query else _SORRY if known else b"Nothing here.\n"
        status = "200 OK" if known else "404 Not Found"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        if known and not came.done():
            came.set_result(query)
    except (OSError, TimeoutError, ValueError):
        return
    finally:
        writer.close()
