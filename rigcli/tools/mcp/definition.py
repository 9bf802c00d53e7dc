"""What a server says it offers, as plain JSON values: kept, hashed, and cleaned before a model or a person reads it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

from rigcli.core.text_filter import clean

DESCRIPTION_LIMIT = 4000
"""Characters of a tool's description that a model gets; the protocol knows no limit."""
_HIDDEN = re.compile("[\u200b\u2060-\u2064\u206a-\u206f\ufeff\U000e0100-\U000e01ef]")


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that a server offered when it was last asked; each item as the server wrote it (JSON names)."""

    tools: tuple[dict[str, Any], ...] = ()
    prompts: tuple[dict[str, Any], ...] = ()
    resources: tuple[dict[str, Any], ...] = ()
    templates: tuple[dict[str, Any], ...] = ()
    server: dict[str, Any] = field(default_factory=dict[str, Any])
    """Its name, title and version, the protocol's version, what it can do."""

    def tool(self, name: str) -> dict[str, Any] | None:
        return next((tool for tool in self.tools if tool.get("name") == name), None)


@dataclass(frozen=True, slots=True)
class Judged:
    """Which of a server's tools are as the user knows them; what is new; what changed and is off until looked at."""

    trusted: frozenset[str]
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    known_server: bool = False
    """The user had met this server before: a new tool is worth a word."""


def digest(tool: dict[str, Any]) -> str:
    """Return the hash under which a tool's definition is trusted: its name, description and schema, nothing cleaned."""
    what = [tool.get("name"), tool.get("description"), tool.get("inputSchema")]
    text = json.dumps(what, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def plain(text: str) -> str:
    """Return a server's text without what acts on a terminal and without characters that nobody sees."""
    return _HIDDEN.sub("", clean(text))


def described(tool: dict[str, Any]) -> str:
    """Return the description for a model: cleaned, and not longer than any honest one is."""
    text = plain(str(tool.get("description") or tool.get("title") or ""))
    return text if len(text) <= DESCRIPTION_LIMIT else text[:DESCRIPTION_LIMIT] + " […]"


def schema_of(tool: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments' JSON Schema with every text in it cleaned; an object, whatever the server said."""
    schema = cast("dict[str, Any]", _cleaned(tool.get("inputSchema") or {}))
    schema.pop("$schema", None)  # several providers refuse it
    return {"type": "object", "properties": {}, **schema}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {plain(str(key)): _cleaned(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
