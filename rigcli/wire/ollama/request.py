"""A request in the words of Ollama's `/api/chat`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from rigcli.core.messages import MediaPart, Message, RefusalPart, TextPart, ToolCallPart, ToolResultPart
from rigcli.core.requests import Options, Prepared, Request, ToolSpec
from rigcli.wire.caching import leave_out_cache
from rigcli.wire.media import base64_of, cannot
from rigcli.wire.outgoing import Draft, draft, leave_out_choices, only_named_tool, path, place_native, without_ids
from rigcli.wire.shapes import Json, as_dict

PATH = "/api/chat"

_TOP_LEVEL = frozenset(
    ("format", "keep_alive", "logprobs", "options", "raw", "shift", "template", "think", "top_logprobs", "truncate")
)
_THINK = {"none": False, "off": False, "false": False, "on": True, "true": True}


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the server cannot take is a notice."""
    row = draft(request)
    without_ids(row)
    _choose_tools(row)
    row.leave_out("parallel_tool_calls")
    row.leave_out("thinking_budget", "Ollama knows reasoning_effort only")
    row.leave_out("verbosity")
    leave_out_choices(row)
    leave_out_cache(row)
    body: Json = {
        "model": request.model,
        "messages": [item for message in row.messages for item in _messages(message, row)],
        "stream": request.stream,
    }
    if row.tools:
        body["tools"] = [_tool(tool) for tool in row.tools]
    for name in ("logprobs", "top_logprobs"):
        if (value := getattr(row.options, name)) is not None:
            body[name] = value
    if row.options.reasoning_effort is not None:
        body["think"] = _THINK.get(row.options.reasoning_effort, row.options.reasoning_effort)
    extra = dict(request.options.extra)
    body.update((key, extra.pop(key)) for key in sorted(_TOP_LEVEL & extra.keys()) if key != "options")
    if options := {**_options(row.options), **_model_options(extra)}:
        body["options"] = options
    place_native(row, request, "ollama", body)
    return Prepared(path(request, PATH), body, notices=tuple(row.notices))


def _choose_tools(row: Draft) -> None:
    """Ollama ignores tool_choice: `none` is no tools, one name is that tool alone, and more cannot be asked for."""
    choice = row.options.tool_choice
    if choice == "none":
        row.tools = ()
        row.options = replace(row.options, tool_choice=None)
    elif choice == "auto":
        row.options = replace(row.options, tool_choice=None)
    else:
        only_named_tool(row)
        row.leave_out("tool_choice", "Ollama cannot be made to call a tool")


def _tool(tool: ToolSpec) -> Json:
    function: Json = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _options(options: Options) -> Json:
    fields: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "num_predict": options.max_tokens,
        "stop": list(options.stop) or None,
        "seed": options.seed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _model_options(extra: Json) -> Json:
    """What is no field of the request is an option of the model (num_ctx, top_k, …): elsewhere it would be ignored."""
    nested = as_dict(extra.pop("options", None))
    return {**extra, **nested}


def _messages(message: Message, row: Draft) -> Iterator[Json]:
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            yield {"role": "tool", "tool_name": part.name, "tool_call_id": part.id, "content": part.content}
    if message.role == "assistant":
        yield _assistant(message, row)
        return
    texts = [part.text for part in message.parts if isinstance(part, TextPart | RefusalPart) and part.text]
    images = _images(message, row)
    if texts or images or message.role != "tool":
        out: Json = {"role": "system" if message.role == "system" else "user", "content": "\n\n".join(texts)}
        if images:
            out["images"] = images
        yield out


def _assistant(message: Message, row: Draft) -> Json:
    text = "".join(part.text for part in message.parts if isinstance(part, TextPart | RefusalPart))
    out: Json = {"role": "assistant", "content": text}
    if message.reasoning:
        out["thinking"] = message.reasoning
    if message.tool_calls:
        out["tool_calls"] = [_call(call) for call in message.tool_calls]
    if images := _images(message, row):
        out["images"] = images
    return out


def _call(call: ToolCallPart) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call.arguments)}}


def _arguments(text: str) -> Json:
    """Return the arguments as the object that this wire demands; broken ones as the text they were."""
    try:
        value: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = text
    if value is None:
        return {}
    return cast("Json", value) if isinstance(value, dict) else {"arguments": value}


def _images(message: Message, row: Draft) -> list[str]:
    out: list[str] = []
    for part in message.parts:
        if not isinstance(part, MediaPart):
            continue
        if part.kind == "image" and part.data is not None:
            out.append(base64_of(part))
        else:
            row.notices.append(cannot(part, "Ollama takes images as bytes and nothing else"))
    return out
