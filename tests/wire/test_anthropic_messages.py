"""Anthropic Messages, both ways."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from rigcli.core.errors import IncompleteError, OverloadedError, ProviderError
from rigcli.core.events import Citation, Finish, Opaque, Reasoning, Refusal, Start, Text, ToolCall, fold
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

WIRE = "anthropic-messages"
OPUS = "claude-opus-4-7"
BUDGET = "claude-sonnet-4-5-20250929"


def prepare(*messages: Message, **fields: Any) -> Prepared:
    return load_wire(WIRE).prepare(ask(*messages, **fields))


def sent(*messages: Message, **fields: Any) -> list[dict[str, Any]]:
    return prepare(*messages, **fields).body["messages"]


# --- the request


@pytest.mark.parametrize(("model", "cap"), [("big-9", 32000), ("small-9", 4096), ("other", 100)])
def test_the_cap_that_nobody_named_may_depend_on_the_model(model: str, cap: int) -> None:
    quirks = {"max_tokens_default": 100, "max_tokens_default_models": {"small": 4096, "big": 32000}}
    assert prepare(user("hi"), model=model, quirks=quirks).body["max_tokens"] == cap
    assert prepare(user("hi"), model=model, quirks=quirks, max_tokens=7).body["max_tokens"] == 7


def test_the_plain_request_has_a_cap_and_the_system_prompt_apart() -> None:
    assert prepare(system("a"), user("hi"), system("b"), model="m") == Prepared(
        "/v1/messages",
        {
            "model": "m",
            "max_tokens": 8192,
            "messages": [{"role": "user", "content": "hi"}],
            "system": "a\n\nb",
            "stream": True,
        },
        {"anthropic-version": "2023-06-01"},
    )


def test_options_have_the_names_of_the_api_and_a_seed_is_a_notice() -> None:
    prepared = prepare(stream=False, temperature=0.5, top_p=0.9, max_tokens=7, stop=("x",), seed=1, extra={"top_k": 3})
    rest = {key: value for key, value in prepared.body.items() if key not in ("model", "messages")}
    assert rest == {"temperature": 0.5, "top_p": 0.9, "max_tokens": 7, "stop_sequences": ["x"], "top_k": 3}
    assert prepared.notices == ("the option seed was left out: this wire has no such option",)


def test_row_and_user_set_the_cap() -> None:
    quirks = {"max_tokens_default": 64000, "beta": ["a", "b"]}
    assert prepare(quirks=quirks).body["max_tokens"] == 64000
    assert prepare(quirks=quirks, max_tokens=5).body["max_tokens"] == 5
    assert prepare(quirks=quirks).headers["anthropic-beta"] == "a,b"


def test_neighbours_of_one_role_are_merged_and_empty_texts_left_out() -> None:
    got = sent(user("a"), user(" "), user("b"), assistant(""), assistant("c "), Message("user", ()), assistant("d\n"))
    blocks = [{"type": "text", "text": text} for text in ("a", "b", "c ", "d")]
    assert got == [{"role": "user", "content": blocks[:2]}, {"role": "assistant", "content": blocks[2:]}]


def test_calls_and_results_go_back_with_results_first() -> None:
    got = sent(
        user("add"),
        Message("assistant", (TextPart("ok"), ToolCallPart("c:1", "add", '{"x":1}'), ToolCallPart("c2", "f", ""))),
        Message("tool", (ToolResultPart("c:1", "add", "3"),)),
        Message("tool", (ToolResultPart("c2", "f", "broken", error="broken"),)),
        user("thanks"),
    )
    assert got[1]["content"][1:] == [
        {"type": "tool_use", "id": "c_1", "name": "add", "input": {"x": 1}},
        {"type": "tool_use", "id": "c2", "name": "f", "input": {}},
    ]
    assert got[2] == {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "c_1", "content": "3"},
            {"type": "tool_result", "tool_use_id": "c2", "content": "broken", "is_error": True},
            {"type": "text", "text": "thanks"},
        ],
    }
    mixed = sent(Message("user", (TextPart("a"), ToolResultPart("c", "f", "1"))))
    assert [block["type"] for block in mixed[0]["content"]] == ["tool_result", "text"]


@pytest.mark.parametrize(
    ("arguments", "given"), [("null", {}), ("[1]", {"arguments": [1]}), ("{oops", {"arguments": "{oops"})]
)
def test_arguments_that_are_no_object_become_one(arguments: str, given: Any) -> None:
    assert sent(Message("assistant", (ToolCallPart("c", "f", arguments),)))[0]["content"][0]["input"] == given


def test_signed_thinking_goes_back_unchanged_and_first() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    secret = {"type": "redacted_thinking", "data": "x"}
    unsigned = {"type": "thinking", "thinking": "hm", "signature": ""}
    parts = (
        ReasoningPart("hm"),
        *(OpaquePart(WIRE, data) for data in (thought, secret, unsigned)),
        OpaquePart("other", {"type": "x"}),
        ToolCallPart("c", "f", "{}"),
    )
    got = sent(user("a"), Message("assistant", parts))[1]["content"]
    assert got == [thought, secret, {"type": "tool_use", "id": "c", "name": "f", "input": {}}]


def test_what_was_read_can_be_sent_back() -> None:
    """The blocks of an answer with thinking, the provider's own search and a call come out as they went in."""
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result", "url": "u"}]},
        {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"x": 1}},
    ]
    answer = fold(read_whole(WIRE, {"content": blocks, "stop_reason": "tool_use"}))
    assert sent(user("a"), answer)[1]["content"] == blocks


