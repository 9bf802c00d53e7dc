"""A text in pieces -> sound in order: the next pieces are asked for while one is still heard.

What is held at once is bounded by the pieces in flight. A piece of which sound was handed on is never asked for again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

IN_FLIGHT = 3
"""Requests at once: the one that is heard, and those behind it."""


class Begun(NamedTuple):
    """An answer begins; `media_type` is what its sound says to be."""

    media_type: str


class Ended(NamedTuple):
    """An answer is complete. `usage` is a core.usage.Usage, `headers` are those of the answer."""

    usage: Any
    headers: dict[str, str]


Step: TypeAlias = Begun | bytes | Ended
Ask: TypeAlias = Callable[[str, Callable[[Step], None]], Awaitable[None]]
"""Ask for one piece and tell what comes: Begun, sound, Ended."""


async def speak(pieces: Sequence[str], ask: Ask, *, in_flight: int = IN_FLIGHT) -> AsyncGenerator[Step]:
    """Yield what comes for each piece, in their order. Raises what `ask` raises; the other pieces are given up."""
    waiting = deque(pieces)
    begun: deque[tuple[asyncio.Task[None], asyncio.Queue[Step | None]]] = deque()
    try:
        while waiting or begun:
            while waiting and len(begun) < in_flight:
                begun.append(_begin(waiting.popleft(), ask))
            task, steps = begun[0]
            while (step := await steps.get()) is not None:
                yield step
            await task
            begun.popleft()
    finally:
        for task, _ in begun:
            task.cancel()
        await asyncio.gather(*(task for task, _ in begun), return_exceptions=True)


def _begin(piece: str, ask: Ask) -> tuple[asyncio.Task[None], asyncio.Queue[Step | None]]:
    steps: asyncio.Queue[Step | None] = asyncio.Queue()

    async def run() -> None:
        try:
            await ask(piece, steps.put_nowait)
        finally:
            steps.put_nowait(None)

    return asyncio.create_task(run()), steps
