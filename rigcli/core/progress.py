"""How a running tool tells what it is doing: `report("12 of 40 pages")`, shown to the user while the call runs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar


def _nobody(text: str) -> None:
    """Nobody listens."""


listener: ContextVar[Callable[[str], None]] = ContextVar("listener", default=_nobody)
"""Set by the agent loop for the time of one call; takes texts from any thread."""


def report(text: str) -> None:
    """Tell whoever watches this call one line of what it does; it is no part of the result. Safe in any thread."""
    listener.get()(text)
