"""Prompt caching: where a request names what the provider shall keep, for the wires that must say so.

Rules of the providers that are marked for (docs: prompt caching, of Anthropic and of Amazon Bedrock): at most four
marks; what is shorter than 1,024 tokens is never kept (4,096 for some models), and a mark on it is ignored; a mark is
looked for no more than 20 blocks back. So the marks stand at the end of the tools, of the system prompt, of the last
message of the user's side, and of that which ended the request before: there the last answer's prefix was written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast
from zlib import crc32

from rigcli.core.requests import Request
from rigcli.wire.outgoing import Draft, system_of
from rigcli.wire.shapes import Json, as_dict, as_list

LEAST = 3072
"""Bytes; less than this is never 1,024 tokens of text."""

BEDROCK_MODELS = r"claude-(3-5-haiku|3-7|(opus|sonnet|haiku|fable|mythos)-\d)|amazon\.nova"
"""Models that Bedrock keeps prompts of; the others refuse a mark
(docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html)."""

_OPENAI_KEY = "prompt_cache_key"
_OWN_BREAKPOINTS = r"^gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)"
"""OpenAI's models that keep prompts up to breakpoints: their own ones unless told otherwise, for 30 minutes or more
(developers.openai.com/api/docs/guides/prompt-caching)."""

_UNMARKABLE = frozenset(("thinking", "redacted_thinking"))


def control(cache: str | None) -> Json:
    """Return the mark of Anthropic's family; without a word on time it holds five minutes."""
    return {"type": "ephemeral", "ttl": "1h"} if cache == "1h" else {"type": "ephemeral"}


def mark(body: Json, cache: str | None) -> None:
    """Put marks into a body of Anthropic Messages; where the user put one himself, all are his."""
    if cache == "off" or _is_marked(body):
        return
    tools, messages = as_list(body.get("tools")), as_list(body.get("messages"))
    system = body.get("system")
    before = weight(tools)
    if tools and before >= LEAST:
        body["tools"] = [*tools[:-1], {**as_dict(tools[-1]), "cache_control": control(cache)}]
    before += weight(system)
    if system and before >= LEAST:
        body["system"] = _marked(system, cache)
    if before + weight(messages) >= LEAST:
        body["messages"] = _marked_messages(messages, cache, last_two(messages))


def mark_parts(messages: list[Json], cache: str | None, *, results: bool) -> list[Json]:
    """Return messages of Chat Completions with Anthropic's marks: the system prompt's and the two last ends.

    `results`: the server takes a mark on the result of a tool.
    """
    if cache == "off" or weight(messages) < LEAST:
        return messages
    roles = ("user", "tool") if results else ("user",)
    chosen = last_two(messages, roles)
    before = [number for number, message in enumerate(messages) if message.get("role") in ("system", "developer")]
    if before and weight(messages[: before[-1] + 1]) >= LEAST:
        chosen = [before[-1], *chosen]
    return _marked_messages(messages, cache, chosen)


def last_two(messages: Sequence[Any], roles: Sequence[str] = ("user",)) -> list[int]:
    """Return where the last message of the user's side stands, and where the one did that ended the request before."""
    found: list[int] = []
    answered = True
    for number in range(len(messages) - 1, -1, -1):
        role = as_dict(messages[number]).get("role")
        if role == "assistant":
            answered = True
        elif role in roles and answered:
            found.insert(0, number)
            answered = False
            if len(found) == 2:  # noqa: PLR2004  the last, and the one before it
                break
    return found


def weight(value: Any) -> int:
    """Return how long the texts in a value are, in bytes, roughly: other letters than Latin ones count three."""
    if isinstance(value, str):
        return len(value) if value.isascii() else 3 * len(value)
    if isinstance(value, dict):
        return sum(weight(item) for item in cast("Json", value).values())
    return sum(weight(item) for item in as_list(value))


def tell(request: Request, row: Draft, body: Json) -> dict[str, str]:
    """Say what a server that caches by itself can be told (OpenAI and those who follow it); return headers.

    The quirk `cache_key` names the field, or the header, that leads the turns of a conversation to the same cache.
    """
    field, cache = str(request.quirks.get("cache_key", "")), row.options.cache
    if not field or cache == "off":
        if field == _OPENAI_KEY and re.search(_OWN_BREAKPOINTS, row.model):
            body["prompt_cache_options"] = {"mode": "explicit"}  # without a breakpoint nothing is kept
        else:
            leave_out_cache(row)
        return {}
    if cache == "1h":
        _keep_long(row, body, field)
    key = _conversation_key(row)
    if "-" in field:
        return {field: key}
    body[field] = key
    return {}


def _keep_long(row: Draft, body: Json, field: str) -> None:
    if field != _OPENAI_KEY:
        leave_out_cache(row)
    elif re.search(_OWN_BREAKPOINTS, row.model):
        leave_out_cache(row, "this model keeps prompts for 30 minutes or longer, as it sees fit")
    else:
        body["prompt_cache_retention"] = "24h"
        row.notices.append("cache 1h is sent as 24h: this server knows no other time")


def _conversation_key(row: Draft) -> str:
    """Return a name for a conversation that stays the same from turn to turn: servers route by it to a warm cache."""
    opening = next((message.text for message in row.messages if message.role == "user"), "")
    parts = (f"{row.model}\n{system_of(row)}", opening, "\n".join(tool.name for tool in row.tools))
    sums = (f"{crc32(part.encode('utf-8', 'replace')):08x}" for part in parts)
    return f"rig-{''.join(sums)}"


def leave_out_cache(row: Draft, why: str = "the provider caches by itself, as it sees fit") -> None:
    """Name the option where nothing can be said; `auto` is what happens anyway."""
    if row.options.cache != "auto":
        row.leave_out("cache", why)


def _marked_messages(messages: list[Any], cache: str | None, chosen: Sequence[int]) -> list[Any]:
    out = list(messages)
    for number in chosen:
        message = as_dict(out[number])
        if content := message.get("content"):
            out[number] = {**message, "content": _marked(content, cache)}
    return out


def _marked(content: Any, cache: str | None) -> Any:
    """Return a text or a list of blocks with a mark on its last block that may bear one."""
    blocks: list[Any] = list(as_list(content)) or [{"type": "text", "text": content}]
    for number in range(len(blocks) - 1, -1, -1):
        block = as_dict(blocks[number])
        if block.get("type") not in _UNMARKABLE:
            blocks[number] = {**block, "cache_control": control(cache)}
            break
    return blocks


def _is_marked(body: Json) -> bool:
    blocks = [*as_list(body.get("tools")), *as_list(body.get("system")), body]
    for message in as_list(body.get("messages")):
        blocks += as_list(as_dict(message).get("content"))
    return any("cache_control" in as_dict(block) for block in blocks)
