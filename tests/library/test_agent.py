"""Agent and Session: tools run, somebody is asked, and what was said is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rigcli import Agent, Model, RigError, Session, run, tool
from rigcli.core.errors import DeniedError, LimitError, SessionBusyError, UsageError
from rigcli.core.events import End, ToolResult
from rigcli.core.ports import Verdict
from rigcli.home.paths import folders
from rigcli.testing import FakeServer, ScriptedModel, call

done: list[str] = []


@tool(read_only=True)
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def erase(name: str) -> str:
    """Erase something."""
    done.append(name)
    return f"{name} is gone"


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


def test_tools_run_until_there_is_an_answer() -> None:
    script = ScriptedModel(call("add", a=1, b=2), "3")
    answer = Agent(Model(script), tools=[add], system="S").ask_sync("1+2?")
    assert (answer.text, answer.turns, answer.usage.output_tokens) == ("3", 2, 10)
    assert [m.role for m in answer.messages] == ["system", "user", "assistant", "tool", "assistant"]
    assert script.requests[1].messages[-1].parts[0].content == "3"


def test_events_of_a_run_end_with_its_end() -> None:
    events = list(Agent(Model(ScriptedModel(call("add", a=1, b=2), "3")), tools=[add]).stream_sync("x"))
    assert [e.content for e in events if isinstance(e, ToolResult)] == ["3"]
    assert isinstance(events[-1], End)


@pytest.mark.parametrize(
    ("said", "told"),
    [(True, "x is gone"), (False, "no reason given"), (Verdict("deny", "not today"), "not today"), (None, "no reason")],
)
def test_who_approves_is_asked_about_tools_that_change_something(said, told) -> None:
    asked = []

    async def approve(pending):
        asked.append((pending.name, pending.arguments))
        return said

    script = ScriptedModel([call("add", a=1, b=1), call("erase", name="x")], "done")
    Agent(Model(script), tools=[add, erase], approve=approve).ask_sync("go")
    assert asked == [("erase", {"name": "x"})]
    assert told in script.requests[1].messages[-1].parts[0].content
    assert done == (["x"] if said is True else [])


def test_without_approve_the_tools_of_a_program_run() -> None:
    Agent(Model(ScriptedModel(call("erase", name="y"), "ok")), tools=[erase], max_turns=3).ask_sync("go")
    assert done == ["y"]


def test_the_turn_limit_names_what_to_change() -> None:
    script = ScriptedModel(*(call("add", a=n, b=1) for n in range(3)))
    with pytest.raises(LimitError) as caught:
        Agent(Model(script), tools=[add], max_turns=2).ask_sync("x")
    assert caught.value.hint == "raise max_turns"
    assert len(script.requests) == 2


def test_built_in_tools_are_named(here: Path) -> None:
    (here / "a.txt").write_text("hello", encoding="utf-8")
    script = ScriptedModel(call("read_file", path="a.txt"), "it says hello")
    Agent(Model(script), tools=["read_file"]).ask_sync("read")
    assert "hello" in script.requests[1].messages[-1].parts[0].content


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tools": [add, add]}, "two tools are called add"),
        ({"tools": [len]}, "is no tool"),
        ({"tools": ["red_file"]}, "no tool 'red_file'"),
        ({"max_turns": 0}, "must be at least 1"),
    ],
)
def test_an_agent_that_cannot_be_meant_is_refused(options, words) -> None:
    with pytest.raises(UsageError) as caught:
        Agent(Model(ScriptedModel()), **options)
    assert words in caught.value.message


def test_a_session_keeps_the_conversation_and_goes_on_with_it(server: FakeServer) -> None:
    server.reply("Hello Ann").reply("Ann")
    model = Model("openai-compatible/m", base_url=server.url, system="Be brief")
    with Session.create() as session:
        assert session.ask_sync(model, "I am Ann").text == "Hello Ann"
        name = session.id
    with Session.open(name) as session:
        answer = session.ask_sync(model, "Who am I?")
    assert [m["content"] for m in server.chats[1]["messages"]] == ["Be brief", "I am Ann", "Hello Ann", "Who am I?"]
    assert [m.text for m in answer.messages] == ["I am Ann", "Hello Ann", "Who am I?", "Ann"]
    assert [row.id for row in Session.list()] == [name]


def test_a_session_keeps_tool_calls_with_their_results() -> None:
    agent = Agent(Model(ScriptedModel(call("add", a=1, b=2), "3")), tools=[add])
    with Session.create() as session:
        session.ask_sync(agent, "x")
        assert [m.role for m in session.messages] == ["user", "assistant", "tool", "assistant"]


def test_an_answer_that_breaks_off_is_kept_as_incomplete(server: FakeServer) -> None:
    server.reply("one two three", cut=3)
    model = Model("openai-compatible/m", base_url=server.url)
    with Session.create() as session, pytest.raises(RigError):
        session.ask_sync(model, "x")
    with Session.open() as session:
        assert session._kept.nodes()[-1].record["incomplete"]
        assert "one" in session.messages[-1].text


def test_a_session_is_held_by_one_at_a_time() -> None:
    with Session.create() as session:
        run(session.ask(Model(ScriptedModel("a")), "x"))
        with pytest.raises(SessionBusyError):
            Session.open(session.id)


FAR = "https://192.0.2.1/v1"


def test_what_was_local_only_stays_so_in_later_runs(server: FakeServer) -> None:
    """The mark is in the file: neither another model nor another process may send it elsewhere."""
    server.reply("ok").reply("still here")
    near = Model("openai-compatible/m", base_url=server.url)
    with Session.create() as session:
        session.ask_sync(Model("openai-compatible/m", base_url=server.url, local_only=True), "my diary")
        name = session.id
    with Session.open(name) as session:
        with pytest.raises(DeniedError, match="the content is local-only"):
            session.ask_sync(Model("openai-compatible/m", base_url=FAR, api_key="sk-test"), "and now?")
        assert len(session.messages) == 2
        assert session.ask_sync(near, "and now?").text == "still here"
        assert session._kept.local_only


def test_a_session_without_the_mark_may_be_asked_of_anybody(server: FakeServer) -> None:
    server.reply("ok")
    with Session.create() as session:
        session.ask_sync(Model("openai-compatible/m", base_url=server.url), "hello")
        assert not session._kept.local_only


def test_a_router_leaves_far_models_out_of_a_local_only_session(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIG_API_KEY", "sk-test")
    config = folders(os.environ).config_file
    config.parent.mkdir(parents=True)
    config.write_text(
        f'[providers.far]\nwire = "openai-chat"\nbase_url = "{FAR}"\n'
        f'[providers.near]\nwire = "openai-chat"\nbase_url = "{server.url}"\n'
        '[routers.r]\nmodels = ["far/m", "near/m"]\n'
    )
    server.reply("ok").reply("still here")
    with Session.create() as session:
        session.ask_sync(Model("openai-compatible/m", base_url=server.url, local_only=True), "my diary")
        assert session.ask_sync(Model.configured("r"), "and now?").text == "still here"
