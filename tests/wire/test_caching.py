"""Prompts are kept between turns: marks stand where the provider wants them, and what stood before them never changes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from rigcli.core.messages import MediaPart, Message, TextPart, ToolCallPart, ToolResultPart, assistant, system, user
from rigcli.core.requests import Options, Prepared, Request, ToolSpec
from rigcli.wire import WIRES, load_wire
from rigcli.wire.caching import BEDROCK_MODELS, weight

LONG = "The house has many rooms. " * 200
TOOLS = (ToolSpec("look", LONG, {"type": "object", "properties": {"at": {"type": "string"}}}),)
MODELS = {
    "anthropic-messages": "claude-sonnet-4-6",
    "bedrock-invoke-anthropic": "us.anthropic.claude-sonnet-4-6",
    "bedrock-converse": "us.anthropic.claude-sonnet-4-6",
    "openai-chat": "anthropic/claude-sonnet-4.6",
    "openai-responses": "gpt-5.4",
    "gemini": "gemini-2.5-pro",
    "cohere-v2": "command-a",
    "ollama": "qwen3",
}
QUIRKS: dict[str, dict[str, Any]] = {
    "openai-chat": {"cache_control_models": "^anthropic/", "cache_control_results": True},
    "openai-responses": {"cache_key": "prompt_cache_key"},
}
FIRST = (system(LONG), user("What do you see?"))
CALLED = (
    Message("assistant", (TextPart("I look."), ToolCallPart("c1", "look", '{"at": "door"}'))),
    Message("tool", (ToolResultPart("c1", "look", "a door"),)),
)
TURNS = (FIRST, (*FIRST, *CALLED), (*FIRST, *CALLED, assistant("A door."), user("And then?")))


def prepare(wire: str, messages: tuple[Message, ...], **options: Any) -> Prepared:
    request = Request(MODELS[wire], messages, TOOLS, Options(**options), quirks=QUIRKS.get(wire, {}))
    return load_wire(wire).prepare(request)


def marks(value: Any) -> int:
    text = json.dumps(value)
    return text.count('"cache_control"') + text.count('"cachePoint"')


def bare(value: Any) -> Any:
    """Return a body without its marks; a text alone is the short form of a list with one text."""
    if isinstance(value, dict):
        out = {key: bare(item) for key, item in value.items() if key != "cache_control"}
        if isinstance(out.get("content"), str):
            out["content"] = [{"type": "text", "text": out["content"]}]
        return out
    if isinstance(value, list):
        return [bare(item) for item in value if not (isinstance(item, dict) and "cachePoint" in item)]
    return value


def said(prepared: Prepared) -> list[Any]:
    """Return what a model reads, in the order in which it does."""
    body = bare(prepared.body)
    first = [body.get(key) for key in ("tools", "toolConfig", "system", "systemInstruction", "instructions")]
    turns = body.get("messages") or body.get("contents") or body.get("input")
    return [*first, *turns]


@pytest.mark.parametrize("wire", WIRES)
def test_what_a_turn_sent_is_the_beginning_of_what_the_next_one_sends(wire: str) -> None:
    sent = [said(prepare(wire, turn)) for turn in TURNS]
    for before, after in pairwise(sent):
        assert json.dumps(after[: len(before)]) == json.dumps(before)


MARKING = [
    wire for wire in WIRES if wire in MODELS and wire not in ("gemini", "cohere-v2", "ollama", "openai-responses")
]


@pytest.mark.parametrize("wire", MARKING)
def test_the_end_of_the_turn_before_is_marked_again_so_that_it_is_read_from_the_cache(wire: str) -> None:
    for before, after in pairwise(TURNS):
        old, new = prepare(wire, before).body["messages"], prepare(wire, after).body["messages"]
        assert marks(old[-1]) == 1
        assert marks(new[len(old) - 1]) == 1
        assert marks(new[-1]) == 1


@pytest.mark.parametrize("wire", MARKING)
def test_no_request_has_more_than_four_marks(wire: str) -> None:
    counts = [marks(prepare(wire, turn).body) for turn in TURNS]
    assert all(2 <= count <= 4 for count in counts)


@pytest.mark.parametrize("wire", MARKING)
def test_off_marks_nothing_and_1h_says_so_at_each_mark(wire: str) -> None:
    assert marks(prepare(wire, TURNS[2], cache="off").body) == 0
    hour = prepare(wire, TURNS[2], cache="1h")
    assert json.dumps(hour.body).count('"ttl": "1h"') == marks(hour.body) > 0
    assert hour.notices == ()


@pytest.mark.parametrize("wire", MARKING)
def test_a_prompt_too_short_to_be_kept_is_not_marked(wire: str) -> None:
    short = Request(MODELS[wire], (system("Be kind."), user("hi")), quirks=QUIRKS.get(wire, {}))
    assert marks(load_wire(wire).prepare(short).body) == 0


@pytest.mark.parametrize("wire", WIRES)
def test_auto_is_what_happens_anyway(wire: str) -> None:
    assert prepare(wire, TURNS[2], cache="auto") == prepare(wire, TURNS[2])


def test_who_marks_himself_gets_no_marks_of_ours() -> None:
    mine = {"cache_control": {"type": "ephemeral"}}
    body = prepare("anthropic-messages", TURNS[2], extra=mine).body
    assert marks(body) == 1


def test_a_thought_bears_no_mark_and_a_document_is_marked_where_it_ends() -> None:
    pdf = MediaPart("document", "application/pdf", LONG.encode())
    body = prepare("anthropic-messages", (system(LONG), user("Read this", pdf))).body
    assert ["cache_control" in block for block in body["messages"][0]["content"]] == [False, True]


def test_converse_puts_no_point_behind_a_document() -> None:
    pdf = MediaPart("document", "application/pdf", LONG.encode())
    message = Message("user", (TextPart("Read this"), pdf))
    body = prepare("bedrock-converse", (system(LONG), message)).body
    assert [next(iter(block)) for block in body["messages"][0]["content"]] == ["text", "cachePoint", "document"]


@pytest.mark.parametrize("wire", ["bedrock-converse", "bedrock-invoke-anthropic"])
def test_a_model_that_keeps_nothing_is_sent_no_mark_and_1h_is_named(wire: str) -> None:
    request = Request("anthropic.claude-3-haiku-20240307-v1:0", TURNS[0], options=Options(cache="1h"))
    prepared = load_wire(wire).prepare(request)
    assert marks(prepared.body) == 0
    assert any("cache" in notice for notice in prepared.notices)


def test_nova_takes_a_point_behind_neither_tools_nor_their_results() -> None:
    body = load_wire("bedrock-converse").prepare(Request("us.amazon.nova-pro-v1:0", TURNS[1], TOOLS)).body
    assert marks(body["toolConfig"]) == 0
    assert [marks(message) for message in body["messages"]] == [1, 0, 0]
    assert marks(body["system"]) == 1


def test_the_models_that_keep_prompts_at_bedrock() -> None:
    kept = ["eu.anthropic.claude-3-7-sonnet-20250219-v1:0", "anthropic.claude-opus-4-7", "amazon.nova-lite-v1:0"]
    not_kept = ["anthropic.claude-3-haiku-20240307-v1:0", "meta.llama3", "anthropic.claude-v2:1"]
    assert [bool(re.search(BEDROCK_MODELS, model)) for model in (*kept, *not_kept)] == [True] * 3 + [False] * 3


def test_a_key_leads_all_turns_of_a_conversation_to_one_cache() -> None:
    keys = [prepare("openai-responses", turn).body["prompt_cache_key"] for turn in TURNS]
    assert len(set(keys)) == 1
    other = prepare("openai-responses", (system(LONG), user("Something else")))
    assert other.body["prompt_cache_key"] != keys[0]


def test_a_key_may_be_a_header() -> None:
    request = Request("grok-4", FIRST, quirks={"cache_key": "x-grok-conv-id"})
    prepared = load_wire("openai-chat").prepare(request)
    assert prepared.headers["x-grok-conv-id"].startswith("rig-")
    assert "x-grok-conv-id" not in prepared.body


@pytest.mark.parametrize(
    ("model", "cache", "field", "value"),
    [
        ("gpt-5.4", "1h", "prompt_cache_retention", "24h"),
        ("gpt-5.6", "1h", "prompt_cache_retention", None),
        ("gpt-5.6", "off", "prompt_cache_options", {"mode": "explicit"}),
        ("gpt-5.4", "off", "prompt_cache_options", None),
        ("gpt-5.4", "off", "prompt_cache_key", None),
    ],
)
def test_what_openai_can_be_told_depends_on_the_model(model: str, cache: str, field: str, value: Any) -> None:
    request = Request(model, FIRST, options=Options(cache=cache), quirks=QUIRKS["openai-responses"])
    prepared = load_wire("openai-responses").prepare(request)
    assert prepared.body.get(field) == value
    assert (model, cache) == ("gpt-5.6", "off") or any("cache" in notice for notice in prepared.notices)


def test_letters_that_are_not_latin_weigh_as_much_as_they_take() -> None:
    assert weight({"a": "ab", "b": ["日本", 1, None]}) == 8


def test_a_request_is_not_changed_by_being_marked() -> None:
    request = Request(MODELS["anthropic-messages"], TURNS[2], TOOLS)
    before = json.dumps(load_wire("anthropic-messages").prepare(request).body)
    assert json.dumps(load_wire("anthropic-messages").prepare(replace(request)).body) == before
