"""A conversation in the words of Chat Completions: one dict a message, tool results as messages of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
from rigcli.wire.outgoing import Draft
from rigcli.wire.shapes import Json, as_dict
from rigcli.wire.tool_calls import short_id, wire_name

WIRE = "openai-chat"
_NOUNS = {"audio": "sound", "document": "document"}
_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
}


def messages_of(row: Draft, quirks: Mapping[str, Any]) -> list[Json]:
    """Return the `messages` of the body; parts that have no place are notices of the draft."""
    writer = _Writer(row, quirks)
    out = [item for message in row.messages for item in writer.message(message)]
    return _alternating(out) if quirks.get("alternate_roles") else out


class _Writer:
    def __init__(self, row: Draft, quirks: Mapping[str, Any]) -> None:
        self._row = row
        self._quirks = quirks
        self._flat = bool(quirks.get("flatten_content"))

    def message(self, message: Message) -> Iterator[Json]:
        for part in message.parts:
            if isinstance(part, ToolResultPart):
                yield {"role": "tool", "tool_call_id": self._id(part.id), "content": part.content}
        rest = [part for part in message.parts if not isinstance(part, ToolResultPart)]
        if message.role == "assistant":
            yield self._assistant(message)
        elif rest or message.role != "tool":
            role = str(self._quirks.get("system_role", "system")) if message.role == "system" else "user"
            yield {"role": role, "content": self._content(rest)}

    def _assistant(self, message: Message) -> Json:
        text = "".join(part.text for part in message.parts if isinstance(part, TextPart | RefusalPart))
        out: Json = {"role": "assistant", "content": text}
        for part in message.parts:
            if isinstance(part, MediaPart):
                self._row.notices.append(cannot(part, "an assistant's message is text here"))
        calls = [self._call(call, number) for number, call in enumerate(message.tool_calls)]
        if calls:
            out["tool_calls"] = calls
            out["content"] = text or None
        self._send_reasoning(message, out)
        return out

    def _call(self, call: ToolCallPart, number: int) -> Json:
        function = {"name": wire_name(call.name), "arguments": call.arguments or "{}"}
        out: Json = {"id": self._id(call.id), "type": "function", "function": function}
        if self._quirks.get("tool_call_index"):
            out["index"] = number
        return out

    def _send_reasoning(self, message: Message, out: Json) -> None:
        field = self._quirks.get("send_reasoning")
        if field in ("reasoning_content", "reasoning"):
            if message.reasoning:
                out[field] = message.reasoning
            return
        if not field:
            return
        for part in message.parts:
            if isinstance(part, OpaquePart) and part.wire == WIRE and field in part.data:
                self._send_opaque(part.data, str(field), out)

    def _send_opaque(self, data: Json, field: str, out: Json) -> None:
        """Put an item back where it came from: at the message, or at the call whose id it names."""
        target = out
        if call_id := data.get("tool_call_id"):
            target = next((call for call in out.get("tool_calls", ()) if call["id"] == self._id(call_id)), out)
        target[field] = data[field]

    def _content(self, parts: Sequence[Part]) -> str | list[Json]:
        """Return a plain string where there is only text: some servers take nothing else."""
        media = [part for part in parts if isinstance(part, MediaPart)]
        kept = [part for part in media if self._takes(part)]
        if not kept:
            return "\n\n".join(_text(part) for part in parts if _text(part))
        return [item for part in parts if part not in media or part in kept for item in self._part(part)]

    def _takes(self, part: MediaPart) -> bool:
        """Tell whether the server takes the part; that it does not is a notice."""
        why = self._why_not(part)
        if why:
            self._row.notices.append(cannot(part, why))
        return not why

    def _why_not(self, part: MediaPart) -> str:
        kinds = self._quirks.get("media")
        if self._flat:
            return "the server takes text only"
        if kinds is not None and part.kind not in kinds:
            return f"of media, the server takes {' and '.join(kinds) or 'none'} only"
        if part.file_id:
            return "" if part.kind == "document" else "only documents have an id here"
        by_url = self._by_url(part.kind)
        return "" if by_url or part.data is not None else f"a {_NOUNS[part.kind]} must come as bytes, no URL"

    def _by_url(self, kind: str) -> bool:
        if kind == "document":
            return self._quirks.get("document_part") in ("document_url", "file_url")
        return kind == "image" or self._quirks.get("audio_part") == "text"

    def _part(self, part: Part) -> Iterator[Json]:
        if isinstance(part, MediaPart):
            yield self._media(part)
        elif _text(part):
            yield {"type": "text", "text": _text(part)}

    def _media(self, part: MediaPart) -> Json:
        if part.kind == "image":
            return {"type": "image_url", "image_url": {"url": url_of(part)}}
        if part.kind == "document":
            return self._document(part)
        if self._quirks.get("audio_part") == "text":
            return {"type": "input_audio", "input_audio": base64_of(part) if part.data is not None else url_of(part)}
        kind = part.media_type.partition(";")[0].lower()
        sound = {"data": base64_of(part), "format": _AUDIO_FORMATS.get(kind) or kind.partition("/")[2]}
        return {"type": "input_audio", "input_audio": sound}

    def _document(self, part: MediaPart) -> Json:
        if part.file_id:
            return {"type": "file", "file": {"file_id": part.file_id}}
        if self._quirks.get("document_part") == "document_url":
            return {"type": "document_url", "document_url": url_of(part), "document_name": name_of(part)}
        return {"type": "file", "file": {"filename": name_of(part), "file_data": url_of(part)}}

    def _id(self, id_: str) -> str:
        return short_id(id_) if self._quirks.get("short_tool_ids") else id_


def _text(part: Part) -> str:
    return part.text if isinstance(part, TextPart | RefusalPart) else ""


def _alternating(messages: list[Json]) -> list[Json]:
    """Merge neighbours of one role: a server that wants user and assistant in turns refuses two in a row."""
    out: list[Json] = []
    for message in messages:
        if out and out[-1]["role"] == message["role"] and message["role"] != "tool" and "tool_calls" not in out[-1]:
            out[-1] = {**out[-1], **message, "content": _joined(out[-1]["content"], message["content"])}
        else:
            out.append(message)
    return out


def _joined(one: Any, two: Any) -> Any:
    if isinstance(one, str) and isinstance(two, str):
        return "\n\n".join(filter(None, (one, two)))
    return [*_parts(one), *_parts(two)]


def _parts(content: Any) -> list[Json]:
    if isinstance(content, list):
        return [as_dict(item) for item in content]  # pyright: ignore[reportUnknownVariableType]  our own list of dicts
    return [{"type": "text", "text": content}] if content else []
