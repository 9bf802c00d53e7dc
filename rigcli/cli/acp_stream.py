"""What happens in an answer, as updates of the Agent Client Protocol."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import acp
from acp import schema

from rigcli.core.errors import RigError
from rigcli.core.events import End, Event, Notice, Progress, Reasoning, Text, ToolCall, ToolResult
from rigcli.ui.collect import Collect

_KINDS: dict[str, schema.ToolKind] = {
    "read_file": "read", "list_dir": "read", "glob": "search", "grep": "search", "search_index": "search",
    "write_file": "edit", "edit_file": "edit", "shell": "execute", "python": "execute", "fetch_url": "fetch",
    "web_search": "search", "think": "think",
}  # fmt: skip


class Stream:
    """The events of an answer as updates of the protocol, in order."""

    def __init__(self, editor: Any, session_id: str) -> None:
        self.collect = Collect()
        self._editor = editor
        self._session = session_id
        self._sent: asyncio.Task[None] | None = None
        self._waiting: list[Any] = []
        self._lines: dict[str, list[str]] = {}
        self.ended: str | None = None
        """Why the last answer ended, once it has."""

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        match event:
            case Text(text):
                self._put(acp.update_agent_message_text(text))
            case Reasoning(text):
                self._put(acp.update_agent_thought_text(text))
            case Notice(text):
                self._put(acp.update_agent_thought_text(f"{text}\n"))
            case ToolCall(id_, name, arguments):
                self._put(
                    acp.start_tool_call(
                        id_,
                        name,
                        kind=_KINDS.get(name, "other"),
                        status="pending",
                        raw_input=_decoded(arguments),
                    )
                )
            case Progress(id_, _, text):
                lines = self._lines.setdefault(id_, [])
                lines.append(text)
                content = [acp.tool_content(acp.text_block("\n".join(lines[-20:])))]
                self._put(acp.update_tool_call(id_, status="in_progress", content=content))
            case ToolResult(id_, _, content, error):
                done = [acp.tool_content(acp.text_block(error or content))]
                self._put(acp.update_tool_call(id_, status="failed" if error else "completed", content=done))
            case End():
                self.ended = event.reason
            case _:
                pass

    def settled(self) -> None:
        """Send what came; one task sends, so that the order stays."""
        if self._waiting and (self._sent is None or self._sent.done()):
            self._sent = asyncio.get_running_loop().create_task(self._send())

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        """The prompt's own answer says how it ended."""

    async def flush(self) -> None:
        """Wait until everything is sent."""
        while self._sent and not self._sent.done():
            await self._sent
        await self._send()

    def _put(self, update: Any) -> None:
        self._waiting.append(update)
        self.settled()

    async def _send(self) -> None:
        while self._waiting:
            await self._editor.session_update(session_id=self._session, update=self._waiting.pop(0))


def _decoded(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments
