"""The fake MCP server from a test's side: its state, what came to it, and how rig is told of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("mcp_server.py")
ECHO = {
    "name": "echo",
    "description": "Say it again",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


class FakeMcp:
    """A server that is made of one file. `say` changes what it is, also while it runs."""

    def __init__(self, folder: Path, **state: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "server.json"
        self.path.write_text(json.dumps({"tools": [ECHO], **state}))

    def say(self, **state: Any) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({**json.loads(self.path.read_text()), **state}))
        fresh.replace(self.path)

    @property
    def table(self) -> dict[str, Any]:
        """What stands in `[mcp.NAME]` or `mcpServers`."""
        return {"command": sys.executable, "args": ["-I", "-S", str(SCRIPT), str(self.path)]}

    @property
    def log(self) -> list[dict[str, Any]]:
        path = self.path.with_name("server.json.log")
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def pids(self) -> list[int]:
        return [line["pid"] for line in self.log if "pid" in line]

    def calls(self, method: str = "tools/call") -> list[dict[str, Any]]:
        return [line.get("params", {}) for line in self.log if line.get("method") == method]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true: Callable[[], object], seconds: float = 5.0) -> bool:
    """Wait for something that another process does; False where it does not come."""
    import time

    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
