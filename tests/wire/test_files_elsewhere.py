"""Files that are not sent as bytes - by URL, by the id of a provider - are sent, or named; sound that comes is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rigcli.core.events import Notice, Text
from rigcli.core.messages import MediaPart, user
from rigcli.core.ports import Frame
from rigcli.core.requests import Prepared, Request
from rigcli.home.sessions.codec import decode_parts, encode_parts
from rigcli.inputs.conversation import read_messages
from rigcli.wire import WIRES, load_wire

PDF = MediaPart("document", "application/pdf", url="https://example.org/a.pdf", name="a.pdf")
PICTURE = MediaPart("image", "image/png", url="https://example.org/a.png")
SOUND = MediaPart("audio", "audio/wav", url="https://example.org/a.wav")
KEPT = MediaPart("document", "application/octet-stream", file_id="file-1")
KEPT_PICTURE = MediaPart("image", "image/*", file_id="file-2")


def prepare(wire: str, part: MediaPart, **quirks: Any) -> Prepared:
    model = "anthropic.claude-sonnet-4-6" if wire.startswith("bedrock") else "m"
    return load_wire(wire).prepare(Request(model, (user("hi", part),), quirks=quirks))


@pytest.mark.parametrize("part", [PDF, PICTURE, SOUND, KEPT, KEPT_PICTURE])
@pytest.mark.parametrize("wire", WIRES)
def test_a_file_elsewhere_is_sent_or_named_and_never_sent_empty(wire: str, part: MediaPart) -> None:
    prepared = prepare(wire, part)
    sent = (part.url or part.file_id or "?") in json.dumps(prepared.body)
    assert sent != any("was left out" in notice for notice in prepared.notices)
    assert '"data": ""' not in json.dumps(prepared.body)
    assert ";base64," not in json.dumps(prepared.body)


@pytest.mark.parametrize(
    ("wire", "part", "wanted"),
    [
        ("openai-chat", KEPT, {"type": "file", "file": {"file_id": "file-1"}}),
        ("openai-responses", KEPT, {"type": "input_file", "file_id": "file-1"}),
        ("openai-responses", KEPT_PICTURE, {"type": "input_image", "file_id": "file-2"}),
        ("anthropic-messages", KEPT, {"type": "document", "source": {"type": "file", "file_id": "file-1"}}),
        ("anthropic-messages", KEPT_PICTURE, {"type": "image", "source": {"type": "file", "file_id": "file-2"}}),
    ],
)
def test_the_id_of_a_file_stands_where_the_provider_looks(wire: str, part: MediaPart, wanted: dict[str, Any]) -> None:
    prepared = prepare(wire, part)
    messages = prepared.body.get("messages") or prepared.body["input"]
    assert wanted in messages[0]["content"]
    assert ("files-api" in prepared.headers.get("anthropic-beta", "")) == (wire == "anthropic-messages")


def test_a_document_by_url_goes_where_the_row_says() -> None:
    assert "was left out" in prepare("openai-chat", PDF).notices[0]
    content = prepare("openai-chat", PDF, document_part="file_url").body["messages"][0]["content"]
    assert content[0]["file"] == {"filename": "a.pdf", "file_data": PDF.url}
    content = prepare("openai-chat", PDF, document_part="document_url").body["messages"][0]["content"]
    assert content[0]["document_url"] == PDF.url


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ({"type": "file", "file": {"file_id": "file-1"}}, KEPT),
        ({"type": "input_file", "file_id": "file-1"}, KEPT),
        ({"type": "input_image", "file_id": "file-2"}, KEPT_PICTURE),
        ({"type": "document_url", "document_url": PDF.url, "document_name": "a.pdf"}, PDF),
        ({"type": "file", "file": {"file_data": PDF.url, "filename": "a.pdf"}}, PDF),
        ({"type": "input_file", "file_url": PDF.url, "filename": "a.pdf"}, PDF),
        ({"type": "input_image", "image_url": "https://e/a"}, MediaPart("image", "image/*", url="https://e/a")),
    ],
)
def test_a_conversation_may_name_files_elsewhere(part: dict[str, Any], wanted: MediaPart) -> None:
    read = read_messages(json.dumps([{"role": "user", "content": [part]}]), "x")
    assert read[0].parts == (wanted,)


@pytest.mark.parametrize("part", [PDF, KEPT])
def test_a_session_keeps_them(part: MediaPart) -> None:
    assert decode_parts(encode_parts((part,))) == (part,)


def test_an_answer_in_sound_is_told_by_its_words() -> None:
    asked = Request("m", (user("hi"),))
    deltas = [{"audio": {"id": "a", "data": "AAA"}}, {"audio": {"transcript": "Hel"}}, {"audio": {"transcript": "lo"}}]
    reader = load_wire("openai-chat").reader(asked)
    rows = [json.dumps({"choices": [{"delta": delta}]}) for delta in deltas]
    events = [event for row in rows for event in reader.read(Frame(row))]
    assert [event.text for event in events if isinstance(event, Text)] == ["Hel", "lo"]
    assert sum(isinstance(event, Notice) for event in events) == 1
    message = {"content": None, "audio": {"id": "a", "data": "AAA", "transcript": "Hello", "expires_at": 1}}
    whole = list(load_wire("openai-chat").read_whole({"choices": [{"message": message}]}, asked))
    assert [event.text for event in whole if isinstance(event, Text)] == ["Hello"]
