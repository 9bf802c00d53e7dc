"""How many tokens a request is: what servers have for that beside chat. Pure.

`WAYS` are the forms there are. Which one a server has follows from its wire for chat, unless its row says otherwise
(quirk `count`). Most count the request as it would be read, with its frame and its tools; a tokenizer counts the bare
text. Formats: docs.anthropic.com/en/api/messages-count-tokens, ai.google.dev/api/tokens,
developers.openai.com/api/reference (responses/input_tokens), docs.aws.amazon.com/bedrock (CountTokens),
docs.cohere.com/reference/tokenize, docs.vllm.ai and llama.cpp's tools/server (tokenize).
"""

from __future__ import annotations

import json
import re
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.messages import MediaPart, ReasoningPart, RefusalPart, TextPart, ToolCallPart, ToolResultPart
from rigcli.core.requests import Prepared, Request
from rigcli.wire import failures, load_wire
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, first

_COUNTS = ("count", "input_tokens", "inputTokens", "totalTokens", "total_tokens", "prompt_tokens")
_LISTS = ("tokens", "token_ids")
_REGION = re.compile(r"^(us|eu|apac|au|ca|jp|us-gov|global)\.")
"""Bedrock counts by the model's own name, not by that of a profile over several regions."""


class Way(NamedTuple):
    """One form. `wire` writes the request that is counted; `whole` says that its frame and tools are counted too."""

    wire: str
    path: str
    body: Callable[[Request, Json], Json]
    whole: bool = True


class Count(NamedTuple):
    """Tokens, and whether they are those of the whole request (not of its bare text)."""

    tokens: int
    whole: bool


def way_of(wire: str, quirks: Mapping[str, Any]) -> str | None:
    """Return the name of the form that a server has; None where it has none, as far as anyone knows."""
    name = quirks.get("count") or _BY_WIRE.get(wire)
    return name if name in WAYS else None


def prepare(name: str, request: Request) -> Prepared:
    """Return the request for a count, below the base URL (or the root: quirk `count_root`)."""
    way, quirks = WAYS[name], request.quirks
    counted = replace(request, stream=False, options=replace(request.options, cache="off"))
    chat = load_wire(way.wire).prepare(counted)
    path = str(quirks.get("count_path") or way.path or chat.path.replace(":generateContent", ":countTokens"))
    model = quote(_REGION.sub("", request.model), safe="")
    body = way.body(counted, chat.body)
    told = [notice for notice in chat.notices if not notice.startswith("the option ")]
    if not way.whole:
        told = [f"only the text is counted: {_beyond(request)}"] if _beyond(request) else []
    return Prepared(path.replace("{model}", model), body, chat.headers, notices=tuple(told))


def read(name: str, body: Any) -> Count:
    """Return the count in an answer. Raises what an error says, ProviderError for another shape."""
    document = as_dict(body)
    for row in (document, as_dict(document.get("data")), as_dict(document.get("usage"))):
        if (tokens := as_count(first(row, *_COUNTS))) is not None:
            return Count(tokens, WAYS[name].whole)
    for field in _LISTS:
        if isinstance(document.get(field), list):
            return Count(len(as_list(document[field])), WAYS[name].whole)
    if document.get("error") or document.get("message") or document.get("detail"):
        raise failures.from_event(document)
    raise failures.unreadable("no count in it")


def read_error(status: int, body: str) -> RigError:
    return failures.from_status(status, body)


def _picked(*names: str) -> Callable[[Request, Json], Json]:
    def pick(request: Request, body: Json) -> Json:
        _ = request
        return {name: body[name] for name in names if name in body}

    return pick


def _generate(request: Request, body: Json) -> Json:
    model = request.model.removeprefix("models/")
    return {"generateContentRequest": {"model": f"models/{model}", **body}}


def _converse(request: Request, body: Json) -> Json:
    _ = request
    names = ("messages", "system", "toolConfig", "additionalModelRequestFields")
    return {"input": {"converse": {name: body[name] for name in names if name in body}}}


def _invoke(request: Request, body: Json) -> Json:
    _ = request
    written = b2a_base64(json.dumps(body).encode(), newline=False).decode("ascii")
    return {"input": {"invokeModel": {"body": written}}}


def _text(request: Request, body: Json) -> Json:
    _ = body
    field = str(request.quirks.get("count_field", "text"))
    said = [text for message in request.messages for part in message.parts if (text := _text_of(part))]
    return {"model": request.model, field: "\n".join(said)}


def _text_of(part: Any) -> str:
    match part:
        case TextPart(text) | ReasoningPart(text) | RefusalPart(text):
            return text
        case ToolCallPart():
            return part.arguments
        case ToolResultPart():
            return part.content
        case _:
            return ""


def _beyond(request: Request) -> str:
    """Return what a tokenizer does not see of a request."""
    media = any(isinstance(part, MediaPart) for message in request.messages for part in message.parts)
    missing = [*(["the tools"] if request.tools else []), *(["files that are no text"] if media else [])]
    return f"{' and '.join(missing)} come on top" if missing else ""


WAYS: dict[str, Way] = {
    "messages": Way(
        "anthropic-messages",
        "/v1/messages/count_tokens",
        _picked("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "mcp_servers"),
    ),
    "responses": Way(
        "openai-responses",
        "/responses/input_tokens",
        _picked("model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning"),
    ),
    "generate": Way("gemini", "", _generate),
    "contents": Way("gemini", "", _picked("contents", "systemInstruction", "tools")),
    "converse": Way("bedrock-converse", "/model/{model}/count-tokens", _converse),
    "invoke": Way("bedrock-invoke-anthropic", "/model/{model}/count-tokens", _invoke),
    "chat": Way("openai-chat", "/tokenize", _picked("model", "messages", "tools")),
    "text": Way("openai-chat", "/tokenize", _text, whole=False),
}
"""Name of a form -> what it is."""

_BY_WIRE = {
    "anthropic-messages": "messages",
    "gemini": "generate",
    "bedrock-converse": "converse",
    "bedrock-invoke-anthropic": "invoke",
}
