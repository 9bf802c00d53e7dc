"""A request in the words of Converse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from rigcli.core.messages import ToolCallPart, ToolResultPart
from rigcli.core.requests import Options, Prepared, Request, ToolSpec
from rigcli.wire.bedrock_converse.caching import mark
from rigcli.wire.bedrock_converse.conversation import messages_of, system_of
from rigcli.wire.bedrock_converse.reasoning import think
from rigcli.wire.caching import BEDROCK_MODELS
from rigcli.wire.claude import leave_out_sampling
from rigcli.wire.outgoing import Draft, draft, leave_out_choices, leave_out_logprobs, place_native, without_ids
from rigcli.wire.shapes import Json, as_dict
from rigcli.wire.tool_calls import wire_name

PATH = "/model/{model}/converse"

_TOP_LEVEL = frozenset(
    (
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "outputConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    )
)


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the wire cannot carry is a notice."""
    row = draft(request)
    without_ids(row)
    row.leave_out("seed")
    row.leave_out("parallel_tool_calls")
    row.leave_out("verbosity")
    leave_out_sampling(row, request)
    leave_out_logprobs(row)
    leave_out_choices(row)
    body: Json = {"messages": messages_of(row)}
    if system := system_of(row):
        body["system"] = system
    if tools := _tools(row):
        body["toolConfig"] = tools
    config = _config(row.options)
    extra = dict(request.options.extra)
    fields = think(row, config)
    if config:
        body["inferenceConfig"] = config
    _think_freely(row, body, fields)
    mark(row, body, str(request.quirks.get("cache_models", BEDROCK_MODELS)))
    top = {key: extra.pop(key) for key in sorted(_TOP_LEVEL & extra.keys())}
    if fields := {**fields, **extra, **as_dict(top.pop("additionalModelRequestFields", None))}:
        body["additionalModelRequestFields"] = fields  # what is no field of Converse is the model's own
    body.update(top)
    place_native(row, request, "bedrock-converse", body)
    return Prepared(model_path(request, PATH) + "-stream" * request.stream, body, notices=tuple(row.notices))


def model_path(request: Request, default: str) -> str:
    """Return a path with the model's name in it: that may hold `:` and, as an ARN does, `/`."""
    return str(request.quirks.get("path") or default).replace("{model}", quote(request.model, safe=""))


def _config(options: Options) -> Json:
    fields: dict[str, Any] = {
        "maxTokens": options.max_tokens,
        "temperature": options.temperature,
        "topP": options.top_p,
        "stopSequences": list(options.stop) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _tools(row: Draft) -> Json | None:
    """Return the toolConfig. It must be there where the conversation holds calls, even if none are offered any more."""
    if row.options.tool_choice == "none":
        row.tools = ()
        row.options = replace(row.options, tool_choice=None)
    tools = [_tool(tool) for tool in row.tools] or _tools_once_called(row)
    if not tools:
        return None
    out: Json = {"tools": tools}
    match row.options.tool_choice:
        case None:
            pass
        case "auto":
            out["toolChoice"] = {"auto": {}}
        case "required":
            out["toolChoice"] = {"any": {}}
        case name:
            out["toolChoice"] = {"tool": {"name": wire_name(name)}}
    return out


def _tool(tool: ToolSpec) -> Json:
    schema = tool.parameters if "type" in tool.parameters else {"type": "object", **tool.parameters}
    spec: Json = {"name": wire_name(tool.name), "inputSchema": {"json": schema}}
    if tool.description:
        spec["description"] = tool.description
    return {"toolSpec": spec}


def _tools_once_called(row: Draft) -> list[Json]:
    parts = [part for message in row.messages for part in message.parts]
    names = dict.fromkeys(part.name for part in parts if isinstance(part, ToolCallPart | ToolResultPart) and part.name)
    return [_tool(ToolSpec(name, "No longer available", {"type": "object", "properties": {}})) for name in names]


def _think_freely(row: Draft, body: Json, fields: Json) -> None:
    """Claude cannot be made to call a tool while it thinks."""
    choice = as_dict(as_dict(body.get("toolConfig")).get("toolChoice"))
    if as_dict(fields.get("thinking")).get("type") not in (None, "disabled") and ("any" in choice or "tool" in choice):
        row.notices.append("the option tool_choice was left out: Claude cannot be made to call a tool while it thinks")
        del body["toolConfig"]["toolChoice"]
