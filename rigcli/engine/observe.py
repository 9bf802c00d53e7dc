"""Whoever watches a run from outside: its model calls and tools, with their beginning and end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rigcli.core.events import Event
from rigcli.core.requests import Request
from rigcli.engine.run_state import OpenCall, RunState


class Watching(Protocol):
    """One model call that is watched."""

    def event(self, event: Event) -> None: ...

    def end(self, error: BaseException | None) -> None: ...


class Observer(Protocol):
    """One run that is watched; made for it and told of its end."""

    def begin(self, request: Request) -> None: ...

    def call(self, request: Request) -> Watching: ...

    def tool(self, entry: OpenCall) -> AbstractContextManager[None]: ...

    def end(self, state: RunState, error: BaseException | None) -> None: ...


def watched(
    turn: Callable[[Request], AsyncIterator[Event]], observer: Observer
) -> Callable[[Request], AsyncGenerator[Event]]:
    """Return the same way of one model call, watched."""

    async def call(request: Request) -> AsyncGenerator[Event]:
        watching = observer.call(request)
        error: BaseException | None = None
        events = turn(request)
        try:
            async for event in events:
                watching.event(event)
                yield event
        except BaseException as caught:
            error = caught
            raise
        finally:
            watching.end(error)
            if close := getattr(events, "aclose", None):
                await close()

    return call


def tool_watched(observer: Observer | None, entry: OpenCall) -> AbstractContextManager[None]:
    return nullcontext() if observer is None else observer.tool(entry)
