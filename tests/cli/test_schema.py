"""`rig ask -S`: an answer that must fit a schema, as a user gets it, and what goes over the wire for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program

PERSON = "name, age int, tags? [str]"


@pytest.fixture
def base(server: FakeServer) -> tuple[str, ...]:
    return ("-m", "openai-compatible/m", "--base-url", server.url, "-S", PERSON)


def test_the_answer_is_json_that_people_can_read(rig: Program, server: FakeServer, base: tuple[str, ...]):
    server.reply('{"name": "Zoë", "age": 3, "tags": null}')
    result = rig("ask", *base, "Who?")
    assert (result.code, result.out) == (0, '{\n  "name": "Zoë",\n  "age": 3\n}\n')
    sent = server.requests[0].json["response_format"]["json_schema"]
    assert (sent["strict"], sent["schema"]["required"]) == (True, ["name", "age", "tags"])
    assert sent["schema"]["properties"]["tags"]["type"] == ["array", "null"]


def test_what_does_not_fit_is_told_to_the_model_and_asked_for_again(rig: Program, server: FakeServer, base: Any):
    server.reply('{"name": "a"}').reply('```json\n{"name": "a", "age": 4}\n```')
    result = rig("ask", *base, "--format", "json", "Who?")
    assert (result.code, result.json["data"]) == (0, {"name": "a", "age": 4})
    assert "age: required, but missing" in server.requests[1].json["messages"][-1]["content"]
    assert "asking again, 1 of 2" in result.err
    assert result.json["usage"]["input_tokens"] > 0


def test_the_best_attempt_is_kept_where_none_fits(rig: Program, server: FakeServer, base: Any):
    server.reply('{"name": "a"}').reply("I cannot say.").reply('{"name": 1}')
    result = rig("ask", *base, "--format", "json", "Who?")
    assert (result.code, result.json["data"], result.json["error"]["kind"]) == (8, {"name": "a"}, "schema")
    assert result.json["error"]["errors"] == ["age: required, but missing"]
    assert len(server.requests) == 3


def test_one_model_call_is_one_attempt(rig: Program, server: FakeServer, base: Any):
    server.reply("no")
    assert rig("ask", *base, "--max-turns", "1", "Who?").code == 8
    assert len(server.requests) == 1


def test_jsonl_streams_the_text_and_ends_with_the_data(rig: Program, server: FakeServer, base: Any):
    server.reply('{"name": "a", "age": 4}')
    lines = [json.loads(line) for line in rig("ask", *base, "--format", "jsonl", "Who?").out.splitlines()]
    assert "".join(line["text"] for line in lines if line["type"] == "text") == '{"name": "a", "age": 4}'
    assert lines[-1]["data"] == {"name": "a", "age": 4}


def test_a_list_is_sent_inside_an_object_and_comes_out_of_it(rig: Program, server: FakeServer, base: Any):
    server.reply('{"value": [{"name": "a"}]}')
    result = rig("ask", *base[:-1], "[name]", "--format", "json", "Who?")
    assert result.json["data"] == [{"name": "a"}]


@pytest.mark.parametrize("kind", ["file", "json", "class"])
def test_a_schema_is_a_file_json_or_a_class(rig: Program, server: FakeServer, base: Any, here: Path, kind: str):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    (here / "s.json").write_text(json.dumps(schema))
    (here / "shapes_of_mine.py").write_text("from pydantic import BaseModel\nclass N(BaseModel):\n    n: int\n")
    given = {"file": "s.json", "json": json.dumps(schema), "class": "shapes_of_mine:N"}[kind]
    server.reply('{"n": 1}')
    assert rig("ask", *base[:-1], given, "--format", "json", "How many?").json["data"] == {"n": 1}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("none.json", "no such file"),
        ("age whole", "no type 'whole'"),
        ("a [str", "bracket"),
        ("nowhere_at_all:Thing", "ModuleNotFoundError"),
        ('{"type": "text"}', "at type"),
        ("", "empty"),
    ],
)
def test_what_is_no_schema_costs_nothing(rig: Program, server: FakeServer, base: Any, given: str, words: str):
    result = rig("ask", *base[:-1], given, "Who?")
    assert (result.code, server.requests) == (2, [])
    assert words in result.err


def test_explain_shows_the_schema_as_it_would_be_sent(rig: Program, server: FakeServer, base: Any):
    result = rig("ask", *base, "--explain", "Who?")
    assert "json_schema" in result.out
    assert server.requests == []
