"""The reference servers, used through rig: every tool, every resource, every prompt."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rigcli.core.ports import ToolError
from rigcli.core.progress import listener
from rigcli.home.settings import load
from rigcli.library.mcp import make_hub
from rigcli.tools.mcp.asks import ElicitAsk, Elicited, Handlers, SampleAsk, Sampled
from rigcli.tools.mcp.hub import Hub
from rigcli.tools.mcp.spec import read_server
from tests.mcp.conftest import Node


def used(node: Node, name: str, arguments: list[str], folder: Path, use: Callable[[Hub, Any], Awaitable[None]], **table: Any):  # fmt: skip
    """Start a server, run `use` with the hub and its tools by their own names, close."""
    script = f"{node.package(name)}/dist/index.js"
    spec = read_server("s", {"command": node.program, "args": [script, *arguments], **table}, "a test")

    async def sample(ask: SampleAsk) -> Sampled:
        return Sampled(f"sampled {ask.messages[-1].text}", "m")

    async def elicit(ask: ElicitAsk) -> Elicited:
        return Elicited("accept", None if ask.url else {"name": "Ada", "check": True, "integer": 7})

    async def run() -> None:
        handlers = Handlers(sample, elicit, roots=(folder,))
        hub = make_hub(load(os.environ, folder), os.environ, folder, servers={"s": spec}, handlers=handlers)
        try:
            await hub.connection("s").listed()
            await use(hub, {tool.definition["name"]: tool for tool in hub.tools(["s"])})
        finally:
            await hub.close()

    asyncio.run(run())


EVERYTHING: dict[str, tuple[dict[str, Any], str]] = {
    "echo": ({"message": "hi"}, "Echo: hi"),
    "get-annotated-message": ({"messageType": "error", "includeImage": True}, "Operation failed"),
    "get-env": ({}, "PATH"),
    "get-resource-links": ({"count": 2}, "[resource demo://resource/dynamic/"),
    "get-resource-reference": ({"resourceType": "Text", "resourceId": 1}, "demo://resource/dynamic/text/1"),
    "get-structured-content": ({"location": "Chicago"}, "temperature"),
    "get-sum": ({"a": 2, "b": 3}, "5"),
    "get-tiny-image": ({}, "[image, image/png"),
    "gzip-file-as-resource": ({"name": "a.gz", "data": "data:text/plain,hello", "outputType": "resource"}, "a.gz"),
    "toggle-simulated-logging": ({}, "logging"),
    "toggle-subscriber-updates": ({}, "updates"),
    "trigger-long-running-operation": ({"duration": 0.2, "steps": 2}, "completed"),
    "get-roots-list": ({}, "file://"),
    "trigger-elicitation-request": ({}, "Ada"),
    "trigger-url-elicitation": ({"url": "https://example.com/", "errorPath": True}, ""),
    "trigger-sampling-request": ({"prompt": "q"}, "sampled"),
    "simulate-research-query": ({"topic": "x"}, "Research Report"),
}


def test_every_tool_of_the_everything_server_is_usable(node: Node, tmp_path: Path):
    told: list[str] = []

    async def use(hub: Hub, tools: Any) -> None:
        assert set(tools) == set(EVERYTHING)
        listener.set(told.append)
        for name, (arguments, said) in EVERYTHING.items():
            tools[name].check(arguments)
            assert said in await tools[name].run(arguments), name

    used(node, "server-everything", ["stdio"], tmp_path, use)
    assert "2 of 2" in told


def test_every_resource_and_prompt_of_the_everything_server_is_usable(node: Node, tmp_path: Path):
    arguments = {"city": "Rome", "state": "x", "department": "Sales", "name": "John", "resourceType": "Text", "resourceId": "1"}  # fmt: skip

    async def use(hub: Hub, tools: Any) -> None:
        listing = await hub.connection("s").listed()
        assert len(listing.resources) == 7
        uris = [each["uri"] for each in listing.resources]
        for uri in (*uris, "demo://resource/dynamic/text/1", "demo://resource/dynamic/blob/1"):
            assert (await hub.read("s", uri))[0].text.startswith("<file ")
        assert len(listing.prompts) == 4
        for prompt in listing.prompts:
            given = {each["name"]: arguments[each["name"]] for each in prompt.get("arguments", [])}
            assert (await hub.prompt("s", prompt["name"], given)).messages

    used(node, "server-everything", ["stdio"], tmp_path, use)


def test_every_tool_of_the_filesystem_server_is_usable(node: Node, tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    path = str(folder / "a.txt")
    calls: list[tuple[str, dict[str, Any], str]] = [
        ("read_file", {"path": path}, "one"),
        ("read_text_file", {"path": path, "head": 1}, "one"),
        ("read_media_file", {"path": path}, "bytes"),
        ("read_multiple_files", {"paths": [path]}, "two"),
        ("write_file", {"path": str(folder / "b.txt"), "content": "B"}, "wrote"),
        ("edit_file", {"path": path, "edits": [{"oldText": "two", "newText": "2"}]}, "+2"),
        ("create_directory", {"path": str(folder / "d")}, "created"),
        ("list_directory", {"path": str(folder)}, "[FILE] a.txt"),
        ("list_directory_with_sizes", {"path": str(folder)}, "a.txt"),
        ("directory_tree", {"path": str(folder)}, '"b.txt"'),
        ("move_file", {"source": str(folder / "b.txt"), "destination": str(folder / "d" / "c.txt")}, "moved"),
        ("search_files", {"path": str(folder), "pattern": "**/*.txt"}, "c.txt"),
        ("get_file_info", {"path": path}, "size"),
        ("list_allowed_directories", {}, str(folder)),
    ]

    async def use(hub: Hub, tools: Any) -> None:
        assert set(tools) == {name for name, _, _ in calls}
        for name, arguments, said in calls:
            tools[name].check(arguments)
            assert said.lower() in (await tools[name].run(arguments)).lower(), name
        with pytest.raises(ToolError, match=r"(?i)denied"):
            await tools["read_file"].run({"path": "/etc/hosts"})

    used(node, "server-filesystem", [str(folder)], tmp_path, use, roots=[])
    assert (folder / "d" / "c.txt").read_text() == "B"
    assert json.dumps((folder / "a.txt").read_text()) == '"one\\n2\\n"'
