"""An answer that must fit a schema, asked for in the way that the provider knows. What comes is checked by the engine.

native: the schema stands in the request. tool: the answer is the call of one more tool, and is told as text.
json_object: the request asks for JSON, and the prompt says which. prompt: only the prompt says it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Literal

from rigcli.core.events import Event, Finish, Text, ToolCall
from rigcli.core.messages import Message, TextPart, system
from rigcli.core.ports import Wire
from rigcli.core.requests import OutputSchema, Prepared, Request, ToolSpec
from rigcli.wire.schema_forms import closed_form, const_free, strict_form
from rigcli.wire.shapes import Json, as_dict

Way = Literal["native", "tool", "json_object", "prompt"]
ANSWER: Final = "final_answer"

CLAUDE_MODELS: Final = r"claude-((opus|sonnet|haiku)-(4-[5-9]|[5-9])|opus-4-1|fable|mythos)"
"""Claude models that take a schema (docs: structured outputs)."""
GEMINI_WITH_TOOLS: Final = r"gemini-([3-9]|[1-9]\d)|-latest$"
"""Gemini models that take a schema beside functions."""
_WAYS: Final[Mapping[str, Way]] = {"bedrock-converse": "tool", "bedrock-invoke-anthropic": "tool"}
_WITH_TOOLS: Final[Mapping[str, Way]] = {"ollama": "prompt", "cohere-v2": "tool"}


def prepare(wire: Wire, request: Request) -> tuple[Request, Prepared]:
    """Return the request as it is read back, and what is sent for it."""
    if request.schema is None:
        return request, wire.prepare(request)
    way = way_of(request, wire.name)
    arranged = _arranged(request, request.schema, way)
    prepared = wire.prepare(arranged)
    if way == "native":
        _FORMS[wire.name](prepared.body, request.schema)
    elif way == "json_object":
        prepared.body.setdefault("response_format", {"type": "json_object"})
    return arranged, prepared


def way_of(request: Request, wire: str) -> Way:
    """Return how the schema is said, by the row, the wire and what else is in the request."""
    quirks = request.quirks
    tools = bool(request.tools or request.native)
    said: Way | None = quirks.get("schema_with_tools") if tools else None
    way: Way = said or quirks.get("schema") or _WAYS.get(wire, "native")
    if way == "native" and wire == "anthropic-messages":
        way = way if re.search(str(quirks.get("schema_models", CLAUDE_MODELS)), request.model) else "tool"
    if way == "native" and tools and not said:
        way = _WITH_TOOLS.get(wire, way)
        if wire == "gemini" and not re.search(GEMINI_WITH_TOOLS, request.model):
            way = "tool"
    return "prompt" if way == "tool" and quirks.get("no_tools") else way


def by_tool(request: Request) -> bool:
    """Tell whether the answer of an arranged request comes as a call."""
    return any(tool.name == ANSWER for tool in request.tools)


def as_text(event: Event) -> Event:
    """Return the call that is the answer as text."""
    match event:
        case ToolCall(_, name, arguments) if name == ANSWER:
            return Text(arguments)
        case Finish("tool_calls", raw):
            return Finish("stop", raw)
        case _:
            return event


def _arranged(request: Request, schema: OutputSchema, way: Way) -> Request:
    if way == "native":
        return request
    if way == "tool":
        tool = ToolSpec(ANSWER, "Give the final answer. Call this once, when you know it.", schema.schema)
        free = request.options.reasoning_effort is None and request.options.thinking_budget is None
        choice = ("required" if request.tools else ANSWER) if free else None  # who thinks cannot be made to call
        options = replace(request.options, tool_choice=choice, parallel_tool_calls=None)
        words = f"Give your final answer by calling the tool {ANSWER}; it takes the whole answer."
        return replace(_told(request, words), tools=(*request.tools, tool), options=options, schema=None)
    words = (
        "Your final answer must be one JSON value that fits this JSON Schema, and nothing else: no words around it, no "
        f"code fence.\n{json.dumps(schema.schema, ensure_ascii=False)}"
    )
    return replace(_told(request, words), schema=None)


def _told(request: Request, words: str) -> Request:
    """Add to the last system message in front, or make one."""
    first = next((i for i, message in enumerate(request.messages) if message.role != "system"), len(request.messages))
    if not first:
        return replace(request, messages=(system(words), *request.messages))
    last = request.messages[first - 1]
    more = Message("system", (*last.parts, TextPart(f"\n\n{words}")))
    return replace(request, messages=(*request.messages[: first - 1], more, *request.messages[first:]))


def _openai(schema: OutputSchema) -> Json:
    """Strict where the dialect of strict schemas can say it: then the server itself holds the model to it."""
    strict = strict_form(schema.schema)
    return {"name": schema.name, "schema": strict or schema.schema, "strict": strict is not None}


def _chat(body: Json, schema: OutputSchema) -> None:
    body.setdefault("response_format", {"type": "json_schema", "json_schema": _openai(schema)})


def _responses(body: Json, schema: OutputSchema) -> None:
    body["text"] = {"format": {"type": "json_schema", **_openai(schema)}, **as_dict(body.get("text"))}


def _anthropic(body: Json, schema: OutputSchema) -> None:
    form = closed_form(schema.schema)
    wanted = {"type": "json_schema", "schema": form or schema.schema}
    body["output_config"] = {"format": wanted, **as_dict(body.get("output_config"))}


def _gemini(body: Json, schema: OutputSchema) -> None:
    wanted = {"responseMimeType": "application/json", "responseJsonSchema": const_free(schema.schema)}
    body["generationConfig"] = {**wanted, **as_dict(body.get("generationConfig"))}


def _ollama(body: Json, schema: OutputSchema) -> None:
    body.setdefault("format", schema.schema)


def _cohere(body: Json, schema: OutputSchema) -> None:
    body.setdefault("response_format", {"type": "json_object", "json_schema": schema.schema})


def _converse(body: Json, schema: OutputSchema) -> None:
    text = json.dumps(closed_form(schema.schema) or schema.schema, ensure_ascii=False)
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": text, "name": schema.name}}}
    body["outputConfig"] = {"textFormat": form, **as_dict(body.get("outputConfig"))}


_FORMS: Final[Mapping[str, Callable[[Json, OutputSchema], None]]] = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic-messages": _anthropic,
    "bedrock-invoke-anthropic": _anthropic,
    "bedrock-converse": _converse,
    "gemini": _gemini,
    "ollama": _ollama,
    "cohere-v2": _cohere,
}
