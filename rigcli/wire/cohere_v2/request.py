"""A request in the words of Cohere's chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from rigcli.core.requests import Prepared, Request, ToolSpec
from rigcli.wire.caching import leave_out_cache
from rigcli.wire.media import cannot, name_of, url_of
from rigcli.wire.outgoing import (
    Draft,
    draft,
    effort_of,
    leave_out_choices,
    only_named_tool,
    path,
    place_native,
    without_ids,
)
from rigcli.wire.shapes import Json
from rigcli.wire.tool_calls import wire_name

PATH = "/v2/chat"
WIRE = "cohere-v2"

_NO_THINKING = ("none", "off", "false")
_CHOICES = {"required": "REQUIRED", "none": "NONE"}


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the wire cannot carry is a notice."""
    row = draft(request)
    without_ids(row)
    only_named_tool(row)  # one tool cannot be named here: only that one is offered
    row.leave_out("parallel_tool_calls")
    row.leave_out("verbosity")
    row.leave_out("top_logprobs", "the server says how likely the chosen tokens were, and no others")
    leave_out_choices(row)
    leave_out_cache(row)
    documents: list[Json] = []
    body: Json = {
        "model": request.model,
        "messages": [item for message in row.messages for item in _messages(message, row, documents)],
        "stream": request.stream,
    }
    if row.tools:
        body["tools"] = [_tool(tool) for tool in row.tools]
    if documents:
        body["documents"] = documents
    body.update(_options(row))
    body.update(request.options.extra)
    place_native(row, request, "cohere-v2", body)
    return Prepared(path(request, PATH), body, notices=tuple(row.notices))


def _tool(tool: ToolSpec) -> Json:
    function: Json = {"name": wire_name(tool.name), "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _options(row: Draft) -> Json:
    options = row.options
    fields: dict[str, Any] = {
        "temperature": options.temperature,
        "p": options.top_p,
        "max_tokens": options.max_tokens,
        "stop_sequences": list(options.stop) or None,
        "seed": options.seed,
        "logprobs": options.logprobs,
        "tool_choice": _CHOICES.get(options.tool_choice or ""),
        "thinking": _thinking(row),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _thinking(row: Draft) -> Json | None:
    """Thinking is on, off, or a number of tokens; an effort in words says no more than that it is on."""
    effort = effort_of(row)
    if effort is None:
        return None
    if effort in _NO_THINKING:
        return {"type": "disabled"}
    if effort.isdecimal() and int(effort):
        return {"type": "enabled", "token_budget": int(effort)}
    if effort not in ("on", "true"):
        row.notices.append(f"reasoning_effort {effort} is sent as on: this wire has no efforts (a number is a budget)")
    return {"type": "enabled"}


def _messages(message: Message, row: Draft, documents: list[Json]) -> Iterator[Json]:
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            yield {"role": "tool", "tool_call_id": part.id, "content": part.content}
    if message.role == "assistant":
        yield _assistant(message, row)
        return
    content = [item for part in message.parts if (item := _part(part, message, row, documents))]
    if content or message.role != "tool":
        role = "system" if message.role == "system" else "user"
        yield {"role": role, "content": _short(content)}


def _assistant(message: Message, row: Draft) -> Json:
    out: Json = {"role": "assistant"}
    content: list[Json] = []
    for part in message.parts:
        match part:
            case TextPart(text) | RefusalPart(text) if text:
                content.append({"type": "text", "text": text})
            case OpaquePart(wire, data) if wire == WIRE:
                if "tool_plan" in data:
                    out["tool_plan"] = data["tool_plan"]
                else:
                    content.insert(0, data)
            case MediaPart():
                row.notices.append(cannot(part, "an assistant's message is text here"))
            case _:
                pass
    if calls := [_call(call) for call in message.tool_calls]:
        out["tool_calls"] = calls
    if content or not calls:
        out["content"] = _short(content)
    return out


def _call(call: ToolCallPart) -> Json:
    function = {"name": wire_name(call.name), "arguments": call.arguments or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _part(part: Any, message: Message, row: Draft, documents: list[Json]) -> Json | None:
    match part:
        case TextPart(text) | RefusalPart(text) if text:
            return {"type": "text", "text": text}
        case MediaPart():
            return _medium(part, message, row, documents)
        case _:
            return None


def _medium(part: MediaPart, message: Message, row: Draft, documents: list[Json]) -> Json | None:
    """Images stand in the message; documents of text stand beside the conversation, and are cited from there."""
    if part.kind == "image" and message.role == "user":
        return {"type": "image_url", "image_url": {"url": url_of(part)}}
    if part.kind == "document" and part.media_type.startswith("text/") and part.data is not None:
        text = part.data.decode("utf-8", "replace")
        documents.append({"id": f"doc_{len(documents)}", "data": {"title": name_of(part), "text": text}})
    else:
        row.notices.append(cannot(part, "only images and documents of text are taken"))
    return None


def _short(content: list[Json]) -> str | list[Json]:
    """Return texts alone as one string, the short form of the API."""
    if all(item["type"] == "text" for item in content):
        return "\n\n".join(item["text"] for item in content)
    return content
