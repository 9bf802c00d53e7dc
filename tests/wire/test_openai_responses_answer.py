"""What OpenAI Responses answers, streamed and whole."""

from __future__ import annotations

from typing import Any

import pytest

from rigcli.core.errors import IncompleteError, ProviderError, RateLimitError, ServerError
from rigcli.core.events import Citation, Event, Finish, Opaque, Reasoning, Refusal, Start, Text, ToolCall, fold
from rigcli.core.messages import OpaquePart, TextPart, ToolCallPart
from rigcli.core.usage import Usage
from rigcli.wire import load_wire
from tests.wire.streams import ask, calls_of, folded, text_of, tool, typed
from tests.wire.streams import read as read_stream
from tests.wire.streams import read_whole as read_document

WIRE = "openai-responses"
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 5},
}


def event(kind: str, index: int | None = 0, /, **fields: Any) -> dict[str, Any]:
    row = {"type": f"response.{kind}", **fields}
    return row if index is None else {**row, "output_index": index}


def created() -> dict[str, Any]:
    return event("created", None, response={"id": "resp_1", "model": "m-1", "status": "in_progress"})


def ended(kind: str = "completed", *output: Any, **fields: Any) -> dict[str, Any]:
    return event(
        kind, None, response={"id": "resp_1", "status": kind, "output": list(output), "usage": USAGE, **fields}
    )


def item(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "id": f"{kind}_1", "status": "completed", **fields}


