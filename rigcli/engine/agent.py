"""The agent loop: a model call, its tool calls, and again, until the model has nothing more to call.

    turn(request) ──► events ──► message ──► open calls ──► plan ──► Batch.settle ──► results
         ▲                                                                               │
         └───────────────────────────────────────────────────────────────────────────────┘

How a run ends: with an `End` event, and `state.stopped` says why; `run_state.failure(state, max_turns)` is the error
that such an end still is (turn limit 7, a denial that nobody could lift 5). What cannot go on raises: LimitError for a
doom loop and where the time is up, ProviderError for a model that cannot call its tools, and whatever `turn` raises. A
run that is cancelled or closed has recorded a result for every call, so that the history can be sent again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Container, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeAlias

from rigcli.core.errors import LimitError, ProviderError
from rigcli.core.events import End, Event, Finish, Fold, Notice
from rigcli.core.messages import Message, ToolCallPart, ToolResultPart
from rigcli.core.ports import Tool
from rigcli.core.requests import Request
from rigcli.engine.calls import STOP_AT, TELL_AT, Planned, count_repeats, faults, plan, repeat_note
from rigcli.engine.observe import watched
from rigcli.engine.run_calls import CANCELLED, Batch, Desk, Limits, close_all_calls, record
from rigcli.engine.run_state import OpenCall, RunState, Stop, failure
from rigcli.engine.taint import Guard, Seen, seen

__all__ = ["UNUSABLE_LIMIT", "Desk", "Limits", "RunState", "Turn", "failure", "run"]

UNUSABLE_LIMIT = 3
"""So many answers in a row whose calls cannot be used end the run."""

Turn: TypeAlias = Callable[[Request], AsyncIterator[Event]]
"""One model call, retries included."""


async def run(
    state: RunState, request: Request, turn: Turn, tools: Sequence[Tool], desk: Desk
) -> AsyncGenerator[Event, None]:
    """Yield everything that happens until the run ends; the last event is `End`.

    `request` gives model and options; its messages are replaced by those of `state`, and its tools are declared ones:
    offered, reported when called, never run. A state with open calls settles these first, so a paused run goes on.
    """
    if desk.observer:
        desk.observer.begin(request)
        turn = watched(turn, desk.observer)
    failed: BaseException | None = None
    try:
        async with aclosing(_loop(state, request, turn, tools, desk)) as events:
            async for event in events:
                yield event
    except BaseException as error:
        failed = error
        if state.stopped != "paused":
            close_all_calls(state, desk, CANCELLED)
        raise
    finally:
        if desk.observer:
            desk.observer.end(state, failed)


async def _loop(
    state: RunState, request: Request, turn: Turn, tools: Sequence[Tool], desk: Desk
) -> AsyncGenerator[Event, None]:
    state.stopped = None
    own = {tool.spec.name: tool for tool in tools}
    declared = {spec.name: spec for spec in request.tools if spec.name not in own}
    request = replace(request, tools=(*(tool.spec for tool in tools), *declared.values()))
    while True:
        counts = [0] * len(state.open)
        if not state.open:
            answer = Fold()
            async with aclosing(_answer(turn, replace(request, messages=tuple(state.messages)), answer)) as events:
                async for event in events:
                    yield event
            finish = answer.finish or Finish("stop")
            for notice in _take(state, answer, desk):
                yield notice
            if stop := _why_stop(state, finish, declared, desk.limits):
                for event in faults(state, declared) if stop == "reported" else ():
                    yield event
                close_all_calls(state, desk, _NOT_RUN[stop])
                yield _end(state, finish, stop)
                return
            counts = _count_repeats(state, desk)
        guarded = desk if desk.seen is None else replace(desk, decide=_guard(desk, desk.seen, state, own))
        async with aclosing(Batch(_plan(state, own, guarded, counts), state, guarded).settle()) as events:
            async for event in events:
                yield event
        if state.open:
            yield _end(state, Finish("paused"), "paused")
            return
        _before_the_next(state, desk)


async def _answer(turn: Turn, request: Request, answer: Fold) -> AsyncGenerator[Event, None]:
    """Yield the events of one model call and fold them; the call is closed however this is left."""
    events = turn(request)
    try:
        async for event in events:
            answer.add(event)
            yield event
    finally:
        if close := getattr(events, "aclose", None):
            await close()


def _take(state: RunState, answer: Fold, desk: Desk) -> list[Notice]:
    """Count and record a whole answer; return what the user should know of calls that were cut."""
    message = _without_truncated_call(answer)
    state.usage = answer.usage if state.turns == 0 else state.usage + answer.usage
    state.turns += 1
    state.open = [OpenCall(call, number=number) for number, call in enumerate(message.tool_calls)]
    record(state, desk, message)
    cut = [call.name for call in answer.incomplete_calls]
    cut += [call.name for call in answer.message().tool_calls if call not in message.tool_calls]
    return [Notice(f"the answer was cut inside a call of {name}; that call is not run") for name in cut]


def _without_truncated_call(answer: Fold) -> Message:
    """Return the message; of one cut by length, a last call that is no whole object goes the way of the cut ones."""
    message = answer.message()
    last = message.parts[-1] if message.parts else None
    cut = answer.finish is not None and answer.finish.reason == "length"
    if cut and isinstance(last, ToolCallPart) and not _is_object(last.arguments):
        return Message(message.role, message.parts[:-1])
    return message


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _why_stop(state: RunState, finish: Finish, declared: Container[str], limits: Limits) -> Stop | None:
    """Return why this answer is the last, or None where its calls are to be run."""
    if not state.open or finish.reason in ("content_filter", "refusal", "error", "incomplete"):
        return "done"
    if limits.max_turns == 1 or any(entry.call.name in declared for entry in state.open):
        return "reported"
    return "turn_limit" if state.turns >= limits.max_turns else None


_NOT_RUN: dict[Stop, str] = {
    "done": "not run: the answer was cut off by the provider",
    "reported": "not run: the call was reported to the caller",
    "turn_limit": "not run: the run stopped at its limit of model calls",
}


def _count_repeats(state: RunState, desk: Desk) -> list[int]:
    """Return how often in a row each open call was asked for. Raises LimitError where the model goes in circles."""
    counts = count_repeats(state, [entry.call for entry in state.open])
    if max(counts) >= STOP_AT:
        name = state.open[counts.index(max(counts))].call.name
        close_all_calls(state, desk, "not run: the same call was made too often in a row")
        raise LimitError(
            f"run: stopped: the model called {name} {STOP_AT} times in a row with the same arguments",
            hint="ask in other words, or use another model",
        )
    return counts


def _guard(desk: Desk, given: Seen, state: RunState, tools: Mapping[str, Tool]) -> Guard:
    return Guard(desk.decide, tools, seen(state.messages, tools, given))


def _plan(state: RunState, tools: Mapping[str, Tool], desk: Desk, counts: list[int]) -> list[Planned]:
    planned = [plan(entry, tools, desk.decide) for entry in state.open]
    for each, count in zip(planned, counts, strict=True):
        each.note = repeat_note(count) if count >= TELL_AT else ""
    state.unusable = state.unusable + 1 if all(each.unusable for each in planned) else 0
    return planned


def _before_the_next(state: RunState, desk: Desk) -> None:
    """Add what the user said while calls were open. Raises where the time is up or the model cannot call its tools."""
    while state.queued:
        record(state, desk, state.queued.pop(0))
    if desk.deadline:
        desk.deadline.check()
    _give_up_on_a_lost_model(state)


def _give_up_on_a_lost_model(state: RunState) -> None:
    if state.unusable >= UNUSABLE_LIMIT:
        last = next(p for p in reversed(state.messages[-1].parts) if isinstance(p, ToolResultPart))
        raise ProviderError(
            f"run: stopped: {UNUSABLE_LIMIT} answers in a row had tool calls that cannot be used: {last.error}",
            hint="use a model that is made for tools, or offer fewer of them",
        )


def _end(state: RunState, finish: Finish, stop: Stop) -> End:
    state.stopped = stop
    message = next((m for m in reversed(state.messages) if m.role == "assistant"), Message("assistant", ()))
    called = stop in ("reported", "turn_limit")
    return End(message, "tool_calls" if called else finish.reason, finish.raw_reason, state.usage, state.turns)
