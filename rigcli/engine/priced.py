"""A turn whose usage says what it cost: then a sum over turns, models and agents is a sum of what each cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable

from rigcli.core.events import Event
from rigcli.core.requests import Request
from rigcli.core.usage import Usage


def priced(
    turn: Callable[[Request], AsyncIterator[Event]], price: Callable[[Usage], Usage]
) -> Callable[[Request], AsyncGenerator[Event, None]]:
    """Return the turn with a price on each usage, where it is known."""

    async def asked(request: Request) -> AsyncGenerator[Event, None]:
        events = turn(request)
        try:
            async for event in events:
                yield price(event) if isinstance(event, Usage) else event
        finally:
            if close := getattr(events, "aclose", None):
                await close()

    return asked
