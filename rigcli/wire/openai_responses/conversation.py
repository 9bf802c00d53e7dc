"""A conversation in the words of OpenAI Responses: a flat list of items (messages, calls, results, reasoning)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

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
from rigcli.wire.media import base64_of, cannot, name_of, url_of
from rigcli.wire.openai_responses.items import CLIENT_CALLS
from rigcli.wire.openai_responses.natives import PICTURE
from rigcli.wire.outgoing import Draft
from rigcli.wire.shapes import Json
from rigcli.wire.tool_calls import wire_name

WIRE = "openai-responses"
ID_LIMIT = 64
"""Characters a call id may have; another provider's may be longer."""


def input_of(row: Draft, system_role: Any) -> list[Json]:
    """Return the `input` of the body; parts that have no place are notices of the draft.

    System prompts are left out unless `system_role` says which role they have among the messages.
    """
    out: list[Json] = []
    for message in row.messages:
        if message.role == "assistant":
            out += _assistant(message, row)
        elif message.role != "system":
            out += _user(message, row)
        elif system_role and message.text:
            out.append({"role": str(system_role), "content": message.text})
        else:
            media = [part for part in message.parts if isinstance(part, MediaPart)]
            row.notices += [cannot(part, "a system prompt is text") for part in media]
    return out


def _user(message: Message, row: Draft) -> Iterator[Json]:
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            yield {"type": "function_call_output", "call_id": _id(part.id), "output": part.content}
    rest = [part for part in message.parts if not isinstance(part, ToolResultPart)]
    if rest or message.role != "tool":
        yield {"role": "user", "content": _content(rest, row)}


def _content(parts: Sequence[Part], row: Draft) -> str | list[Json]:
    """Return a plain string where there is only text, the short form of the API."""
    if not any(isinstance(part, MediaPart) for part in parts):
        return "\n\n".join(_text(part) for part in parts if _text(part))
    return [item for part in parts for item in _part(part, row)]


def _part(part: Part, row: Draft) -> Iterator[Json]:
    if not isinstance(part, MediaPart):
        if text := _text(part):
            yield {"type": "input_text", "text": text}
    elif part.file_id and part.kind != "audio":
        yield {"type": "input_image" if part.kind == "image" else "input_file", "file_id": part.file_id}
    elif part.kind == "image":
        yield {"type": "input_image", "image_url": url_of(part), "detail": "auto"}
    elif part.kind == "audio":
        row.notices.append(cannot(part, "Responses takes no sound; --wire openai-chat may"))
    elif part.data is None and part.url:
        yield {"type": "input_file", "file_url": part.url}
    else:
        yield {"type": "input_file", "filename": name_of(part), "file_data": url_of(part)}


def _assistant(message: Message, row: Draft) -> list[Json]:
    writer = _Writer(row, message)
    for part in message.parts:
        writer.add(part)
    return writer.end()


class _Writer:
    """The items of one assistant message, in their order: reasoning must stand before what it led to."""

    def __init__(self, row: Draft, message: Message) -> None:
        self._row = row
        self._items: list[Json] = []
        self._texts: list[str] = []
        opaque = [part.data for part in message.parts if isinstance(part, OpaquePart) and part.wire == WIRE]
        self._answered = {item.get("call_id") for item in opaque if str(item.get("type")).endswith("_output")}

    def add(self, part: Part) -> None:
        match part:
            case TextPart(text) | RefusalPart(text):
                self._texts.append(text)
            case OpaquePart(wire, data) if wire == WIRE:
                if data.get("type") == "message":
                    self._say(phase=data.get("phase"))
                elif self._goes_back(data):
                    self._say()
                    self._items.append(data)
            case ToolCallPart(id_, name, arguments):
                self._say()
                call: Json = {"type": "function_call", "call_id": _id(id_), "name": wire_name(name)}
                self._items.append({**call, "arguments": arguments or "{}"})
            case MediaPart():
                self._medium(part)
            case _:
                pass

    def _medium(self, part: MediaPart) -> None:
        """A picture goes back into the call that made it; one of another provider's has no place."""
        last = self._items[-1] if self._items else {}
        if last.get("type") == PICTURE and "result" not in last and part.data is not None:
            self._items[-1] = {**last, "result": base64_of(part)}
        elif last.get("type") != "code_interpreter_call":  # it holds its pictures itself
            self._row.notices.append(cannot(part, "an assistant's message is text here"))

    def end(self) -> list[Json]:
        """Return the items. Reasoning that led to nothing (the answer was cut) is refused, so it is left out."""
        self._say()
        self._items = [item for item in self._items if item.get("type") != PICTURE or item.get("result")]
        while self._items and self._items[-1].get("type") == "reasoning":
            self._items.pop()
        return self._items

    def _say(self, **fields: Any) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if text:
            given = {name: value for name, value in fields.items() if value}
            self._items.append({"role": "assistant", "content": text, **given})

    def _goes_back(self, item: Json) -> bool:
        """Reasoning that is neither encrypted nor open is only a name for what the server did not keep."""
        if item.get("type") == "reasoning":
            return bool(item.get("encrypted_content") or item.get("content"))
        return item.get("type") not in CLIENT_CALLS or item.get("call_id") in self._answered


def _text(part: Part) -> str:
    return part.text if isinstance(part, TextPart | RefusalPart) else ""


def _id(id_: str) -> str:
    """Return a call id that is short enough, the same for the same id."""
    if len(id_) <= ID_LIMIT:
        return id_ or "call"
    return f"{id_[: ID_LIMIT - 9]}_{crc32(id_.encode('utf-8', 'replace')):08x}"
