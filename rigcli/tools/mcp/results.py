"""What a server answers, as text for a model and as parts of a message: the SDK's types in, plain values out."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from rigcli.core.blocks import block
from rigcli.core.messages import MediaPart, Part, TextPart
from rigcli.tools.mcp.definition import plain

_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def result_text(content: Iterable[Any], structured: Any) -> str:
    """Return a tool's result for the model: its texts, and one line for each thing that is no text.

    `content` are the SDK's content blocks. Structured content counts where no text says the same.
    """
    items = list(content)
    lines = [_line(item) for item in items]
    if structured is not None and not any(getattr(item, "type", "") == "text" for item in items):
        lines.append(json.dumps(structured, ensure_ascii=False))
    return "\n".join(line for line in lines if line)


def resource_parts(contents: Iterable[Any], name: str) -> tuple[Part, ...]:
    """Return what was read from a resource: texts in a block that names it, images and documents as they are."""
    return tuple(_resource(each, name) for each in contents)


def block_part(content: Any) -> Part:
    """Return one content block of a prompt as a part of a message."""
    kind = getattr(content, "type", "")
    if kind in ("image", "audio") and (data := _bytes(content.data)):
        return _media(data, content.mime_type or "", kind)
    if kind == "resource":
        return _resource(content.resource, str(content.resource.uri))
    return TextPart(_line(content))


def _line(content: Any) -> str:
    match getattr(content, "type", ""):
        case "text":
            return plain(content.text)
        case "image" | "audio" as kind:
            size = len(content.data) * 3 // 4
            return f"[{kind}, {plain(content.mime_type or '')}, {size:,} bytes: a tool's result carries text only]"
        case "resource_link":
            about = f": {plain(content.description)}" if content.description else ""
            return f"[resource {plain(str(content.uri))} ({plain(content.name or '')}){about}]"
        case "resource":
            return _resource_line(content.resource)
        case kind:
            return f"[{plain(str(kind))}: not shown]"


def _resource_line(resource: Any) -> str:
    uri = plain(str(resource.uri))
    if (text := getattr(resource, "text", None)) is not None:
        return f"[resource {uri}]\n{plain(text)}"
    size = len(resource.blob) * 3 // 4
    return f"[resource {uri}, {plain(resource.mime_type or 'binary')}, {size:,} bytes]"


def _resource(resource: Any, name: str) -> Part:
    if (text := getattr(resource, "text", None)) is not None:
        return TextPart(block("file", plain(text), path=plain(name)) + "\n")
    data, media_type = _bytes(resource.blob), resource.mime_type or ""
    if data and (media_type in _IMAGES or media_type == "application/pdf" or media_type.startswith("audio/")):
        return _media(data, media_type, media_type.partition("/")[0])
    about = f"[{plain(media_type or 'binary')}, {len(data):,} bytes: no text]"
    return TextPart(block("file", about, path=plain(name)) + "\n")


def _media(data: bytes, media_type: str, kind: str) -> MediaPart:
    return MediaPart("image" if kind == "image" else "audio" if kind == "audio" else "document", media_type, data=data)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return b""
