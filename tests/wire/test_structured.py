"""How each wire says a schema: natively, as one more tool, or in the prompt; and how a called answer is read."""

from __future__ import annotations

from typing import Any

import pytest

from rigcli.core.events import Finish, Text, ToolCall
from rigcli.core.messages import user
from rigcli.core.requests import OutputSchema, Request, ToolSpec
from rigcli.wire import WIRES, load_wire
from rigcli.wire.schema_forms import closed_form, const_free, strict_form
from rigcli.wire.structured import ANSWER, as_text, by_tool, prepare, way_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 2}, "kind": {"const": "cat"}},
    "required": ["name"],
}
TOOL = ToolSpec("look", "", {"type": "object", "properties": {}})


def request(model: str = "m", *tools: ToolSpec, **quirks: Any) -> Request:
    return Request(model, (user("?"),), tools, quirks=quirks, schema=OutputSchema("answer", SCHEMA))


@pytest.mark.parametrize(
    ("wire", "model", "tools", "way"),
    [
        ("openai-chat", "m", (), "native"),
        ("openai-chat", "m", (TOOL,), "native"),
        ("openai-responses", "m", (TOOL,), "native"),
        ("anthropic-messages", "claude-sonnet-4-6", (), "native"),
        ("anthropic-messages", "claude-sonnet-4-20250514", (), "tool"),
        ("gemini", "gemini-2.5-flash", (), "native"),
        ("gemini", "gemini-2.5-flash", (TOOL,), "tool"),
        ("gemini", "gemini-3-flash-preview", (TOOL,), "native"),
        ("ollama", "m", (), "native"),
        ("ollama", "m", (TOOL,), "prompt"),
        ("cohere-v2", "m", (), "native"),
        ("cohere-v2", "m", (TOOL,), "tool"),
        ("bedrock-converse", "m", (), "tool"),
    ],
)
def test_each_wire_has_its_way(wire: str, model: str, tools: tuple[ToolSpec, ...], way: str):
    assert way_of(request(model, *tools), wire) == way


def test_a_row_says_another_way():
    assert way_of(request(schema="prompt"), "openai-chat") == "prompt"
    assert way_of(request("m", TOOL, schema_with_tools="tool"), "openai-responses") == "tool"
    assert way_of(request("m", no_tools=True), "bedrock-converse") == "prompt"
    _, sent = prepare(load_wire("openai-chat"), request(schema="json_object"))
    assert sent.body["response_format"] == {"type": "json_object"}
    assert '"minLength": 2' in str(sent.body["messages"][0]["content"])


@pytest.mark.parametrize("wire", sorted(WIRES))
def test_every_wire_says_the_whole_schema(wire: str):
    _, sent = prepare(load_wire(wire), request())
    said = str(sent.body)
    assert "name" in said
    assert "minLength" in said, "what a dialect has no word for stands in the description"


def test_an_answer_that_is_a_call_is_text():
    arranged, sent = prepare(load_wire("bedrock-converse"), request())
    assert by_tool(arranged)
    assert sent.body["toolConfig"]["toolChoice"] == {"tool": {"name": ANSWER}}
    assert as_text(ToolCall("1", ANSWER, '{"name": "a"}')) == Text('{"name": "a"}')
    assert as_text(Finish("tool_calls", "tool_use")) == Finish("stop", "tool_use")


def test_the_strict_form_closes_and_requires_and_keeps_what_it_cannot_say_in_words():
    assert strict_form(SCHEMA) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "minLength: 2"},
            "kind": {"anyOf": [{"const": "cat"}, {"type": "null"}]},
        },
        "required": ["name", "kind"],
        "additionalProperties": False,
    }
    closed = closed_form(SCHEMA)
    assert closed is not None
    assert closed["required"] == ["name"]
    assert const_free(SCHEMA)["properties"]["kind"] == {"enum": ["cat"]}
    assert strict_form({"type": "object", "additionalProperties": {"type": "string"}}) is None
    assert strict_form({"type": "object", "properties": {"a": {}}}) is None
