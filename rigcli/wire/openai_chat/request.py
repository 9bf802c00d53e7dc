"""A request in the words of Chat Completions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rigcli.core.messages import user
from rigcli.core.requests import Prepared, Request, ToolSpec
from rigcli.wire.caching import mark_parts, tell
from rigcli.wire.openai_chat.conversation import messages_of
from rigcli.wire.outgoing import Draft, draft, only_named_tool, path, place_native
from rigcli.wire.shapes import Json
from rigcli.wire.tool_calls import wire_name

PATH = "/chat/completions"
WIRE = "openai-chat"


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the server cannot take is a notice."""
    row, quirks = draft(request), request.quirks
    if quirks.get("no_named_tool_choice"):
        only_named_tool(row)
    if words := quirks.get("required_tool_prompt"):
        _ask_for_tool(row, str(words))
    body: Json = {"model": request.model, "messages": messages_of(row, quirks)}
    if request.stream:
        body["stream"] = True
        if not quirks.get("no_stream_options"):
            body["stream_options"] = {"include_usage": True}
    if row.tools:
        body["tools"] = [_tool(tool) for tool in row.tools]
    body.update(_options(row, quirks))
    headers = _cache(request, row, body)
    _budget(row, body, quirks.get("thinking_budget_field"))
    body.update(request.options.extra)
    place_native(row, request, WIRE, body)
    return Prepared(path(request, PATH), body, headers, notices=tuple(row.notices))


def _cache(request: Request, row: Draft, body: Json) -> dict[str, str]:
    """Mark what to keep where the model behind the server wants marks, else say what can be said."""
    models = request.quirks.get("cache_control_models")
    if not models or not re.search(str(models), row.model):
        return tell(request, row, body)
    if "cache_control" not in request.options.extra:
        results = bool(request.quirks.get("cache_control_results"))
        body["messages"] = mark_parts(body["messages"], row.options.cache, results=results)
    return {}


def _ask_for_tool(row: Draft, words: str) -> None:
    """Put the wish for a tool call into words, for a server that takes no order."""
    only_named_tool(row)
    if row.options.tool_choice == "required":
        row.options = replace(row.options, tool_choice=None)
        row.messages = (*row.messages, user(words))
        row.notices.append("tool_choice required was put into words: the server cannot be made to call a tool")


def _tool(tool: ToolSpec) -> Json:
    function: Json = {"name": wire_name(tool.name), "parameters": tool.parameters}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _options(row: Draft, quirks: Mapping[str, Any]) -> Json:
    options = row.options
    fields: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        _cap_field(row.model, quirks): options.max_tokens,
        "stop": list(options.stop) or None,
        str(quirks.get("seed_field", "seed")): options.seed,
        "reasoning_effort": options.reasoning_effort,
        "verbosity": options.verbosity,
        "tool_choice": _choice(options.tool_choice, quirks),
        "parallel_tool_calls": options.parallel_tool_calls,
        "logprobs": options.logprobs,
        "top_logprobs": options.top_logprobs,
        "n": options.n,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _budget(row: Draft, body: Json, field: str | None) -> None:
    """Put a budget of thinking where the server looks for it: the API itself knows efforts only."""
    if field is None:
        row.leave_out("thinking_budget", "the server knows reasoning_effort only")
    elif row.options.thinking_budget is not None:
        outer, dot, inner = field.partition(".")
        body[outer] = {inner: row.options.thinking_budget} if dot else row.options.thinking_budget


def _cap_field(model: str, quirks: Mapping[str, Any]) -> str:
    pattern = quirks.get("max_completion_tokens_models")
    if pattern and re.search(str(pattern), model):
        return "max_completion_tokens"
    return str(quirks.get("max_tokens_field", "max_tokens"))


def _choice(choice: str | None, quirks: Mapping[str, Any]) -> Any:
    if choice is None or choice in ("auto", "none"):
        return choice
    if choice == "required":
        return str(quirks.get("tool_choice_required_word", "required"))
    return {"type": "function", "function": {"name": wire_name(choice)}}
