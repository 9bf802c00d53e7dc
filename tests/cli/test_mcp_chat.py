"""MCP servers in `rig chat`, on a real terminal."""

from __future__ import annotations

import json
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("pexpect needs a pseudo-terminal", allow_module_level=True)

from tests.support.mcp import FakeMcp
from tests.support.person import CTRL_D, ENTER, Person


def test_state_resources_prompts_and_forms_are_there_in_a_chat(server, tmp_path):
    form = {"message": "Your name?", "requestedSchema": {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}}  # fmt: skip
    fake = FakeMcp(
        tmp_path / "fake",
        tools=[{"name": "ask", "inputSchema": {"type": "object"}}],
        asks=[{"method": "elicitation/create", "params": form}],
        prompts=[{"name": "hello", "arguments": [{"name": "who", "required": True}]}],
        read={"note://1": "The code is 42."},
    )
    config = tmp_path / "home" / "config" / "mcp.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"mcpServers": {"x": fake.table}}))
    server.reply("Prompted.").reply("Attached.").reply(tool_calls=[("x__ask", {})]).reply("Formed.")
    with Person(
        "chat", "-m", "openai-compatible/m", "--base-url", server.url, "-T", "x__ask", "--yes",
        cwd=tmp_path, env={"RIG_HOME": str(tmp_path / "home"), "RIG_API_KEY": "sk-test"}, size=(160, 50),
    ) as person:  # fmt: skip
        person.sees("/help")
        person.sees("\n>")
        person.types("/mcp" + ENTER)
        person.sees("x  not started")
        person.types("/x:hello World" + ENTER)
        person.sees("Prompted.")
        person.types("What is in @x:note://1 ?" + ENTER)
        person.sees("Attached.")
        person.types("go" + ENTER)
        person.sees("strangers' words and private data were read")  # the resource: --yes does not cover this call
        person.sees("or why not:")
        person.types("y" + ENTER)
        person.sees("asks: Your name?")
        person.sees("n: ")
        person.types("Ada" + ENTER)
        person.sees("Send this to the server?")
        person.types("y" + ENTER)
        person.sees("Formed.")
        person.types(CTRL_D)
        assert person.leaves() == 0
    assert 'hello {"who": "World"}' in server.chats[0]["messages"][-1]["content"]
    assert "The code is 42." in server.chats[1]["messages"][-1]["content"]
    assert '"n": "Ada"' in server.chats[3]["messages"][-1]["content"]
