"""A transport that tells what goes over the wire, without keys: --debug."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from rigcli.core.ports import Answer
from rigcli.core.requests import Prepared
from rigcli.net.door import Door
from rigcli.net.redact import redact_headers, redact_text, redact_url, secrets_of

LONGEST = 10_000
"""Characters of one line that are told; media would fill the screen."""


class LoggedTransport:
    """A door that calls `write` with each line, unfiltered for a terminal.

    `>` goes out, `<` comes in. A body is told line by line: a key that the provider repeats is masked wherever the
    network cut it.
    """

    def __init__(self, inner: Door, write: Callable[[str], None]) -> None:
        self._inner = inner
        self._write = write
        self._secrets = secrets_of(inner.endpoint)

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncGenerator[Answer]:
        """As HttpTransport.open."""
        endpoint = self._inner.endpoint
        self._tell(">", f"{prepared.method} {redact_url(endpoint.url(prepared.path), self._secrets)}")
        self._headers(">", {**endpoint.headers, **prepared.headers})
        if prepared.content is not None:
            self._tell(">", f"({len(prepared.content)} bytes)")
        elif prepared.method == "POST":
            self._tell(">", json.dumps(prepared.body, ensure_ascii=False))
        async with self._inner.open(prepared, stream=stream, left=left) as answer:
            self._tell("<", f"status {answer.status}")
            self._headers("<", answer.headers)
            yield _Told(answer, lambda line: self._tell("<", line))

    def _headers(self, mark: str, headers: Mapping[str, str]) -> None:
        for name, value in redact_headers(headers, self._secrets).items():
            self._tell(mark, f"{name}: {value}")

    def _tell(self, mark: str, line: str) -> None:
        shown = redact_text(line, self._secrets)
        if len(shown) > LONGEST:
            shown = f"{shown[:LONGEST]} … ({len(shown) - LONGEST} characters more)"
        self._write(f"{mark} {shown}")


class _Told:
    """An answer whose lines are told as they are complete."""

    def __init__(self, answer: Answer, tell: Callable[[str], None]) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.retry_after = answer.retry_after
        self._answer = answer
        self._tell = tell

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.headers.get("content-type", "").startswith(("audio/", "video/", "image/")):
            size = 0
            async for piece in self._answer.chunks():
                size += len(piece)
                yield piece
            self._tell(f"({size} bytes)")
            return
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        open_line: list[str] = []
        try:
            async for piece in self._answer.chunks():
                *ended, rest = decoder.decode(piece).split("\n")
                for line in ended:
                    self._tell("".join([*open_line, line]).rstrip("\r"))
                    open_line.clear()
                open_line.append(rest)
                yield piece
        finally:  # an answer that breaks off is what --debug is for
            if last := "".join(open_line) + decoder.decode(b"", final=True):
                self._tell(last)
