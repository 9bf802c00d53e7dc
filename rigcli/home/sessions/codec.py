"""Messages and their parts to JSON and back. Bytes of attachments are handed to the caller, who knows where they live.

Pure. `Put` takes bytes and returns the fields that stand for them; `Get` takes a part's JSON and returns the bytes, or
None where they are gone. In an export the fields are `{"base64": …}`, in a journal `{"sha256": …}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast

from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Json: TypeAlias = dict[str, Any]
Put: TypeAlias = Callable[[bytes], Json]
Get: TypeAlias = Callable[[Json], bytes | None]
ROLES = frozenset({"system", "user", "assistant", "tool"})


class CodecError(ValueError):
    """A JSON value that is no message; the text says why."""


def inline(data: bytes) -> Json:
    """Put bytes into the JSON itself."""
    from base64 import b64encode  # noqa: PLC0415  only attachments need it

    return {"base64": b64encode(data).decode("ascii")}


def from_inline(part: Json) -> bytes | None:
    """Return the bytes that stand in the JSON itself. Raises CodecError."""
    from base64 import b64decode  # noqa: PLC0415  only attachments need it

    text = part.get("base64")
    if text is None:
        return None
    try:
        return b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise CodecError("an attachment is not base64") from None


def encode_parts(parts: Iterable[Part], put: Put = inline) -> list[Json]:
    """Return the JSON of parts, in order."""
    return [_encode(part, put) for part in parts]


def _encode(part: Part, put: Put) -> Json:
    match part:
        case TextPart(text) | ReasoningPart(text) | RefusalPart(text):
            return {"type": part.type, "text": text}
        case ToolCallPart(id_, name, arguments):
            return {"type": "tool_call", "id": id_, "name": name, "arguments": arguments}
        case ToolResultPart(id_, name, content, error):
            row: Json = {"type": "tool_result", "id": id_, "name": name, "content": content}
            return row if error is None else {**row, "error": error}
        case OpaquePart(wire, data):
            return {"type": "opaque", "wire": wire, "data": data}
        case MediaPart():
            fields: Json = {
                "kind": part.kind,
                "media_type": part.media_type,
                "url": part.url,
                "name": part.name,
                "file_id": part.file_id,
            }
            row = {"type": "media", **{key: value for key, value in fields.items() if value is not None}}
            return row if part.data is None else {**row, **put(part.data)}


def decode_parts(rows: Any, get: Get = from_inline) -> tuple[Part, ...]:
    """Return the parts of a JSON list. Raises CodecError for anything that is none."""
    if not isinstance(rows, list):
        raise CodecError("parts are not a list")
    return tuple([_decode(row, get) for row in cast("list[Any]", rows)])


def _decode(row: Any, get: Get) -> Part:
    if not isinstance(row, dict):
        raise CodecError("a part is not an object")
    part: Json = row  # pyright: ignore[reportUnknownVariableType]  as in decode
    kind = part.get("type")
    if kind == "text" and isinstance(text := part.get("text"), str):
        return TextPart(text)  # nearly all of a long session: the short way
    decoder = _DECODERS.get(kind) if isinstance(kind, str) else None
    if decoder is None:
        raise CodecError(f"unknown part {kind!r}")
    try:
        return decoder(part, get)
    except KeyError as error:
        raise CodecError(f"a {kind} part lacks {error}") from None


def _result(part: Json, _get: Get) -> Part:
    return ToolResultPart(_str(part["id"]), _str(part["name"]), _str(part["content"]), _optional(part.get("error")))


def _media(part: Json, get: Get) -> Part:
    kind = part["kind"]
    if kind not in ("image", "document", "audio"):
        raise CodecError(f"unknown kind of attachment {kind!r}")
    url, name, file_id = part.get("url"), part.get("name"), part.get("file_id")
    data = get(part)
    if data is None and url is None and file_id is None:
        return TextPart(f"[attachment {name or part['media_type']} is gone]")
    return MediaPart(
        kind,
        _str(part["media_type"]),
        data,
        _optional(url),
        _optional(name),
        _optional(file_id),
    )


def encode(message: Message, put: Put = inline) -> Json:
    """Return `{"role": …, "parts": […]}`."""
    return {"role": message.role, "parts": encode_parts(message.parts, put)}


def decode(row: Any, get: Get = from_inline) -> Message:
    """Return the message of such an object. Raises CodecError."""
    if not isinstance(row, dict):
        raise CodecError("a message is not an object")
    record: Json = row  # pyright: ignore[reportUnknownVariableType]  JSON has text for keys; a cast costs, twice a turn
    role = record.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise CodecError(f"unknown role {role!r}")
    return Message(role, decode_parts(record.get("parts"), get))  # pyright: ignore[reportArgumentType]  one of ROLES, checked above


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise CodecError("text expected")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _str(value)


def _dict(value: Any) -> Json:
    if not isinstance(value, dict):
        raise CodecError("an object expected")
    return cast("Json", value)


_DECODERS: dict[str, Callable[[Json, Get], Part]] = {
    "text": lambda part, _: TextPart(_str(part["text"])),
    "reasoning": lambda part, _: ReasoningPart(_str(part["text"])),
    "refusal": lambda part, _: RefusalPart(_str(part["text"])),
    "tool_call": lambda part, _: ToolCallPart(_str(part["id"]), _str(part["name"]), _str(part["arguments"])),
    "tool_result": _result,
    "opaque": lambda part, _: OpaquePart(_str(part["wire"]), _dict(part["data"])),
    "media": _media,
}
