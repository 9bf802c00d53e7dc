"""Calls that could carry away what was read are asked about, whatever the rules allow."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from rigcli.core.errors import DeniedError
from rigcli.core.events import Event, Progress, ToolResult
from rigcli.core.messages import MediaPart, Message, TextPart, ToolResultPart, user
from rigcli.core.ports import PendingCall, ToolError, Traits, Verdict
from rigcli.core.progress import report
from rigcli.core.requests import Request, ToolSpec
from rigcli.engine.agent import Desk, Limits, RunState, failure, run
from rigcli.engine.taint import Seen, seen
from rigcli.testing import ScriptedModel, call
from rigcli.tools.threads import in_thread


@dataclass
class FakeTool:
    name: str
    traits: Traits = Traits()  # noqa: RUF009  frozen
    read_only: bool = True
    ran: int = 0

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, "", {"type": "object"})

    async def run(self, arguments: dict[str, Any]) -> str:
        self.ran += 1
        report(f"{self.name} at work")
        await in_thread(report, "in a thread")
        return "done"


@dataclass
class Asked:
    say: str = "deny"
    calls: list[PendingCall] = field(default_factory=list)

    async def __call__(self, call: PendingCall) -> Verdict:
        self.calls.append(call)
        return Verdict(self.say)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Allow:
    decision: str = "allow"
    rule: str = "send"


PAGE = FakeTool("page", Traits(sends=True, private=False, untrusted=True))
FILE = FakeTool("file", Traits(sends=False, private=True, untrusted=False))


NOTHING = Seen()


def play(
    model: ScriptedModel, *tools: Any, approve: Any = None, given: Seen | None = NOTHING
) -> tuple[RunState, list[Event]]:
    state, events = RunState(messages=[user("go")]), []
    desk = Desk(lambda name, arguments: Allow(), approve, Limits(), seen=given)  # type: ignore[arg-type,return-value]

    async def consume() -> None:
        async with aclosing(run(state, Request("m", ()), model, tools, desk)) as all_of_them:
            events.extend([event async for event in all_of_them])

    asyncio.run(consume())
    return state, events


def tools() -> tuple[FakeTool, FakeTool, FakeTool]:
    return FakeTool("page", PAGE.traits), FakeTool("file", FILE.traits), FakeTool("send")


def test_after_strangers_words_and_private_data_an_allowed_call_that_sends_is_asked_about() -> None:
    page, file, send = tools()
    asked = Asked()
    play(ScriptedModel([call("page")], [call("file")], [call("send")], "ok"), page, file, send, approve=asked)
    assert (page.ran, file.ran, send.ran) == (1, 1, 0)
    assert [(c.name, c.rule) for c in asked.calls] == [("send", "")]
    assert "send data out" in asked.calls[0].why


def test_a_yes_lets_that_one_call_run_and_the_next_is_asked_about_again() -> None:
    page, file, send = tools()
    asked = Asked("allow")
    script = ScriptedModel([call("page")], [call("file")], [call("send", n=1)], [call("send", n=2)], "ok")
    play(script, page, file, send, approve=asked)
    assert (send.ran, len(asked.calls)) == (2, 2)


def test_with_nobody_to_ask_the_call_is_denied_and_the_run_says_so() -> None:
    page, file, send = tools()
    state, _ = play(ScriptedModel([call("page")], [call("file")], [call("send")], "ok"), page, file, send)
    error = failure(state, 25)
    assert send.ran == 0
    assert isinstance(error, DeniedError)
    assert "no rule allows it" in str(error.hint)


@pytest.mark.parametrize("order", [("page", "send"), ("file", "send")])
def test_one_of_both_alone_asks_nobody(order: tuple[str, str]) -> None:
    page, file, _ = tools()
    quiet = FakeTool("send", Traits(sends=True, untrusted=False))
    play(ScriptedModel([call(order[0])], [call(order[1])], "ok"), page, file, quiet)
    assert quiet.ran == 1


def test_a_tool_that_stays_here_is_never_asked_about() -> None:
    page, file, _ = tools()
    note = FakeTool("note", Traits(sends=False))
    play(ScriptedModel([call("page")], [call("file")], [call("note")], "ok"), page, file, note)
    assert note.ran == 1


def test_passages_of_an_index_count_as_both() -> None:
    send = FakeTool("send")
    play(ScriptedModel([call("send")], "ok"), send, given=Seen(untrusted=True, private=True))
    assert send.ran == 0


def test_a_program_that_answers_for_its_own_tools_is_not_asked() -> None:
    page, file, send = tools()
    play(ScriptedModel([call("page")], [call("file")], [call("send")], "ok"), page, file, send, given=None)
    assert send.ran == 1


def test_the_history_tells_what_was_seen_also_where_its_tool_is_gone() -> None:
    gone = Message("tool", (ToolResultPart("1", "gone", "text"),))
    failed = Message("tool", (ToolResultPart("1", "gone", "{}", "denied"),))
    attached = Message("user", (TextPart("read"), TextPart("<file>…</file>")))
    picture = Message("user", (MediaPart("image", "image/png", b"x"),))
    assert seen([gone], {}, Seen()).both
    assert seen([attached], {}, Seen()).both
    assert seen([picture], {}, Seen()).both
    assert seen([failed, user("hello")], {}, Seen()) == Seen()


def test_what_a_tool_tells_while_it_runs_comes_before_its_result() -> None:
    _, events = play(ScriptedModel([call("page")], "ok"), FakeTool("page"))
    told = [e for e in events if isinstance(e, Progress | ToolResult)]
    assert [e.text for e in told if isinstance(e, Progress)] == ["page at work", "in a thread"]
    assert isinstance(told[-1], ToolResult)


def test_whoever_is_asked_sees_what_the_call_would_change_and_a_call_that_cannot_work_is_not_asked_about() -> None:
    class Writer(FakeTool):
        def preview(self, arguments: dict[str, Any]) -> str:
            if "bad" in arguments:
                raise ToolError("the text to replace is not in the file")
            return "- old\n+ new"

    class AskFirst(Allow):
        decision = "ask"

    asked, write = Asked("allow"), Writer("write")
    state, events = RunState(messages=[user("go")]), []
    desk = Desk(lambda name, arguments: AskFirst("ask"), asked, Limits())  # type: ignore[arg-type,return-value]

    async def consume() -> None:
        model = ScriptedModel([call("write", bad=1)], [call("write", x=1)], "ok")
        async with aclosing(run(state, Request("m", ()), model, [write], desk)) as all_of_them:
            events.extend([event async for event in all_of_them])

    asyncio.run(consume())
    assert [c.preview for c in asked.calls] == ["- old\n+ new"]
    assert [e.error for e in events if isinstance(e, ToolResult)] == ["the text to replace is not in the file", None]
