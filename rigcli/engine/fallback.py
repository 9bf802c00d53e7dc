"""One model call over several models: the next one is asked where one cannot answer and nothing was shown yet.

Which models in which order is somebody else's choice; this only tries them. Once the first token of a run is out the
run stays with its model: what was seen is never answered again by another one.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rigcli.core.errors import RigError
from rigcli.core.events import Event, Media, Native, Notice, Reasoning, Refusal, Start, Text, ToolCall
from rigcli.core.requests import Request
from rigcli.engine.deadline import Deadline, least


class Call(Protocol):
    """One model call within `left` seconds (None: no limit), with retries of its own where it is the `last` resort."""

    def __call__(self, request: Request, *, left: float | None, last: bool) -> AsyncGenerator[Event]: ...


@dataclass(frozen=True, slots=True)
class Door:
    """A model that can be asked: its full name, what a request to it says, and the way there."""

    name: str
    model: str
    quirks: Mapping[str, Any]
    call: Call


class Watch(Protocol):
    """Whoever keeps account of how models do."""

    def tried(self, name: str) -> None: ...

    def failed(self, name: str) -> None: ...

    def answered(self, name: str, seconds: float) -> None:
        """The first token came, after so many seconds."""
        ...


@dataclass
class Fallback:
    """A turn over several models, for one run. `falls` tells whether another model may do better after an error.

    `doors` ranks for a request; `chosen` is told whom is asked now; `timeout` in seconds bounds a call with all its
    attempts, `deadline` the whole run.
    """

    doors: Callable[[Request], Sequence[Door]]
    watch: Watch
    falls: Callable[[RigError], bool]
    chosen: Callable[[Door], None]
    timeout: float | None = None
    deadline: Deadline | None = None
    clock: Callable[[], float] = time.monotonic
    _settled: Door | None = field(default=None, init=False)

    async def __call__(self, request: Request) -> AsyncGenerator[Event]:
        """Yield the events of one answer. Raises what the last model asked raised."""
        doors = [self._settled] if self._settled else list(self.doors(request))
        begun = self.clock()
        for door, after in zip(doors, [*doors[1:], None], strict=True):
            left = least(
                None if self.timeout is None else begun + self.timeout - self.clock(),
                None if self.deadline is None else self.deadline.left(),
            )
            self.chosen(door)
            asked_at = self.clock()
            try:
                async with aclosing(self._ask(door, request, left, last=after is None)) as events:
                    async for event in events:
                        yield event
            except RigError as error:
                late = left is not None and self.clock() >= asked_at + left
                if self._settled or not self.falls(error):
                    raise
                self.watch.failed(door.name)
                if after is None or late:
                    raise
                yield Notice(f"{error.message}; asking {after.name} instead")
            else:
                return

    async def _ask(self, door: Door, request: Request, left: float | None, *, last: bool) -> AsyncGenerator[Event]:
        """Yield what one model says; that it began is kept back until it says something."""
        self.watch.tried(door.name)
        asked = self.clock()
        beginning: list[Event] = []
        own = replace(request, model=door.model, quirks=door.quirks)
        async with aclosing(door.call(own, left=left, last=last)) as events:
            async for event in events:
                if isinstance(event, Start):
                    beginning.append(event)
                    continue
                if self._settled is None and isinstance(event, Text | Reasoning | Refusal | ToolCall | Native | Media):
                    self._settled = door
                    self.watch.answered(door.name, self.clock() - asked)
                for each in beginning:
                    yield each
                beginning.clear()
                yield event
        if self._settled is None:  # an empty answer is one too
            self.watch.answered(door.name, self.clock() - asked)