def test_media_have_sources() -> None:
    pdf = MediaPart("document", "application/pdf", data=b"%PDF", name="a.pdf")
    png = MediaPart("image", "image/png", data=b"PNG")
    page = MediaPart("image", "image/*", url="https://x.test/a")
    note = MediaPart("document", "text/plain", data="ü".encode())
    got = sent(Message("user", (png, page, pdf, note)))[0]["content"]
    assert got == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": base64.b64encode(b"PNG").decode()},
        },
        {"type": "image", "source": {"type": "url", "url": "https://x.test/a"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(b"%PDF").decode()},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "ü"}},
    ]


def test_media_without_a_place_are_notices() -> None:
    sound = MediaPart("audio", "audio/wav", data=b"x")
    sheet = MediaPart("document", "application/vnd.ms-excel", data=b"x")
    far = MediaPart("document", "text/html", url="https://x.test")
    prepared = prepare(user("a", sound, sheet, far))
    assert prepared.body["messages"] == [{"role": "user", "content": "a"}]
    assert len(prepared.notices) == 3
    shown = prepare(user("a"), Message("assistant", (MediaPart("image", "image/png", data=b"x"),)))
    assert len(shown.notices) == 1


ADD = tool("add", x={"type": "number"})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "add"}, {"type": "tool", "name": "add"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"tool_choice": "required", "parallel_tool_calls": True}, {"type": "any", "disable_parallel_tool_use": False}),
    ],
)
def test_tools_and_the_choice_among_them(options: dict[str, Any], expected: Any) -> None:
    body = prepare(tools=(ADD,), **options).body
    assert body["tools"] == [{"name": "add", "description": "Does add", "input_schema": ADD.parameters}]
    assert body.get("tool_choice") == expected


def test_a_schema_without_a_type_gets_one() -> None:
    """The API refuses a tool whose input_schema has no type."""
    from rigcli.core.requests import ToolSpec

    body = prepare(tools=(ToolSpec("f", "", {}),)).body
    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]


def test_effort_is_told_as_such_or_as_a_budget() -> None:
    body = prepare(model=OPUS, reasoning_effort="high").body
    assert (body["thinking"], body["output_config"]) == (
        {"type": "adaptive", "display": "summarized"},
        {"effort": "high"},
    )
    body = prepare(model=BUDGET, reasoning_effort="high").body
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 16384}
    assert body["max_tokens"] > 16384
    body = prepare(model=BUDGET, reasoning_effort="high", max_tokens=4000).body
    assert (body["thinking"]["budget_tokens"], body["max_tokens"]) == (2000, 4000)
    assert prepare(model=BUDGET, reasoning_effort="5000").body["thinking"]["budget_tokens"] == 5000
    assert "thinking" not in prepare(model=OPUS, reasoning_effort="none").body


@pytest.mark.parametrize("options", [{"max_tokens": 1500}, {"reasoning_effort": "very"}])
def test_an_effort_without_a_budget_is_a_notice(options: dict[str, Any]) -> None:
    prepared = prepare(model=BUDGET, **{"reasoning_effort": "low", **options})
    assert "thinking" not in prepared.body
    assert "reasoning_effort was left out" in prepared.notices[0]


def test_what_thinking_forbids_is_left_out_with_notices() -> None:
    prepared = prepare(model=OPUS, reasoning_effort="low", temperature=1.0, tools=(ADD,), tool_choice="required")
    assert not {"temperature", "tool_choice"} & prepared.body.keys()
    assert len(prepared.notices) == 2


# --- the answer


