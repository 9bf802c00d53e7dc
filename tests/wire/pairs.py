"""What no type says of a conversation, though servers refuse it: turns in order, and every call answered where it must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def complaints(wire: str, body: Body) -> list[str]:
    return list(_RULES[wire](body))


def _chat(body: Body) -> Iterator[str]:
    """Chat Completions, and Cohere: results stand right behind the message that called."""
    open_: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_:
                yield f"a result for {message['tool_call_id']}, which was not called right before"
            else:
                open_.remove(message["tool_call_id"])
            continue
        if open_:
            yield f"no result for {open_}"
        open_ = [call["id"] for call in message.get("tool_calls") or ()]
        yield from _names(call["function"]["name"] for call in message.get("tool_calls") or ())
    if open_:
        yield f"no result for {open_}"


def _ollama(body: Body) -> Iterator[str]:
    """It knows names of any form."""
    yield from (found for found in _chat(body) if not found.startswith("a name"))


def _responses(body: Body) -> Iterator[str]:
    called = [item["call_id"] for item in body["input"] if item.get("type") == "function_call"]
    answered = [item["call_id"] for item in body["input"] if item.get("type") == "function_call_output"]
    if sorted(called) != sorted(answered):
        yield f"called {called}, answered {answered}"
    yield from _names(item["name"] for item in body["input"] if item.get("type") == "function_call")


def _blocks(body: Body, call: str, result: str) -> Iterator[str]:
    """Anthropic and Converse: user and assistant in turns, the results first in the turn behind the calls."""
    open_: set[str] = set()
    for number, message in enumerate(body["messages"]):
        if message["role"] != ("user", "assistant")[number % 2]:
            yield f"message {number} is the {message['role']}'s"
        blocks = message["content"] if isinstance(message["content"], list) else []
        answered = {_id(block, result) for block in blocks if _is(block, result)}
        if answered != open_:
            yield f"called {open_}, answered {answered}"
        if [_is(block, result) for block in blocks] != sorted((_is(block, result) for block in blocks), reverse=True):
            yield "a result behind something else"
        open_ = {_id(block, call) for block in blocks if _is(block, call)}
        yield from _names(_name(block, call) for block in blocks if _is(block, call))
        if not message["content"]:
            yield f"message {number} is empty"
        yield from (f"message {number} has an empty text" for block in blocks if not block.get("text", "x").strip())
    if open_:
        yield f"no result for {open_}"


def _is(block: Body, kind: str) -> bool:
    return block.get("type") == kind or kind in block


def _id(block: Body, kind: str) -> str:
    inner = block.get(kind, block)
    return next(inner[key] for key in ("toolUseId", "tool_use_id", "id") if key in inner)


def _name(block: Body, kind: str) -> str:
    return block.get(kind, block)["name"]


def _anthropic(body: Body) -> Iterator[str]:
    yield from _blocks(body, "tool_use", "tool_result")
    if body.get("thinking", {}).get("budget_tokens", 0) >= body["max_tokens"]:
        yield "thinks longer than it may write"


def _converse(body: Body) -> Iterator[str]:
    yield from _blocks(body, "toolUse", "toolResult")


def _gemini(body: Body) -> Iterator[str]:
    """As many results in the turn behind the calls, by the same names."""
    open_: list[str] = []
    for content in body["contents"]:
        answered = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        if answered != open_:
            yield f"called {open_}, answered {answered}"
        open_ = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]
        yield from _names(open_)
        if not content["parts"]:
            yield "a content without parts"
    if open_:
        yield f"no result for {open_}"


def _names(names: Any) -> Iterator[str]:
    yield from (f"a name that no server takes: {name}" for name in names if not NAME.fullmatch(name))


_RULES = {
    "openai-chat": _chat,
    "cohere-v2": _chat,
    "ollama": _ollama,
    "openai-responses": _responses,
    "anthropic-messages": _anthropic,
    "bedrock-invoke-anthropic": _anthropic,
    "bedrock-converse": _converse,
    "gemini": _gemini,
}
