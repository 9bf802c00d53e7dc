"""Connections that are kept for the next question. They belong to an event loop and are closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from weakref import WeakKeyDictionary

_shelves: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, list[Any]]] = WeakKeyDictionary()
_guards: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None]] = WeakKeyDictionary()


def kept(place: str) -> list[Any]:
    """Return the connections to a place that nobody uses now; each has a `close`. A taker removes what it takes."""
    loop = asyncio.get_running_loop()
    if loop not in _shelves:
        _shelves[loop] = {}
        _guards[loop] = guard = _until_the_end(_shelves[loop])
        # A loop closes its generators when it ends, and nothing else of ours: one that has begun is told so in time.
        _begin(guard)
    return _shelves[loop].setdefault(place, [])


def _begin(guard: AsyncGenerator[None]) -> None:
    step = guard.__anext__()
    try:
        step.send(None)  # pyright: ignore[reportAttributeAccessIssue]  an async generator's awaitable is stepped by hand
    except StopIteration:
        return


async def _until_the_end(shelves: dict[str, list[Any]]) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for lines in shelves.values():
            for line in lines:
                line.close()
        shelves.clear()