def start(**usage: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": "m1", "model": "claude", "content": [], "usage": usage}}


def opened(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def grown(index: int, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def closed(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def stopped(reason: str, **usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


END = {"type": "message_stop"}


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    middle = [grown(index, type="text_delta", text=piece) for piece in pieces]
    return [opened(index, type="text", text=""), *middle, closed(index)]


def called(index: int, *pieces: str, **block: Any) -> list[dict[str, Any]]:
    middle = [grown(index, type="input_json_delta", partial_json=piece) for piece in pieces]
    fields = {"type": "tool_use", "id": f"t{index}", "name": "f", "input": {}, **block}
    return [opened(index, **fields), *middle, closed(index)]


def stream(*documents: Any, **request: Any) -> list[Any]:
    return read(WIRE, typed(*documents), ask(**request))


def test_text_and_usage_are_read() -> None:
    first = {"input_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2, "output_tokens": 1}
    ping = {"type": "ping"}
    events = stream(start(**first), ping, *text(0, "a", "é"), ping, stopped("end_turn", output_tokens=9), END)
    assert events == [
        Start("claude", "m1"),
        Text("a"),
        Text("é"),
        Usage(15, 9, 3, 2, raw={**first, "output_tokens": 9}),
        Finish("stop", "end_turn"),
    ]


def test_the_end_of_the_stream_corrects_all_counts() -> None:
    events = stream(
        start(input_tokens=100, cache_read_input_tokens=50, output_tokens=1),
        stopped(
            "end_turn",
            input_tokens=181,
            cache_read_input_tokens=0,
            cache_creation_input_tokens=None,
            output_tokens=8,
            output_tokens_details={"thinking_tokens": 4},
        ),
        END,
    )
    usage = folded(events).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.reasoning_tokens) == (
        181,
        8,
        0,
        4,
    )


def test_thinking_is_told_and_kept_with_its_signature() -> None:
    events = stream(
        start(),
        opened(0, type="thinking", thinking="", signature=""),
        grown(0, type="thinking_delta", thinking="h"),
        grown(0, type="thinking_delta", thinking="m"),
        grown(0, type="signature_delta", signature="s"),
        closed(0),
        opened(1, type="redacted_thinking", data="x"),
        closed(1),
        *text(2, "a"),
        stopped("end_turn"),
        END,
    )
    assert events[1:6] == [
        Reasoning("h"),
        Reasoning("m"),
        Opaque(WIRE, {"type": "thinking", "thinking": "hm", "signature": "s"}),
        Opaque(WIRE, {"type": "redacted_thinking", "data": "x"}),
        Text("a"),
    ]


def test_calls_are_put_together_from_json_pieces() -> None:
    events = stream(
        start(), *called(0, "", '{"x"', ": 1}"), *called(1, ""), *called(2, input={"y": 2}), stopped("tool_use"), END
    )
    assert calls_of(events) == [("t0", "f", '{"x": 1}'), ("t1", "f", "{}"), ("t2", "f", '{"y":2}')]
    assert events[-1] == Finish("tool_calls", "tool_use")


def test_a_call_cut_by_the_length_limit_is_not_complete_and_its_siblings_are() -> None:
    events = stream(start(), *called(0, ""), *called(1, '{"x": "unfin'), stopped("max_tokens"), END)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [(call.arguments, call.complete) for call in calls] == [("{}", True), ('{"x": "unfin', False)]
    assert events[-1] == Finish("length", "max_tokens")


def test_the_providers_own_calls_are_no_tool_calls_but_kept() -> None:
    own = called(0, '{"query":', '"x"}', type="server_tool_use", id="s", name="web_search")
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]}
    events = stream(start(), *own, opened(1, **result), closed(1), *text(2, "a"), stopped("end_turn"), END)
    assert calls_of(events) == []
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}}
    assert [event.data for event in events if isinstance(event, Opaque)] == [search, result]


def test_a_compaction_is_kept() -> None:
    whole = {"content": "sum", "encrypted_content": "x"}
    block = [opened(0, type="compaction", content=None), grown(0, type="compaction_delta", **whole), closed(0)]
    assert Opaque(WIRE, {"type": "compaction", **whole}) in stream(start(), *block, stopped("end_turn"), END)


def test_citations_are_told_once() -> None:
    cite = grown(0, type="citations_delta", citation={"type": "w", "url": "u", "title": "t", "cited_text": "c"})
    page = {"type": "page_location", "document_title": "d", "cited_text": "c", "file_id": "f"}
    page |= {"start_page_number": 3, "end_page_number": 5}
    say = grown(0, type="text_delta", text="said")
    block = [*text(7, "before "), opened(0, type="text", text="", citations=[page]), cite, say, cite, closed(0)]
    events = stream(start(), *block, stopped("end_turn"), END)
    assert [event for event in events if isinstance(event, Citation)] == [
        Citation(None, "d", "c", 7, 11, "pages 3-4", "f"),
        Citation("u", "t", "c", 7, 11),
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "paused"),
        ("refusal", "refusal"),
        ("something_new", "stop"),
    ],
)
def test_the_stop_reason_is_translated_and_kept(word: str, reason: str) -> None:
    assert stream(start(), *text(0, "a"), stopped(word), END)[-1] == Finish(reason, word)  # pyright: ignore[reportArgumentType]


