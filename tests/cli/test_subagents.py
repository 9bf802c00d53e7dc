"""Agents that ask agents: contexts of their own, one set of rules, one bill."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program


def put(name: str, text: str) -> None:
    path = Path(os.environ["RIG_HOME"]) / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def at(server: FakeServer, *more: str) -> list[str]:
    return ["ask", "-m", "openai-compatible/m", "--base-url", server.url + "/v1", *more]


READER = "---\ndescription: Reads files\ntools: read_file\noptions: {temperature: 0.5}\n---\nYou read."


def test_an_agent_does_a_task_in_a_context_of_its_own(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/reader.md", READER)
    (here / "a.txt").write_text("42\n")
    server.reply(tool_calls=[("ask_reader", {"task": "What is in a.txt?"})])
    server.reply(tool_calls=[("read_file", {"path": "a.txt"})]).reply("There is 42 in it.")
    server.reply("The reader says 42.")
    result = rig(*at(server, "-s", "Boss.", "-o", "top_p=0.9", "-T", "ask_reader", "--format", "json", "What is it?"))
    assert (result.code, result.json["text"]) == (0, "The reader says 42."), result.err
    assert [call["result"] for call in result.json["tool_calls"]] == ["There is 42 in it."]
    parent, child = server.chats[0], server.chats[1]
    assert "Reads files" in parent["tools"][0]["function"]["description"]
    assert [(m["role"], m["content"]) for m in child["messages"]] == [
        ("system", "You read."),
        ("user", "What is in a.txt?"),
    ]
    assert (child["temperature"], child.get("top_p")) == (0.5, None)
    assert [tool["function"]["name"] for tool in child["tools"]] == ["read_file"]
    assert result.json["usage"]["input_tokens"] == sum(10 for _ in server.chats)


def test_what_it_does_is_told_line_by_line(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/reader.md", READER)
    (here / "a.txt").write_text("42\n")
    server.reply(tool_calls=[("ask_reader", {"task": "Read a.txt"})])
    server.reply(tool_calls=[("read_file", {"path": "a.txt"})]).reply("42").reply("Done.")
    result = rig(*at(server, "-T", "ask_reader", "--format", "jsonl", "Go"))
    lines = [json.loads(line) for line in result.out.splitlines()]
    told = [line["text"] for line in lines if line["type"] == "progress"]
    assert told[0] == '→ read_file {"path": "a.txt"}'
    assert told[1].startswith("← read_file: 1 line")


def test_the_rules_hold_inside_and_nobody_there_is_exit_5(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/reader.md", READER)
    (here / ".env").write_text("KEY=sk-canary-12345678\n")
    server.reply(tool_calls=[("ask_reader", {"task": "Read .env"})])
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("I may not.").reply("It may not.")
    result = rig(*at(server, "-T", "ask_reader", "Go"))
    assert (result.code, result.out) == (5, "It may not.\n")
    assert "read_file(path=.env)" in result.err
    assert "canary" not in json.dumps(server.chats)


def test_a_deny_rule_of_the_one_that_asks_holds_for_the_one_that_is_asked(
    rig: Program, server: FakeServer, here: Path
) -> None:
    put("agents/reader.md", READER)
    put("agents/boss.md", "---\ntools: ask_reader\npermits: {deny: [read_file]}\n---\nBoss.")
    (here / "a.txt").write_text("42\n")
    server.reply(tool_calls=[("ask_reader", {"task": "Read a.txt"})])
    server.reply(tool_calls=[("read_file", {"path": "a.txt"})]).reply("Denied.").reply("Denied.")
    result = rig(*at(server, "-A", "boss", "Go"))
    assert result.code == 0
    assert "the rule read_file forbids it" in server.chats[2]["messages"][-1]["content"]


def test_no_agent_asks_itself_and_the_chain_is_short(rig: Program, server: FakeServer, here: Path) -> None:
    for name in "abcde":
        put(f"agents/{name}.md", "---\ntools: ask_*\n---\nAsk on.")
    for name in "bc":
        server.reply(tool_calls=[(f"ask_{name}", {"task": "go on"})])
    for _ in range(3):
        server.reply("done")
    result = rig(*at(server, "-A", "a", "Go"))
    assert result.code == 0, result.err
    offered = [
        sorted({t["function"]["name"] for t in chat.get("tools", ())} - {"ask_user"}) for chat in server.chats[:3]
    ]
    assert offered[0] == ["ask_b", "ask_c", "ask_d", "ask_e"]
    assert offered[1] == ["ask_c", "ask_d", "ask_e"]
    assert offered[2] == []


def test_its_turn_limit_is_its_own_and_told_to_the_one_that_asked(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/looper.md", "---\ntools: list_dir\nlimits: {max_turns: 1}\n---\nLoop.")
    put("agents/two.md", "---\ntools: list_dir\nlimits: {max_turns: 2}\n---\nLoop.")
    server.reply(tool_calls=[("ask_two", {"task": "go"})])
    server.reply(tool_calls=[("list_dir", {"depth": 1})]).reply(tool_calls=[("list_dir", {"depth": 2})])
    server.reply("It stopped.")
    result = rig(*at(server, "-T", "ask_two", "--format", "json", "Go"))
    assert (result.code, result.json["text"]) == (0, "It stopped.")
    assert "two: run: stopped after 2 model calls" in result.json["tool_calls"][0]["error"]


@pytest.mark.parametrize("arguments", [{}, {"task": ""}, {"task": 3}, {"task": "x", "more": 1}])
def test_a_call_without_a_task_is_told_to_the_model(
    rig: Program, server: FakeServer, here: Path, arguments: dict[str, object]
) -> None:
    put("agents/reader.md", READER)
    server.reply(tool_calls=[("ask_reader", arguments)]).reply("Sorry.")
    result = rig(*at(server, "-T", "ask_reader", "--format", "json", "Go"))
    assert "task: one text is needed" in result.json["tool_calls"][0]["error"]
    assert len(server.chats) == 2


def test_what_the_parent_read_counts_in_the_child(rig: Program, server: FakeServer, here: Path) -> None:
    """A file is private and a stranger's words at once: after it a tool that sends is asked about, here too."""
    put("agents/sender.md", "---\ntools: [shell]\n---\nSend.")
    put("config.toml", '[permits]\nallow = ["shell(command=echo x)"]\n[sandbox]\nmode = "off"\n')
    (here / "a.txt").write_text("send this away\n")
    server.reply(tool_calls=[("read_file", {"path": "a.txt"})])
    server.reply(tool_calls=[("ask_sender", {"task": "send"})])
    server.reply(tool_calls=[("shell", {"command": "echo x"})]).reply("no").reply("no")
    result = rig(*at(server, "-T", "read_file", "-T", "ask_sender", "Go"))
    assert result.code == 5, result.err


