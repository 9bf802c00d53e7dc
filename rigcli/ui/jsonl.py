"""Events as JSON Lines: one object a line with `v` and `type`, for programs.

ASCII only: JSON's own escapes keep each value as it is, and nothing in it can act on a terminal.
"""

from __future__ import annotations

import json
from typing import Any, TextIO, assert_never

from rigcli.core.choices import Choice, Logprobs
from rigcli.core.errors import RigError
from rigcli.core.events import (
    Approval,
    Citation,
    End,
    Event,
    Finish,
    Media,
    Native,
    Notice,
    Opaque,
    Progress,
    Reasoning,
    Refusal,
    Retry,
    Source,
    Start,
    Text,
    ToolCall,
    ToolResult,
)
from rigcli.core.usage import Usage
from rigcli.ui.choices import decoded, fields, likely


class Jsonl:
    """Write each event as it comes; `close` writes the last line, `end`, with the whole object of `--format json`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def handle(self, event: Event) -> None:
        if (fields := event_fields(event)) is not None:
            self._write({"v": 1, "type": _TYPES.get(event.type, event.type)} | fields)

    def settled(self) -> None:
        self._out.flush()

    def error(self, error: RigError) -> None:
        self._write({"v": 1, "type": "error"} | error.to_json())

    def close(self, whole: dict[str, Any]) -> None:
        """Write `end`: the object of `--format json`, also where the run failed."""
        self._write({"v": 1, "type": "end"} | whole)
        self._out.flush()

    def _write(self, record: dict[str, Any]) -> None:
        self._out.write(json.dumps(record, separators=(",", ":")) + "\n")


_TYPES = {"citation": "source"}


def event_fields(event: Event) -> dict[str, Any] | None:  # noqa: C901, PLR0911, PLR0912  one arm an event, as the union demands
    """Return the fields of an event's line, None where it has none: what it says stands in `end`."""
    match event:
        case Start(model, response_id, provider):
            return {"model": model, "response_id": response_id, "provider": provider}
        case Text(text) | Reasoning(text) | Notice(text):
            return {"text": text}
        case ToolCall(id_, name, arguments, complete):
            return {"id": id_, "name": name, "arguments": decoded(arguments), "complete": complete}
        case ToolResult(id_, name, content, error, decision):
            return {"id": id_, "name": name, "result": content, "error": error, "decision": decision}
        case Progress(id_, name, text):
            return {"id": id_, "name": name, "text": text}
        case Approval(id_, name, arguments, decision, rule):
            return {"id": id_, "name": name, "arguments": decoded(arguments), "decision": decision, "rule": rule}
        case Source():
            return {"number": event.number} | source_fields(event)
        case Citation():
            return citation_fields(event)
        case Native():
            return native_fields(event)
        case Media():
            return media_fields(event)
        case Usage():
            return event.to_json()
        case Retry(attempt, wait, reason, status):
            return {"attempt": attempt, "wait": wait, "reason": reason, "status": status}
        case Logprobs(tokens):
            return {"tokens": likely(tokens)}
        case Choice():
            return fields(event)
        case Refusal() | Opaque() | Finish() | End():
            return None
        case _:
            assert_never(event)


def source_fields(source: Source) -> dict[str, Any]:
    """Return an entry of `sources`."""
    return {"path": source.path, "lines": list(source.lines), "score": source.score, "index": source.index}


def citation_fields(cited: Citation) -> dict[str, Any]:
    """Return an entry of `citations`."""
    return {name: getattr(cited, name) for name in ("url", "title", "text", "start", "end", "location", "file")}


def native_fields(used: Native) -> dict[str, Any]:
    """Return an entry of `native_calls`."""
    return {name: getattr(used, name) for name in ("id", "name", "input", "output", "error")}


def media_fields(made: Media) -> dict[str, Any]:
    """Return an entry of `media`: the bytes are in the file, or where nobody saved them in the entry itself."""
    row: dict[str, Any] = {"kind": made.kind, "media_type": made.media_type, "path": made.path, "url": made.url}
    if made.path is None and made.data is not None:
        from base64 import b64encode  # noqa: PLC0415  only pictures that nobody saved need it

        row["base64"] = b64encode(made.data).decode("ascii")
    return row
