"""A run that stopped in another process, made ready to go on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from rigcli.core.messages import Message
from rigcli.core.ports import Verdict
from rigcli.core.usage import Usage
from rigcli.engine.calls import count_repeats
from rigcli.engine.run_state import OpenCall, Outcome, RunState
from rigcli.home.sessions import OpenRun


def resumed(messages: list[Message], run: OpenRun | None) -> RunState:
    """Return the state of a conversation; its open calls are those of `run`, which go before any model call."""
    state = RunState(messages=messages)
    if run is None:
        return state
    _count(state, run.state)
    for waiting in run.calls:
        outcome = Outcome(**waiting.outcome) if waiting.outcome else None
        state.open.append(OpenCall(waiting.call, outcome, waiting.number, waiting.began, _verdict(waiting.decided)))
    # Kept with the answer, before its calls were counted.
    count_repeats(state, [entry.call for entry in state.open])
    return state


def _count(state: RunState, kept: Mapping[str, Any]) -> None:
    with suppress(TypeError, ValueError):  # counters that cannot be read begin anew; the calls are what matters
        state.usage = Usage(**kept.get("usage", {}))
        state.turns, state.unusable = int(kept.get("turns", 1)), int(kept.get("unusable", 0))
        state.last_call, state.repeats = str(kept.get("last_call", "")), int(kept.get("repeats", 0))
        state.denials = [str(rule) for rule in kept.get("denials", ())]


def _verdict(decided: Mapping[str, Any] | None) -> Verdict | None:
    if decided is None:
        return None
    allowed = decided.get("decision") == "allow"
    return Verdict("allow" if allowed else "deny", decided.get("reason"), decided.get("arguments"))
