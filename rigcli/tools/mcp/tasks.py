"""Tools that a server runs as a task (protocol 2025-11-25): begin it, ask how it goes, fetch the result.

The SDK knows the types and leaves the exchange to its users.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcp import ClientSession

_LONGEST_PAUSE = 5.0
_SHORTEST_PAUSE = 0.05


async def call_as_task(
    session: ClientSession, name: str, arguments: dict[str, Any], progress: Callable[[str], None]
) -> Any:
    """Return the CallToolResult of a tool that runs as a task. A cancellation cancels the task at the server."""
    begun = await _ask(session, "tools/call", {"name": name, "arguments": arguments, "task": {"ttl": 600_000}})
    task = begun["task"]
    identity = {"taskId": task["taskId"]}
    try:
        while task["status"] == "working":
            await asyncio.sleep(min(max((task.get("pollInterval") or 500) / 1000, _SHORTEST_PAUSE), _LONGEST_PAUSE))
            task = await _ask(session, "tasks/get", identity)
            if task.get("statusMessage"):
                progress(task["statusMessage"])
        # A task that waits for input gets it while the result is asked for.
        return await _result(session, identity)
    except asyncio.CancelledError:
        with suppress(Exception):
            await asyncio.shield(asyncio.wait_for(_ask(session, "tasks/cancel", identity), 2))
        raise


async def _result(session: ClientSession, identity: dict[str, Any]) -> Any:
    from mcp_types import CallToolResult  # noqa: PLC0415  comes with the SDK

    raw = await _ask(session, "tasks/result", identity)
    return CallToolResult.model_validate(raw, by_name=False)


async def _ask(session: ClientSession, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Send one request whose result the SDK has no type for."""
    return await session._dispatcher.send_raw_request(method, params, {})  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  no public way sends a task
