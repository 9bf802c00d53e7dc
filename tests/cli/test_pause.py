"""Runs that stop for an approval and go on in another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.cli.test_tools import at, told
from tests.support.program import Program

READ = [("read_file", {"path": ".env"}), ("list_dir", {})]


@pytest.fixture
def paused(rig: Program, server: FakeServer, here: Path) -> str:
    """The id of a session whose run waits with one call, while its sibling has run."""
    (here / ".env").write_text("A=1\n")
    server.reply(tool_calls=READ).reply("It is 1.")
    result = rig(*at(server, "-T", "read_file", "-T", "list_dir", "--pause", "--format", "json", "what is A?"))
    assert (result.code, result.json["finish_reason"], result.json["error"]) == (0, "paused", None)
    assert "waits for approval: call_1 read_file" in result.err
    assert f"rig ask -r {result.json['session']} --base-url" in result.err
    return result.json["session"]


def go_on(rig: Program, server: FakeServer, session: str, *more: str):
    return rig("ask", "-r", session, "--base-url", server.url + "/v1", *more)


def test_pending_tells_what_would_run_and_what_has_run(rig: Program, paused: str) -> None:
    [row] = rig("sessions", "pending", "--format", "json").json["sessions"]
    assert (row["id"], row["state"], row["title"]) == (paused, "paused", "what is A?")
    assert [(call["name"], call["arguments"], call["state"]) for call in row["calls"]] == [
        ("read_file", {"path": ".env"}, "waiting"), ("list_dir", {}, "done"),
    ]  # fmt: skip
    assert "waiting  call_1 read_file" in rig("sessions", "pending").out


def test_a_resumed_run_has_its_model_and_tools_and_needs_no_flags(
    rig: Program, server: FakeServer, paused: str
) -> None:
    result = go_on(rig, server, paused, "--approve", "all")
    assert (result.code, result.out) == (0, "It is 1.\n"), result.err
    assert told(server)[0] == "     1\tA=1"
    assert told(server)[1].startswith(".env")
    assert {tool["function"]["name"] for tool in server.chats[-1]["tools"]} == {"read_file", "list_dir"}
    assert rig("sessions", "pending", "--format", "json").json["sessions"] == []


def test_where_nobody_can_be_asked_it_goes_on_waiting(rig: Program, server: FakeServer, paused: str) -> None:
    result = go_on(rig, server, paused)
    assert (result.code, result.out) == (5, "")
    assert "--approve all|never" in result.err
    assert len(server.chats) == 1
    assert go_on(rig, server, paused, "--pause").code == 0


def test_never_is_a_no(rig: Program, server: FakeServer, paused: str) -> None:
    result = go_on(rig, server, paused, "--approve", "never")
    assert result.out == "It is 1.\n"
    assert "--approve never forbids it" in told(server)[0]


def test_a_verdict_from_outside_counts_when_the_run_goes_on(rig: Program, server: FakeServer, paused: str) -> None:
    said = rig("sessions", "approve", paused)
    assert said.out.splitlines()[0] == 'approved call_1 read_file {"path": ".env"}'
    assert rig("sessions", "pending", "--format", "json").json["sessions"][0]["calls"][0]["state"] == "approved"
    assert go_on(rig, server, paused).code == 0
    assert told(server)[0] == "     1\tA=1"


def test_a_no_from_outside_gives_the_model_its_reason(rig: Program, server: FakeServer, paused: str) -> None:
    assert rig("sessions", "deny", paused, "call_1", "--reason", "that is private").code == 0
    assert go_on(rig, server, paused).code == 0
    assert told(server)[0] == '{"error": "User rejected this tool call: that is private"}'


def test_a_prompt_for_a_paused_run_follows_the_results(rig: Program, server: FakeServer, paused: str) -> None:
    assert go_on(rig, server, paused, "--yes", "in short").code == 0
    assert [m["role"] for m in server.chats[-1]["messages"]] == ["user", "assistant", "tool", "tool", "user"]
    assert server.chats[-1]["messages"][-1]["content"] == "in short"


@pytest.mark.parametrize("argv", [["approve", "call_9"], ["deny"]])
def test_what_does_not_wait_cannot_be_decided(rig: Program, server: FakeServer, paused: str, argv: list[str]) -> None:
    go_on(rig, server, paused, "--yes")
    result = rig("sessions", argv[0], paused, *argv[1:])
    assert (result.code, "no call waits" in result.err) == (2, True)


def test_a_pause_needs_a_session(rig: Program, server: FakeServer, here: Path) -> None:
    result = rig(*at(server, "--pause", "--no-session", "x"))
    assert (result.code, "--pause" in result.err) == (2, True)


def test_an_answer_that_broke_off_is_asked_for_anew(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("half of", cut=2).reply("All of it.")
    assert rig(*at(server, "tell")).code == 7
    assert rig(*at(server, "-c")).out == "All of it.\n"
    assert [m["role"] for m in server.chats[-1]["messages"]] == ["user"]
    again = rig(*at(server, "-c"))
    assert (again.code, "has its answer" in again.err) == (2, True)
