"""The time of a whole run bounds model calls and tools, and no person."""

from __future__ import annotations

import asyncio

import pytest

from rigcli.core.errors import LimitError
from rigcli.core.messages import user
from rigcli.core.ports import PendingCall, Verdict
from rigcli.core.requests import Request
from rigcli.engine.agent import Desk, RunState, run
from rigcli.engine.deadline import Deadline, least
from rigcli.testing import ScriptedModel, call
from tests.engine.test_agent import FakeTool, Rule


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def play(model: ScriptedModel, tool: FakeTool, desk: Desk) -> RunState:
    state = RunState(messages=[user("go")])

    async def go() -> None:
        async for _ in run(state, Request("m", ()), model, [tool], desk):
            pass

    asyncio.run(go())
    return state


def test_the_time_is_up_between_two_model_calls() -> None:
    time = Time()

    async def slow(arguments: object) -> str:
        time.now = 7
        return "late"

    model = ScriptedModel(call("slow"), "never said")
    desk = Desk(lambda *_: Rule("allow"), deadline=Deadline(5, time))
    with pytest.raises(LimitError, match=r"run: stopped: not done within 5 s"):
        play(model, FakeTool("slow", slow), desk)
    assert len(model.requests) == 1


def test_a_tool_gets_what_is_left_and_its_result_says_so() -> None:
    async def hang(arguments: object) -> str:
        await asyncio.Event().wait()
        return ""

    state = RunState(messages=[user("go")])

    async def go() -> None:
        desk = Desk(lambda *_: Rule("allow"), deadline=Deadline(0.05))
        async for _ in run(state, Request("m", ()), ScriptedModel(call("hang")), [FakeTool("hang", hang)], desk):
            pass

    with pytest.raises(LimitError):
        asyncio.run(go())
    assert "did not finish within 0.0" in state.messages[-1].parts[0].content


def test_a_person_may_think() -> None:
    time = Time()

    async def approve(pending: PendingCall) -> Verdict:
        time.now += 1000
        return Verdict("allow")

    model = ScriptedModel(call("echo"), "done")
    play(model, FakeTool("echo"), Desk(lambda *_: Rule("ask"), approve, deadline=Deadline(5, time)))
    assert len(model.requests) == 2


def test_the_shortest_of_several_times() -> None:
    assert (least(None, 3.0, 2.0), least(None, None)) == (2.0, None)
