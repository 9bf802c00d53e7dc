"""The HTTP/2 connection to a place that all exchanges with it share, or that the place speaks HTTP/1.1."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rigcli.core.errors import ConfigError
from rigcli.net.http import Exchange, Road
from rigcli.net.http2 import Line, Stream
from rigcli.net.kept import kept

OFFER = ("h2", "http/1.1")


def library(name: str) -> Any:
    """Return h2. Raises ConfigError where it is not installed."""
    try:
        for part in ("config", "connection", "errors", "exceptions", "settings"):
            import_module(f"h2.{part}")
        return import_module("h2")
    except ImportError:
        raise ConfigError(
            f"{name}: net.http2 is set, and h2 is not installed", hint='pip install "rigcli[http2]"'
        ) from None


class Trunk:
    """The way to one place."""

    def __init__(self, h2: Any) -> None:
        self._h2 = h2
        self._line: Line | None = None
        self._old = False
        self._opening = asyncio.Lock()

    async def exchange(self, road: Callable[[tuple[str, ...]], Road]) -> Exchange | Stream:
        """Return an exchange on the shared connection, opened where there is none, or on one of its own.

        `road` is handed the protocols to offer. Raises as Road.open.
        """
        async with self._opening:  # of many at once one opens the connection, and the others find it
            if self._line is not None and self._line.usable:
                return Stream(self._line)
            self._old = self._old or (self._line is not None and self._line.unwanted)
            if not self._old:
                pipe = await road(OFFER).open()
                if pipe.protocol == OFFER[0]:
                    self._line = Line(pipe, self._h2)
                    return Stream(self._line)
                self._old = True
                return Exchange(pipe)
        return Exchange(await road(()).open())

    def close(self) -> None:
        if self._line is not None:
            self._line.close()


def trunk(place: str, h2: Any) -> Trunk:
    """Return the one trunk to a place that this event loop has; it is closed with the loop."""
    shelf = kept(f"h2 {place}")
    if not shelf:
        shelf.append(Trunk(h2))
    return shelf[0]
