"""A conversation in the words of Anthropic Messages: blocks, user and assistant in turns, the system prompt apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    Part,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from rigcli.wire.media import base64_of, cannot
from rigcli.wire.outgoing import Draft
from rigcli.wire.shapes import Json
from rigcli.wire.tool_calls import wire_id, wire_name

WIRE = "anthropic-messages"


def messages_of(row: Draft) -> list[Json]:
    """Return the `messages` of the body; parts that have no place are notices of the draft."""
    out: list[Json] = []
    for message in row.messages:
        if message.role == "system":
            row.notices += [cannot(part, "a system prompt is text") for part in _media(message)]
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := _block(part, role, row))]
        if role == "user":  # results must stand before anything else
            blocks.sort(key=lambda block: block["type"] != "tool_result")
        if not blocks:
            continue
        if out and out[-1]["role"] == role:
            out[-1]["content"] += blocks
        else:
            out.append({"role": role, "content": blocks})
    _trim_end(out)
    return [{"role": item["role"], "content": _short(item["content"])} for item in out]


def _block(part: Part, role: str, row: Draft) -> Json | None:
    match part:
        case TextPart(text) | RefusalPart(text):
            return {"type": "text", "text": text} if text.strip() else None  # an empty text is refused
        case MediaPart():
            return _medium(part, role, row)
        case ToolCallPart(id_, name, arguments):
            return {"type": "tool_use", "id": wire_id(id_), "name": wire_name(name), "input": _input(arguments)}
        case ToolResultPart(id_, _, content, error):
            block: Json = {"type": "tool_result", "tool_use_id": wire_id(id_), "content": content}
            return {**block, "is_error": True} if error else block
        case OpaquePart(wire, data):
            return data if wire == WIRE and _goes_back(data) else None
        case _:
            return None


def _goes_back(data: Json) -> bool:
    """A thinking block without its signature is refused; everything else goes back unchanged."""
    return data.get("type") != "thinking" or bool(data.get("signature"))


def _input(arguments: str) -> Json:
    """Return the arguments as the object that this wire demands; broken ones as the text they were."""
    try:
        value: Any = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        value = arguments
    if value is None:
        return {}
    return cast("Json", value) if isinstance(value, dict) else {"arguments": value}


def _medium(part: MediaPart, role: str, row: Draft) -> Json | None:
    if role == "assistant":
        row.notices.append(cannot(part, "an assistant's message is text here"))
    elif part.kind == "image":
        return {"type": "image", "source": _source(part)}
    elif part.kind == "document":
        return _document(part, row)
    else:
        row.notices.append(cannot(part))
    return None


def _document(part: MediaPart, row: Draft) -> Json | None:
    kind = part.media_type.partition(";")[0]
    if part.file_id:
        return {"type": "document", "source": _source(part)}
    if kind != "application/pdf" and part.data is None:
        row.notices.append(cannot(part, "only PDF documents are fetched from a URL"))
        return None
    if kind == "application/pdf":
        out: Json = {"type": "document", "source": _source(part)}
    elif kind.startswith("text/"):
        text = (part.data or b"").decode("utf-8", "replace")
        out = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": text}}
    else:
        row.notices.append(cannot(part, f"no {kind} documents are taken"))
        return None
    return {**out, "title": part.name} if part.name else out


def _source(part: MediaPart) -> Json:
    if part.file_id:
        return {"type": "file", "file_id": part.file_id}
    if part.data is None and part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": base64_of(part)}


def _media(message: Message) -> Iterator[MediaPart]:
    return (part for part in message.parts if isinstance(part, MediaPart))


def _trim_end(messages: list[Json]) -> None:
    """An answer that the model should go on with must not end in white space."""
    if messages and messages[-1]["role"] == "assistant" and messages[-1]["content"][-1]["type"] == "text":
        last = messages[-1]["content"][-1]
        messages[-1]["content"][-1] = {**last, "text": last["text"].rstrip()}


def _short(blocks: list[Json]) -> str | list[Json]:
    """Return one plain text as a string, the short form of the API."""
    return blocks[0]["text"] if len(blocks) == 1 and blocks[0]["type"] == "text" else blocks
