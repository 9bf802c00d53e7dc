"""What a schema may cost: strangers write them (servers, files, models), and a small one can mean endless work.

A definition that is named twice by one that is named twice, forty times over, is a schema of two kilobytes with 2^40
parts. Its size with every reference written out is reckoned here before a validator is built from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote

from rigcli.core.errors import UsageError

MOST_DEEP = 200
"""Levels of a schema, references followed, and of a value that is checked."""
MOST_PARTS = 50_000
_DATA = frozenset(("const", "default", "enum", "examples"))
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def reckon(schema: Any) -> tuple[int, int]:
    """Return the number of parts with every reference written out, and how many references lead back into themselves.

    Raises UsageError where it is too deep or too large to be checked against.
    """
    if (found := depth(schema)) > MOST_DEEP:
        raise UsageError(f"schema: nested too deep ({found} levels, {MOST_DEEP} at most)")
    parts, loops = _Reckoner(schema).parts(schema, ())
    if parts > MOST_PARTS:
        raise UsageError(f"schema: too large: more than {MOST_PARTS:,} parts once its references are written out")
    return parts, loops


def depth(value: Any) -> int:
    """Return how many levels of objects and lists a value has; it may be deeper than Python can recurse."""
    level, rows = 0, [value]
    while rows := [item for row in rows for item in _inside(row)]:
        level += 1
        if level > MOST_DEEP:
            break
    return level


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from cast("dict[str, Any]", value).values()
    elif isinstance(value, list):
        yield from cast("list[Any]", value)


class _Reckoner:
    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._named = dict(_names(schema))
        self._known: dict[int, tuple[int, int]] = {}

    def parts(self, node: Any, above: tuple[int, ...]) -> tuple[int, int]:
        if not isinstance(node, dict | list):
            return 0, 0
        key = id(cast("Any", node))
        if key in above:
            return 1, 1
        if key in self._known:
            return self._known[key]
        if len(above) > 2 * MOST_DEEP:
            raise UsageError(f"schema: its references lead on and on, more than {2 * MOST_DEEP} levels")
        inner = (*above, key)
        counted = [self.parts(item, inner) for item in self._below(node)]
        total = self._known[key] = 1 + sum(parts for parts, _ in counted), sum(loops for _, loops in counted)
        return total

    def _below(self, node: Any) -> Iterator[Any]:
        if isinstance(node, list):
            yield from cast("list[Any]", node)
            return
        table = cast("dict[str, Any]", node)
        yield from (item for name, item in table.items() if name not in _DATA)
        yield from (self._target(table[name]) for name in _REFERENCES if name in table)

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str):
            return None
        if reference in self._named:
            return self._named[reference]
        base, _, pointer = reference.partition("#")
        node = self._root if not base else self._named.get(base)
        for step in unquote(pointer).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict):
                node = cast("dict[str, Any]", node).get(name)
            elif isinstance(node, list) and name.isdecimal() and int(name) < len(cast("list[Any]", node)):
                node = cast("list[Any]", node)[int(name)]
            else:
                return None
        return node


def _names(schema: Any) -> Iterator[tuple[str, Any]]:
    rows = [schema]
    while rows:
        row = rows.pop()
        if isinstance(row, dict):
            table = cast("dict[str, Any]", row)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(name := table.get(keyword), str):
                    yield f"#{name}", table
            if isinstance(name := table.get("$id"), str):
                yield name.removesuffix("#"), table
        rows += _inside(row)
