"""A JSON Schema in the dialects that providers hold their models to. What a dialect cannot say is said in words.

No form lets through less than it must: whatever fits the form, once its nulls for what may be left out are taken out,
is checked against the schema itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, cast

from rigcli.wire.shapes import Json, as_dict, as_list

_KEPT: Final = frozenset(
    (
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "$defs",
        "description",
    )
)
_STRICT: Final = _KEPT | {
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
}
_FORMATS: Final = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_SILENT: Final = frozenset(("title", "$schema", "$id", "$comment", "examples", "definitions"))


class _Unsaid(Exception):  # noqa: N818  no error: the schema is sent as it is
    """The dialect has no words for this schema."""


def strict_form(schema: Json) -> Json | None:
    """Return the schema as OpenAI's strict mode wants it, None where it cannot be said so.

    Every object is closed and names all its properties as required; what may be left out may be null.
    """
    return _form(schema, _STRICT, every=True)


def closed_form(schema: Json) -> Json | None:
    """Return the schema as Claude's output format wants it: every object closed, no limits. None where it cannot."""
    return _form(schema, _KEPT | {"format"}, every=False)


def const_free(schema: Any) -> Any:
    """Return the schema with each `const` as an `enum` of one, for a dialect that has no `const`."""
    if isinstance(schema, list):
        return [const_free(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    out: Json = {}
    for key, value in cast("Json", schema).items():
        if key in ("enum", "default", "examples"):
            out[key] = value
        elif key in ("properties", "$defs", "definitions", "patternProperties") and isinstance(value, dict):
            out[key] = {name: const_free(item) for name, item in cast("Json", value).items()}
        elif key == "const":
            out["enum"] = [value]
        else:
            out[key] = const_free(value)
    return out


def _form(schema: Json, kept: frozenset[str], *, every: bool) -> Json | None:
    try:
        return _node(schema, kept, every)
    except _Unsaid:
        return None


def _node(schema: Any, kept: frozenset[str], every: bool) -> Json:  # noqa: C901, FBT001  one arm a keyword
    if not isinstance(schema, dict) or not schema:
        raise _Unsaid
    source = cast("Json", schema)
    if "oneOf" in source and "anyOf" not in source:
        source = {**{key: value for key, value in source.items() if key != "oneOf"}, "anyOf": source["oneOf"]}
    if not ({"type", "anyOf", "$ref", "enum", "const"} & source.keys()):
        raise _Unsaid
    told = {key: value for key, value in source.items() if key not in kept and key not in _SILENT}
    if told.keys() & {
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "patternProperties",
        "prefixItems",
        "dependentSchemas",
        "propertyNames",
    }:
        raise _Unsaid
    out = {key: value for key, value in source.items() if key in kept}
    if "format" in out and out["format"] not in _FORMATS:
        told["format"] = out.pop("format")
    for key in ("items",):
        if key in out:
            out[key] = _node(out[key], kept, every)
    if "anyOf" in out:
        out["anyOf"] = [_node(item, kept, every) for item in as_list(out["anyOf"])]
    if "$defs" in out:
        out["$defs"] = {name: _node(item, kept, every) for name, item in as_dict(out["$defs"]).items()}
    kinds: list[Any] = as_list(out.get("type")) or [out.get("type")]
    if "object" in kinds:
        _close(out, kept, every)
    if "array" in kinds and "items" not in out:
        raise _Unsaid
    return _with_words(out, told)


def _close(out: Json, kept: frozenset[str], every: bool) -> None:  # noqa: FBT001  as above
    if out.get("additionalProperties") not in (None, False) or "properties" not in out:
        raise _Unsaid
    required = as_list(out.get("required"))
    made = {name: _node(item, kept, every) for name, item in as_dict(out["properties"]).items()}
    if every:
        made = {name: item if name in required else _or_null(item) for name, item in made.items()}
        out["required"] = list(made)
    out |= {"properties": made, "additionalProperties": False}


def _or_null(schema: Json) -> Json:
    kind = schema.get("type")
    if isinstance(kind, str) and not {"enum", "const", "anyOf", "$ref"} & schema.keys():
        return schema if kind == "null" else {**schema, "type": [kind, "null"]}
    if isinstance(kind, list) and "null" in kind and "enum" not in schema:
        return schema
    described = {"description": schema["description"]} if "description" in schema else {}
    return {
        "anyOf": [{key: value for key, value in schema.items() if key != "description"}, {"type": "null"}],
        **described,
    }


def _with_words(out: Json, told: Json) -> Json:
    if words := "; ".join(_words(told.items())):
        described = str(out.get("description") or "")
        out["description"] = f"{described} ({words})" if described else words
    return out


def _words(told: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told)
