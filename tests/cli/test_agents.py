"""`rig agents`, `rig roles`, `rig templates`, and what -A, --role, -t and -p make of a question."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program


def put(name: str, text: str) -> Path:
    path = Path(os.environ["RIG_HOME"]) / "config" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def at(server: FakeServer) -> list[str]:
    return ["-m", "openai-compatible/m", "--base-url", server.url + "/v1"]


REVIEWER = """---
description: Reads code and names its mistakes
tools: [read_file]
options: {temperature: 0}
limits: {max_turns: 3}
examples: [Review the last commit]
---
You review code.
"""


def test_an_agent_brings_its_words_tools_and_options(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/reviewer.md", REVIEWER)
    (here / "a.txt").write_text("one\n")
    server.reply(tool_calls=[("read_file", {"path": "a.txt"})]).reply("Fine.")
    result = rig("agents", "run", "reviewer", *at(server), "look", "at", "it", "--format", "jsonl")
    assert result.code == 0, result.err
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert lines[-1]["type"] == "end"
    assert lines[-1]["text"] == "Fine."
    sent = server.chats[0]
    assert [(m["role"], m["content"]) for m in sent["messages"]] == [
        ("system", "You review code."),
        ("user", "look at it"),
    ]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["read_file"]
    assert sent["temperature"] == 0


def test_flags_go_before_what_an_agent_says(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/reviewer.md", REVIEWER)
    server.reply("Fine.")
    rig("ask", "-A", "reviewer", *at(server), "-s", "Short.", "-o", "temperature=1", "--no-tools", "x")
    assert server.chats[0]["messages"][0]["content"] == "Short."
    assert server.chats[0]["temperature"] == 1
    assert "tools" not in server.chats[0]


def test_the_turn_limit_of_an_agent_ends_its_run_with_7(rig: Program, server: FakeServer, here: Path) -> None:
    put("agents/looper.md", "---\ntools: list_dir\nlimits: {max_turns: 2}\n---\nGo.")
    for depth in (1, 2):
        server.reply(tool_calls=[("list_dir", {"depth": depth})])
    result = rig("agents", "run", "looper", *at(server), "go")
    assert result.code == 7
    assert "stopped after 2 model calls" in result.err


def test_list_show_new_edit(rig: Program, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "rig agents new NAME" in rig("agents", "list").err
    path = rig("agents", "new", "helper").out.strip()
    assert path.endswith("agents/helper.md".replace("/", os.sep))
    again = rig("agents", "new", "helper")
    assert (again.code, "exists" in again.err) == (2, True)
    assert rig("agents", "new", "a/b").code == 2
    put("agents/broken.md", "---\nmodle: x\n---\n")
    listed = rig("agents", "list", "--format", "json")
    assert [row["name"] for row in listed.json["agents"]] == ["helper"]
    assert "broken.md: unknown key 'modle' (did you mean model?)" in listed.err
    shown = rig("agents", "show", "helper", "--format", "json").json
    assert shown["settings"] == {"tools.enabled": ["read_file", "list_dir", "grep"]}
    monkeypatch.setenv("EDITOR", "sed -i s/careful/quick/")
    assert rig("agents", "edit", "helper").code == 0
    assert "quick" in Path(path).read_text()
    monkeypatch.setenv("EDITOR", "sed -i s/description/descripton/")
    broken = rig("agents", "edit", "helper")
    assert (broken.code, "did you mean" in broken.err or ".rejected" in broken.err) == (2, True)
    assert "descripton" not in Path(path).read_text()


def test_route_names_the_agent_that_fits(rig: Program, here: Path) -> None:
    put("agents/reviewer.md", REVIEWER)
    put(
        "agents/cook.md", "---\ndescription: Recipes and cooking\nexamples: ['What can I cook with leeks?']\n---\nCook."
    )
    cook = rig("agents", "route", "a recipe for leek soup", "--format", "json").json["agents"]
    assert [fit["name"] for fit in cook] == ["cook", "reviewer"]
    assert rig("agents", "route", "Review my commit").out.startswith("reviewer")
    assert rig("agents", "route", "let the reviewer taste the soup").out.startswith("reviewer")


def test_a_template_takes_parameters_and_what_is_piped_in(rig: Program, server: FakeServer, here: Path) -> None:
    put("templates/short.md", "---\nparameters: {n: {default: 3}, tone: {}}\n---\n{{tone}}, {{n}} words: {{input}}")
    server.reply("ok")
    result = rig("-t", "short", "-p", "tone=plain", *at(server), "of this:", stdin=b"{{tone}} text")
    assert result.code == 0, result.err
    assert server.chats[0]["messages"][-1]["content"] == "plain, 3 words: of this:\n\n{{tone}} text"
    missing = rig("ask", "-t", "short", *at(server), "x")
    assert (missing.code, missing.err) == (2, "rig: template short: needs tone (-p tone=…)\n")
    nothing = rig("ask", "-t", "short", "-p", "tone=x", *at(server))
    assert (nothing.code, "nothing to put into it" in nothing.err) == (2, True)
    assert rig("ask", "-p", "a=b", *at(server), "x").err.startswith("rig: -p: there is no template")


def test_a_template_without_a_place_stands_before_the_prompt(rig: Program, server: FakeServer, here: Path) -> None:
    put("templates/t.toml", 'prompt = "Be brief."\nsystem = "You are {{who}}."\n[parameters]\nwho = "a poet"\n')
    server.reply("ok")
    assert rig("ask", "-t", "t", *at(server), "Why?", stdin=b"text").code == 0
    system, user = server.chats[0]["messages"]
    assert system["content"] == "You are a poet."
    assert user["content"] == "Be brief.\n\nWhy?\n\n<stdin>\ntext\n</stdin>"


def test_a_role_is_the_system_prompt(rig: Program, server: FakeServer, here: Path) -> None:
    put("roles/teacher.md", "---\noptions: {temperature: 0.3}\n---\nYou teach {{subject}}.")
    put("templates/t.md", "About {{topic}}: {{input}}")
    server.reply("ok")
    flags = ["--role", "teacher", "-t", "t", "-p", "subject=maths", "-p", "topic=sets"]
    assert rig("ask", *flags, *at(server), "Go").code == 0
    assert [m["content"] for m in server.chats[0]["messages"]] == ["You teach maths.", "About sets: Go"]
    assert server.chats[0]["temperature"] == 0.3
    assert rig("ask", "--role", "teacher", *at(server), "x").err == (
        "rig: role teacher: needs subject (-p subject=…)\n"
    )
    assert "-p subject=…  required" in rig("roles", "show", "teacher").out
    assert [row["name"] for row in rig("roles", "list", "--format", "json").json["roles"]] == ["teacher"]


def test_what_only_an_untrusted_project_has_is_exit_5(rig: Program, server: FakeServer, here: Path) -> None:
    (here / ".rig" / "agents").mkdir(parents=True)
    (here / ".rig" / "agents" / "builder.md").write_text("Build.")
    result = rig("agents", "run", "builder", *at(server), "x")
    assert result.code == 5
    assert "rig config trust" in result.err
    assert not server.chats
    assert rig("config", "trust").code == 0
    server.reply("built")
    assert rig("agents", "run", "builder", *at(server), "x").out == "built\n"
