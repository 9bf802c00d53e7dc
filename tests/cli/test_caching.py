"""The turns of a conversation begin with the same bytes, tools and thoughts included, so that a provider's cache holds."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from rigcli.testing import FakeServer
from tests.support.program import Program
from tests.wire.test_caching import bare, marks


def test_the_second_turn_marks_where_the_first_one_ended(rig: Program, server: FakeServer, here: Path) -> None:
    (here / "note.txt").write_text("42", encoding="utf-8")
    (here / "long.md").write_text("The house has many rooms. " * 200, encoding="utf-8")
    model = ["-m", "anthropic/claude-sonnet-4-6", "--base-url", server.url]
    server.reply(tool_calls=[("read_file", {"path": "note.txt"})], reasoning="hm").reply("It is 42.").reply("Yes.")
    assert rig("ask", *model, "-s", "@long.md", "-f", "long.md", "-T", "read_file", "What?").code == 0
    assert rig("ask", *model, "-s", "@long.md", "-T", "read_file", "-c", "Sure?").code == 0
    turns: list[dict[str, Any]] = server.chats
    for before, after in itertools.pairwise(turns):
        told, again = bare(before), bare(after)
        length = len(told["messages"])
        assert json.dumps([told["tools"], told["system"]]) == json.dumps([again["tools"], again["system"]])
        assert json.dumps(again["messages"][:length]) == json.dumps(told["messages"])
        assert marks(after["messages"][length - 1]) == 1, "the end of the turn before"
    assert [marks(turn) for turn in turns] == [2, 3, 3]  # the tools alone are too short


def test_a_slip_in_an_option_is_named_on_stderr_and_still_sent(rig: Program, server: FakeServer) -> None:
    server.reply("ok")
    result = rig("ask", "-m", "openai-compatible/m", "--base-url", server.url, "-o", "temprature=1", "hi")
    assert (result.code, result.out) == (0, "ok\n")
    assert "did you mean temperature?" in result.err
    assert server.chats[-1]["temprature"] == 1


def test_cache_takes_three_words(rig: Program) -> None:
    result = rig("ask", "-m", "ollama/m", "-o", "cache=often", "hi")
    assert (result.code, result.err) == (2, "rig: -o cache=often: must be off, auto or 1h\n")
