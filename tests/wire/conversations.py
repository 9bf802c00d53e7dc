"""Random requests of every kind that rig builds: hypothesis strategies, each value one that an engine could hand over."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rigcli.core.messages import (
    MediaPart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from rigcli.core.requests import Options, ToolSpec

THOUGHTS = (
    OpaquePart(
        "openai-responses",
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "gAAA",
        },
    ),
    OpaquePart("anthropic-messages", {"type": "thinking", "thinking": "hm", "signature": "s"}),
    OpaquePart("anthropic-messages", {"type": "redacted_thinking", "data": "xyz"}),
    OpaquePart("bedrock-converse", {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}),
    OpaquePart("cohere-v2", {"type": "thinking", "thinking": "hm"}),
    OpaquePart("cohere-v2", {"tool_plan": "I will add."}),
    OpaquePart("gemini", {"signs": "text", "length": 1, "thoughtSignature": "c2VjcmV0"}),
)
SIGNED_CALL = OpaquePart("gemini", {"signs": "functionCall", "id": "c", "thoughtSignature": "c2VjcmV0"})
MEDIA = (
    MediaPart("image", "image/png", data=b"\x89PNG", name="i.png"),
    MediaPart("image", "image/jpeg", url="https://x.example/i.jpg"),
    MediaPart("document", "application/pdf", data=b"%PDF", name="a.pdf"),
    MediaPart("document", "application/pdf", url="https://x.example/a.pdf", name="a.pdf"),
    MediaPart("document", "text/plain", data="grüß".encode(), name="notes (old).txt"),
    MediaPart("audio", "audio/wav", data=b"RIFF"),
    MediaPart("audio", "audio/mpeg", data=b"ID3", name="s.mp3"),
)
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"x": {"type": "number", "description": "X"}}, "required": ["x"]},
    {
        "type": "object",
        "properties": {
            "way": {"enum": ["up", "down"], "type": "string"},
            "many": {"type": "array", "items": {"$ref": "#/$defs/one"}},
            "any": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        },
        "$defs": {"one": {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}},
        "additionalProperties": False,
    },
)
NAMES = ("add", "now", "a.b", "search_the_index", "grüße", "x" * 70)
ARGUMENTS = ("", "{}", '{"x": 1}', '{"many": [{"n": 1}], "way": "up"}', '{"x": ', "null", "[1]", '"word"')
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@st.composite
def answers(draw: Any, number: int, names: tuple[str, ...]) -> list[Message]:
    """One answer of a model, and the results of its calls."""
    parts: list[Part] = []
    if draw(st.booleans()):
        parts += [ReasoningPart(draw(TEXTS)), draw(st.sampled_from(THOUGHTS))]
    if draw(st.booleans()):
        parts.append(draw(st.builds(TextPart, TEXTS)))
    elif draw(st.booleans()):
        parts.append(RefusalPart("no"))
    results: list[Part] = []
    for place, name in enumerate(draw(st.lists(st.sampled_from(names), max_size=3)) if names else ()):
        id_ = draw(st.sampled_from(("call_{}_{}", "toolu:{}/{}", "{}-{}", "abcde{}678{}"))).format(number, place)
        if draw(st.booleans()):
            parts.append(OpaquePart("gemini", {**SIGNED_CALL.data, "id": id_}))
        parts.append(ToolCallPart(id_, name, draw(st.sampled_from(ARGUMENTS))))
        error = draw(st.sampled_from((None, None, "it broke")))
        results.append(ToolResultPart(id_, name, error or draw(TEXTS), error))
    if not parts:
        parts.append(TextPart("ok"))
    return [Message("assistant", tuple(parts)), *([Message("tool", tuple(results))] if results else [])]


@st.composite
def messages(draw: Any, names: tuple[str, ...]) -> tuple[Message, ...]:
    """A conversation that waits for the model: its last word is the user's or a tool's."""
    out: list[Message] = []
    if draw(st.booleans()):
        out.append(Message("system", (TextPart(draw(TEXTS)),)))
    for number in range(draw(st.integers(1, 3))):
        media = draw(st.lists(st.sampled_from(MEDIA), max_size=2))
        out.append(Message("user", (*media, TextPart(draw(TEXTS) or "hi"))))
        out += draw(answers(number, names))
    if out[-1].role == "assistant" or draw(st.booleans()):
        out.append(Message("user", (TextPart(draw(TEXTS) or "and?"),)))
    return tuple(out)


def options(names: tuple[str, ...]) -> st.SearchStrategy[Options]:
    maybe = st.none()
    choices = st.sampled_from(("auto", "none", "required", *names))
    return st.builds(
        Options,
        temperature=maybe | st.sampled_from((0.0, 0.5, 1.0)),
        top_p=maybe | st.sampled_from((0.1, 0.9)),
        max_tokens=maybe | st.sampled_from((1, 1500, 30000)),
        stop=st.lists(st.sampled_from(("x", "END")), max_size=2, unique=True).map(tuple),
        seed=maybe | st.integers(0, 9),
        reasoning_effort=maybe | st.sampled_from(("none", "low", "medium", "high")),
        thinking_budget=maybe | st.sampled_from((0, 1024, 4000)),
        verbosity=maybe | st.sampled_from(("low", "medium", "high")),
        tool_choice=maybe | choices,
        parallel_tool_calls=maybe | st.booleans(),
    )


@st.composite
def asked(draw: Any) -> dict[str, Any]:
    """The fields of a Request that do not depend on a wire; model and quirks are the test's."""
    names = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)))
    tools = tuple(
        ToolSpec(name, draw(st.sampled_from(("", f"Does {name}"))), draw(st.sampled_from(SCHEMAS))) for name in names
    )
    return {
        "messages": draw(messages(names)),
        "tools": tools if draw(st.booleans()) else (),
        "options": draw(options(names)),
        "stream": draw(st.booleans()),
    }
