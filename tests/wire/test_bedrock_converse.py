"""Bedrock Converse, both ways; every body is held against the service model that botocore ships."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from rigcli.core.errors import (
    IncompleteError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RigError,
    ServerError,
    StalledError,
)
from rigcli.core.events import Citation, Event, Finish, Media, Opaque, Reasoning, Start, Text, ToolCall
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
from tests.wire.streams import ask, aws, calls_of, folded, read, read_whole, text_of, tool

WIRE = "bedrock-converse"
ADD = tool("files.add", x={"type": "number"})
SIGNED = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}


@cache
def shape() -> Any:
    from botocore.session import Session

    return Session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape


def prepare(*messages: Message, **fields: Any) -> Prepared:
    """Return the request; a body that AWS' own model refuses fails the test."""
    from botocore.validate import ParamValidator

    prepared = load_wire(WIRE).prepare(ask(*messages, **fields))
    report = ParamValidator().validate({"modelId": "m", **prepared.body}, shape())
    assert not report.has_errors(), report.generate_report()
    return prepared


def delta(index: int = 0, /, **fields: Any) -> bytes:
    return aws("contentBlockDelta", {"contentBlockIndex": index, "delta": fields})


def begin(index: int = 0, /, **fields: Any) -> bytes:
    return aws("contentBlockStart", {"contentBlockIndex": index, "start": fields})


def stop(index: int = 0) -> bytes:
    return aws("contentBlockStop", {"contentBlockIndex": index})


def end(reason: str = "end_turn", **usage: int) -> bytes:
    counts = {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7, **usage}
    return aws("messageStop", {"stopReason": reason}) + aws("metadata", {"usage": counts, "metrics": {"latencyMs": 1}})


def stream(*messages: bytes, **request: Any) -> list[Event]:
    return read(WIRE, aws("messageStart", {"role": "assistant"}) + b"".join(messages), ask(**request))


# --- the request


def test_the_plain_request_and_its_path():
    prepared = prepare(system("s"), user("hi"), model="us.nova:0/x")
    assert prepared.path == "/model/us.nova%3A0%2Fx/converse-stream"
    assert prepared.body == {"messages": [{"role": "user", "content": [{"text": "hi"}]}], "system": [{"text": "s"}]}
    assert prepare(stream=False).path == "/model/m/converse"


def test_options_stand_where_converse_has_them():
    extra = {"top_k": 4, "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"}}
    body = prepare(temperature=0.0, top_p=0.5, max_tokens=9, stop=("x",), extra=extra).body
    assert body["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.0, "topP": 0.5, "stopSequences": ["x"]}
    assert body["additionalModelRequestFields"] == {"top_k": 4}
    assert body["guardrailConfig"] == extra["guardrailConfig"]


def test_what_the_wire_has_not_is_a_notice():
    notices = prepare(seed=1, tools=(ADD,), parallel_tool_calls=True).notices
    assert ["seed" in notices[0], "parallel_tool_calls" in notices[1]] == [True, True]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [(None, None), ("auto", {"auto": {}}), ("required", {"any": {}}), ("b", {"tool": {"name": "b"}})],
)
def test_tools_and_their_choice(choice, sent):
    config = prepare(tools=(ADD, tool("b")), tool_choice=choice).body["toolConfig"]
    assert config.get("toolChoice") == sent
    assert [entry["toolSpec"]["name"][:5] for entry in config["tools"]] == ["files", "b"]


def test_no_tool_is_offered_where_none_may_be_called():
    assert "toolConfig" not in prepare(tools=(ADD,), tool_choice="none").body


def test_a_conversation_with_calls_keeps_their_tools():
    """Without a toolConfig such a conversation is refused."""
    said = Message("assistant", (ToolCallPart("a", "add", "{}"),))
    answer = Message("tool", (ToolResultPart("a", "add", "3"),))
    body = prepare(user("a"), said, answer).body
    assert [entry["toolSpec"]["name"] for entry in body["toolConfig"]["tools"]] == ["add"]


