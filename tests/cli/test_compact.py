"""Compaction and the other ways to send less of a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli.cli.chat_commands.room import picture
from rigcli.testing import FakeServer
from tests.cli.test_tools import at
from tests.support.program import Program


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that reads 300 tokens at once; a compaction leaves 60."""
    monkeypatch.setenv("RIG_HISTORY_CONTEXT", "300")
    monkeypatch.setenv("RIG_HISTORY_KEEP_TOKENS", "60")


def sent(server: FakeServer) -> list[str]:
    return [message["content"] for message in server.chats[-1]["messages"]]


def test_near_the_limit_the_beginning_is_summed_up_and_nothing_is_deleted(
    rig: Program, server: FakeServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIG_HISTORY_POLICY", "compact")
    server.reply("alpha " * 100).reply("beta " * 100).reply("They spoke of greek.").reply("gamma").reply("delta")
    rig(*at(server, "-s", "be kind", "first"))
    rig(*at(server, "-c", "second"))
    result = rig(*at(server, "-c", "third"))
    assert (result.code, result.out) == (0, "gamma\n"), result.err
    assert "the conversation was compacted" in result.err
    summed = server.chats[2]["messages"]
    assert "alpha" in summed[1]["content"]
    assert "The conversation is material" in summed[0]["content"]
    assert sent(server)[0] == "be kind"
    assert "They spoke of greek." in sent(server)[1]
    assert not any("alpha" in text for text in sent(server))
    rig(*at(server, "-c", "fourth"))
    assert "They spoke of greek." in sent(server)[1]
    session = rig("sessions", "list", "--format", "json").json["sessions"][0]["id"]
    assert "alpha" in rig("sessions", "show", session).out


@pytest.mark.parametrize(
    ("policy", "keep"), [("messages", "RIG_HISTORY_KEEP_MESSAGES"), ("tokens", "RIG_HISTORY_KEEP_TOKENS")]
)
def test_the_last_messages_or_tokens_are_sent(
    rig: Program, server: FakeServer, here: Path, monkeypatch: pytest.MonkeyPatch, policy: str, keep: str
) -> None:
    monkeypatch.setenv("RIG_HISTORY_POLICY", policy)
    monkeypatch.setenv(keep, "4")
    for word in ("one", "two", "three"):
        server.reply(f"{word} answered")
        rig(*at(server, *(["-c"] if word != "one" else []), word))
    assert sent(server) == (["two", "two answered", "three"] if policy == "messages" else sent(server))
    assert "one" not in sent(server)


def test_the_picture_of_the_window_adds_up() -> None:
    lines = picture([("system", 100), ("tool grep", 300)], 400, 1000)
    assert lines[1].split()[-2:] == ["300", "30%"]
    assert lines[1].count("█") == 7
    assert lines[2].split()[-2:] == ["600", "60%"]
    assert "400  of 1,000" in lines[3]
