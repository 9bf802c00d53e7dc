"""A conversation in the words of Gemini: contents of parts, the system prompt apart.

A signature goes back on the part it came with; `OpaquePart.data` is one of

    {"signs": "functionCall", "thoughtSignature"?, "id"?}     what belongs to the call that follows
    {"signs": "text", "length": n, "thoughtSignature"}        to the first n characters of the text that follows
    {"signs": "inlineData", "thoughtSignature"}               to the picture that follows
    any other                                                 a whole part, sent back as it came
"""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import urlsplit

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
from rigcli.wire.tool_calls import wire_name

WIRE = "gemini"

UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""`skip_thought_signature_validator`, for calls of another model (ai.google.dev/gemini-api/docs/thought-signatures)."""

_TYPES = {
    "gif": "image/gif",
    "heic": "image/heic",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "wav": "audio/wav",
    "webp": "image/webp",
}


def contents_of(row: Draft, *, sign: bool) -> list[Json]:
    """Return the `contents` of the body; parts that have no place are notices of the draft.

    `sign`: the model refuses calls without a signature, so that those of other models get one that says so.
    """
    out: list[Json] = []
    ids = {part.id for message in row.messages for part in _named(message)}
    for message in row.messages:
        if message.role == "system":
            row.notices += [
                cannot(part, "a system prompt is text") for part in message.parts if isinstance(part, MediaPart)
            ]
            continue
        if message.role == "assistant":
            _append(out, "model", _Writer(message, sign=sign).parts)
            continue
        _append(out, "user", [_result(part, ids) for part in message.parts if isinstance(part, ToolResultPart)])
        _append(out, "user", [item for part in message.parts if (item := _part(part))])
    return out


def _append(out: list[Json], role: str, parts: list[Json]) -> None:
    """The results of all calls of one turn must stand in one content, and nothing else with them."""
    if not parts:
        return
    if "functionResponse" in parts[0] and out and "functionResponse" in out[-1]["parts"][0]:
        out[-1]["parts"] += parts
    else:
        out.append({"role": role, "parts": parts})


def _named(message: Message) -> list[ToolCallPart]:
    """Return the calls whose id is the server's own: only those may be sent to it."""
    found: list[ToolCallPart] = []
    named: Any = None
    for part in message.parts:
        if isinstance(part, OpaquePart) and part.wire == WIRE and part.data.get("signs") == "functionCall":
            named = part.data.get("id")
        elif isinstance(part, ToolCallPart):
            if named and named == part.id:
                found.append(part)
            named = None
    return found


def _result(part: ToolResultPart, ids: set[str]) -> Json:
    response: Json = {"name": wire_name(part.name), "response": {"error" if part.error else "output": part.content}}
    return {"functionResponse": {**response, "id": part.id} if part.id in ids else response}


def _part(part: Part) -> Json | None:
    match part:
        case TextPart(text) | RefusalPart(text):
            return {"text": text} if text else None
        case MediaPart():
            return _medium(part)
        case _:
            return None


def _medium(part: MediaPart) -> Json:
    if part.data is not None or not part.url:
        return {"inlineData": {"mimeType": part.media_type, "data": base64_of(part)}}
    kind = part.media_type
    if kind.endswith("*"):
        kind = _TYPES.get(urlsplit(part.url).path.rpartition(".")[2].lower(), "")
    return {"fileData": {"fileUri": part.url, "mimeType": kind} if kind else {"fileUri": part.url}}


class _Writer:
    """The parts of one answer of the model."""

    def __init__(self, message: Message, *, sign: bool) -> None:
        self.parts: list[Json] = []
        self._pending: Json = {}  # what belongs to the part that follows
        self._sign = sign
        for part in message.parts:
            self._add(part)
        self._loose()

    def _add(self, part: Part) -> None:
        match part:
            case OpaquePart(wire, data) if wire == WIRE:
                self._loose()
                if "signs" in data:
                    self._pending = data
                else:
                    self.parts.append(data)
            case ToolCallPart():
                self._call(part)
            case TextPart(text) | RefusalPart(text) if text:
                self._text(text)
            case MediaPart():
                mine = self._take("inlineData")
                signature = mine.get("thoughtSignature")
                self.parts.append({**_medium(part), **({"thoughtSignature": signature} if signature else {})})
            case _:
                pass

    def _call(self, part: ToolCallPart) -> None:
        mine = self._take("functionCall")
        call: Json = {"name": wire_name(part.name), "args": _arguments(part.arguments)}
        if mine.get("id"):
            call["id"] = mine["id"]
        out: Json = {"functionCall": call}
        if signature := mine.get("thoughtSignature"):
            out["thoughtSignature"] = signature
        elif self._sign and not any("functionCall" in item for item in self.parts):  # of several, the first is signed
            out["thoughtSignature"] = UNSIGNED
        self.parts.append(out)

    def _text(self, text: str) -> None:
        mine = self._take("text")
        length = mine.get("length", 0)
        if length:
            self.parts.append({"text": text[:length], "thoughtSignature": mine.get("thoughtSignature")})
            text = text[length:]
        if text:
            self.parts.append({"text": text})

    def _take(self, kind: str) -> Json:
        if self._pending.get("signs") != kind:
            self._loose()
        pending, self._pending = self._pending, {}
        return pending

    def _loose(self) -> None:
        """A signature whose part is gone stands alone."""
        if signature := self._pending.get("thoughtSignature"):
            self.parts.append({"text": "", "thoughtSignature": signature})
        self._pending = {}


def _arguments(text: str) -> Json:
    """Return the arguments as the object that this wire demands; broken ones as the text they were."""
    try:
        value: Any = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = text
    if value is None:
        return {}
    return cast("Json", value) if isinstance(value, dict) else {"arguments": value}