def test_calls_results_and_signed_reasoning_go_back():
    said = Message(
        "assistant",
        (
            ReasoningPart("told, not sent"),
            OpaquePart(WIRE, SIGNED),
            OpaquePart("other", {"x": 1}),
            TextPart("I add."),
            ToolCallPart("a b", "add", '{"x": 1}'),
            ToolCallPart("b" * 80, "add", "broken"),
        ),
    )
    results = (ToolResultPart("a b", "add", "3"), ToolResultPart("b" * 80, "add", " ", error="failed"))
    body = prepare(user("a"), said, Message("tool", results), user("thanks")).body
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                SIGNED,
                {"text": "I add."},
                {"toolUse": {"toolUseId": "a_b", "name": "add", "input": {"x": 1}}},
                {"toolUse": {"toolUseId": "b" * 64, "name": "add", "input": {"arguments": "broken"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "a_b", "content": [{"text": "3"}]}},
                {"toolResult": {"toolUseId": "b" * 64, "content": [{"text": "(no output)"}], "status": "error"}},
                {"text": "thanks"},
            ],
        },
    ]


def test_blank_texts_are_left_out():
    assert prepare(user("a"), assistant(" \n"), user("b")).body["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]}
    ]


def test_media_have_formats_and_documents_names():
    parts = (
        MediaPart("image", "image/jpeg", data=b"J"),
        MediaPart("image", "image/png", url="s3://bucket/key.png"),
        MediaPart("document", "application/pdf", data=b"P", name="a_b/c.v2.pdf"),
        MediaPart("document", "text/x-python", data=b"x", name="c.v2.pdf"),
        MediaPart("document", "text/plain", data=b"x", name="c.v2.txt"),
        MediaPart("audio", "audio/mpeg", data=b"M"),
    )
    prepared = prepare(Message("user", parts))
    assert prepared.body["messages"][0]["content"] == [
        {"image": {"format": "jpeg", "source": {"bytes": "Sg=="}}},
        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/key.png"}}}},
        {"document": {"format": "pdf", "name": "a b c v2", "source": {"bytes": "UA=="}}},
        {"document": {"format": "txt", "name": "c v2", "source": {"bytes": "eA=="}}},
        {"document": {"format": "txt", "name": "c v2 (2)", "source": {"bytes": "eA=="}}},
        {"audio": {"format": "mp3", "source": {"bytes": "TQ=="}}},
        {"text": "See the document."},
    ]
    assert prepared.notices == ()


@pytest.mark.parametrize(
    "part",
    [
        MediaPart("image", "image/png", url="https://x.example/a.png"),
        MediaPart("image", "image/tiff", data=b"T"),
        MediaPart("document", "application/zip", data=b"Z"),
    ],
)
def test_media_that_have_no_place_are_named(part):
    prepared = prepare(user("look", part))
    assert prepared.body["messages"] == [{"role": "user", "content": [{"text": "look"}]}]
    assert "was left out" in prepared.notices[0]


