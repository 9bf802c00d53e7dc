"""The short form of a schema: `name, age int, tags [str], note? str: what was said`. Commas or lines part the fields.

A field is NAME, NAME TYPE or NAME TYPE: DESCRIPTION; `?` after the name: it may be left out. TYPE is a word of the
table below, [TYPE] for a list, {FIELDS} for an object, or words parted by | for a choice. `[FIELDS]` is a list of such
objects.
"""

from __future__ import annotations

import re
from typing import Any

from rigcli.core.errors import UsageError

Json = dict[str, Any]
_TYPES: dict[str, Json] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
}
_SAME = {"string": "str", "text": "str", "integer": "int", "number": "float", "boolean": "bool"}
_FIELD = re.compile(r"(?P<name>[^\s:?]+)(?P<free>\?)?\s*(?P<kind>[^:]*?)\s*(?::\s*(?P<words>.*))?", re.DOTALL)
_PAIRS = {"[": "]", "{": "}"}
_WORD = re.compile(r"[\w-]+")


def read_short(text: str) -> Json:
    """Return the JSON Schema of a short form. Raises UsageError that names the field."""
    text = text.strip()
    if text.startswith("[") and _closes_at_end(text):
        return {"type": "array", "items": _fields(text[1:-1])}
    return _fields(text[1:-1] if text.startswith("{") and _closes_at_end(text) else text)


def _fields(text: str) -> Json:
    properties: Json = {}
    required: list[str] = []
    for part in _parts(text):
        found = _FIELD.fullmatch(part)
        if found is None or not _WORD.fullmatch(found["name"]):
            raise UsageError(f"schema: {part!r}: no field", hint='for example "name, age int, tags [str]"')
        name = found["name"]
        if name in properties:
            raise UsageError(f"schema: the field {name} stands twice")
        described = {"description": found["words"].strip()} if found["words"] else {}
        properties[name] = {**_kind(found["kind"], name), **described}
        if not found["free"]:
            required.append(name)
    if not properties:
        raise UsageError("schema: no fields", hint='for example "name, age int, tags [str]"')
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _kind(text: str, name: str) -> Json:
    text = text.strip()
    if not text:
        return {"type": "string"}
    if text.startswith("[") and text.endswith("]"):
        inner = text[1:-1].strip()
        many = len(_parts(inner)) > 1 or " " in inner.split(":")[0]
        return {"type": "array", "items": _fields(inner) if many else _kind(inner, name)}
    if text.startswith("{") and text.endswith("}"):
        return _fields(text[1:-1])
    if "|" in text:
        return {"type": "string", "enum": [word.strip() for word in text.split("|") if word.strip()]}
    word = _SAME.get(text.lower(), text.lower())
    if word not in _TYPES:
        known = ", ".join(_TYPES)
        raise UsageError(f"schema: {name}: there is no type {text!r}", hint=f"there are {known}, [TYPE], a|b")
    return dict(_TYPES[word])


def _parts(text: str) -> list[str]:
    """Cut at commas and line ends that stand in no bracket."""
    parts: list[str] = []
    level, begin = 0, 0
    for at, letter in enumerate(text):
        level += (letter in "[{") - (letter in "]}")
        if letter in ",\n" and level == 0:
            parts.append(text[begin:at])
            begin = at + 1
    if level:
        raise UsageError("schema: a bracket is open or was never opened", hint='for example "tags [str]"')
    return [part.strip() for part in [*parts, text[begin:]] if part.strip()]


def _closes_at_end(text: str) -> bool:
    level = 0
    for at, letter in enumerate(text):
        level += (letter in "[{") - (letter in "]}")
        if level == 0:
            return at == len(text) - 1
    return False
