"""A request is counted in the words in which it would be asked, by the form that its server has."""

from __future__ import annotations

import json
from binascii import a2b_base64
from typing import Any

import pytest

from rigcli.core.errors import ProviderError, RateLimitError
from rigcli.core.messages import MediaPart, Message, ToolCallPart, ToolResultPart, system, user
from rigcli.core.requests import Options, Request, ToolSpec
from rigcli.providers.rows import Rows
from rigcli.providers.variables import filled
from rigcli.wire.counting import WAYS, Count, prepare, read, read_error, way_of
from rigcli.wire.quirks import check

TOOLS = (ToolSpec("look", "Look around", {"type": "object", "properties": {}}),)
ASKED = (
    system("Be kind."),
    user("What is this?", MediaPart("image", "image/png", b"png")),
    Message("assistant", (ToolCallPart("c", "look", '{"at":1}'),)),
    Message("tool", (ToolResultPart("c", "look", "a door"),)),
)


def ask(model: str = "m", **quirks: Any) -> Request:
    return Request(model, ASKED, TOOLS, Options(temperature=0.5, cache="1h"), quirks=quirks)


@pytest.mark.parametrize(
    ("name", "model", "path", "keys"),
    [
        ("messages", "claude-opus-4-7", "/v1/messages/count_tokens", {"model", "messages", "system", "tools"}),
        ("responses", "gpt-5.4", "/responses/input_tokens", {"model", "input", "instructions", "tools"}),
        ("contents", "g", "/v1beta/models/g:countTokens", {"contents", "systemInstruction", "tools"}),
        ("generate", "g", "/v1beta/models/g:countTokens", {"generateContentRequest"}),
        ("converse", "us.anthropic.claude-x-v1:0", "/model/anthropic.claude-x-v1%3A0/count-tokens", {"input"}),
        ("invoke", "anthropic.claude-x-v1:0", "/model/anthropic.claude-x-v1%3A0/count-tokens", {"input"}),
        ("chat", "m", "/tokenize", {"model", "messages", "tools"}),
        ("text", "m", "/tokenize", {"model", "text"}),
    ],
)
def test_what_is_sent(name: str, model: str, path: str, keys: set[str]) -> None:
    prepared = prepare(name, ask(model))
    assert (prepared.path, set(prepared.body)) == (path, keys)
    assert "cache" not in json.dumps(prepared.body)
    for told in ("Be kind.", "a door"):
        body = prepared.body
        text = json.dumps(body)
        if name == "invoke":
            text = a2b_base64(body["input"]["invokeModel"]["body"]).decode()
        assert told in text


def test_the_request_inside_is_the_one_that_would_be_asked() -> None:
    inside = prepare("generate", ask("models/g")).body["generateContentRequest"]
    assert (inside["model"], inside["generationConfig"]) == ("models/g", {"temperature": 0.5})
    converse = prepare("converse", ask("anthropic.claude-opus-4-7")).body["input"]["converse"]
    assert set(converse) == {"messages", "system", "toolConfig"}


def test_a_tokenizer_says_what_it_does_not_see() -> None:
    prepared = prepare("text", ask(count_path="/v1/tokenize", count_field="prompt"))
    assert prepared.path == "/v1/tokenize"
    assert prepared.body["prompt"] == 'Be kind.\nWhat is this?\n{"at":1}\na door'
    assert prepared.notices == ("only the text is counted: the tools and files that are no text come on top",)


@pytest.mark.parametrize(
    ("name", "answer", "count"),
    [
        ("messages", {"input_tokens": 12}, Count(12, True)),
        ("responses", {"object": "response.input_tokens", "input_tokens": 0}, Count(0, True)),
        ("generate", {"totalTokens": 12, "promptTokensDetails": []}, Count(12, True)),
        ("converse", {"inputTokens": 12}, Count(12, True)),
        ("chat", {"count": 12, "max_model_len": 4096, "tokens": [1]}, Count(12, True)),
        ("chat", {"data": {"total_tokens": 12}}, Count(12, True)),
        ("chat", {"id": "1", "usage": {"prompt_tokens": 12, "total_tokens": 12}}, Count(12, True)),
        ("text", {"tokens": [1, 2, 3], "token_strings": ["a", "b", "c"]}, Count(3, False)),
        ("text", {"token_ids": [{"token_id": 1}]}, Count(1, False)),
        ("text", {"tokens": []}, Count(0, False)),
    ],
)
def test_what_comes_back(name: str, answer: Any, count: Count) -> None:
    assert read(name, answer) == count


@pytest.mark.parametrize("answer", [None, [], {}, {"tokens": 3}, {"error": {"message": "no"}}, {"count": True}])
def test_another_shape_is_an_error(answer: Any) -> None:
    with pytest.raises(ProviderError):
        read("text", answer)


def test_a_refusal_is_the_error_that_its_status_says() -> None:
    assert isinstance(read_error(429, "{}"), RateLimitError)


@pytest.mark.parametrize("name", Rows().names())
def test_every_row_names_a_form_that_there_is(name: str) -> None:
    row = Rows({}, check).get(name)
    for wire in (row.wire, *row.wires):
        quirks = row.in_wire(wire).quirks
        assert quirks.get("count") in (None, *WAYS)


def test_vertex_counts_at_its_own_path() -> None:
    row = filled(Rows().get("vertexai"), {"GOOGLE_CLOUD_PROJECT": "p"})
    name = way_of(row.wire, row.quirks)
    assert name == "contents"
    path = prepare(name, ask("gemini-2.5-flash", **row.quirks)).path
    assert path == "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:countTokens"


def test_where_nobody_knows_a_way_there_is_none() -> None:
    assert [way_of(wire, {}) for wire in ("ollama", "openai-chat", "openai-responses", "cohere-v2")] == [None] * 4
