"""The official inspector asks `rig mcp serve`, over both transports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mcp.conftest import Node
from tests.mcp.test_conformance import listening
from tests.support.program import Program

TOKEN = "a-token-of-a-test-0123456789"


@pytest.fixture
def notes(rig: Program, tmp_path: Path) -> None:
    """An index to search."""
    (tmp_path / "a.md").write_text("# Code\n\nThe secret code is 42.\n")
    assert rig("index", str(tmp_path / "a.md"), "--name", "notes").code == 0


def inspect(node: Node, *arguments: str, token: str = "") -> Any:
    script = f"{node.package('inspector')}/clients/launcher/build/index.js"
    header = ["--header", f"Authorization: Bearer {token}"] if token else []
    done = subprocess.run(
        [node.program, script, "--cli", *header, *arguments],
        env={**node.env, "MCP_CATALOG_PATH": os.environ["HOME"] + "/catalog.json"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout[done.stdout.index("{") :])


def ask_everything(node: Node, target: list[str], token: str = "") -> None:
    def ask(*arguments: str) -> Any:
        words = ["--method", *arguments]  # a URL must stand before options that take several words, a command after
        return inspect(node, *(target + words if token else words + target), token=token)

    assert [tool["name"] for tool in ask("tools/list")["tools"]] == ["ask", "search"]
    found = ask("tools/call", "--tool-name", "search", "--tool-arg", "query=secret code")
    assert "42" in found["structuredContent"]["hits"][0]["text"]
    assert [each["uri"] for each in ask("resources/list")["resources"]] == ["rig://index/notes"]
    assert '"passages": 1' in ask("resources/read", "--uri", "rig://index/notes")["contents"][0]["text"]
    assert [each["name"] for each in ask("prompts/list")["prompts"]] == ["with_passages"]
    prompt = ask("prompts/get", "--prompt-name", "with_passages", "--prompt-args", "question=code")
    assert "The secret code is 42." in prompt["messages"][0]["content"]["text"]


def test_the_inspector_asks_over_stdio(node: Node, notes: None):
    env = [f"RIG_HOME={os.environ['RIG_HOME']}", f"HOME={os.environ['HOME']}"]
    ask_everything(node, [*(word for each in env for word in ("-e", each)), sys.executable, "-m", "rigcli", "mcp", "serve"])  # fmt: skip


def test_the_inspector_asks_over_http_with_the_token(node: Node, notes: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RIG_MCP_TOKEN", TOKEN)
    with listening("mcp", "serve", "--http", "127.0.0.1:0") as url:
        ask_everything(node, ["--transport", "http", "--server-url", url], TOKEN)