@pytest.mark.parametrize(
    ("model", "effort", "fields"),
    [
        ("us.anthropic.claude-sonnet-4-5-v1:0", "low", {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("anthropic.claude-3-7-sonnet-v1:0", "3000", {"thinking": {"type": "enabled", "budget_tokens": 3000}}),
        ("us.anthropic.claude-opus-4-8", "max", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
        ("anthropic.claude-opus-5", "none", {"thinking": {"type": "disabled"}}),
        ("anthropic.claude-opus-4-5", "none", None),
        ("us.amazon.nova-2-lite-v1:0", "high", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        ("us.amazon.nova-2-lite-v1:0", "none", {"reasoningConfig": {"type": "disabled"}}),
        ("openai.gpt-oss-120b-1:0", "low", {"reasoning_effort": "low"}),
        ("amazon.titan-text-lite-v1", "low", None),
    ],
)
def test_effort_is_what_the_family_of_the_model_calls_it(model, effort, fields):
    prepared = prepare(model=model, reasoning_effort=effort, temperature=1.0)
    assert prepared.body.get("additionalModelRequestFields") == fields
    asked = effort != "none"
    refuses = model.endswith(("opus-4-8", "opus-5"))
    limited = refuses or "thinking" in (fields or {}) or (effort == "high" and "nova" in model)
    assert ("temperature" in prepared.body.get("inferenceConfig", {})) is not limited
    assert len(prepared.notices) == ((asked or refuses) and (limited or fields is None))


def test_a_tool_may_be_forced_where_thinking_is_off():
    prepared = prepare(model="claude-opus-5", tools=(ADD,), tool_choice="required", reasoning_effort="none")
    assert prepared.body["toolConfig"]["toolChoice"] == {"any": {}}


def test_a_budget_leaves_room_for_the_answer():
    model = "anthropic.claude-sonnet-4-v1:0"
    assert prepare(model=model, reasoning_effort="low").body["inferenceConfig"] == {"maxTokens": 2048 + 8192}
    fields = prepare(model=model, reasoning_effort="high", max_tokens=3000).body["additionalModelRequestFields"]
    assert fields["thinking"]["budget_tokens"] == 1500
    assert "no room" in prepare(model=model, reasoning_effort="high", max_tokens=100).notices[0]


def test_no_tool_can_be_forced_while_claude_thinks():
    model = "anthropic.claude-opus-4-8"
    prepared = prepare(model=model, tools=(ADD,), tool_choice="required", reasoning_effort="low")
    assert "toolChoice" not in prepared.body["toolConfig"]
    assert "tool_choice" in prepared.notices[0]


# --- the answer


def test_a_stream_of_text():
    got = stream(delta(text="Hel"), delta(text="lo"), stop(), end())
    usage = Usage(5, 2, raw={"inputTokens": 5, "outputTokens": 2, "totalTokens": 7})
    assert got == [Start(), Text("Hel"), Text("lo"), usage, Finish("stop", "end_turn")]


def test_cached_tokens_belong_to_the_prompt():
    usage = folded(stream(end(cacheReadInputTokens=100, cacheWriteInputTokens=20))).usage
    assert (usage.input_tokens, usage.cached_input_tokens, usage.cache_write_tokens) == (125, 100, 20)


def test_calls_come_in_pieces():
    got = stream(
        delta(0, text="I add."),
        stop(0),
        begin(1, toolUse={"toolUseId": "a", "name": "add"}),
        delta(1, toolUse={"input": '{"x":'}),
        delta(1, toolUse={"input": "1}"}),
        stop(1),
        begin(2, toolUse={"toolUseId": "b", "name": "now"}),
        stop(2),
        end("tool_use"),
    )
    assert calls_of(got) == [("a", "add", '{"x":1}'), ("b", "now", "{}")]
    assert (text_of(got), got[-1]) == ("I add.", Finish("tool_calls", "tool_use"))


def test_a_call_cut_by_the_length_limit_is_not_complete():
    cut = (begin(0, toolUse={"toolUseId": "a", "name": "add"}), delta(0, toolUse={"input": '{"x'}), end("max_tokens"))
    got = stream(*cut)
    assert ToolCall("a", "add", '{"x', complete=False) in got
    assert got[-1] == Finish("length", "max_tokens")


def test_encoded_names_come_back_as_they_were():
    name = prepare(tools=(ADD,)).body["toolConfig"]["tools"][0]["toolSpec"]["name"]
    got = stream(begin(0, toolUse={"toolUseId": "a", "name": name}), stop(0), end("tool_use"), tools=(ADD,))
    assert calls_of(got) == [("a", "files.add", "{}")]


def test_reasoning_goes_back_with_its_signature():
    got = stream(
        delta(0, reasoningContent={"text": "h"}),
        delta(0, reasoningContent={"text": "m"}),
        delta(0, reasoningContent={"signature": "sig"}),
        stop(0),
        delta(1, reasoningContent={"redactedContent": "UkVE"}),
        stop(1),
        delta(2, reasoningContent={"text": "unsigned"}),
        stop(2),
        end(),
    )
    assert folded(got).message().reasoning == "hmunsigned"
    redacted = {"reasoningContent": {"redactedContent": "UkVE"}}
    assert [item for item in got if isinstance(item, Opaque)] == [Opaque(WIRE, SIGNED), Opaque(WIRE, redacted)]
    back = tuple(OpaquePart(item.wire, item.data) for item in got if isinstance(item, Opaque))
    assert prepare(user("a"), Message("assistant", back)).body["messages"][1]["content"] == [SIGNED, redacted]


def test_the_providers_own_tools_go_back_unchanged():
    got = stream(
        begin(0, toolUse={"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}),
        delta(0, toolUse={"input": '{"q":1}'}),
        stop(0),
        begin(1, toolResult={"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}),
        delta(1, toolResult=[{"text": "found"}]),
        stop(1),
        end(),
    )
    assert calls_of(got) == []
    use = {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use", "input": {"q": 1}}
    result = {"toolUseId": "s", "type": "nova_grounding_result", "status": "success", "content": [{"text": "found"}]}
    assert [item.data for item in got if isinstance(item, Opaque)] == [{"toolUse": use}, {"toolResult": result}]


def test_sources_are_cited_once():
    web = {"title": "t", "location": {"web": {"url": "https://x"}}, "sourceContent": [{"text": "a"}, {"text": "b"}]}
    got = stream(delta(0, citation=web), delta(0, citation=web), delta(0, citation={"source": "doc"}), end())
    assert [item for item in got if isinstance(item, Citation)] == [
        Citation("https://x", "t", "ab"),
        Citation("doc", None, None),
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop_sequence", "stop"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("model_context_window_exceeded", "length"),
        ("malformed_tool_use", "error"),
        ("new_word", "stop"),
    ],
)
def test_other_words_for_the_end(word, reason):
    assert stream(end(word))[-1] == Finish(reason, word)


def test_a_stream_without_metadata_ends_with_its_stop_reason():
    got = stream(delta(text="Hi"), aws("messageStop", {"stopReason": "end_turn"}))
    assert got[-1] == Finish("stop", "end_turn")


def test_a_stream_without_its_end_is_incomplete():
    with pytest.raises(IncompleteError):
        stream(delta(text="Hel"))


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("throttlingException", RateLimitError, 429),
        ("ServiceUnavailableException", OverloadedError, 503),
        ("internalServerException", ServerError, 500),
        ("modelStreamErrorException", ServerError, 502),
        ("modelTimeoutException", StalledError, 408),
        ("validationException", ProviderError, 400),
        ("somethingNewException", ProviderError, None),
    ],
)
def test_an_exception_inside_the_stream(name: str, kind: type[RigError], status: int | None):
    with pytest.raises(RigError, match="it broke") as caught:
        stream(delta(text="Hel"), aws(name, {"message": "it broke"}, kind="exception"))
    assert (type(caught.value), caught.value.status) == (kind, status)


def test_an_exception_may_hold_only_what_the_model_said():
    with pytest.raises(ServerError, match="out of memory"):
        stream(aws("modelStreamErrorException", {"originalMessage": "out of memory"}, kind="exception"))


def test_nothing_after_the_end_counts():
    assert stream(end(), delta(text="x"))[-1] == Finish("stop", "end_turn")


def test_unknown_messages_say_nothing():
    got = stream(aws("newEvent", {}), begin(0, image={"format": "png"}), stop(0), end())
    assert got[-1] == Finish("stop", "end_turn")


def test_a_picture_is_handed_on():
    picture = {"image": {"format": "png", "source": {"bytes": "UE5H"}}}
    got = read_whole(WIRE, {"output": {"message": {"content": [picture]}}, "stopReason": "end_turn"})
    assert Media("image", "image/png", b"PNG") in got


def test_a_whole_answer():
    content = [
        SIGNED,
        {"text": "Hi "},
        {"citationsContent": {"content": [{"text": "there"}], "citations": [{"source": "d"}]}},
        {"toolUse": {"toolUseId": "a", "name": "add", "input": {"x": 1}}},
        {"toolUse": {"toolUseId": "b", "name": "now", "input": {}}},
    ]
    usage = {"inputTokens": 1, "outputTokens": 2}
    got = read_whole(WIRE, {"output": {"message": {"content": content}}, "stopReason": "tool_use", "usage": usage})
    message = folded(got).message()
    assert (message.text, message.reasoning) == ("Hi there", "hm")
    assert calls_of(got) == [("a", "add", '{"x":1}'), ("b", "now", "{}")]
    assert Opaque(WIRE, SIGNED) in got
    assert Reasoning("hm") in got


def test_an_error_instead_of_an_answer():
    with pytest.raises(RateLimitError, match="Too many requests"):
        read_whole(WIRE, {"message": "Too many requests"})
    with pytest.raises(ProviderError, match="unreadable"):
        read_whole(WIRE, {"choices": []})
    error = load_wire(WIRE).read_error(403, '{"Message": "User is not authorized"}')
    assert "User is not authorized" in error.message
