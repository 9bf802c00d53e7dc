"""The time a whole run may take: all its model calls, the pauses between them, and its tools."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rigcli.core.errors import LimitError


class Deadline:
    """Counts from when it is made; `clock` gives seconds. While somebody is asked for an approval it stands still."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._paused_at: float | None = None

    def left(self) -> float:
        """Return the seconds that remain, never below 0."""
        now = self._clock() if self._paused_at is None else self._paused_at
        return max(self._end - now, 0.0)

    @contextmanager
    def paused(self) -> Generator[None]:
        """Let the time inside not count: a person thinks as long as it takes."""
        self._paused_at = self._clock()
        try:
            yield
        finally:
            self._end += self._clock() - self._paused_at
            self._paused_at = None

    def check(self) -> None:
        """Raise LimitError where the time is up."""
        if self.left() <= 0:
            raise LimitError(f"run: stopped: not done within {self.seconds:g} s", hint="see --timeout")


def least(*times: float | None) -> float | None:
    """Return the shortest of these times; None is none."""
    return min((each for each in times if each is not None), default=None)
