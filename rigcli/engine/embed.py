"""Many texts to vectors: requests of a size that the provider takes, several in flight, vectors in the order of texts.

What is held at once is bounded by the requests in flight, however many texts there are.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from rigcli.core.errors import ProviderError
from rigcli.wire.embeddings.inputs import Input, images_in, weight
from rigcli.wire.embeddings.vectors import Embeddings

IN_FLIGHT = 10
"""Requests at once."""

Ask: TypeAlias = Callable[[Sequence[Input]], Awaitable[Embeddings]]


@dataclass(frozen=True, slots=True)
class Batching:
    """How much one request takes: so many texts, characters all together, and pictures (one of them always goes)."""

    texts: int = 64
    characters: int = 300_000
    images: int = 1


def batches(texts: Iterable[Input], size: Batching) -> Iterable[list[Input]]:
    """Yield the texts and pictures in lists that one request takes, in order."""
    held: list[Input] = []
    characters = images = 0
    for text in texts:
        heavy, shown = weight(text), images_in(text)
        full = len(held) >= size.texts or characters + heavy > size.characters
        if held and (full or (shown and images + shown > size.images)):
            yield held
            held, characters, images = [], 0, 0
        held.append(text)
        characters += heavy
        images += shown
    if held:
        yield held


async def embed(
    parts: AsyncIterator[Sequence[Input]], ask: Ask, *, width: int = 0, in_flight: int = IN_FLIGHT
) -> AsyncGenerator[Embeddings]:
    """Yield the vectors of each part in order. `ask` sends one request; `width` is what is expected, 0 for any.

    They are handed on while the next texts are still awaited. One request that is slow holds up no more than twice
    `in_flight`. Raises what `ask` raises, ProviderError where
    widths differ; requests still in flight are then given up.
    """
    gate = asyncio.Semaphore(in_flight)

    async def one(part: Sequence[Input]) -> Embeddings:
        async with gate:
            return await ask(part)

    begun: deque[asyncio.Task[Embeddings]] = deque()
    pulled: asyncio.Task[Sequence[Input] | None] | None = asyncio.create_task(_next(parts))
    try:
        while pulled or begun:
            awaited: set[asyncio.Task[Any]] = set(islice(begun, 1))
            if pulled and len(begun) < 2 * in_flight:
                awaited.add(pulled)
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            while begun and begun[0].done():
                width = _same_width(made := begun.popleft().result(), width)
                yield made
            if pulled in awaited and pulled.done():
                part = pulled.result()
                pulled = None if part is None else asyncio.create_task(_next(parts))
                begun.extend([asyncio.create_task(one(part))] if part else ())
    finally:
        left: list[asyncio.Task[Any]] = [*begun, *([pulled] if pulled else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _next(parts: AsyncIterator[Sequence[Input]]) -> Sequence[Input] | None:
    return await anext(parts, None)


def _same_width(made: Embeddings, width: int) -> int:
    wide = len(made.vectors[0]) if made.vectors else width
    if width and wide != width:
        raise ProviderError(
            f"vectors of width {wide} where those before had {width}",
            hint="the server answers with more than one model",
        )
    return wide
