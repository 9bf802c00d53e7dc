"""A request in the words of OpenAI Responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rigcli.core.requests import Prepared, Request, ToolSpec
from rigcli.wire.caching import tell
from rigcli.wire.openai_responses.conversation import input_of
from rigcli.wire.outgoing import Draft, draft, leave_out_choices, only_named_tool, path, place_native, system_of
from rigcli.wire.shapes import Json, as_dict, as_list
from rigcli.wire.tool_calls import wire_name

PATH = "/responses"
WIRE = "openai-responses"

NOT_ENCRYPTED_MODELS = r"gpt-?[34]|chat-latest|computer-use"
"""Models that do not reason: they refuse to be asked for what they thought (`include`)."""

_ENCRYPTED = "reasoning.encrypted_content"
_LOGPROBS = "message.output_text.logprobs"
_FUNCTION_CHOICES = ("auto", "none", "required")


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the wire cannot carry is a notice."""
    row, quirks = draft(request), request.quirks
    row.leave_out("seed")
    row.leave_out("stop")
    leave_out_choices(row)
    row.leave_out("thinking_budget", "the server knows reasoning_effort only")
    if quirks.get("no_named_tool_choice"):
        only_named_tool(row)
    body: Json = {"model": request.model}
    system = system_of(row) or str(quirks.get("instructions_default", ""))
    if system and not quirks.get("system_role"):
        body["instructions"] = system
    body["input"] = input_of(row, quirks.get("system_role"))
    if request.stream or quirks.get("always_stream"):
        body["stream"] = True
    if row.tools:
        body["tools"] = [_tool(tool) for tool in row.tools]
    body.update(_options(row))
    headers = tell(request, row, body)
    _remember_nothing(row, body, request.options.extra, quirks)
    _add(body, dict(request.options.extra))
    place_native(row, request, WIRE, body)
    return Prepared(path(request, PATH), body, headers, notices=tuple(row.notices))


def _tool(tool: ToolSpec) -> Json:
    """`strict` is true where nothing is said, which would make every optional argument a required one."""
    out: Json = {"type": "function", "name": wire_name(tool.name), "parameters": tool.parameters, "strict": False}
    if tool.description:
        out["description"] = tool.description
    return out


def _options(row: Draft) -> Json:
    options, choice = row.options, row.options.tool_choice
    fields: dict[str, Any] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "max_output_tokens": options.max_tokens,
        "text": {"verbosity": options.verbosity} if options.verbosity else None,
        "reasoning": {"effort": options.reasoning_effort} if options.reasoning_effort else None,
        "tool_choice": choice
        if choice is None or choice in _FUNCTION_CHOICES
        else {"type": "function", "name": wire_name(choice)},
        "parallel_tool_calls": options.parallel_tool_calls,
        "top_logprobs": options.top_logprobs,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _remember_nothing(row: Draft, body: Json, extra: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
    """Ask the server to keep nothing, and to hand out what the model thought, so that it can be sent back.

    An answer that goes on from a stored one is stored too: the next one may want to go on from it.
    """
    if "previous_response_id" not in extra and "conversation" not in extra:
        body["store"] = False
    if not re.search(str(quirks.get("not_encrypted_models", NOT_ENCRYPTED_MODELS)), row.model):
        body["include"] = [_ENCRYPTED]
    if row.options.logprobs:
        body["include"] = [*as_list(body.get("include")), _LOGPROBS]


def _add(body: Json, extra: Json) -> None:
    """Put the other options where they belong; what would replace a part of the body is joined with it."""
    if (summary := extra.pop("reasoning_summary", None)) is not None:
        body["reasoning"] = {**as_dict(body.get("reasoning")), "summary": summary}
    for name in ("text", "reasoning"):
        if isinstance(extra.get(name), dict):
            extra[name] = {**as_dict(body.get(name)), **extra[name]}
    for name in ("tools", "include"):
        if isinstance(extra.get(name), list):
            given = [item for item in extra[name] if item not in as_list(body.get(name))]
            extra[name] = [*as_list(body.get(name)), *given]
    body.update(extra)
