"""The run that a tool is called from, for tools that are runs themselves: what they cost counts there."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from rigcli.core.usage import Usage
from rigcli.engine.run_state import RunState
from rigcli.engine.taint import Seen


@dataclass(frozen=True, slots=True)
class Caller:
    """`seen` is what its model has read, and may have put into the arguments; None where nobody keeps count."""

    state: RunState
    seen: Seen | None = None

    def spent(self, usage: Usage) -> None:
        """Add what was used to the run's own count."""
        if usage != Usage():
            self.state.usage = self.state.usage + usage

    def denied(self, rules: Iterable[str]) -> None:
        """Note that a call needed an approval that nobody could give; `rules` would have allowed it."""
        self.state.denials += list(rules) or [""]


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Set by the agent loop for the time of one call."""
