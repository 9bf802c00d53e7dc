"""A request in the words of Anthropic Messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rigcli.core.messages import MediaPart
from rigcli.core.requests import Prepared, Request, ToolSpec
from rigcli.wire.anthropic_messages.conversation import messages_of
from rigcli.wire.caching import mark
from rigcli.wire.claude import leave_out_sampling, not_thinking
from rigcli.wire.outgoing import (
    Draft,
    budget_of,
    draft,
    effort_of,
    leave_out_choices,
    leave_out_logprobs,
    path,
    place_native,
    system_of,
)
from rigcli.wire.shapes import Json
from rigcli.wire.tool_calls import wire_name

PATH = "/v1/messages"
WIRE = "anthropic-messages"
VERSION = "2023-06-01"
FILES_BETA = "files-api-2025-04-14"
MAX_TOKENS = 8192
"""The field is required; this stands where neither the user nor the row says more."""

THINKING_BUDGET_MODELS = r"claude-(3-7|(opus|sonnet)-4-(0|1|20)|sonnet-4-5|opus-4-5|haiku-4-5)"
"""Models that think by a budget of tokens; later ones take an effort (docs: extended and adaptive thinking)."""

_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 32768}
_NO_THINKING = ("none", "off", "false")


def prepare(request: Request) -> Prepared:
    """Return path, headers and body. Pure; what the wire cannot carry is a notice."""
    row, quirks = draft(request), request.quirks
    row.leave_out("seed")
    row.leave_out("verbosity")
    leave_out_sampling(row, request)
    leave_out_logprobs(row)
    leave_out_choices(row)
    body: Json = {
        "model": request.model,
        "max_tokens": row.options.max_tokens or _default_cap(request.model, quirks),
        "messages": messages_of(row),
    }
    if system := system_of(row):
        body["system"] = system
    if request.stream:
        body["stream"] = True
    if row.tools:
        body["tools"] = [_tool(tool) for tool in row.tools]
        if choice := _choice(row):
            body["tool_choice"] = choice
    _think(row, body, str(quirks.get("thinking_budget_models", THINKING_BUDGET_MODELS)))
    if row.options.temperature is not None:
        body["temperature"] = row.options.temperature
    if row.options.top_p is not None:
        body["top_p"] = row.options.top_p
    if row.options.stop:
        body["stop_sequences"] = list(row.options.stop)
    body.update(request.options.extra)
    headers = {"anthropic-version": VERSION}
    files = [FILES_BETA] if any(part.file_id for part in _media(row)) else []
    if beta := [*quirks.get("beta", ()), *files, *place_native(row, request, WIRE, body)]:
        headers["anthropic-beta"] = ",".join(dict.fromkeys(beta))
    mark(body, row.options.cache)
    return Prepared(path(request, PATH), body, headers, notices=tuple(row.notices))


def _media(row: Draft) -> Iterator[MediaPart]:
    return (part for message in row.messages for part in message.parts if isinstance(part, MediaPart))


def _default_cap(model: str, quirks: Mapping[str, Any]) -> int:
    by_model: Mapping[str, int] = quirks.get("max_tokens_default_models", {})
    known = next((cap for models, cap in by_model.items() if re.search(models, model)), None)
    return known or int(quirks.get("max_tokens_default", MAX_TOKENS))


def _tool(tool: ToolSpec) -> Json:
    schema = tool.parameters if "type" in tool.parameters else {"type": "object", **tool.parameters}
    out: Json = {"name": wire_name(tool.name), "input_schema": schema}
    if tool.description:
        out["description"] = tool.description
    return out


def _choice(row: Draft) -> Json | None:
    choice, parallel = row.options.tool_choice, row.options.parallel_tool_calls
    out: Json
    match choice:
        case None if parallel is None:
            return None
        case None | "auto":
            out = {"type": "auto"}
        case "none":
            return {"type": "none"}
        case "required":
            out = {"type": "any"}
        case name:
            out = {"type": "tool", "name": wire_name(name)}
    if parallel is not None:
        out["disable_parallel_tool_use"] = not parallel
    return out


def _think(row: Draft, body: Json, budget_models: str) -> None:
    """Turn reasoning_effort into what the model knows: an effort, or a budget below max_tokens."""
    effort = effort_of(row)
    if effort is None:
        return
    if effort in _NO_THINKING:
        if off := not_thinking(row):
            body["thinking"] = off
        return
    if not re.search(budget_models, row.model):
        if effort.isdecimal():
            row.leave_out("thinking_budget", "this model takes a reasoning_effort in words")
            return
        body["thinking"] = {"type": "adaptive", "display": "summarized"}  # later models hide their thoughts by default
        body["output_config"] = {"effort": effort}
    else:
        budget = _budget(row, body, effort)
        if budget is None:
            return
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    why = "Claude takes none while it thinks"
    row.leave_out("temperature", why)
    row.leave_out("top_p", why)
    if body.get("tool_choice", {}).get("type") in ("any", "tool"):
        row.notices.append("the option tool_choice was left out: Claude cannot be made to call a tool while it thinks")
        del body["tool_choice"]


def _budget(row: Draft, body: Json, effort: str) -> int | None:
    budget = budget_of(row, effort, _BUDGETS)
    if budget is not None and row.options.max_tokens is None:  # the user capped nothing: leave room for the answer
        body["max_tokens"] = max(body["max_tokens"], budget + MAX_TOKENS)
    return budget
