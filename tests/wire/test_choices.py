"""Several answers to one request are told apart, and how likely their tokens were is read in every wire's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rigcli.core.choices import Choice, Logprobs, TokenLogprob
from rigcli.core.errors import IncompleteError
from rigcli.core.events import Event, Finish, Fold, Text, fold
from rigcli.core.messages import Message, RefusalPart, TextPart, ToolCallPart, user
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.wire import load_wire

ASKED = Request("m", (user("hi"),))


def stream(wire: str, *rows: Any, end: bool = True) -> list[Event]:
    reader = load_wire(wire).reader(ASKED)
    events = [event for row in rows for event in reader.read(Frame(row if isinstance(row, str) else json.dumps(row)))]
    return [*events, *(reader.end() if end else ())]


def whole(wire: str, body: Any) -> list[Event]:
    return list(load_wire(wire).read_whole(body, ASKED))


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def chunk(index: int, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"id": "1", "model": "m", "choices": [{"index": index, "delta": delta, "finish_reason": reason}]}


INTERLEAVED = [
    chunk(1, {"content": "Bonjour"}),
    chunk(0, {"role": "assistant", "content": "Hel"}),
    chunk(2, {"refusal": "No."}),
    chunk(1, {"content": " \ud83d"}),  # half a letter: the other half comes with this choice's next piece
    chunk(0, {"content": "lo"}),
    chunk(1, {"content": "\ude00"}, "length"),
    chunk(2, {}, "stop"),
    chunk(0, {}, "stop"),
]


def test_interleaved_choices_do_not_mix() -> None:
    events = stream("openai-chat", *INTERLEAVED, "[DONE]")
    assert fold(events).text == "Hello"
    assert of(Choice, events) == [
        Choice(1, Message("assistant", (TextPart("Bonjour 😀"),)), "length", "length"),
        Choice(2, Message("assistant", (RefusalPart("No."),)), "refusal", "stop"),
    ]
    assert events[-1] == Finish("stop", "stop")


def test_a_document_tells_its_choices_too() -> None:
    choices = [{"index": n, "message": {"content": f"answer {n}"}, "finish_reason": "stop"} for n in range(3)]
    events = whole("openai-chat", {"choices": choices})
    assert fold(events).text == "answer 0"
    assert [(choice.index, choice.message.text) for choice in of(Choice, events)] == [(1, "answer 1"), (2, "answer 2")]


def test_calls_of_another_choice_are_no_calls_of_the_answer() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "rm", "arguments": "{}"}}
    events = stream("openai-chat", chunk(0, {"content": "Hi"}, "stop"), chunk(1, {"tool_calls": [call]}, "tool_calls"))
    state = Fold()
    for event in events:
        state.add(event)
    assert state.message().tool_calls == ()
    assert of(Choice, events)[0].message.parts == (ToolCallPart("c", "rm", "{}"),)
    assert state.finish == Finish("stop", "stop")


def test_an_answer_that_breaks_off_still_tells_what_came_of_the_others() -> None:
    reader = load_wire("openai-chat").reader(ASKED)
    for row in INTERLEAVED[:5]:
        list(reader.read(Frame(json.dumps(row))))
    rest = iter(reader.end())
    assert [getattr(next(rest), "reason", None) for _ in range(2)] == ["incomplete", "incomplete"]
    with pytest.raises(IncompleteError):
        next(rest)


def test_an_index_that_is_no_number_or_too_high_is_not_believed() -> None:
    odd = [chunk(index, {"content": "x"}) for index in ("one", -1, 10**9)]  # type: ignore[arg-type]
    events = stream("openai-chat", *odd, chunk(0, {"content": "Hi"}, "stop"))
    assert (fold(events).text, of(Choice, events)) == ("Hi", [])


def test_candidates_of_gemini_are_told_apart() -> None:
    def said(index: int, text: str, reason: str | None = None) -> dict[str, Any]:
        row: dict[str, Any] = {"content": {"parts": [{"text": text}]}, "index": index}
        return {**row, "finishReason": reason} if reason else row

    rows = [
        {"candidates": [said(0, "Hel"), said(1, "Bon")], "usageMetadata": {"promptTokenCount": 1}},
        {"candidates": [said(1, "jour", "MAX_TOKENS"), said(0, "lo", "STOP")]},
    ]
    for events in (stream("gemini", *rows), whole("gemini", rows)):
        assert fold(events).text == "Hello"
        choice = of(Choice, events)[0]
        assert (choice.index, choice.message.text, choice.reason) == (1, "Bonjour", "length")


TOKEN = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Yo", "logprob": -2}]}
LIKELY = TokenLogprob("Hi", -0.5, (72, 105), (("Yo", -2.0),))


@pytest.mark.parametrize(
    ("wire", "rows", "wanted"),
    [
        (
            "openai-chat",
            [{"choices": [{"index": 0, "delta": {"content": "Hi"}, "logprobs": {"content": [TOKEN]}}]}, "[DONE]"],
            LIKELY,
        ),
        (
            "openai-chat",
            [
                {
                    "choices": [
                        {
                            "delta": {"content": "Hi"},
                            "logprobs": {"tokens": ["Hi"], "token_logprobs": [-0.5], "top_logprobs": [{"Yo": -2}]},
                        }
                    ]
                },
                "[DONE]",
            ],
            TokenLogprob("Hi", -0.5, None, (("Yo", -2.0),)),
        ),
        (
            "openai-responses",
            [
                {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi", "logprobs": [TOKEN]},
                {
                    "type": "response.output_item.done",
                    "output_index": 0,
                    "item": {"type": "message", "content": [{"text": "Hi", "logprobs": [TOKEN]}]},
                },
                {"type": "response.completed", "response": {"status": "completed"}},
            ],
            LIKELY,
        ),
        (
            "gemini",
            [
                {
                    "candidates": [
                        {
                            "content": {"parts": [{"text": "Hi"}]},
                            "finishReason": "STOP",
                            "logprobsResult": {
                                "chosenCandidates": [{"token": "Hi", "logProbability": -0.5}],
                                "topCandidates": [{"candidates": [{"token": "Yo", "logProbability": -2}]}],
                            },
                        }
                    ]
                }
            ],
            TokenLogprob("Hi", -0.5, None, (("Yo", -2.0),)),
        ),
        ("ollama", [{"message": {"content": "Hi"}, "logprobs": [TOKEN], "done": True}], LIKELY),
        (
            "cohere-v2",
            [
                {
                    "type": "content-delta",
                    "delta": {"message": {"content": {"text": "Hi"}}},
                    "logprobs": {"text": "Hi", "token_ids": [1], "logprobs": [-0.5]},
                },
                {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
            ],
            TokenLogprob("Hi", -0.5),
        ),
    ],
)
def test_how_likely_a_token_was_is_read_once(wire: str, rows: list[Any], wanted: TokenLogprob) -> None:
    events = stream(wire, *rows, end=wire != "openai-chat")
    assert of(Logprobs, events) == [Logprobs((wanted,))]
    assert [event.text for event in of(Text, events)] == ["Hi"]


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (
            "openai-chat",
            {"choices": [{"message": {"content": "Hi"}, "logprobs": {"content": [TOKEN]}, "finish_reason": "stop"}]},
        ),
        ("openai-responses", {"output": [{"type": "message", "content": [{"text": "Hi", "logprobs": [TOKEN]}]}]}),
        ("ollama", {"message": {"content": "Hi"}, "logprobs": [TOKEN]}),
    ],
)
def test_so_it_is_where_the_answer_is_one_document(wire: str, body: Any) -> None:
    assert of(Logprobs, whole(wire, body)) == [Logprobs((LIKELY,))]


def test_a_choice_has_its_own_logprobs() -> None:
    rows = [
        {"choices": [{"index": n, "delta": {"content": "Hi"}, "logprobs": {"content": [TOKEN] * (n + 1)}}]}
        for n in (1, 0)
    ]
    events = stream("openai-chat", *rows, "[DONE]", end=False)
    assert (len(of(Logprobs, events)), len(of(Choice, events)[0].logprobs)) == (1, 2)


@pytest.mark.parametrize("value", [True, "x", [1], {"content": [{}, {"token": "a"}, None, 3]}, {"tokens": [1, None]}])
def test_what_is_no_logprob_is_none(value: Any) -> None:
    events = stream("openai-chat", {"choices": [{"delta": {"content": "Hi"}, "logprobs": value}]}, "[DONE]", end=False)
    assert of(Logprobs, events) == []
