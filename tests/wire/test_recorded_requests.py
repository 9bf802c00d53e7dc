"""Recorded conversations say the same when rig asks: those of Chat Completions at Vertex AI, at Bedrock and by Responses,
and those of Vertex AI and of Bedrock's InvokeModel where they were recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rigcli.core.errors import UsageError
from rigcli.core.messages import MediaPart, Message, RefusalPart, TextPart, ToolCallPart, ToolResultPart
from rigcli.core.requests import Request
from rigcli.inputs.conversation import read_messages
from rigcli.providers.rows import Rows
from rigcli.providers.variables import filled
from rigcli.wire import load_wire
from rigcli.wire.tool_calls import wire_name
from tests.wire.test_recordings import RECORDINGS, exchanges

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"no recordings at {RECORDINGS}: set RIG_SHARED to the folder that holds `wire`"
)

Said = list[tuple[str, Any]]


def conversations() -> Iterator[tuple[str, tuple[Message, ...]]]:
    for exchange in exchanges("openai-chat"):
        asked = exchange["request"].get("json")
        if isinstance(asked, dict) and not exchange["request"].get("trimmed"):
            try:
                yield exchange["id"], read_messages(json.dumps(asked.get("messages")), exchange["id"])
            except UsageError:  # a part that rig does not know
                continue


def squeezed(said: Said) -> Said:
    """Put the system prompt first, join what one speaker says in a row, drop white space that says nothing."""
    out: Said = []
    for kind, what in sorted(said, key=lambda item: item[0] != "system"):
        text = "".join(what.split()) if kind in ("system", "user", "assistant") else what
        if out and out[-1][0] == kind and kind in ("system", "user", "assistant"):
            out[-1] = (kind, out[-1][1] + text)
        elif text or kind not in ("system", "user", "assistant"):
            out.append((kind, text))
    return out


def meant(messages: tuple[Message, ...]) -> Said:
    said: Said = []
    for message in messages:
        for part in message.parts:
            match part:
                case TextPart(text) | RefusalPart(text):
                    said.append((message.role, text))
                case MediaPart():
                    said.append(("sound" if part.kind == "audio" else "media", ""))
                case ToolCallPart(_, name, arguments):
                    said.append(("call", (wire_name(name), loads(arguments))))
                case ToolResultPart(_, _, content):
                    said.append(("result", content))
                case _:
                    pass
    return squeezed(said)


def loads(arguments: str) -> Any:
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        value = arguments
    return {} if value is None else value if isinstance(value, dict) else {"arguments": value}


def at_google(body: dict[str, Any]) -> Said:
    said: Said = [("system", part["text"]) for part in body.get("systemInstruction", {}).get("parts", [])]
    for content in body["contents"]:
        for part in content["parts"]:
            match part:
                case {"functionCall": call}:
                    said.append(("call", (call["name"], call.get("args") or {})))
                case {"functionResponse": {"response": {"output": str(text)}}}:
                    said.append(("result", text))
                case {"functionResponse": {"response": response}}:
                    said.append(("result", json.dumps(response)))
                case {"text": text}:
                    said.append(("assistant" if content["role"] == "model" else "user", text))
                case _:
                    said.append(("sound" if "audio" in str(part)[:60] else "media", ""))
    return squeezed(said)


def at_openai(body: dict[str, Any]) -> Said:
    said: Said = [("system", body.get("instructions", ""))]
    for item in body["input"]:
        match item:
            case {"type": "function_call"}:
                said.append(("call", (item["name"], loads(item["arguments"]))))
            case {"type": "function_call_output"}:
                said.append(("result", item["output"]))
            case {"content": str(text)}:
                said.append((item["role"], text))
            case _:
                parts = item["content"]
                said += [(item["role"], part["text"]) if "text" in part else ("media", "") for part in parts]
    return squeezed(said)


def test_vertex_is_told_the_same_at_its_own_path() -> None:
    row = filled(Rows().get("vertexai"), {"GOOGLE_CLOUD_PROJECT": "p"})
    count = 0
    for id_, messages in conversations():
        prepared = load_wire(row.wire).prepare(Request("gemini-2.5-flash", messages, quirks=row.quirks))
        where = "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:streamGenerateContent"
        assert prepared.path == f"{where}?alt=sse"
        assert at_google(prepared.body) == meant(messages), id_
        count += 1
    assert count >= 300


def test_responses_is_told_the_same() -> None:
    for id_, messages in conversations():
        body = load_wire("openai-responses").prepare(Request("gpt-5", messages)).body
        wanted = [item for item in meant(messages) if item[0] != "sound"]  # which Responses does not take
        assert at_openai(body) == wanted, id_


def at_anthropic(body: dict[str, Any]) -> Said:
    system = body.get("system") or ""
    said: Said = [("system", part["text"]) for part in blocks_of(system)]
    for message in body["messages"]:
        for part in blocks_of(message["content"]):
            match part:
                case {"type": "text"}:
                    said.append((message["role"], part["text"]))
                case {"type": "tool_use"}:
                    said.append(("call", (part["name"], part["input"])))
                case {"type": "tool_result"}:
                    said.append(("result", "".join(one["text"] for one in blocks_of(part.get("content") or ""))))
                case {"type": "thinking" | "redacted_thinking"}:
                    pass
                case _:
                    said.append(("media", ""))
    return squeezed(said)


def blocks_of(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def messages_of(said: Said) -> tuple[Message, ...]:
    """Return a conversation that says this; results answer the calls in their order."""
    out: list[Message] = []
    open_: list[ToolCallPart] = []
    for number, (kind, what) in enumerate(said):
        role, part = kind, TextPart(what) if isinstance(what, str) else None
        if kind == "call":
            role, part = "assistant", ToolCallPart(f"c{number}", what[0], json.dumps(what[1]))
            open_.append(part)
        elif kind == "result":
            call = open_.pop(0)
            role, part = "tool", ToolResultPart(call.id, call.name, what)
        assert part is not None
        if out and out[-1].role == role:
            part = (*out[-1].parts, part)
            out[-1] = Message(out[-1].role, part)
        else:
            out.append(Message(role, (part,)))  # pyright: ignore[reportArgumentType]  the kinds that are left are roles
    return tuple(out)


def recorded(wire: str, provider: str, read: Callable[[dict[str, Any]], Said]) -> Iterator[tuple[str, Said]]:
    """Yield what the recorded requests of a provider say, those that a user could have asked rig to send."""
    for exchange in exchanges(wire):
        body = exchange["request"].get("json")
        if exchange["provider"] != provider or not isinstance(body, dict) or exchange["request"].get("trimmed"):
            continue
        said = read(body)
        if said and not any(kind in ("media", "sound") for kind, _ in said):
            yield exchange["id"], said


def test_vertex_was_told_what_rig_would_tell_it() -> None:
    row = filled(Rows().get("vertexai"), {"GOOGLE_CLOUD_PROJECT": "p"})
    found = list(recorded("gemini", "vertexai", at_google))
    for id_, said in found:
        request = Request("gemini-2.5-flash", messages_of(said), quirks=row.quirks)
        assert at_google(load_wire(row.wire).prepare(request).body) == said, id_
    assert len(found) >= 12


def test_claude_at_bedrock_was_told_what_rig_would_tell_it() -> None:
    found = list(recorded("bedrock-invoke-anthropic", "bedrock", at_anthropic))
    for id_, said in found:
        body = load_wire("bedrock-invoke-anthropic").prepare(Request("anthropic.claude-v2", messages_of(said))).body
        assert at_anthropic(body) == said, id_
    assert len(found) == 15
    assert sum(kind == "result" for _, said in found for kind, _ in said) >= 6


def test_claude_at_bedrock_is_told_the_same() -> None:
    count = 0
    for id_, messages in conversations():
        body = load_wire("bedrock-invoke-anthropic").prepare(Request("anthropic.claude-v2", messages)).body
        bytes_only = [
            Message(message.role, tuple(part for part in message.parts if not _remote(part))) for message in messages
        ]
        assert at_anthropic(body) == [item for item in meant(tuple(bytes_only)) if item[0] != "sound"], id_
        count += 1
    assert count >= 300


def _remote(part: Any) -> bool:
    return isinstance(part, MediaPart) and part.data is None
