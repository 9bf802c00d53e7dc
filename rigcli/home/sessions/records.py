"""The lines of a session file as they are written. Pure but for the clock."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from rigcli.core.messages import MediaPart, Message
from rigcli.home.sessions.codec import Json

VERSION = 1
LOCAL_ONLY = "local_only"
"""What is kept beside a message that must not leave this machine, in later runs either."""
TITLE_LENGTH = 80  # characters


def new_header(session: str, kind: str, cwd: Path | None) -> Json:
    """Return the first record of a session file."""
    where = None if cwd is None else str(cwd)
    return {"v": VERSION, "type": "session", "id": session, "created": now(), "kind": kind, "cwd": where, "title": None}


def mark(*, local_only: bool) -> Json:
    """Return the fields that a message of the user's is kept with."""
    return {LOCAL_ONLY: True} if local_only else {}


def title_of(message: Message) -> str | None:
    """Return the first line of a prompt, or the name of what is attached, cut to 80 characters."""
    for line in message.text.splitlines():
        if text := " ".join(line.split()):
            return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1] + "…"
    return next((part.name for part in message.parts if isinstance(part, MediaPart) and part.name), None)


def now() -> str:
    """Return the time as `2026-11-21T01:18:03.123Z`."""
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03d}Z"


def line(record: Json) -> bytes:
    """Return a record as one line."""
    return to_bytes(dumps(record) + "\n")


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_bytes(lines: str) -> bytes:
    """Return JSON lines as UTF-8; half a surrogate pair, as a model may write it, is kept as an escape."""
    try:
        return lines.encode("utf-8")
    except UnicodeEncodeError:
        escaped = (json.dumps(json.loads(text), separators=(",", ":")) for text in lines.split("\n") if text)
        return "".join(text + "\n" for text in escaped).encode("ascii")
