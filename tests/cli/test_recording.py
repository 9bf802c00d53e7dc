"""--record keeps whole exchanges without keys; --replay answers from them and touches no network."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from rigcli import Agent, Model, tool
from rigcli.core.errors import ConfigError, UsageError
from rigcli.testing import FakeServer, replay
from tests.support.program import Program

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, server: FakeServer) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/v1")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any socket is an error, and no key is there."""
    monkeypatch.delenv("OPENAI_API_KEY")

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.create_connection", refuse)


ASK = ["ask", "-m", "openai/gpt-5", "--no-session"]


def test_an_answer_is_recorded_and_played_without_network_and_key(
    rig: Program, server: FakeServer, here: Path, request: pytest.FixtureRequest
) -> None:
    server.reply("Grüße von unterwegs", headers={"set-cookie": "id=secret-cookie", "x-request-id": "r1"})
    first = rig(*ASK, "--record", "one.jsonl", "--format", "json", "Hello")
    assert first.code == 0, first.err
    request.getfixturevalue("no_network")
    second = rig(*ASK, "--replay", "one.jsonl", "--format", "json", "Hello")
    assert second.code == 0, second.err
    one, two = first.json, second.json
    assert one.pop("timing")
    assert two.pop("timing")
    assert one == two
    assert two["text"] == "Grüße von unterwegs"


def test_a_recording_holds_no_key_no_cookie_and_is_the_owners(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply(f"your key is {KEY}, I think", headers={"set-cookie": "id=secret-cookie"})
    rig(*ASK, "--record", "one.jsonl", f"Is {KEY} a good key?")
    text = (here / "one.jsonl").read_text("utf-8")
    assert KEY not in text
    assert "secret-cookie" not in text
    assert "uthorization" not in text
    assert "[redacted]" in text
    assert stat.S_IMODE((here / "one.jsonl").stat().st_mode) == 0o600
    assert rig(*ASK, "--replay", "one.jsonl", f"Is {KEY} a good key?").code == 0


def test_the_pieces_of_a_stream_are_kept_as_they_came(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("a b c")
    rig(*ASK, "--record", "one.jsonl", "Hello")
    head, line = map(json.loads, (here / "one.jsonl").read_text("utf-8").splitlines())
    assert head == {"v": 1, "type": "recording"}
    assert "response.completed" in "".join(line["pieces"])
    assert (line["method"], line["path"], line["status"], line["broken"]) == ("POST", "/v1/responses", 200, None)


def test_another_question_is_an_error_that_names_what_differs(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("hi")
    rig(*ASK, "--record", "one.jsonl", "Hello")
    result = rig(*ASK, "--replay", "one.jsonl", "-o", "temperature=0.5", "Hallo")
    assert result.code == 2
    assert 'content: "Hello" was recorded, "Hallo" is asked' in result.err
    assert "temperature: nothing was recorded, 0.5 is asked" in result.err
    assert len(server.chats) == 1


def test_each_exchange_is_played_once_and_several_commands_make_one_recording(
    rig: Program, server: FakeServer, here: Path
) -> None:
    server.reply("first").reply("second").reply("other")
    for prompt in ("same", "same", "other"):
        rig(*ASK, "--record", "one.jsonl", prompt)
    found = replay(here / "one.jsonl")
    model = Model("openai/gpt-5", transport=found)
    assert [model.ask_sync(prompt).text for prompt in ("same", "other", "same")] == ["first", "other", "second"]
    with pytest.raises(UsageError, match="all that were are played already"):
        model.ask_sync("same")


def test_a_failure_and_its_retry_are_played_too(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply(status=429, error="slow down", headers={"retry-after-ms": "1"}).reply("now")
    assert rig(*ASK, "--record", "one.jsonl", "Hello").code == 0
    result = rig(*ASK, "--replay", "one.jsonl", "Hello")
    assert (result.code, result.out) == (0, "now\n")
    assert "slow down" in result.err


def test_an_answer_that_broke_off_breaks_off_again(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("one two three", cut=4)
    first = rig(*ASK, "--record", "one.jsonl", "Hello")
    second = rig(*ASK, "--replay", "one.jsonl", "Hello")
    assert (first.code, second.code) == (7, 7)
    assert second.out == first.out
    assert "recorded: " in second.err


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "no such file"),
        ("not a recording", "is no recording of rig"),
        ('{"v": 1, "type": "recording"}\n{}\n', "line 2"),
    ],
)
def test_a_file_that_is_no_recording_is_one_clear_line(rig: Program, here: Path, made: str | None, said: str) -> None:
    if made is not None:
        (here / "one.jsonl").write_text(made, "utf-8")
    result = rig(*ASK, "--replay", "one.jsonl", "Hello")
    assert result.code == 2
    assert said in result.err


def test_a_recording_is_never_written_over_another_file(rig: Program, server: FakeServer, here: Path) -> None:
    (here / "notes.txt").write_text("mine", "utf-8")
    result = rig(*ASK, "--record", "notes.txt", "Hello")
    assert result.code == 2
    assert "nothing is written over it" in result.err
    assert (here / "notes.txt").read_text("utf-8") == "mine"
    assert server.chats == []
    assert rig(*ASK, "--record", "missing/one.jsonl", "Hello").code == 6
    assert rig(*ASK, "--record", "a", "--replay", "b", "Hello").code == 2


def test_vectors_are_recorded_like_answers(
    rig: Program, server: FakeServer, here: Path, request: pytest.FixtureRequest
) -> None:
    embed = ["embed", "-m", "openai/text-embedding-3-small", "red", "green"]
    first = rig(*embed, "--record", "one.jsonl")
    request.getfixturevalue("no_network")
    assert rig(*embed, "--replay", "one.jsonl").out == first.out != ""


def test_a_run_with_tools_is_played_by_a_users_own_test(
    rig: Program, server: FakeServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"warm in {city}"

    server.reply(tool_calls=[("weather", {"city": "Rome"})]).reply("It is warm.")
    monkeypatch.setenv("RIG_NET_RECORD", "run.jsonl")
    assert Agent(Model("openai/gpt-5"), tools=[weather]).ask_sync("?").text == "It is warm."
    monkeypatch.delenv("RIG_NET_RECORD")
    again = Agent(Model("openai/gpt-5", transport=replay("run.jsonl")), tools=[weather])
    assert again.ask_sync("?").text == "It is warm."
    assert len(server.chats) == 2
    with pytest.raises(ConfigError):
        replay("nothing.jsonl")
