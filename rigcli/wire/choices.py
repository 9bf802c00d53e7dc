"""The other answers of a request that asked for several: each is put together apart, and told whole at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from rigcli.core.choices import Choice, Logprobs, TokenLogprob
from rigcli.core.errors import RigError
from rigcli.core.events import Event, Fold
from rigcli.wire.shapes import Json

LIMIT = 128
"""Answers that one request can have; a server that counts higher is not believed."""


class OneChoice(Protocol):
    """The reader of one answer among several."""

    def choice(self, row: Json) -> Iterable[Event]:
        """Return the events of a choice's own part of a chunk."""
        ...

    def last(self) -> Iterable[Event]:
        """Return the last events; without a finish reason the answer broke off."""
        ...


class _Other:
    def __init__(self, reader: OneChoice) -> None:
        self.reader = reader
        self._fold = Fold()
        self._logprobs: list[TokenLogprob] = []

    def add(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._fold.add(event)
                if isinstance(event, Logprobs):
                    self._logprobs += event.tokens
        except RigError:  # the first answer stands, whatever became of this one
            pass

    def whole(self, index: int) -> Choice:
        self.add(self.reader.last())
        finish = self._fold.finish
        reason = "incomplete" if finish is None or finish.raw_reason is None else finish.reason
        raw = finish.raw_reason if finish else None
        return Choice(index, self._fold.message(), reason, raw, tuple(self._logprobs))


class Choices:
    """All answers but the first; `make` gives a fresh reader."""

    __slots__ = ("_make", "_others")

    def __init__(self, make: Callable[[], OneChoice]) -> None:
        self._make = make
        self._others: dict[int, _Other] = {}

    def take(self, index: Any, row: Json) -> None:
        """Take what a chunk says of one of them."""
        if not isinstance(index, int) or not 0 < index < LIMIT:
            return
        other = self._others.get(index)
        if other is None:
            other = self._others[index] = _Other(self._make())
        other.add(other.reader.choice(row))

    def events(self) -> Iterator[Choice]:
        """Yield them whole, in their order."""
        others, self._others = self._others, {}
        for index in sorted(others):
            yield others[index].whole(index)
