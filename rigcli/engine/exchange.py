"""One request with one answer, again where that may help: for whatever is no conversation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.ports import Answer, Transport
from rigcli.core.requests import Prepared
from rigcli.engine.reading import ReadError, decode, read_all, succeeded
from rigcli.engine.turn import RetryPolicy


def _unnamed(error: RigError) -> RigError:
    return error


def _untold(attempt: int, wait: float, error: RigError) -> None:
    """Nobody wants to know of a retry."""


@dataclass(frozen=True)
class Exchange:
    """The way to one server; times are seconds. `told` hears of each retry before it is waited for."""

    transport: Transport
    named: Callable[[RigError], RigError] = _unnamed
    retry: RetryPolicy | None = None
    timeout: float | None = None
    told: Callable[[int, float, RigError], None] = _untold
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic

    async def json(self, prepared: Prepared, read_error: ReadError, read: Callable[[Any], Any]) -> Any:
        """Return what `read` makes of the JSON document that comes back. Raises RigError."""

        async def whole() -> Any:
            async with self.answer(prepared, read_error) as answer:
                return read(decode(await read_all(answer)))

        return await self.again(whole)

    async def again(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Return what the work returns; what may do better next time is done again. Raises RigError."""
        begun, attempt = self.clock(), 0
        while True:
            try:
                return await work()
            except RigError as error:
                self.named(error)
                wait = None if self.retry is None else self.retry.delay(attempt, error, self.clock() - begun)
                if wait is None:
                    raise
                attempt += 1
                self.told(attempt, wait, error)
                await self.sleep(wait)

    @asynccontextmanager
    async def answer(
        self, prepared: Prepared, read_error: ReadError, *, stream: bool = False
    ) -> AsyncGenerator[Answer]:
        """Send once and yield the answer of a success. Raises what another status says."""
        async with self.transport.open(prepared, stream=stream, left=self.timeout) as answer:
            await succeeded(answer, read_error)
            yield answer