def message(*texts: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return item("message", role="assistant", content=content, **fields)


def call(arguments: str, **fields: Any) -> dict[str, Any]:
    return item("function_call", **{"call_id": "c1", "name": "add", "arguments": arguments, **fields})


def read(*events: dict[str, Any], **fields: Any) -> list[Event]:
    return read_stream(WIRE, typed(*events), ask(**fields) if fields else None)


def whole(*output: dict[str, Any], **fields: Any) -> list[Event]:
    document = {"id": "resp_1", "model": "m-1", "status": "completed", "output": list(output), "usage": USAGE, **fields}
    return read_document(WIRE, document)


def test_a_streamed_text_comes_piece_by_piece_and_once() -> None:
    done = message("Hello", phase="final_answer")
    assert read(
        created(),
        event("in_progress", None, response={}),
        event("output_item.added", item=item("message")),
        event("content_part.added", part={"type": "output_text", "text": ""}),
        event("output_text.delta", delta="Hel"),
        event("output_text.delta", delta="lo"),
        event("output_text.done", text="Hello"),
        event("output_item.done", item=done),
        ended("completed", done),
    ) == [
        Start("m-1", "resp_1"),
        Text("Hel"),
        Text("lo"),
        Opaque(WIRE, {"type": "message", "phase": "final_answer"}),
        Usage(10, 7, 4, 2, 5, raw=USAGE),
        Finish("stop", "completed"),
    ]


def test_a_document_says_the_same() -> None:
    assert whole(message("Hel", "lo")) == [
        Start("m-1", "resp_1"),
        Text("Hel"),
        Text("lo"),
        Usage(10, 7, 4, 2, 5, raw=USAGE),
        Finish("stop", "completed"),
    ]


def test_content_that_is_one_string_is_read_too() -> None:
    assert text_of(whole(item("message", content="hi"))) == "hi"


@pytest.mark.parametrize(
    "events",
    [
        [ended("completed", message("hi"))],
        [event("output_item.done", item=message("hi")), ended()],
        [event("output_text.delta", None, item_id="a", delta="hi"), ended("completed")],
        [event("output_text.delta", delta="hi"), ended("completed", message("hi"))],
    ],
    ids=["only the last event", "only finished items", "only deltas", "deltas and the last event"],
)
def test_whatever_a_server_streams_each_item_is_told_once(events: list[dict[str, Any]]) -> None:
    assert text_of(read(created(), *events)) == "hi"


def test_an_item_whose_id_changes_on_the_way_is_still_one() -> None:
    added, done, last = (call('{"x":1}', id=id_) for id_ in ("fc_a", "fc_b", "fc_c"))
    got = read(event("output_item.added", item=added), event("output_item.done", item=done), ended("completed", last))
    assert calls_of(got) == [("c1", "add", '{"x":1}')]


def test_a_call_comes_whole_and_the_answer_ends_with_tool_calls() -> None:
    got = read(
        created(),
        event("output_item.added", item=call("", status="in_progress")),
        event("function_call_arguments.delta", delta='{"x"'),
        event("function_call_arguments.delta", delta=":1}"),
        event("function_call_arguments.done", arguments='{"x":1}'),
        event("output_item.done", item=call('{"x":1}')),
        event("output_item.done", 1, item=call("", call_id="c2", id="f2")),
        ended("completed", call('{"x":1}'), call("", call_id="c2", id="f2")),
    )
    assert calls_of(got) == [("c1", "add", '{"x":1}'), ("c2", "add", "{}")]
    assert got[-1] == Finish("tool_calls", "completed")


def test_a_call_that_no_event_finishes_is_put_together_from_its_pieces() -> None:
    got = read(
        event("output_item.added", item=call("")), event("function_call_arguments.delta", delta='{"x":1}'), ended()
    )
    assert calls_of(got) == [("c1", "add", '{"x":1}')]


def test_a_call_without_an_id_gets_one_and_an_encoded_name_comes_back() -> None:
    request = ask(tools=(tool("a.b"),))
    coded = load_wire(WIRE).prepare(request).body["tools"][0]["name"]
    got = list(
        load_wire(WIRE).read_whole({"status": "completed", "output": [call("{}", call_id="", name=coded)]}, request)
    )
    assert calls_of(got) == [("call_0", "a.b", "{}")]


@pytest.mark.parametrize("status", ["incomplete", "completed"])
def test_a_call_cut_by_the_limit_is_not_complete_and_its_sibling_is(status: str) -> None:
    got = read(
        event("output_item.done", item=call('{"x":1}')),
        event("output_item.done", 1, item=call('{"x":48', call_id="c2", id="f2", status=status)),
        ended("incomplete", incomplete_details={"reason": "max_output_tokens"}),
    )
    assert [(e.id, e.complete) for e in got if isinstance(e, ToolCall)] == [("c1", True), ("c2", False)]
    assert got[-1] == Finish("length", "incomplete:max_output_tokens")


@pytest.mark.parametrize(
    ("status", "details", "finish"),
    [
        ("incomplete", {"reason": "content_filter"}, Finish("content_filter", "incomplete:content_filter")),
        ("incomplete", {"reason": "steered"}, Finish("incomplete", "incomplete:steered")),
        ("incomplete", None, Finish("incomplete", "incomplete")),
        ("queued", None, Finish("incomplete", "queued")),
        ("cancelled", None, Finish("incomplete", "cancelled")),
        (None, None, Finish("stop", "completed")),
    ],
)
def test_the_end_of_an_answer_has_the_servers_own_word(status: Any, details: Any, finish: Finish) -> None:
    assert whole(message("a"), status=status, incomplete_details=details)[-1] == finish


def test_a_refusal_is_no_text() -> None:
    refusal = item("message", content=[{"type": "refusal", "refusal": "No."}])
    got = read(event("refusal.delta", delta="N"), event("refusal.delta", delta="o."), ended("completed", refusal))
    assert got == [Refusal("N"), Refusal("o."), Start(None, "resp_1"), *whole(refusal)[2:]]
    assert folded(whole(refusal)).message().refusal == "No."
    assert got[-1] == Finish("refusal", "completed")


def test_a_thought_is_told_and_kept_to_be_sent_back() -> None:
    done = {**THOUGHT, "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]}
    streamed = read(
        event("output_item.added", item=THOUGHT),
        event("reasoning_summary_text.delta", summary_index=0, delta="One"),
        event("reasoning_summary_text.delta", summary_index=0, delta="."),
        event("reasoning_summary_text.delta", summary_index=1, delta="Two."),
        event("output_item.done", item=done),
        ended("completed", done),
    )
    assert streamed[:5] == [Reasoning("One"), Reasoning("."), Reasoning("\n\n"), Reasoning("Two."), Opaque(WIRE, done)]
    assert fold(streamed).reasoning == fold(whole(done)).reasoning == "One.\n\nTwo."


def test_of_a_summary_and_the_reasoning_itself_one_is_told() -> None:
    done = {**THOUGHT, "content": [{"type": "reasoning_text", "text": "raw"}]}
    assert fold(whole(done)).reasoning == "raw"
    assert fold(whole({**done, "summary": [{"text": "short"}]})).reasoning == "short"
    events = [event("reasoning_text.delta", delta="raw"), event("reasoning_summary_text.delta", delta="short")]
    assert fold(read(*events, event("output_item.done", item=done), ended())).reasoning == "raw"


def test_items_keep_their_order_in_the_message() -> None:
    parts = fold(whole(THOUGHT, message("a"), call("{}"))).parts
    assert [type(part) for part in parts] == [OpaquePart, TextPart, ToolCallPart]


def test_the_providers_own_tools_are_no_calls_but_kept() -> None:
    kinds = ["web_search_call", "file_search_call", "mcp_call", "custom_tool_call", "compaction", "of_later"]
    got = whole(*(item(kind) for kind in kinds), message("a"))
    assert [e.data["type"] for e in got if isinstance(e, Opaque)] == kinds
    assert calls_of(got) == []
    assert got[-1] == Finish("stop", "completed")


def test_sources_are_citations_each_once() -> None:
    web = {"type": "url_citation", "url": "https://x", "title": "X", "start_index": 0, "end_index": 1}
    file = {"type": "file_citation", "file_id": "f", "filename": "a.txt", "index": 1}
    done = item("message", content=[{"type": "output_text", "text": "a", "annotations": [web, file, web, {}]}])
    got = read(event("output_text.annotation.added", annotation=web), event("output_item.done", item=done), ended())
    assert [e for e in got if isinstance(e, Citation)] == [
        Citation("https://x", "X", None, 0, 1),
        Citation(None, "a.txt", None, 1, 1, file="f"),
    ]


def test_half_a_character_waits_for_its_other_half() -> None:
    body = b"".join(
        b'data: {"type":"response.output_text.delta","output_index":0,"delta":"%s"}\n\n' % piece
        for piece in (b"a\\ud83d", b"\\ude00", b"b", b"\\ud83d")
    )
    assert text_of(read_stream(WIRE, body + typed(ended()))) == "a😀b\ufffd"


def test_a_stream_without_its_last_event_is_incomplete() -> None:
    with pytest.raises(IncompleteError, match="ended early"):
        read(created(), event("output_text.delta", delta="Hel"))
    with pytest.raises(IncompleteError):
        read_stream(WIRE, typed(created()) + b"data: [DONE]\n\n")


def test_nothing_is_read_behind_the_end() -> None:
    got = read_stream(WIRE, typed(ended(), event("output_text.delta", delta="x")) + b"data: [DONE]\n\ndata: {oops\n\n")
    assert got[-1] == Finish("stop", "completed")


def test_a_failed_response_is_an_error_after_its_counts() -> None:
    failed = ended("failed", error={"code": "rate_limit_exceeded", "message": "Slow down"})
    events = iter(load_wire(WIRE).read_whole(failed["response"], ask()))
    assert [next(events), next(events)] == [Start(None, "resp_1"), Usage(10, 7, 4, 2, 5, raw=USAGE)]
    with pytest.raises(RateLimitError, match="Slow down"):
        next(events)
    with pytest.raises(RateLimitError):
        read(created(), failed)


@pytest.mark.parametrize(
    "said",
    [
        {"type": "error", "code": "server_error", "message": "Sorry", "param": None},
        {"type": "error", "error": {"type": "server_error", "message": "Sorry"}},
        {"error": {"code": "server_error", "message": "Sorry"}},
    ],
)
def test_an_error_inside_a_stream_is_raised(said: dict[str, Any]) -> None:
    body = typed({"type": "ping"}) + typed({**said, "type": said.get("type", "")})
    with pytest.raises(ServerError, match="Sorry"):
        read_stream(WIRE, body)


def test_a_document_of_another_kind_is_named() -> None:
    with pytest.raises(ProviderError, match="no `output` in it"):
        read_document(WIRE, {"choices": []})
    with pytest.raises(ProviderError, match="no such model"):
        read_document(WIRE, {"error": "no such model", "code": "x"})


def test_a_server_without_responses_is_told_of_the_other_wire() -> None:
    wire = load_wire(WIRE)
    assert "--wire openai-chat" in (wire.read_error(404, '{"detail":"Not Found"}').hint or "")
    assert "rig models" in (wire.read_error(404, '{"error":{"message":"The model x does not exist"}}').hint or "")
