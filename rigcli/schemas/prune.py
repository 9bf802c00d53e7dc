"""Take out what a strict dialect made a model say: null for what may be left out."""

from __future__ import annotations

from typing import Any, cast


def without_nulls(value: Any, schema: Any, root: Any = None) -> Any:
    """Return the value without its nulls where the schema names a property that may be left out and may not be null."""
    root = schema if root is None else root
    parts = list(_branches(schema, root, 0))
    if isinstance(value, list):
        items = next((part["items"] for part in parts if "items" in part), None)
        return [without_nulls(item, items, root) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    known: dict[str, Any] = {}
    required: set[str] = set()
    for part in parts:
        known |= part.get("properties") or {}
        required |= set(part.get("required") or ())
    return {
        name: without_nulls(item, known.get(name), root)
        for name, item in cast("dict[str, Any]", value).items()
        if not (item is None and name in known and name not in required)
    }


def _branches(schema: Any, root: Any, level: int) -> Any:
    if not isinstance(schema, dict) or level > 16:  # noqa: PLR2004  a reference to itself
        return
    table = cast("dict[str, Any]", schema)
    yield table
    reference = table.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        node = root
        for step in reference.split("/")[1:]:
            node = cast("dict[str, Any]", node).get(step) if isinstance(node, dict) else None
        yield from _branches(node, root, level + 1)
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in table.get(keyword) or ():
            yield from _branches(each, root, level + 1)
