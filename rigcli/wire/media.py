"""Media on their way out and in: base64 and data URLs. How a part that holds them is called is each wire's own."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from rigcli.core.events import Media
from rigcli.core.messages import MediaPart


def base64_of(part: MediaPart) -> str:
    return b2a_base64(part.data or b"", newline=False).decode("ascii")


def url_of(part: MediaPart) -> str:
    """Return a URL for the part: its own, or a data URL of its bytes."""
    if part.data is None and part.url:
        return part.url
    return f"data:{part.media_type};base64,{base64_of(part)}"


def name_of(part: MediaPart) -> str:
    """Return a file name; a provider that wants one tells the kind of a document by it."""
    if part.name:
        return part.name
    ending = "txt" if part.media_type == "text/plain" else part.media_type.partition("/")[2].partition(";")[0]
    return f"{part.kind}.{ending or 'bin'}"


def cannot(part: MediaPart, why: str = "this wire has no place for it") -> str:
    """Return the notice for a part that is left out."""
    article = {"image": "an image", "document": "a document", "audio": "a sound"}[part.kind]
    label = f"{article} ({part.name})" if part.name else article
    return f"{label} was left out: {why}"


def made(data: str, media_type: str) -> Media | None:
    """Return what a model made, of base64 or of a URL (`data:` too); None where it is neither."""
    if data.startswith("data:"):
        head, _, data = data.partition(",")
        media_type = head[5:].partition(";")[0] or media_type
    kind = "audio" if media_type.startswith("audio/") else "image"
    if data.startswith(("https://", "http://")):
        return Media(kind, media_type, url=data)
    try:
        found = a2b_base64(data) if data else b""
    except ValueError:
        return None
    return Media(kind, media_type, found) if found else None
