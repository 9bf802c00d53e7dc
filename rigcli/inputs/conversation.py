"""`--messages` and `--tools-file`: whole conversations and tool declarations in OpenAI's JSON, read strictly.

Format: the `messages` and `tools` of POST /v1/chat/completions (platform.openai.com/docs/api-reference/chat).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, cast

from rigcli.core.errors import UsageError
from rigcli.core.messages import (
    MediaPart,
    Message,
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from rigcli.core.requests import ToolSpec

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


def read_messages(text: str, source: str) -> tuple[Message, ...]:
    """Return the conversation of a JSON list, or of an object that holds one under `messages`. Raises UsageError."""
    document = _json(text, source)
    if isinstance(document, dict):
        document = cast("dict[str, Any]", document).get("messages")
    if not isinstance(document, list):
        raise UsageError(f"{source}: neither a list of messages nor an object with `messages`")
    names: dict[str, str] = {}
    return tuple(
        _message(item, f"{source}: message {number}", names)
        for number, item in enumerate(cast("list[Any]", document), 1)
    )


def read_tools(text: str, source: str) -> tuple[ToolSpec, ...]:
    """Return the function tools declared in a JSON list (or an object with `tools`). Raises UsageError."""
    document = _json(text, source)
    if isinstance(document, dict):
        document = cast("dict[str, Any]", document).get("tools")
    if not isinstance(document, list):
        raise UsageError(f"{source}: neither a list of tools nor an object with `tools`")
    return tuple(_tool(item, f"{source}: tool {n}") for n, item in enumerate(cast("list[Any]", document), 1))


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"{source}: not JSON: {error}", hint="one JSON document is expected") from None


def _tool(item: Any, where: str) -> ToolSpec:
    row = _object(item, where)
    function = _object(row.get("function", row), where)
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError(f"{where}: no name")
    parameters = _object(function.get("parameters") or _NO_PARAMETERS, where)
    return ToolSpec(name, str(function.get("description") or ""), parameters)


def _object(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise UsageError(f"{where}: not an object")
    return cast("dict[str, Any]", item)


def _message(item: Any, where: str, names: dict[str, str]) -> Message:
    row = _object(item, where)
    role = _ROLES.get(str(row.get("role")))
    if role is None:
        raise UsageError(f"{where}: no such role: {row.get('role')!r}")
    if role == "tool":
        return Message("tool", (_result(row, where, names),))
    parts = list(_content(row.get("content"), where))
    if role == "assistant":
        reasoning = row.get("reasoning_content") or row.get("reasoning")
        if isinstance(reasoning, str) and reasoning:
            parts.insert(0, ReasoningPart(reasoning))
        if isinstance(refusal := row.get("refusal"), str) and refusal:
            parts.append(RefusalPart(refusal))
        parts += _calls(row, where, names)
    return Message(role, tuple(parts))


def _calls(row: dict[str, Any], where: str, names: dict[str, str]) -> Iterator[ToolCallPart]:
    for number, item in enumerate(row.get("tool_calls") or []):
        call = _object(item, where)
        function = _object(call.get("function"), f"{where}: call {number + 1}")
        arguments = function.get("arguments")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        id_ = str(call.get("id") or f"call_{len(names)}")
        names[id_] = str(function.get("name") or "")
        yield ToolCallPart(id_, names[id_], text)


def _result(row: dict[str, Any], where: str, names: dict[str, str]) -> ToolResultPart:
    id_ = str(row.get("tool_call_id") or row.get("name") or "")
    text = "".join(part.text for part in _content(row.get("content"), where) if isinstance(part, TextPart))
    return ToolResultPart(id_, names.get(id_) or str(row.get("name") or id_), text)


def _content(value: Any, where: str) -> Iterator[Part]:
    if value is None:
        return
    if isinstance(value, str):
        yield TextPart(value)
        return
    if not isinstance(value, list):
        raise UsageError(f"{where}: content is neither text nor a list of parts")
    for item in cast("list[Any]", value):
        if isinstance(item, str):
            yield TextPart(item)
        else:
            yield _part(_object(item, where), where)


def _part(part: dict[str, Any], where: str) -> Part:
    match part:
        case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return TextPart(text)
        case {"type": "refusal", "refusal": str(text)}:
            return RefusalPart(text)
        case {"type": "image_url", "image_url": {"url": str(url)}} | {"type": "image_url", "image_url": str(url)}:
            return _image(url, where)
        case {"type": "input_audio", "input_audio": {"data": str(data), "format": str(kind)}}:
            return MediaPart("audio", f"audio/{kind}", data=_base64(data, where))
        case {"type": "file", "file": {"file_data": str(url), **rest}}:
            return _document(url, rest.get("filename"), where)
        case _:
            if (found := _as_responses_has_it(part, where)) is None:
                raise UsageError(f"{where}: a content part that rig cannot read: {part.get('type')!r}")
            return found


def _as_responses_has_it(part: dict[str, Any], where: str) -> MediaPart | None:
    """Return a file or picture as OpenAI's Responses and Mistral write it, or one that a provider keeps."""
    match part:
        case {"type": "file", "file": {"file_id": str(id_)}} | {"type": "input_file", "file_id": str(id_)}:
            return MediaPart("document", "application/octet-stream", file_id=id_)
        case {"type": "document_url", "document_url": str(url), **rest}:
            return _document(url, rest.get("document_name"), where)
        case {"type": "input_file", "file_url": str(url), **rest} | {
            "type": "input_file",
            "file_data": str(url),
            **rest,
        }:
            return _document(url, rest.get("filename"), where)
        case {"type": "input_image", "image_url": str(url)}:
            return _image(url, where)
        case {"type": "input_image", "file_id": str(id_)}:
            return MediaPart("image", "image/*", file_id=id_)
        case _:
            return None


def _image(url: str, where: str) -> MediaPart:
    if url.startswith("data:"):
        media_type, data = _data_url(url, where)
        return MediaPart("image", media_type, data=data)
    return MediaPart("image", "image/*", url=url)


def _document(url: str, name: Any, where: str) -> MediaPart:
    name = name if isinstance(name, str) else None
    if url.startswith(("http://", "https://")):
        return MediaPart("document", "application/pdf", url=url, name=name)
    media_type, data = _data_url(url, where)
    return MediaPart("document", media_type, data=data, name=name)


def _data_url(url: str, where: str) -> tuple[str, bytes]:
    head, comma, data = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise UsageError(f"{where}: not a base64 data URL")
    return head[5:-7] or "application/octet-stream", _base64(data, where)


def _base64(data: str, where: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        raise UsageError(f"{where}: broken base64") from None
