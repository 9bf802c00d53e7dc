"""The door of every HTTP face: who may come in, by which name, with how much. An ASGI middleware without dependencies.

The order is that of what an attacker learns: a foreign name (421) or page (403) is sent away before the token is looked
at (401), a body that is too large (413) or no JSON (415) before it is read.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Scope: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
App: TypeAlias = Callable[[Any, Receive, Send], Awaitable[None]]

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of one request."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts` are the names, without port, under which this server may be reached; `token` None lets everybody in."""

    app: App
    hosts: frozenset[str]
    token: str | None = field(repr=False)
    body_limit: int = BODY_LIMIT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, why = self._refusal(scope["method"], headers)
        if status:
            await _refuse(send, status, why)
            return
        await self.app(scope, _Limited(receive, self.body_limit).receive, send)

    def _refusal(self, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Return the status and reason with which a request is sent away; 0 for one that may come in."""
        if _name(headers.get("host", "")) not in self.hosts:
            return 421, "this server does not answer to that name"
        origin = headers.get("origin")
        if origin is not None and _name(urlsplit(origin).netloc) not in self.hosts:
            return 403, "no page of another origin may ask"
        if self.token is not None and not self._known(headers.get("authorization", "")):
            return 401, "a bearer token is needed"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.body_limit:
            return 413, f"more than {self.body_limit} bytes"
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if method == "POST" and kind != "application/json":
            return 415, "only application/json is read"
        return 0, ""

    def _known(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        # Bytes: compare_digest takes no text outside ASCII. The comparison takes as long for any wrong token.
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), (self.token or "").encode()
        )


class _Limited:
    """A body without a length is cut where it grows too large: the app sees the reader leave."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def receive(self) -> Any:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return message if self._left >= 0 else {"type": "http.disconnect"}


def _name(host: str) -> str:
    """Return a host without its port, in lower case."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:  # noqa: PLR2004  the one that names how to come in
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