def test_the_reason_of_a_refusal_is_told() -> None:
    end = {"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"explanation": "policy"}}}
    assert Refusal("policy") in stream(start(), end, END)


def test_a_whole_answer_gives_the_same_kinds_of_events() -> None:
    document = {
        "id": "m1",
        "model": "claude",
        "type": "message",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "a", "citations": [{"url": "u", "title": "t", "cited_text": "c"}]},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": None},
    }
    assert read_whole(WIRE, document) == [
        Start("claude", "m1"),
        Reasoning("hm"),
        Opaque(WIRE, {"type": "thinking", "thinking": "hm", "signature": "s"}),
        Text("a"),
        Citation("u", "t", "c", 0, 1),
        ToolCall("t", "f", '{"x":1}'),
        Usage(1, 2, raw={"input_tokens": 1, "output_tokens": 2}),
        Finish("tool_calls", "tool_use"),
    ]


def test_encoded_names_are_mapped_back() -> None:
    odd = tool("files.read")
    name = prepare(tools=(odd,)).body["tools"][0]["name"]
    events = stream(start(), *called(0, "{}", name=name), stopped("tool_use"), END, tools=(odd,))
    assert calls_of(events) == [("t0", "files.read", "{}")]


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "{"}},
        {"type": "content_block_delta", "index": 0, "delta": None},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "new_delta", "x": 1}},
        {"type": "content_block_start", "index": 9, "content_block": None},
        {"type": "content_block_stop", "index": 9},
        {"type": "message_delta", "delta": None, "usage": None},
        {"type": "new_event", "x": 1},
    ],
)
def test_nulls_and_unknown_events_say_nothing(odd: dict[str, Any]) -> None:
    plain = [start(), *text(0, "a"), stopped("end_turn"), END]
    assert text_of(stream(plain[0], odd, *plain[1:3], odd, *plain[3:])) == "a"


def test_a_server_that_forgets_to_close_blocks_loses_no_call() -> None:
    events = stream(start(), *called(0, "{}")[:-1], stopped("tool_use"))
    assert calls_of(events) == [("t0", "f", "{}")]


@pytest.mark.parametrize("documents", [(), (start(),), (start(), *text(0, "a")), (start(), *called(0, "{"))])
def test_a_stream_without_its_end_ended_early(documents: tuple[Any, ...]) -> None:
    with pytest.raises(IncompleteError, match="response ended early"):
        stream(*documents)


def test_an_error_event_is_raised_by_what_it_says() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(OverloadedError, match="Overloaded"):
        stream(start(), *text(0, "a"), error)
    with pytest.raises(OverloadedError):
        read_whole(WIRE, error)


def test_broken_json_is_named_by_its_byte() -> None:
    before = typed(start())
    with pytest.raises(ProviderError, match=f"broken JSON at byte {len(before)}$"):
        read(WIRE, before + b'event: content_block_delta\ndata: {"type":\n\n')


@pytest.mark.parametrize("document", [{}, None, [], {"content": None}, {"completion": "old"}])
def test_a_document_that_is_no_answer_is_unreadable(document: Any) -> None:
    with pytest.raises(ProviderError, match="unreadable answer"):
        read_whole(WIRE, document)


@pytest.mark.parametrize(
    ("model", "refuses", "off"),
    [
        ("claude-3-opus-20240229", False, None),
        ("claude-opus-4-20250514", False, None),
        ("claude-sonnet-4-6", False, None),
        ("claude-opus-4-7", True, None),
        ("us.anthropic.claude-opus-4-8-v1:0", True, None),
        ("claude-opus-4-10", True, None),
        ("claude-sonnet-5", True, {"type": "disabled"}),
        ("claude-fable-5", True, None),
        ("MiniMax-M2.7", False, None),
    ],
)
def test_newer_models_take_no_temperature_and_think_unless_told_not_to(
    model: str, refuses: bool, off: dict[str, str] | None
) -> None:
    prepared = prepare(model=model, temperature=0.2, top_p=0.5)
    assert ("temperature" in prepared.body, "top_p" in prepared.body) == (not refuses, not refuses)
    assert [notice.split()[2] for notice in prepared.notices] == ["temperature", "top_p"] * refuses
    assert prepare(model=model, temperature=0.2, quirks={"no_sampling_models": ""}).body["temperature"] == 0.2
    quiet = prepare(model=model, reasoning_effort="none")
    assert quiet.body.get("thinking") == off
    assert bool(quiet.notices) == ("fable" in model)
