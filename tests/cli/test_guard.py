"""The door of the HTTP faces, and what is typed into a server's form."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rigcli.cli.mcp_form import typed
from rigcli.cli.serve.guard import Guard

GOOD = {"host": "127.0.0.1:8765", "authorization": "Bearer secret-token", "content-type": "application/json"}


def status(method: str = "POST", **headers: str | None) -> int:
    """Return the status of one request; the app behind the guard answers 200."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    given = {**GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items() if value is not None]
    guard = Guard(app, frozenset({"127.0.0.1", "localhost", "[::1]"}), "secret-token")
    asyncio.run(guard({"type": "http", "method": method, "headers": raw}, receive, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, 200),
        ({"host": "LOCALHOST"}, 200),
        ({"host": "[::1]:8765"}, 200),
        ({"origin": "http://localhost:3000"}, 200),
        ({"content_type": "application/json; charset=utf-8"}, 200),
        ({"host": "evil.test"}, 421),
        ({"host": "127.0.0.1.evil.test"}, 421),
        ({"host": None}, 421),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost.evil.test"}, 403),
        ({"authorization": None}, 401),
        ({"authorization": "Bearer secret-toke"}, 401),
        ({"authorization": "Basic secret-token"}, 401),
        ({"authorization": "Bearer secret-tokén"}, 401),
        ({"content_length": "4194305"}, 413),
        ({"content_length": "-1"}, 413),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": None}, 415),
    ],
)
def test_only_who_has_name_origin_token_size_and_kind_comes_in(headers: dict[str, str | None], wanted: int):
    assert status(**headers) == wanted


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Ada", {"type": "string"}, "Ada"),
        ("7", {"type": "integer", "minimum": 1}, 7),
        ("yes", {"type": "boolean"}, True),
        ("a, b", {"type": "array", "items": {"enum": ["a", "b", "c"]}}, ["a", "b"]),
        ("v", {"type": "string", "oneOf": [{"const": "v", "title": "V"}]}, "v"),
    ],
)
def test_what_is_typed_becomes_the_fields_type(text: str, field: dict[str, Any], value: object):
    assert typed(text, field) == value


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("x", {"type": "integer"}),
        ("0", {"type": "integer", "minimum": 1}),
        ("maybe", {"type": "boolean"}),
        ("d", {"type": "string", "enum": ["a"]}),
        ("a,d", {"type": "array", "items": {"enum": ["a"]}}),
        ("", {"type": "string", "minLength": 1}),
    ],
)
def test_what_does_not_fit_a_field_is_said(text: str, field: dict[str, Any]):
    with pytest.raises(ValueError, match=r"\w"):
        typed(text, field)
