"""What is said of a value that does not fit, and that no schema of a stranger's takes long or reaches out."""

from __future__ import annotations

import time
from typing import Any

import pytest

from rigcli.core.errors import UsageError
from rigcli.schemas import Validator, fitting

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "born": {"type": "string", "format": "date"},
        "kind": {"enum": ["cat", "dog"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "pet": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["name"]}]},
        "code": {"type": "string", "pattern": "^[A-Z]+$"},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"name": "a"}, ()),
        ({}, ("name: required, but missing",)),
        ({"name": "a", "nmae": 1}, ("nmae: there is no such property",)),
        ({"name": "a", "age": -1}, ("age: -1 is less than the minimum of 0",)),
        ({"name": "a", "age": "old"}, ('age: "old" is not of type "integer"',)),
        ({"name": "a", "born": "soon"}, ('born: no date: "soon"',)),
        ({"name": "a", "kind": "cow"}, ('kind: "cow" is not one of "cat" or "dog"',)),
        ({"name": "a", "tags": ["x", 2]}, ('tags[1]: 2 is not of type "string"',)),
        ({"name": "a", "code": "x"}, ('code: "x" does not match the pattern ^[A-Z]+$',)),
        (
            {"name": "a", "pet": {}},
            ("pet: fits none of the alternatives; the nearest: pet.name: required, but missing",),
        ),
        ([], ('the value: [] is not of type "object"',)),
        (
            {"name": "a", "code": "\ud800"},
            ("the value: a text in it holds half a surrogate pair, which is no Unicode",),
        ),
    ],
)
def test_each_problem_is_named_with_its_place(value: Any, words: tuple[str, ...]):
    assert Validator(PERSON).errors(value) == words


def test_an_alternative_of_no_fitting_kind_names_them_all():
    (told,) = Validator(PERSON).errors({"name": "a", "note": 3})
    assert '"string"' in told
    assert '"null"' in told


def test_a_long_list_of_problems_is_cut():
    told = Validator({"items": {"type": "string"}}).errors(list(range(100)))
    assert (len(told), told[-1]) == (9, "and more")


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def nested(levels: int) -> Any:
    schema: Any = {}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


def doubling(keyword: str) -> Any:
    """Forty definitions, each naming the next one twice."""
    parts: dict[str, Any] = {
        f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(40)
    }
    return {"$defs": {**parts, "d40": {"type": "string"}}, "$ref": "#/$defs/d0"}


def chain(length: int) -> Any:
    parts: dict[str, Any] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(length)}
    return {"$defs": {**parts, f"d{length}": {}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (nested(5000), "nested too deep"),
        (doubling("allOf"), "too large"),
        (doubling("anyOf"), "too large"),
        (chain(100_000), "on and on"),
        ({"pattern": "((a{1000}){1000}){1000}"}, "regex"),
        ({"$ref": "http://127.0.0.1:9/x.json"}, "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "does not exist"),
        ({"type": "text"}, "at type"),
        ([], "is an object"),
    ],
)
def test_a_schema_that_is_none_or_costs_too_much_is_refused_at_once(schema: Any, words: str):
    begun = time.monotonic()
    with pytest.raises(UsageError, match=words):
        Validator(schema)
    assert fitting(schema) is None
    assert time.monotonic() - begun < 5


BACK: dict[str, Any] = {"items": {"$ref": "#"}, "type": "array"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, 1),
        ({"pattern": "^(a+)+$"}, "a" * 5000 + "!"),
        ({"pattern": r"^(a+)+\1$"}, "a" * 5000 + "!"),
        ({"pattern": r"^(?=(a+)+b)a*$"}, "a" * 5000 + "!"),
        ({"anyOf": [BACK, {**BACK, "maxItems": 5}]}, deep(40)),
        ({"items": {"$ref": "#"}}, deep(100_000)),
        ({"uniqueItems": True}, [{"a": n} for n in range(20_000)]),
        ({"type": "integer", "multipleOf": 3}, 10**4000),
        ({"type": "number"}, float("nan")),
    ],
)
def test_no_value_takes_long_to_check(schema: Any, value: Any):
    begun = time.monotonic()
    Validator(schema).errors(value)
    assert time.monotonic() - begun < 5
