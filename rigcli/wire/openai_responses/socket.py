"""Responses over a WebSocket: one connection, an answer after the other; each turn says only what is new. Pure.

Format: developers.openai.com/api/docs/guides/websocket-mode. A `response.create` event holds the body of a request
without `stream` and `background`; what comes back are the events of a stream. The server remembers the last answer of
a connection, stored or not, so the next request may name it and leave out all that led to it. After 60 minutes, or
where it remembers nothing, it says so, and the whole is sent again on a new connection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from rigcli.wire.shapes import Json, as_dict, as_list, as_text

_ENDS = ("response.completed", "response.incomplete")
_FAILS = ("response.failed", "error")
_FORGOTTEN = ("previous_response_not_found", "websocket_connection_limit_reached")
_NOT_HERE = ("stream", "background", "stream_options")
_STATUS = 400


class Chain:
    """What one connection was asked and has answered (core.ports.SocketTalk)."""

    def __init__(self) -> None:
        self._input: list[Any] = []
        self._asked: list[Any] = []
        self._answer: Json = {}

    def ask(self, body: Mapping[str, Any]) -> str:
        """Return the event for a request, only what is new where the server knows the rest."""
        self._asked = as_list(body.get("input"))
        event = {"type": "response.create", **{key: value for key, value in body.items() if key not in _NOT_HERE}}
        if "previous_response_id" not in body and (new := self._news()) is not None:
            event |= {"previous_response_id": self._answer["id"], "input": new}
        self._answer = {}
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))

    def heard(self, text: str) -> Literal["more", "end", "broken"]:
        """Take one event of the answer; only after `end` may the connection be asked again."""
        kind = _kind(text)
        if kind in _ENDS:
            self._answer = as_dict(_read(text).get("response"))
            self._input = self._asked
            return "end"
        return "broken" if kind in _FAILS else "more"

    def refusal(self, text: str) -> tuple[int, bool] | None:
        """Return status of an error that came instead of an answer, and whether a new connection helps; or None."""
        event = _read(text) if _kind(text) == "error" else {}
        if not event:
            return None
        status, error = event.get("status"), as_dict(event.get("error"))
        code = as_text(error.get("code")) or as_text(event.get("code"))
        return (status if isinstance(status, int) and status >= _STATUS else _STATUS), code in _FORGOTTEN

    def _news(self) -> list[Any] | None:
        """Return the items that follow the last answer, or None where this is another conversation."""
        known = len(self._input)
        if not self._answer.get("id") or len(self._asked) <= known or self._asked[:known] != self._input:
            return None
        rest = self._asked[known:]
        at = next((n for n, item in enumerate(rest) if not _is_answer(item)), len(rest))
        if not rest[at:] or _said(rest[:at]) != _said(as_list(self._answer.get("output"))):
            return None
        return rest[at:]


def _kind(text: str) -> str:
    return as_text(_read(text).get("type"))


def _read(text: str) -> Json:
    try:
        return as_dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _is_answer(item: Any) -> bool:
    table = as_dict(item)
    return table.get("role") == "assistant" or as_text(table.get("type")).endswith(("reasoning", "_call"))


def _said(items: list[Any]) -> tuple[str, list[str]]:
    """Return text and calls of an answer: where they are the same, the server remembers what we do."""
    words: list[str] = []
    calls: list[str] = []
    for item in map(as_dict, items):
        if item.get("type") == "function_call":
            calls.append(as_text(item.get("call_id")))
        content = item.get("content") if item.get("role") == "assistant" else None
        words += [content] if isinstance(content, str) else [as_text(as_dict(p).get("text")) for p in as_list(content)]
    return "".join(words), calls
