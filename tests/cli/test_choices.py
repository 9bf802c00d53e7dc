"""`-o n=3` and `-o logprobs=true`, as a user and as a script sees them."""

from __future__ import annotations

import json
from typing import Any

from rigcli.testing import FakeServer
from tests.support.program import Program


def choices(*texts: str) -> list[bytes]:
    """Return a stream that gives these answers word by word, in turns."""
    rows: list[Any] = []
    words = [text.split(" ") for text in texts]
    for place in range(max(len(some) for some in words)):
        for index, some in enumerate(words):
            if place < len(some):
                word = (" " if place else "") + some[place]
                likely = {"content": [{"token": word, "logprob": -0.25, "bytes": None, "top_logprobs": []}]}
                rows.append({"index": index, "delta": {"content": word}, "logprobs": likely})
    rows += [{"index": index, "delta": {}, "finish_reason": "stop"} for index in range(len(texts))]
    return [*(f"data: {json.dumps({'choices': [row]})}\n\n".encode() for row in rows), b"data: [DONE]\n\n"]


def at(server: FakeServer, *more: str) -> list[str]:
    return ["ask", "-m", "openai-compatible/m", "--base-url", server.url, *more]


def test_the_first_choice_is_the_text_and_the_others_stand_below_it(rig: Program, server: FakeServer) -> None:
    server.reply(body=choices("one by one", "two by two", "three\x1b[31m"))
    result = rig(*at(server, "-o", "n=3", "hi"))
    assert (result.code, server.chats[-1]["n"]) == (0, 3)
    assert result.out == "one by one\n\n--- choice 2 ---\ntwo by two\n\n--- choice 3 ---\nthree\n"


def test_json_has_all_choices_and_the_conversation_goes_on_from_the_first(rig: Program, server: FakeServer) -> None:
    server.reply(body=choices("one", "two")).reply("ok")
    told = rig(*at(server, "-o", "n=2", "-o", "logprobs=true", "--format", "json", "hi")).json
    assert told["text"] == "one"
    assert [(choice["index"], choice["text"]) for choice in told["choices"]] == [(0, "one"), (1, "two")]
    assert [choice["finish_reason"] for choice in told["choices"]] == ["stop", "stop"]
    assert told["logprobs"] == [{"token": "one", "logprob": -0.25, "bytes": None, "top_logprobs": []}]
    assert told["choices"][1]["logprobs"][0]["token"] == "two"
    assert rig(*at(server, "-c", "more")).code == 0
    assert [message["content"] for message in server.chats[-1]["messages"]] == ["hi", "one", "more"]


def test_jsonl_has_a_line_for_each(rig: Program, server: FakeServer) -> None:
    server.reply(body=choices("one", "two"))
    lines = rig(*at(server, "-o", "n=2", "-o", "logprobs=true", "--format", "jsonl", "hi")).out.splitlines()
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["start", "text", "logprobs", "choice", "end"]


def test_where_one_answer_is_all_there_is_the_option_is_named(rig: Program, server: FakeServer) -> None:
    server.reply("one")
    result = rig("ask", "-m", "anthropic/m", "--base-url", server.url, "-o", "n=2", "-o", "top_logprobs=3", "hi")
    assert result.out == "one\n"
    for name in ("n", "logprobs", "top_logprobs"):
        assert f"the option {name} was left out" in result.err


def test_text_output_says_once_where_logprobs_are_told(rig: Program, server: FakeServer) -> None:
    server.reply(body=choices("one by one"))
    result = rig(*at(server, "-o", "logprobs=5", "hi"))
    assert (server.chats[-1]["logprobs"], server.chats[-1]["top_logprobs"]) == (True, 5)
    assert (result.out, result.err.count("--format json")) == ("one by one\n", 1)
