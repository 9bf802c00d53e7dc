"""rig's client as the conformance suite drives it: one scenario a run, the server's URL as the only argument.

The scenario's name is in MCP_CONFORMANCE_SCENARIO, what else it needs in MCP_CONFORMANCE_CONTEXT. A login page is
"visited" by a plain request, whose redirect leads back to rig's own loopback page.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from rigcli.home.mcp_pins import McpShelf
from rigcli.home.settings import load
from rigcli.library.mcp import make_hub
from rigcli.tools.mcp.asks import ElicitAsk, Elicited, Handlers
from rigcli.tools.mcp.oauth import Vault
from rigcli.tools.mcp.spec import read_server

SCENARIO = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
CONTEXT: dict[str, Any] = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
METADATA = "https://conformance-test.local/client-metadata.json"


class Keys(dict[str, str]):
    """A store of keys that ends with the process."""

    def set(self, name: str, value: str) -> None:
        self[name] = value


async def visit(url: str) -> None:
    def fetch() -> None:
        with urllib.request.urlopen(url, timeout=20) as page:
            page.read()

    await asyncio.to_thread(fetch)


async def accept_defaults(ask: ElicitAsk) -> Elicited:
    """Send the form as it was filled in by the server."""
    fields = ask.schema.get("properties") or {}
    return Elicited("accept", {name: field["default"] for name, field in fields.items() if "default" in field})


async def use(url: str) -> None:
    oauth = {key: CONTEXT[key] for key in ("client_id", "client_secret") if key in CONTEXT}
    spec = read_server("test", {"url": url, "transport": "http", **({"oauth": oauth} if oauth else {})}, "conformance")
    cwd = Path.cwd()
    hub = make_hub(
        load(os.environ, cwd), os.environ, cwd, servers={"test": spec}, handlers=Handlers(elicit=accept_defaults)
    )
    keys = Keys()
    hub.vault = lambda spec: Vault(spec.name, keys, visit, METADATA)
    assert isinstance(hub.shelf, McpShelf)
    try:
        await hub.connection("test").listed()
        arguments = {"add_numbers": {"a": 5, "b": 3}}
        for tool in hub.tools(["test"]):
            name = tool.definition["name"]
            try:
                sys.stdout.write(await tool.run(arguments.get(name, {})) + "\n")
            except Exception as error:
                sys.stderr.write(f"{name} failed: {error}\n")
                if SCENARIO.startswith("auth/"):
                    raise
    finally:
        await hub.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ["RIG_HOME"] = home
        asyncio.run(use(sys.argv[-1]))
