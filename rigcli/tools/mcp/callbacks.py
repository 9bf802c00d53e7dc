"""What a server may ask in the midst of its work, turned from the SDK's types into rig's and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rigcli.core.messages import Message, Part
from rigcli.core.requests import Options
from rigcli.tools.mcp.asks import ElicitAsk, Handlers, SampleAsk
from rigcli.tools.mcp.definition import plain
from rigcli.tools.mcp.results import block_part

_DECLINED = -1
"""JSON-RPC code of the protocol for a request that the user rejected."""
_LISTS = {
    "ToolListChangedNotification": "tools",
    "PromptListChangedNotification": "prompts",
    "ResourceListChangedNotification": "resources",
}


@dataclass
class Callbacks:
    """The functions that the SDK calls. While a person is asked, the deadlines of running calls stand still."""

    server: str
    handlers: Handlers
    changed: Callable[[str], None]
    folders: Sequence[Path] = ()
    """The roots that the server is told of."""
    _deadlines: list[asyncio.Timeout] = field(default_factory=list[asyncio.Timeout])
    _questions: int = 0
    _left: dict[int, float] = field(default_factory=dict[int, float])

    @asynccontextmanager
    async def deadline(self, seconds: float) -> AsyncGenerator[None]:
        """Bound what runs inside. Raises TimeoutError."""
        async with asyncio.timeout(seconds) as limit:
            self._deadlines.append(limit)
            try:
                yield
            finally:
                self._deadlines.remove(limit)
                self._left.pop(id(limit), None)

    async def sample(self, context: Any, params: Any) -> Any:
        """Answer sampling/createMessage."""
        from mcp_types import CreateMessageResult, ErrorData, TextContent  # noqa: PLC0415  comes with the SDK

        _ = context
        if params.tools:
            return ErrorData(code=_DECLINED, message="sampling with tools is not offered")
        ask = SampleAsk(self.server, _messages(params.messages), params.system_prompt, _options(params))
        async with self._question():
            answer = await self.handlers.sample(ask)
        if isinstance(answer, str):
            return ErrorData(code=_DECLINED, message=f"User rejected sampling request: {answer}")
        text = TextContent(type="text", text=answer.text)
        return CreateMessageResult(role="assistant", content=text, model=answer.model, stop_reason=answer.stop)

    async def elicit(self, context: Any, params: Any) -> Any:
        """Answer elicitation/create."""
        from mcp_types import ElicitResult  # noqa: PLC0415  comes with the SDK

        _ = context
        url = getattr(params, "url", None)
        schema = {} if url else cast("dict[str, Any]", _plain_schema(params.requested_schema))
        async with self._question():
            answer = await self.handlers.elicit(ElicitAsk(self.server, plain(params.message), schema, url))
        return ElicitResult(action=answer.action, content=answer.content)

    async def roots(self, context: Any) -> Any:
        """Answer roots/list."""
        from mcp_types import ListRootsResult, Root  # noqa: PLC0415  comes with the SDK

        _ = context
        return ListRootsResult(
            roots=[Root.model_validate({"uri": path.as_uri(), "name": path.name}) for path in self.folders]
        )

    async def log(self, params: Any) -> None:
        data = params.data if isinstance(params.data, str) else str(params.data)
        self.handlers.log(self.server, f"{params.level}: {plain(data)}")

    async def message(self, message: Any) -> None:
        if kind := _LISTS.get(type(message).__name__):
            self.changed(kind)

    @asynccontextmanager
    async def _question(self) -> AsyncGenerator[None]:
        now = asyncio.get_running_loop().time
        self._questions += 1
        if self._questions == 1:
            for limit in self._deadlines:
                if (when := limit.when()) is not None and not limit.expired():
                    self._left[id(limit)] = when - now()
                    limit.reschedule(None)
        try:
            yield
        finally:
            self._questions -= 1
            if self._questions == 0:
                for limit in self._deadlines:
                    if (left := self._left.pop(id(limit), None)) is not None:
                        limit.reschedule(now() + left)


def _messages(messages: Any) -> tuple[Message, ...]:
    found: list[Message] = []
    for message in messages:
        content: Any = message.content
        blocks = cast("list[Any]", content if isinstance(content, list) else [content])
        parts: tuple[Part, ...] = tuple(block_part(block) for block in blocks)
        found.append(Message("assistant" if message.role == "assistant" else "user", parts))
    return tuple(found)


def _options(params: Any) -> Options:
    return Options(
        temperature=params.temperature, max_tokens=params.max_tokens, stop=tuple(params.stop_sequences or ())
    )


def _plain_schema(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_plain_schema(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {str(key): _plain_schema(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
