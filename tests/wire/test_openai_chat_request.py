"""Writing Chat Completions: what is sent, and what each quirk changes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    assistant,
    system,
    user,
)
from rigcli.core.requests import Prepared, Request
from rigcli.wire import load_wire
from tests.wire.streams import ask, tool

PNG = MediaPart("image", "image/png", data=b"\x89PNG")
PDF = MediaPart("document", "application/pdf", data=b"%PDF", name="a.pdf")
WAV = MediaPart("audio", "audio/wav", data=b"RIFF")


def prepare(*messages: Message, **fields: Any) -> Prepared:
    return load_wire("openai-chat").prepare(ask(*messages, **fields))


def body(*messages: Message, **fields: Any) -> dict[str, Any]:
    return prepare(*messages, **fields).body


def sent(*messages: Message, **quirks: Any) -> list[dict[str, Any]]:
    return body(*messages, quirks=quirks)["messages"]


SOUND = MediaPart("audio", "audio/mpeg", data=b"ID3", name="s.mp3")
FAR = MediaPart("audio", "audio/mpeg", url="https://x.example/s.mp3")


def test_a_sound_is_an_object_or_its_base64_alone() -> None:
    def parts(*media: MediaPart, **quirks: Any) -> tuple[Any, tuple[str, ...]]:
        prepared = prepare(user("what?", *media), quirks=quirks)
        return prepared.body["messages"][0]["content"], prepared.notices

    said, _ = parts(SOUND)
    assert said[0] == {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}}
    said, _ = parts(SOUND, FAR, audio_part="text")
    assert [part.get("input_audio") for part in said] == ["SUQz", "https://x.example/s.mp3", None]
    assert parts(FAR) == ("what?", ("a sound was left out: a sound must come as bytes, no URL",))


def test_media_that_the_server_does_not_take_are_left_out_with_a_notice() -> None:
    image = MediaPart("image", "image/png", data=b"x")
    prepared = prepare(user("what?", image, SOUND), quirks={"media": ["image"]})
    assert [part["type"] for part in prepared.body["messages"][0]["content"]] == ["image_url", "text"]
    assert prepared.notices == ("a sound (s.mp3) was left out: of media, the server takes image only",)


def test_the_plain_request_holds_model_messages_and_usage_in_the_stream() -> None:
    prepared = prepare(system("be brief"), user("hi"), model="m")
    assert prepared == Prepared(
        "/chat/completions",
        {
            "model": "m",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    )
    assert "stream" not in body(stream=False)
    assert "stream_options" not in body(quirks={"no_stream_options": True})


def test_options_have_the_names_of_the_api() -> None:
    options = {
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 9,
        "stop": ("x", "y"),
        "seed": 7,
        "reasoning_effort": "low",
    }
    got = body(stream=False, **options)
    assert {key: got[key] for key in got if key not in ("model", "messages")} == {**options, "stop": ["x", "y"]}


def test_extra_goes_into_the_body_untouched() -> None:
    assert body(extra={"logit_bias": {"1": 2}, "stream_options": None})["stream_options"] is None
    assert body(extra={"logit_bias": {"1": 2}})["logit_bias"] == {"1": 2}


@pytest.mark.parametrize(
    ("model", "quirks", "field"),
    [
        ("gpt-5", {}, "max_tokens"),
        ("gpt-5-mini", {"max_completion_tokens_models": r"^(o\d|gpt-[5-9])"}, "max_completion_tokens"),
        ("gpt-4o", {"max_completion_tokens_models": r"^(o\d|gpt-[5-9])"}, "max_tokens"),
        ("x", {"max_tokens_field": "max_new_tokens"}, "max_new_tokens"),
    ],
)
def test_the_cap_has_the_name_that_the_model_wants(model: str, quirks: dict[str, Any], field: str) -> None:
    assert body(model=model, quirks=quirks, max_tokens=5)[field] == 5


def test_refused_options_are_left_out_with_a_notice() -> None:
    prepared = prepare(temperature=0.5, top_p=1.0, quirks={"no_temperature": True})
    assert "temperature" not in prepared.body
    assert "top_p" not in prepared.body
    assert [notice.split(" was")[0] for notice in prepared.notices] == ["the option temperature", "the option top_p"]
    prepared = prepare(seed=1, stop=("x",), quirks={"refused_options": ["seed", "stop"]})
    assert not {"seed", "stop"} & prepared.body.keys()
    assert len(prepared.notices) == 2
    assert prepare(quirks={"refused_options": ["seed"]}).notices == ()


def test_the_seed_may_have_another_name() -> None:
    assert body(seed=3, quirks={"seed_field": "random_seed"})["random_seed"] == 3


def test_the_path_may_hold_the_model() -> None:
    assert prepare(model="d1", quirks={"path": "/deployments/{model}/chat"}).path == "/deployments/d1/chat"


# --- messages


def test_several_texts_are_one_string() -> None:
    message = Message("user", (TextPart("a"), TextPart("b")))
    assert sent(message) == [{"role": "user", "content": "a\n\nb"}]
    pieces = Message("assistant", (TextPart("a"), ReasoningPart("hm"), TextPart("b")))
    assert sent(pieces) == [{"role": "assistant", "content": "ab"}]


def test_media_stand_in_order_between_texts() -> None:
    got = sent(Message("user", (TextPart("look"), PNG, PDF, WAV, TextPart("and say"))))[0]["content"]
    b64 = {part: base64.b64encode(part.data or b"").decode() for part in (PNG, PDF, WAV)}
    assert got == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64[PNG]}"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{b64[PDF]}"}},
        {"type": "input_audio", "input_audio": {"data": b64[WAV], "format": "wav"}},
        {"type": "text", "text": "and say"},
    ]


def test_a_url_is_passed_on() -> None:
    picture = MediaPart("image", "image/*", url="https://x.test/a.png")
    assert sent(user("a", picture))[0]["content"][0] == {
        "type": "image_url",
        "image_url": {"url": "https://x.test/a.png"},
    }


def test_documents_may_be_sent_by_url_part() -> None:
    part = sent(user("a", PDF), document_part="document_url")[0]["content"][0]
    assert (part["type"], part["document_name"]) == ("document_url", "a.pdf")
    assert part["document_url"].startswith("data:application/pdf;base64,")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("audio/mpeg", "mp3"), ("audio/mp3", "mp3"), ("audio/x-wav", "wav"), ("audio/flac", "flac")],
)
def test_sounds_are_named_by_format(media_type: str, kind: str) -> None:
    content = sent(user("a", MediaPart("audio", media_type, data=b"x")))[0]["content"]
    assert content[0]["input_audio"]["format"] == kind


def test_a_server_of_plain_text_gets_no_media_and_the_user_is_told() -> None:
    prepared = prepare(user("a", PNG, PDF), quirks={"flatten_content": True})
    assert prepared.body["messages"] == [{"role": "user", "content": "a"}]
    assert [notice.split(" was left out")[0] for notice in prepared.notices] == ["an image", "a document (a.pdf)"]


def test_calls_and_results_go_back() -> None:
    got = sent(
        user("add"),
        Message("assistant", (TextPart("ok"), ToolCallPart("c1", "add", '{"x":1}'), ToolCallPart("c2", "now", ""))),
        Message("tool", (ToolResultPart("c1", "add", "3"), ToolResultPart("c2", "now", "no", error="no"))),
        user("thanks"),
    )
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"x":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
    ]
    assert got[1:] == [
        {"role": "assistant", "content": "ok", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": "3"},
        {"role": "tool", "tool_call_id": "c2", "content": "no"},
        {"role": "user", "content": "thanks"},
    ]


def test_a_message_of_calls_alone_has_no_content() -> None:
    got = sent(Message("assistant", (ToolCallPart("c", "f", "{}"),)))
    assert got[0]["content"] is None


def test_results_in_a_user_message_come_before_its_text() -> None:
    got = sent(Message("user", (TextPart("and?"), ToolResultPart("c", "f", "3"))))
    assert [message["role"] for message in got] == ["tool", "user"]


def test_a_refusal_goes_back_as_text() -> None:
    assert sent(Message("assistant", (RefusalPart("no"),))) == [{"role": "assistant", "content": "no"}]


def test_another_wires_opaque_parts_are_left_out() -> None:
    message = Message("assistant", (OpaquePart("anthropic-messages", {"type": "thinking"}), TextPart("a")))
    assert sent(message, send_reasoning="reasoning_details") == [{"role": "assistant", "content": "a"}]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_goes_back_where_the_row_says_so(field: str) -> None:
    message = Message("assistant", (ReasoningPart("hm"), TextPart("a")))
    assert sent(message) == [{"role": "assistant", "content": "a"}]
    assert sent(message, send_reasoning=field) == [{"role": "assistant", "content": "a", field: "hm"}]
    assert sent(assistant("a"), send_reasoning=field) == [{"role": "assistant", "content": "a"}]


def test_opaque_items_go_back_to_message_and_call() -> None:
    details = OpaquePart("openai-chat", {"reasoning_details": [{"type": "x"}]})
    signed = OpaquePart("openai-chat", {"tool_call_id": "c", "extra_content": {"s": 1}})
    message = Message("assistant", (details, signed, ToolCallPart("c", "f", "{}")))
    assert sent(message, send_reasoning="reasoning_details")[0]["reasoning_details"] == [{"type": "x"}]
    got = sent(message, send_reasoning="extra_content")[0]
    assert "extra_content" not in got
    assert got["tool_calls"][0]["extra_content"] == {"s": 1}


def test_roles_take_turns_where_they_must() -> None:
    got = sent(system("s"), user("a"), user("b", PNG), assistant("c"), assistant("d"), user("e"), alternate_roles=True)
    assert [message["role"] for message in got] == ["system", "user", "assistant", "user"]
    assert [part["type"] for part in got[1]["content"]] == ["text", "image_url", "text"]
    assert got[2]["content"] == "c\n\nd"


def test_the_system_prompt_may_have_another_role() -> None:
    assert sent(system("s"), system_role="developer")[0] == {"role": "developer", "content": "s"}


# --- tools

ADD = tool("add", x={"type": "number"})
SUB = tool("sub")


def test_tools_are_functions_with_a_schema() -> None:
    function = {"name": "add", "description": "Does add", "parameters": ADD.parameters}
    assert body(tools=(ADD,))["tools"] == [{"type": "function", "function": function}]


@pytest.mark.parametrize(
    ("choice", "quirks", "expected"),
    [
        ("auto", {}, "auto"),
        ("none", {}, "none"),
        ("required", {}, "required"),
        ("required", {"tool_choice_required_word": "any"}, "any"),
        ("add", {}, {"type": "function", "function": {"name": "add"}}),
    ],
)
def test_the_choice_of_a_tool_has_the_word_of_the_server(choice: str, quirks: Any, expected: Any) -> None:
    assert body(tools=(ADD, SUB), tool_choice=choice, quirks=quirks)["tool_choice"] == expected


def test_where_no_tool_can_be_named_it_alone_is_offered() -> None:
    got = body(tools=(ADD, SUB), tool_choice="sub", quirks={"no_named_tool_choice": True})
    assert [item["function"]["name"] for item in got["tools"]] == ["sub"]
    assert got["tool_choice"] == "required"


def test_a_choice_without_tools_is_left_out_with_a_notice() -> None:
    prepared = prepare(tool_choice="required", parallel_tool_calls=False)
    assert not {"tool_choice", "parallel_tool_calls", "tools"} & prepared.body.keys()
    assert len(prepared.notices) == 1
    assert prepare(tool_choice="auto").notices == ()


def test_parallel_calls_can_be_switched_off() -> None:
    assert body(tools=(ADD,), parallel_tool_calls=False)["parallel_tool_calls"] is False


def test_a_server_without_tools_is_told_of_old_calls_in_text() -> None:
    prepared = prepare(
        user("a"),
        Message("assistant", (ToolCallPart("c", "add", '{"x":1}'),)),
        Message("tool", (ToolResultPart("c", "add", "3"),)),
        tools=(ADD,),
        quirks={"no_tools": True},
    )
    assert "tools" not in prepared.body
    assert prepared.notices == ("the tools were left out: the server knows none",)
    assert [message["role"] for message in prepared.body["messages"]] == ["user", "assistant", "user"]
    assert 'add with {"x":1}' in prepared.body["messages"][1]["content"]
    assert "3" in prepared.body["messages"][2]["content"]


def test_names_that_are_refused_are_encoded_everywhere_alike() -> None:
    odd = tool("files.read/ü")
    got = body(
        user("a"), Message("assistant", (ToolCallPart("c", odd.name, "{}"),)), tools=(odd,), tool_choice=odd.name
    )
    name = got["tools"][0]["function"]["name"]
    assert name.isascii()
    assert len(name) <= 64
    assert "." not in name
    assert got["messages"][1]["tool_calls"][0]["function"]["name"] == name
    assert got["tool_choice"]["function"]["name"] == name


def test_short_ids_fit_and_stay_paired() -> None:
    got = sent(
        Message("assistant", (ToolCallPart("toolu_01ABC", "f", "{}"), ToolCallPart("abcDEF123", "f", "{}"))),
        Message("tool", (ToolResultPart("toolu_01ABC", "f", "1"), ToolResultPart("abcDEF123", "f", "2"))),
        short_tool_ids=True,
    )
    made = got[0]["tool_calls"][0]["id"]
    assert len(made) == 9
    assert made.isalnum()
    assert [message["tool_call_id"] for message in got[1:]] == [made, "abcDEF123"]


def test_calls_may_carry_their_index() -> None:
    message = Message("assistant", (ToolCallPart("a", "f", "{}"), ToolCallPart("b", "f", "{}")))
    assert [call["index"] for call in sent(message, tool_call_index=True)[0]["tool_calls"]] == [0, 1]


def test_preparing_changes_nothing_that_was_handed_in() -> None:
    request: Request = ask(tools=(ADD,), extra={"a": {"b": 1}})
    before = repr(request)
    load_wire("openai-chat").prepare(request)
    assert repr(request) == before


def test_a_server_that_takes_no_order_is_asked_for_a_call_in_words() -> None:
    quirks = {"required_tool_prompt": "Pick a tool."}
    prepared = prepare(user("hi"), tools=(ADD, SUB), tool_choice="sub", quirks=quirks)
    assert "tool_choice" not in prepared.body
    assert [tool["function"]["name"] for tool in prepared.body["tools"]] == ["sub"]
    assert prepared.body["messages"][-1] == {"role": "user", "content": "Pick a tool."}
    assert "was put into words" in prepared.notices[0]
    plain = prepare(user("hi"), tools=(ADD, SUB), tool_choice="auto", quirks=quirks)
    assert (plain.body["tool_choice"], len(plain.body["messages"]), plain.notices) == ("auto", 1, ())
