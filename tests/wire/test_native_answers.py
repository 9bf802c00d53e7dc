"""What a provider's own tools leave in an answer: told to people, cited where it stands, sent back unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rigcli.core.events import Citation, Event, Media, Native, Opaque, Text, fold
from rigcli.core.messages import Message, user
from rigcli.wire import load_wire
from tests.wire.streams import ask, delta, read, read_whole, sse

PNG = "iVBORw0KGgo="


def whole(wire: str, body: Any) -> list[Event]:
    return read_whole(wire, body)


def again(wire: str, events: list[Event]) -> dict[str, Any]:
    """The request that goes on after this answer."""
    return load_wire(wire).prepare(ask(user("hi"), fold(events), user("more"))).body


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def responses(*items: dict[str, Any]) -> list[Event]:
    return whole("openai-responses", {"status": "completed", "output": list(items)})


def said(text: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text, "annotations": list(annotations)}]}


def test_responses_tells_of_searches_code_and_files_and_sends_them_back() -> None:
    items = [
        {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a"}]}},
        {"type": "web_search_call", "id": "wo", "status": "completed", "action": {"type": "open_page", "url": "https://b"}},
        {"type": "code_interpreter_call", "id": "ci", "status": "completed", "code": "print(1)", "outputs": [{"type": "logs", "logs": "1\n"}]},
        {"type": "file_search_call", "id": "fs", "status": "completed", "queries": ["x", "y"], "results": [{"filename": "f.md", "text": "words"}]},
        {"type": "mcp_call", "id": "mc", "server_label": "s", "name": "t", "arguments": "{}", "output": "out", "error": None},
    ]  # fmt: skip
    events = responses(*items)
    assert of(Native, events) == [
        Native("web_search", "q", "https://a", id="ws"),
        Native("url_context", "https://b", id="wo"),
        Native("code_execution", "print(1)", "1\n", id="ci"),
        Native("file_search", "x · y", "f.md\nwords", id="fs"),
        Native("s.t", "{}", "out", id="mc"),
    ]
    assert again("openai-responses", events)["input"][1:6] == items


def test_responses_cites_by_the_characters_of_the_whole_answer() -> None:
    web = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 2, "end_index": 5}
    file = {"type": "container_file_citation", "file_id": "cf", "filename": "p.csv", "start_index": 0, "end_index": 1}
    events = responses(said("First. "), said("It is so.", web, file))
    assert of(Citation, events) == [
        Citation("https://a", "A", None, 9, 12),
        Citation(None, "p.csv", None, 7, 8, file="cf"),
    ]
    assert fold(events).text[9:12] == " is"


def test_a_picture_of_responses_is_kept_once_and_goes_back_in_its_call() -> None:
    item = {
        "type": "image_generation_call",
        "id": "ig",
        "status": "completed",
        "revised_prompt": "a cat",
        "result": PNG,
    }
    events = responses(item)
    assert of(Native, events) == [Native("image_generation", "a cat", id="ig")]
    assert [(made.kind, made.media_type, made.data) for made in of(Media, events)] == [
        ("image", "image/png", b"\x89PNG\r\n\x1a\n")
    ]
    assert PNG not in json.dumps([event.data for event in of(Opaque, events)])
    assert again("openai-responses", events)["input"][1] == item


def test_a_picture_whose_bytes_are_gone_is_left_out() -> None:
    item = {"type": "image_generation_call", "id": "ig", "status": "completed", "result": PNG}
    message = fold(responses(item, said("Here.")))
    without = Message("assistant", tuple(part for part in message.parts if part.type != "media"))
    body = load_wire("openai-responses").prepare(ask(user("hi"), without, user("x"))).body
    assert [each.get("type") for each in body["input"]] == [None, None, None]


def test_anthropic_tells_a_use_with_its_result() -> None:
    content = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result", "title": "T", "url": "https://a", "encrypted_content": "e"}]},
        {"type": "server_tool_use", "id": "s2", "name": "bash_code_execution", "input": {"command": "ls"}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "s2", "content": {"type": "bash_code_execution_result", "stdout": "a\n", "stderr": "", "return_code": 0, "content": [{"file_id": "f1"}]}},
        {"type": "server_tool_use", "id": "s3", "name": "web_fetch", "input": {"url": "https://b"}},
        {"type": "web_fetch_tool_result", "tool_use_id": "s3", "content": {"type": "web_fetch_tool_error", "error_code": "url_not_accessible"}},
        {"type": "server_tool_use", "id": "s4", "name": "web_search", "input": {"query": "later"}},
    ]  # fmt: skip
    events = whole("anthropic-messages", {"content": content, "stop_reason": "pause_turn"})
    assert of(Native, events) == [
        Native("web_search", "q", "T https://a", id="s1"),
        Native("code_execution", "ls", "a\n\nfile f1", id="s2"),
        Native("url_context", "https://b", None, "url_not_accessible", "s3"),
        Native("web_search", "later", id="s4"),
    ]
    assert again("anthropic-messages", events)["messages"][1]["content"] == content


def gemini(*parts: dict[str, Any], **candidate: Any) -> list[Event]:
    return whole("gemini", {"candidates": [{"content": {"parts": list(parts)}, "finishReason": "STOP", **candidate}]})


def test_gemini_tells_code_with_its_result_and_searches_once() -> None:
    code = {"executableCode": {"code": "print(1)", "language": "PYTHON"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
    call = {
        "toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["q"]}, "id": "t"},
        "thoughtSignature": "s",
    }
    response = {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "t", "response": {}}}
    events = gemini(
        code, result, {"executableCode": {"code": "1/0"}}, {"codeExecutionResult": {"outcome": "OUTCOME_FAILED"}}, call, response, {"text": "ok"},
        groundingMetadata={"webSearchQueries": ["q", "p", ""]},
        urlContextMetadata={"urlMetadata": [{"retrievedUrl": "https://a", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"}]},
    )  # fmt: skip
    assert of(Native, events) == [
        Native("code_execution", "print(1)", "1\n"),
        Native("code_execution", "1/0", None, "failed"),
        Native("web_search", "q", id="t"),
        Native("web_search", "p"),
        Native("url_context", "https://a", None, "error"),
    ]
    assert again("gemini", events)["contents"][1]["parts"][:2] == [code, result]


def test_gemini_cites_by_characters_though_it_counts_bytes() -> None:
    text = "Grüße. Mexico City is large."
    at = len("Grüße. ".encode())
    support = {
        "segment": {"startIndex": at, "endIndex": at + 11, "text": "Mexico City"},
        "groundingChunkIndices": [1, 9],
    }
    chunks = [{"web": {"uri": "https://a", "title": "A"}}, {"maps": {"uri": "https://b", "title": "B"}}]
    events = gemini({"text": text}, groundingMetadata={"groundingChunks": chunks, "groundingSupports": [support]})
    cited, loose = of(Citation, events)
    assert (cited.url, text[cited.start : cited.end]) == ("https://b", "Mexico City")
    assert loose == Citation("https://a", "A")


def test_a_picture_of_gemini_is_media_and_goes_back_with_its_signature() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "s"}
    sketch = {"inlineData": {"mimeType": "image/png", "data": PNG}, "thought": True}
    events = gemini({"text": "Here: "}, sketch, picture)
    assert len(of(Media, events)) == 1
    parts = again("gemini", events)["contents"][1]["parts"]
    assert parts == [{"text": "Here: "}, sketch, picture]


def chat(message: dict[str, Any], **beside: Any) -> list[Event]:
    return whole("openai-chat", {"choices": [{"message": message, "finish_reason": "stop"}], **beside})


def test_chat_tells_of_tools_that_the_server_ran() -> None:
    found = {"results": [{"title": "T", "url": "https://a", "content": "c"}]}
    ran = [
        {"index": 0, "type": "search", "arguments": '{"query": "q"}', "output": "long", "search_results": found},
        {"index": 1, "type": "python", "arguments": '{"code": "print(1)"}', "output": "1\n"},
    ]
    events = chat({"content": "ok", "executed_tools": ran})
    assert of(Native, events) == [Native("web_search", "q", "T https://a"), Native("code_execution", "print(1)", "1\n")]
    assert of(Citation, events) == [Citation("https://a", "T", "c")]
    early = [{"index": 0, "type": "python", "arguments": '{"code": "1"}', "output": ""}]
    late = [{"index": 0, "type": "python", "arguments": '{"code": "1"}', "output": "1"}]
    streamed = read("openai-chat", sse(delta(executed_tools=early), delta(executed_tools=late), delta("stop")))
    assert of(Native, streamed) == [Native("code_execution", "1", "1")]


def test_chat_cites_by_place_and_takes_the_results_beside_the_choices() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 1, "end_index": 4}}
    assert of(Citation, chat({"content": "a", "annotations": [note]})) == [Citation("u", "t", None, 1, 4)]
    results = [{"title": "T", "link": "https://z", "content": "words"}]
    assert of(Citation, chat({"content": "a"}, web_search=results)) == [Citation("https://z", "T", "words")]


def test_pictures_of_chat_are_media() -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/webp;base64,{PNG}"}}
    events = chat({"content": "Here", "images": [image]})
    assert [(made.media_type, bool(made.data)) for made in of(Media, events)] == [("image/webp", True)]
    linked = chat({"content": "Here", "images": [{"image_url": {"url": "https://x/y.png"}}]})
    assert of(Media, linked) == [Media("image", "image/png", url="https://x/y.png")]


@pytest.mark.parametrize("bad", ["not base64!", "data:image/png;base64,A", "", None, 3])
def test_a_picture_that_cannot_be_read_is_none(bad: Any) -> None:
    events = chat({"content": "x", "images": [{"image_url": {"url": bad}}]})
    assert of(Text, events) == [Text("x")]
    assert of(Media, gemini({"inlineData": {"mimeType": "image/png", "data": bad}})) == []


def test_cohere_says_which_words_rest_on_a_document() -> None:
    source = {"type": "document", "id": "d", "document": {"title": "D", "snippet": "s"}}
    cited = {"start": 3, "end": 7, "text": "text", "sources": [source], "type": "TEXT_CONTENT"}
    message = {"content": [{"type": "text", "text": "It text"}], "citations": [cited, {**cited, "type": "PLAN"}]}
    events = whole("cohere-v2", {"message": message, "finish_reason": "COMPLETE"})
    assert of(Citation, events) == [Citation(None, "D", "s", 3, 7), Citation(None, "D", "s")]
