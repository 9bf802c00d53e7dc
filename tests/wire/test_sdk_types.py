"""Every kind of request that rig builds is one that the provider's own SDK could have built: its types say so."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

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
from rigcli.core.requests import Request, ToolSpec
from rigcli.wire import load_wire
from rigcli.wire.embeddings import load_embeddings
from rigcli.wire.rerank import JinaRerank
from rigcli.wire.transcription import OpenAITranscription, Speech
from tests.wire.streams import ask, tool
from tests.wire.test_speech_and_ranking import form
from tests.wire.witnesses import (
    ROWS,
    cohere_embeddings,
    cohere_ranking,
    cohere_speech,
    google_embeddings,
    groq_speech,
    mistral_embeddings,
    mistral_speech,
    ollama_embeddings,
    openai_chat,
    openai_embeddings,
    openai_speech,
    quirks_of,
)

IMAGE = MediaPart("image", "image/png", data=b"\x89PNG")
IMAGE_URL = MediaPart("image", "image/png", url="https://x.example/i.png")
PDF = MediaPart("document", "application/pdf", data=b"%PDF", name="a.pdf")
SOUND = MediaPart("audio", "audio/wav", data=b"RIFF")
NESTED = {"type": "object", "properties": {"x": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/y"}]}}, "$defs": {}}
TOOLS = (tool("add", x={"type": "number"}), tool("now"), ToolSpec("a.b", "", NESTED))
THOUGHT: dict[str, dict[str, Any]] = {
    "openai-responses": {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "gAAA",
    },
    "anthropic-messages": {"type": "thinking", "thinking": "hm", "signature": "s"},
    "gemini": {"signs": "functionCall", "id": "c1", "thoughtSignature": "c2VjcmV0"},
    "openai-chat": {"extra_content": {}},
    "bedrock-converse": {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
    "cohere-v2": {"tool_plan": "I will add."},
    "ollama": {},
}
CALLS = (ToolCallPart("c1", "add", '{"x":1}'), ToolCallPart("c2", "a.b", ""))
RESULTS = (ToolResultPart("c1", "add", "3"), ToolResultPart("c2", "a.b", "broken", error="broken"))


def requests(wire: str) -> dict[str, Request]:
    """One request of each kind; the same for all wires, but for the item that goes back as it came."""
    home = "anthropic-messages" if wire == "bedrock-invoke-anthropic" else wire
    thought = OpaquePart(home, THOUGHT[home])
    answer = Message("assistant", (ReasoningPart("hm"), TextPart("ok"), thought, *CALLS))
    return {
        "text": ask(system("be brief"), user("hi"), assistant("hello"), user("and?")),
        "refusal": ask(user("hi"), Message("assistant", (RefusalPart("no"),)), user("why?")),
        "images": ask(user("what?", IMAGE, IMAGE_URL)),
        "document": ask(user("what?", PDF)),
        "sound": ask(user("what?", SOUND)),
        "tools": ask(tools=TOOLS, tool_choice="add", parallel_tool_calls=False),
        "any tool": ask(tools=TOOLS, tool_choice="required"),
        "results": ask(user("add"), answer, Message("tool", RESULTS), user("thanks"), tools=TOOLS),
        "options": ask(temperature=0.5, top_p=0.9, max_tokens=4000, stop=("x",), seed=1),
        "effort": ask(reasoning_effort="low", verbosity="low", max_tokens=4000),
        "no effort": ask(reasoning_effort="none"),
        "budget": ask(thinking_budget=2000, max_tokens=4000),
    }


KINDS = sorted(requests("gemini"))


def body(row: str, wire: str, kind: str, model: str, *, stream: bool) -> dict[str, Any]:
    asked = requests(wire)[kind]
    quirks = quirks_of(row, wire)
    request = Request(model, asked.messages, asked.tools, asked.options, stream=stream, quirks=quirks)
    return load_wire(wire).prepare(request).body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("row", "wire"), ROWS)
def test_the_sdk_of_the_row_would_send_this(row: str, wire: str, kind: str) -> None:
    witness, models = ROWS[row, wire]
    for model in models:
        for stream in (False, True):
            assert witness(body(row, wire, kind, model, stream=stream)) == []


def test_what_an_sdk_does_not_know_is_noticed_however_deep_it_stands() -> None:
    part = {"type": "text", "text": "hi", "mood": "good"}
    request = {"model": "m", "messages": [{"role": "user", "content": [part]}], "wish": 1}
    assert openai_chat(request) == ["messages[].content[].mood", "wish"]
    with pytest.raises(ValidationError):
        openai_chat({"model": "m", "messages": [{"role": "user", "content": [{"type": "text"}]}]})
    with pytest.raises(ValidationError):
        openai_chat({"model": "m", "messages": [{"role": "nobody", "content": "hi"}]})


VECTORS = {
    ("openai", "openai-embeddings"): openai_embeddings,
    ("mistral", "openai-embeddings"): mistral_embeddings,
    ("cohere", "cohere-embed"): cohere_embeddings,
    ("ollama", "ollama-embed"): ollama_embeddings,
    ("gemini", "gemini-embed"): google_embeddings,
}
SPEECH = {"openai": openai_speech, "groq": groq_speech, "mistral": mistral_speech, "cohere": cohere_speech}


@pytest.mark.parametrize("purpose", [None, "query", "document"])
@pytest.mark.parametrize("dimensions", [None, 256])
@pytest.mark.parametrize(("row", "wire"), VECTORS)
def test_the_sdk_would_ask_for_vectors_so(row: str, wire: str, dimensions: int | None, purpose: Any) -> None:
    prepared = load_embeddings(wire, quirks_of(row, wire)).prepare(
        ["one", "two"], "m", dimensions=dimensions, purpose=purpose
    )
    assert VECTORS[row, wire](prepared.body) == []


@pytest.mark.parametrize("top", [None, 2])
def test_cohere_would_ask_for_a_ranking_so(top: int | None) -> None:
    prepared = JinaRerank(quirks_of("cohere", "jina-rerank")).prepare("q", ["a", "b"], "m", top=top)
    assert prepared.path == "/v2/rerank"
    assert cohere_ranking(prepared.body) == []


@pytest.mark.parametrize("segments", [False, True])
@pytest.mark.parametrize("row", SPEECH)
def test_the_sdk_would_upload_speech_so(row: str, *, segments: bool) -> None:
    wire = OpenAITranscription(quirks_of(row, "openai-transcription"))
    speech = Speech(b"RIFF", "audio/wav", "a.wav")
    prepared = wire.prepare(speech, "m", segments=segments, stream=True, extra={"language": "de"})
    fields = {name: content.decode() for name, file, _, content in form(prepared) if file is None}
    assert SPEECH[row]({**fields, "file": b"RIFF"}) == []
    asked = {"openai": "response_format", "groq": "response_format", "mistral": "timestamp_granularities"}
    assert (asked.get(row) in fields) == (row in ("openai", "groq") or (segments and row == "mistral"))
    assert bool(prepared.notices) == (segments and row == "cohere")
