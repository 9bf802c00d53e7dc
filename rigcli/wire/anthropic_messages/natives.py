"""Blocks of the provider's own tools in Anthropic Messages: a use, and in a block of its own what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rigcli.core.events import Native
from rigcli.wire.native_use import joined, native, pages
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text

_USES = ("server_tool_use", "mcp_tool_use")
_RESULT = "_tool_result"


class NativeUses:
    """The uses of one answer; each is told when its result is there, or at the end."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[str, Json] = {}

    def take(self, block: Json) -> Iterator[Native]:
        """Yield what a closed block completes; nothing for a block of another kind."""
        kind = as_text(block.get("type"))
        if kind in _USES:
            self._open[as_text(block.get("id"))] = block
        elif kind.endswith(_RESULT):
            use = self._open.pop(as_text(block.get("tool_use_id")), {"name": kind.removesuffix(_RESULT)})
            yield _told(use, block)

    def rest(self) -> Iterator[Native]:
        """Yield the uses whose result did not come: the turn goes on in another request."""
        for use in self._open.values():
            yield _told(use, {})
        self._open.clear()


def _told(use: Json, result: Json) -> Native:
    name = ".".join(filter(None, (as_text(use.get("server_name")), as_text(use.get("name")))))
    content = result.get("content")
    found = as_dict(content)
    error = as_text(found.get("error_code"))
    if error or result.get("is_error"):
        error = ": ".join(filter(None, (error or "failed", as_text(found.get("error_message")))))
    return native(name, use.get("input"), "" if error else _output(content, found), error, as_text(use.get("id")))


def _output(content: Any, found: Json) -> str:
    if items := as_list(content):
        return pages(items) or "\n".join(filter(None, (as_text(as_dict(item).get("text")) for item in items)))
    files = [f"file {as_text(as_dict(item).get('file_id'))}" for item in as_list(found.get("content"))]
    if said := "\n".join(filter(None, (joined(found, "stdout", "stderr"), *files))):
        return said
    document = as_dict(found.get("content"))
    if "url" in found:
        return " ".join(filter(None, (as_text(document.get("title")), as_text(found.get("url")))))
    rest = {key: value for key, value in found.items() if key != "type" and not key.startswith("encrypted")}
    return json.dumps(rest, ensure_ascii=False) if any(rest.values()) else ""


_PLACES = (
    ("page", "start_page_number", "end_page_number", 1),
    ("character", "start_char_index", "end_char_index", 0),
    ("block", "start_block_index", "end_block_index", 1),
)
"""What a document is counted in, the fields, and 1 where the end is the first one that is no longer meant."""


def location_of(row: Json) -> str | None:
    """Return where in a document a citation stands, such as `page 3` or `characters 10-80`."""
    for unit, first, last, over in _PLACES:
        start, end = as_count(row.get(first)), as_count(row.get(last))
        if start is None:
            continue
        if end is None or end - over <= start:
            return f"{unit} {start}"
        return f"{unit}s {start}-{end - over}"
    return None