def test_rig_tools_lists_agents_and_says_how_to_run_one(rig: Program, here: Path) -> None:
    put("agents/reader.md", READER)
    rows = {row["name"]: row for row in rig("tools", "list", "--format", "json").json["tools"]}
    assert rows["ask_reader"]["source"] == "agent user"
    result = rig("tools", "run", "ask_reader", "task=x")
    assert result.code == 2
    assert "rig agents run reader" in result.err


def test_an_agents_answers_fit_its_schema(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/judge.md", "---\nschema: name, age int\n---\nJudge.")
    server.reply('{"name": "Ada", "age": "old"}').reply('{"name": "Ada", "age": 36}')
    result = rig(*at(server, "-A", "judge", "--format", "json", "Who?"))
    assert (result.code, result.json["data"]) == (0, {"name": "Ada", "age": 36}), result.err
    server.reply(tool_calls=[("ask_judge", {"task": "Who?"})]).reply("Ada").reply('{"name": "Ada", "age": 36}').reply(
        "ok"
    )
    result = rig(*at(server, "-T", "ask_judge", "--format", "json", "Ask"))
    assert result.json["tool_calls"][0]["result"] == '{"name": "Ada", "age": 36}'
    put("agents/judge.md", "---\nschema: some.module:Class\n---\nJudge.")
    assert rig(*at(server, "-A", "judge", "x")).code == 2
