"""Cohere's chat, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from rigcli.core.errors import IncompleteError, ProviderError, RateLimitError, ServerError
from rigcli.core.events import Citation, Event, Finish, Opaque, Reasoning, Start, Text, ToolCall
from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    assistant,
    system,
    user,
)
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import load_wire
from tests.wire.streams import ask, calls_of, folded, read, read_whole, text_of, tool, typed

WIRE = "cohere-v2"
ADD = tool("files.add", x={"type": "number"})


def prepare(*messages: Message, **fields: Any) -> Prepared:
    return load_wire(WIRE).prepare(ask(*messages, **fields))


def event(kind: str, index: int | None = None, **message: Any) -> dict[str, Any]:
    return {"type": kind, **({} if index is None else {"index": index}), "delta": {"message": message}}


def end(reason: str = "COMPLETE", **more: Any) -> dict[str, Any]:
    tokens = {"billed_units": {"input_tokens": 3}, "tokens": {"input_tokens": 9.0, "output_tokens": 2.0}}
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": {**tokens, "cached_tokens": 4}, **more}}


def call(index: int, arguments: str, **start: Any) -> dict[str, Any]:
    kind = "tool-call-start" if start else "tool-call-delta"
    function = {"arguments": arguments, **({"name": start.pop("name")} if start else {})}
    return event(kind, index, tool_calls={**start, "function": function})


START = {"id": "r1", "type": "message-start", "delta": {"message": {"role": "assistant"}}}


def stream(*events: Any, **request: Any) -> list[Event]:
    return read(WIRE, typed(START, *events), ask(**request))


# --- the request


def test_the_plain_request():
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]
    body = {"model": "m", "messages": messages, "stream": True}
    assert prepare(system("s"), user("hi")) == Prepared("/v2/chat", body)
    assert prepare(stream=False).body["stream"] is False


def test_options_have_coheres_names():
    body = prepare(temperature=0.0, top_p=0.5, max_tokens=9, stop=("x",), seed=1, extra={"k": 4}).body
    assert {key: body[key] for key in body if key not in ("model", "messages", "stream")} == {
        "temperature": 0.0,
        "p": 0.5,
        "max_tokens": 9,
        "stop_sequences": ["x"],
        "seed": 1,
        "k": 4,
    }


@pytest.mark.parametrize(
    ("effort", "thinking"),
    [
        ("none", {"type": "disabled"}),
        ("500", {"type": "enabled", "token_budget": 500}),
        ("on", {"type": "enabled"}),
        ("high", {"type": "enabled"}),
    ],
)
def test_effort_is_thinking(effort, thinking):
    prepared = prepare(reasoning_effort=effort)
    assert prepared.body["thinking"] == thinking
    assert len(prepared.notices) == (effort == "high")


@pytest.mark.parametrize(
    ("choice", "word", "offered"),
    [("auto", None, 2), ("none", "NONE", 2), ("required", "REQUIRED", 2), ("b", "REQUIRED", 1)],
)
def test_one_tool_that_must_be_called_is_offered_alone(choice, word, offered):
    body = prepare(tools=(ADD, tool("b")), tool_choice=choice).body
    assert (body.get("tool_choice"), len(body["tools"])) == (word, offered)


def test_what_the_wire_has_not_is_a_notice():
    assert "parallel_tool_calls" in prepare(tools=(ADD,), parallel_tool_calls=False).notices[0]


def test_names_that_are_refused_are_encoded():
    body = prepare(tools=(ADD,)).body
    assert body["tools"][0]["function"]["name"].startswith("files_add_")


def test_calls_results_plan_and_thinking_go_back():
    said = Message(
        "assistant",
        (
            ReasoningPart("told, not sent"),
            OpaquePart(WIRE, {"tool_plan": "I will add."}),
            OpaquePart(WIRE, {"type": "thinking", "thinking": "hm"}),
            OpaquePart("other", {"x": 1}),
            ToolCallPart("c1", "add", ""),
        ),
    )
    body = prepare(user("a"), said, Message("tool", (ToolResultPart("c1", "add", "3"),)), assistant("three")).body
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "tool_plan": "I will add.",
            "content": [{"type": "thinking", "thinking": "hm"}],
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "3"},
        {"role": "assistant", "content": "three"},
    ]


def test_images_stand_in_the_message_and_documents_beside_it():
    png = MediaPart("image", "image/png", data=b"P")
    text = MediaPart("document", "text/plain", data=b"facts", name="f.txt")
    pdf = MediaPart("document", "application/pdf", data=b"%PDF")
    prepared = prepare(user("look", png, text, pdf))
    assert prepared.body["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,UA=="}},
        {"type": "text", "text": "look"},
    ]
    assert prepared.body["documents"] == [{"id": "doc_0", "data": {"title": "f.txt", "text": "facts"}}]
    assert len(prepared.notices) == 1


# --- the answer


def test_a_stream_of_text():
    got = stream(
        event("content-start", 0, content={"type": "text", "text": ""}),
        event("content-delta", 0, content={"text": "Hel"}),
        event("content-delta", 0, content={"text": "lo"}),
        {"type": "content-end", "index": 0},
        end(),
    )
    raw = {
        "billed_units": {"input_tokens": 3},
        "tokens": {"input_tokens": 9.0, "output_tokens": 2.0},
        "cached_tokens": 4,
    }
    assert got == [
        Start(None, "r1"),
        Text("Hel"),
        Text("lo"),
        Usage(input_tokens=9, output_tokens=2, cached_input_tokens=4, raw=raw),
        Finish("stop", "COMPLETE"),
    ]


def test_the_plan_is_reasoning_and_goes_back_as_a_plan():
    got = stream(
        event("tool-plan-delta", tool_plan="I will"),
        event("tool-plan-delta", tool_plan=" add."),
        call(0, "", id="a", type="function", name="add"),
        call(0, '{"x":'),
        call(0, "1}"),
        {"type": "tool-call-end", "index": 0},
        call(1, "", id="b", type="function", name="now"),
        end("TOOL_CALL"),
    )
    assert folded(got).message().reasoning == "I will add."
    assert Opaque(WIRE, {"tool_plan": "I will add."}) in got
    assert calls_of(got) == [("a", "add", '{"x":1}'), ("b", "now", "{}")]
    assert got[-1] == Finish("tool_calls", "TOOL_CALL")


def test_thinking_goes_back_as_thinking():
    got = stream(
        event("content-start", 0, content={"type": "thinking", "thinking": "hm"}),
        event("content-delta", 0, content={"thinking": ", yes"}),
        event("content-start", 1, content={"type": "text", "text": "Yes"}),
        end(),
    )
    assert got[1:4] == [Reasoning("hm"), Reasoning(", yes"), Text("Yes")]
    assert Opaque(WIRE, {"type": "thinking", "thinking": "hm, yes"}) in got


def test_a_source_is_cited_once():
    document = {"type": "document", "id": "doc:0", "document": {"title": "facts", "text": "1993", "url": "https://x"}}
    cited = {"start": 0, "end": 2, "text": "It", "sources": [document]}
    tool_output = {"type": "tool", "id": "t:0", "tool_output": {"content": "15 degrees"}}
    got = stream(
        event("citation-start", 0, citations=cited),
        event("citation-start", 1, citations=dict(cited)),
        event("citation-start", 2, citations={"sources": [tool_output]}),
        end(),
    )
    assert [item for item in got if isinstance(item, Citation)] == [
        Citation("https://x", "facts", "1993", 0, 2),
        Citation(None, "t:0", "15 degrees"),
    ]


def test_a_call_cut_by_the_length_limit_is_not_complete():
    got = stream(call(0, '{"x": 1', id="a", type="function", name="add"), end("MAX_TOKENS"))
    assert ToolCall("a", "add", '{"x": 1', complete=False) in got
    assert got[-1] == Finish("length", "MAX_TOKENS")


def test_encoded_names_come_back_as_they_were():
    name = prepare(tools=(ADD,)).body["tools"][0]["function"]["name"]
    got = stream(call(0, "{}", id="a", type="function", name=name), end("TOOL_CALL"), tools=(ADD,))
    assert calls_of(got) == [("a", "files.add", "{}")]


@pytest.mark.parametrize(
    ("word", "reason"),
    [("STOP_SEQUENCE", "stop"), ("TIMEOUT", "incomplete"), ("ERROR_TOXIC", "content_filter"), ("NEW_WORD", "stop")],
)
def test_other_words_for_the_end(word, reason):
    assert stream(end(word))[-1] == Finish(reason, word)


def test_a_half_character_waits_for_its_other_half():
    body = typed(START) + b"".join(
        b'data: {"type":"content-delta","delta":{"message":{"content":{"text":"%b"}}}}\n\n' % half
        for half in (b"a\\ud83d", b"\\ude00b")
    )
    assert text_of(read(WIRE, body + typed(end()))) == "a\U0001f600b"


def test_a_stream_without_its_end_is_incomplete():
    with pytest.raises(IncompleteError):
        stream(event("content-delta", 0, content={"text": "Hel"}))


def test_an_error_at_the_end_is_raised_after_what_came():
    with pytest.raises(ServerError, match="generation failed"):
        stream(end("ERROR", error="generation failed"))


@pytest.mark.parametrize(
    "document", [{"message": "too many requests, rate limit"}, {"id": "x", "message": "rate limit"}]
)
def test_an_error_instead_of_an_answer(document):
    with pytest.raises(RateLimitError):
        read(WIRE, b'data: {"message": "rate limit exceeded"}\n\n')
    with pytest.raises(RateLimitError):
        read_whole(WIRE, document)


def test_done_and_unknown_events_say_nothing():
    got = read(WIRE, typed(START, {"type": "debug"}, end()) + b"data: [DONE]\n\ndata: [1]\n\n")
    assert got[-1] == Finish("stop", "COMPLETE")


def test_a_whole_answer():
    document = {
        "id": "r1",
        "message": {
            "role": "assistant",
            "tool_plan": "plan",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}],
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
            "citations": [{"sources": [{"type": "document", "id": "d", "document": {}}]}],
        },
        "finish_reason": "TOOL_CALL",
        "usage": {"billed_units": {"input_tokens": 3, "output_tokens": 1}},
    }
    got = read_whole(WIRE, document)
    state = folded(got)
    assert (state.message().text, state.message().reasoning) == ("Hi", "planhm")
    assert (state.usage.input_tokens, calls_of(got)) == (3, [("a", "add", "{}")])
    assert Citation(None, "d", None) in got


def test_content_may_be_a_text():
    assert text_of(read_whole(WIRE, {"message": {"content": "Hi"}, "finish_reason": "COMPLETE"})) == "Hi"


@pytest.mark.parametrize("document", [{}, [], None, {"choices": []}])
def test_another_shape_is_unreadable(document):
    with pytest.raises(ProviderError, match="unreadable"):
        read_whole(WIRE, document)


def test_empty_texts_are_no_parts():
    assert prepare(Message("user", (TextPart(""), TextPart("a")))).body["messages"][0]["content"] == "a"
