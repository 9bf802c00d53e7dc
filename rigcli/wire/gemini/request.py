"""A request in the words of Gemini."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from rigcli.core.requests import Options, Prepared, Request, ToolSpec
from rigcli.wire.caching import leave_out_cache
from rigcli.wire.gemini.conversation import contents_of
from rigcli.wire.outgoing import Draft, draft, effort_of, path, place_native, system_of, without_ids
from rigcli.wire.shapes import Json, as_dict, as_list
from rigcli.wire.tool_calls import wire_name

WIRE = "gemini"
PATH = "/v1beta/models/{model}:{method}"

LEVEL_MODELS = r"gemini-([3-9]|[1-9]\d)|-latest$"
"""Models that think by a level and want their signatures back; those before think by a budget of tokens."""

_BUDGETS = {"minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
_LEVELS = {"minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
_NO_THINKING = ("none", "off", "false")
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_TOP_LEVEL = frozenset(
    ("cachedContent", "labels", "model", "safetySettings", "serviceTier", "store", "systemInstruction", "toolConfig")
)
_SHORT = {
    "thinking_level": "thinkingLevel",
    "include_thoughts": "includeThoughts",
}
"""Options of the user's that stand in `thinkingConfig`."""


def prepare(request: Request) -> Prepared:
    """Return path and body. Pure; what the wire cannot carry is a notice."""
    row = draft(request)
    without_ids(row)
    row.leave_out("parallel_tool_calls")
    row.leave_out("verbosity")
    leave_out_cache(row)
    levels = bool(re.search(str(request.quirks.get("thinking_level_models", LEVEL_MODELS)), row.model))
    body: Json = {"contents": contents_of(row, sign=levels)}
    if system := system_of(row):
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if row.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in row.tools]}]
        if row.options.tool_choice:
            body["toolConfig"] = {"functionCallingConfig": _choice(row.options.tool_choice)}
    generation = _generation(row.options)
    if thinking := _thinking(row, levels=levels):
        generation["thinkingConfig"] = thinking
    _add(body, generation, dict(request.options.extra))
    if generation:
        body["generationConfig"] = generation
    place_native(row, request, WIRE, body)
    return Prepared(_path(request), body, notices=tuple(row.notices))


def _path(request: Request) -> str:
    method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    named = replace(request, model=request.model.removeprefix("models/"))  # as the list of models writes it
    return path(named, PATH).replace("{method}", method)


def _tool(tool: ToolSpec) -> Json:
    """JSON Schema as it is; the older field `parameters` takes only a part of it. No arguments are no schema."""
    out: Json = {"name": wire_name(tool.name)}
    if tool.description:
        out["description"] = tool.description
    if tool.parameters.get("properties") or tool.parameters.keys() - {"type", "properties", "required"}:
        out["parametersJsonSchema"] = tool.parameters
    return out


def _choice(choice: str) -> Json:
    if mode := _MODES.get(choice):
        return {"mode": mode}
    return {"mode": "ANY", "allowedFunctionNames": [wire_name(choice)]}


def _generation(options: Options) -> Json:
    fields: dict[str, Any] = {
        "temperature": options.temperature,
        "topP": options.top_p,
        "maxOutputTokens": options.max_tokens,
        "stopSequences": list(options.stop) or None,
        "seed": options.seed,
        "responseLogprobs": options.logprobs,
        "logprobs": options.top_logprobs,
        "candidateCount": options.n,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _thinking(row: Draft, *, levels: bool) -> Json:
    """Turn reasoning_effort into what the model knows: a level, or a budget of tokens."""
    effort, budget = effort_of(row), row.options.thinking_budget
    if effort is None:
        return {}
    if budget is not None and budget < 0:
        return {"thinkingBudget": budget, "includeThoughts": True}  # as much as the model likes
    if effort in _NO_THINKING:
        return {"thinkingBudget": 0}
    if effort.isdecimal():
        return {"thinkingBudget": int(effort), "includeThoughts": True}
    known: dict[str, Any] = _LEVELS if levels else _BUDGETS
    if effort not in known:
        row.notices.append(
            f"the option reasoning_effort was left out: it is none of {', '.join(known)}, not {effort!r}"
        )
        return {}
    return {"thinkingLevel" if levels else "thinkingBudget": known[effort], "includeThoughts": True}


def _add(body: Json, generation: Json, extra: Json) -> None:
    """Put the other options where they belong: beside the contents, or (most of them) in `generationConfig`."""
    thinking = {long: extra.pop(short) for short, long in _SHORT.items() if short in extra}
    if isinstance(extra.get("tools"), list):
        body["tools"] = [*as_list(body.get("tools")), *extra.pop("tools")]
    for name, value in {**as_dict(extra.pop("generationConfig", None)), **extra}.items():
        if name in _TOP_LEVEL:
            body[name] = {**as_dict(body.get(name)), **value} if isinstance(value, dict) else value
        elif name == "thinkingConfig":
            thinking = {**as_dict(value), **thinking}
        else:
            generation[name] = value
    if thinking:
        generation["thinkingConfig"] = {**as_dict(generation.get("thinkingConfig")), **thinking}
