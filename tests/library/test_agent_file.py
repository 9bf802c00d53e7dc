"""`Agent.from_file`: the same files for a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli import Agent, Model, run
from rigcli.core.errors import ConfigError, UsageError
from rigcli.testing import FakeServer

TEXT = """---
description: Reads
tools: [list_dir]
options: {temperature: 0.25}
limits: {max_turns: 3}
model: openai-compatible/m
---
You read.
"""


def test_a_file_makes_an_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "reader.md"
    file.write_text(TEXT)
    with FakeServer() as server:
        monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", server.url + "/v1")
        monkeypatch.setenv("RIG_BASE_URL", server.url + "/v1")
        server.reply(tool_calls=[("list_dir", {})]).reply("Empty.")
        agent = Agent.from_file(file, folder=tmp_path)
        assert run(agent.ask("What is here?")).text == "Empty."
        sent = server.chats[0]
    assert [m["content"] for m in sent["messages"]] == ["You read.", "What is here?"]
    assert sent["temperature"] == 0.25
    assert agent.max_turns == 3


def test_what_a_program_cannot_have_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("---\nindexes: [docs]\ntools: [ask_b]\n---\nHi")
    with pytest.raises(UsageError, match="indexes, ask_b: only the program rig has that"):
        Agent.from_file(file)
    file.write_text("---\nmodle: x\n---\nHi")
    with pytest.raises(ConfigError, match="unknown key 'modle'"):
        Agent.from_file(file, model=Model("ollama/x"))
    with pytest.raises(UsageError, match="no agent 'nobody'"):
        Agent.from_file("nobody")
