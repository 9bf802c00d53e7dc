"""One model call: request in, events out, retries included. Nothing here knows a provider, a socket or a terminal.

What came is handed on before anything is waited for: `settled` is called each time all events of a network chunk are
through, so that the caller can write its journal and then its screen once a chunk instead of once a token.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from rigcli.core.errors import IncompleteError, LimitError, NetworkError, ProviderError, RigError
from rigcli.core.events import Event, Media, Native, Notice, Reasoning, Refusal, Retry, Text, ToolCall
from rigcli.core.ports import Answer, Decoder, Framing, JSONStreams, Transport, Wire
from rigcli.core.requests import Prepared, Request
from rigcli.engine.deadline import Deadline, least
from rigcli.engine.reading import decode, read_all, succeeded


class RetryPolicy(Protocol):
    def delay(self, attempt: int, error: RigError, elapsed: float) -> float | None:
        """Return the seconds to wait before attempt + 1, or None where it must not be tried again."""
        ...


def _unnamed(error: RigError) -> RigError:
    return error


def _nothing() -> None:
    """Nobody wants to know that a chunk is through."""


@dataclass(frozen=True)
class Caller:
    """Everything that a call goes through; times are seconds.

    `named` tells errors whose they are. `timeout` bounds the whole call: each attempt gets what is left of it, and
    no more than is left of the run's `deadline`.
    """

    wire: Wire
    transport: Transport
    decoder: Callable[[Framing], Decoder]
    named: Callable[[RigError], RigError] = _unnamed
    retry: RetryPolicy | None = None
    timeout: float | None = None
    deadline: Deadline | None = None
    settled: Callable[[], None] = _nothing
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic

    async def __call__(self, request: Request) -> AsyncGenerator[Event]:
        """Yield the events of one answer.

        Raises NetworkError and its leaves, AuthError, ProviderError; after the first token every failure that is
        not the user's own is an IncompleteError, because nothing that may have been billed is asked for twice.
        """
        answered = False
        if request.schema is not None:
            from rigcli.wire import structured  # noqa: PLC0415  few requests have one

            request, prepared = structured.prepare(self.wire, request)
            answered = structured.by_tool(request)
        else:
            prepared = self.wire.prepare(request)
        for notice in prepared.notices:
            yield Notice(notice)
        begun, attempt, shown = self.clock(), 0, False
        while True:
            left = least(
                None if self.timeout is None else begun + self.timeout - self.clock(),
                None if self.deadline is None else self.deadline.left(),
            )
            try:
                async with aclosing(self._attempt(prepared, request, left)) as events:
                    async for event in events:
                        shown = shown or isinstance(event, Text | Reasoning | Refusal | ToolCall | Native | Media)
                        yield structured.as_text(event) if answered else event  # pyright: ignore[reportPossiblyUnboundVariable]  imported where answered is set
            except RigError as error:
                self.named(error)
                if shown:
                    raise _broken_off(error) from None
                wait = None if self.retry is None else self.retry.delay(attempt, error, self.clock() - begun)
                if wait is None or (self.deadline and wait >= self.deadline.left()):
                    raise
                attempt += 1
                yield Retry(attempt, wait, error.message, error.status)
                self.settled()
                await self.sleep(wait)
            else:
                return

    async def _attempt(self, prepared: Prepared, request: Request, left: float | None) -> AsyncGenerator[Event]:
        async with self.transport.open(prepared, stream=request.stream, left=left) as answer:
            await succeeded(answer, self.wire.read_error)
            if framing := _framing(answer, request, self.wire):
                async with aclosing(self._frames(answer, request, framing)) as events:
                    async for event in events:
                        yield event
                return
            body = decode(await read_all(answer))
            for event in self.wire.read_whole(body, request):
                yield event
            self.settled()

    async def _frames(self, answer: Answer, request: Request, framing: Framing) -> AsyncGenerator[Event]:
        decoder, reader = self.decoder(framing), self.wire.reader(request)
        async for chunk in answer.chunks():
            for frame in decoder.feed(chunk):
                for event in reader.read(frame):
                    yield event
            self.settled()
        for frame in decoder.close():
            for event in reader.read(frame):
                yield event
        for event in reader.end():
            yield event
        self.settled()


def _framing(answer: Answer, request: Request, wire: Wire) -> Framing | None:
    """Return how a stream is cut, or None for one document: by what the server says, then by what was asked."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return "sse" if wire.framing == "sse" else None
    if kind == "application/vnd.amazon.eventstream":
        return "aws" if wire.framing == "aws" else None
    if kind == "application/json" and wire.framing in ("sse", "aws"):
        return wire.json_framing if request.stream and isinstance(wire, JSONStreams) else None
    return wire.framing if request.stream else None


def _broken_off(error: RigError) -> RigError:
    """Return the error of an answer that broke after its first token: never one that invites a retry."""
    if not isinstance(error, NetworkError | ProviderError) or isinstance(error, IncompleteError | LimitError):
        return error
    return IncompleteError(
        error.message, hint=error.hint, status=error.status, provider=error.provider, retry_after=error.retry_after
    )
