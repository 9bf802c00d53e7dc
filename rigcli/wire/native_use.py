"""What the providers' own tools did, in words that are the same on every wire."""

from __future__ import annotations

import json
from typing import Any, Final

from rigcli.core.events import Native
from rigcli.wire.jsontext import mend
from rigcli.wire.shapes import Json, as_dict, as_list, as_text

NAMES: Final = {
    "web_search": "web_search",
    "web_search_preview": "web_search",
    "browser_search": "web_search",
    "search": "web_search",
    "google_search_web": "web_search",
    "web_fetch": "url_context",
    "visit": "url_context",
    "visit_website": "url_context",
    "url_context": "url_context",
    "code_interpreter": "code_execution",
    "code_execution": "code_execution",
    "bash_code_execution": "code_execution",
    "text_editor_code_execution": "code_execution",
    "python": "code_execution",
    "google_maps": "maps",
    "file_search": "file_search",
    "image_generation": "image_generation",
}
"""Their words for tools, and rig's; any other name stays as it is."""

_TELLING = ("query", "queries", "code", "command", "url", "urls", "pattern", "path", "prompt")


def native(name: str, given: Any, output: str = "", error: str = "", id_: str = "") -> Native:
    """Return the event; `given` is text, or an object whose telling field is taken."""
    words = told(given)
    return Native(
        NAMES.get(name.lower(), name), mend(words) or None, mend(output) or None, mend(error) or None, id_ or None
    )


def told(value: Any) -> str:
    """Return an input as text for people: the query, the code, the address; the whole of it where none is known."""
    if isinstance(value, str):
        return value
    row = as_dict(value)
    for key in _TELLING:
        said = row.get(key)
        if texts := [text for item in as_list(said) or [said] if (text := as_text(item))]:
            return " · ".join(texts)
    return json.dumps(value, ensure_ascii=False) if value else ""


def pages(items: list[Any]) -> str:
    """Return results of a search, a line each: title and address."""
    rows = [as_dict(item) for item in items]
    lines = [f"{as_text(row.get('title'))} {as_text(row.get('url'))}".strip() for row in rows]
    return "\n".join(filter(None, lines))


def joined(row: Json, *keys: str) -> str:
    """Return these texts of a row, a line apart."""
    return "\n".join(filter(None, (as_text(row.get(key)) for key in keys)))
