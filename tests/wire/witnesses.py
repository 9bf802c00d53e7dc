"""What the SDKs know of a request: their own request types, and which keys of a body these types have never heard of.

Pydantic leaves a TypedDict's unknown keys out without a word, and reads an `Iterable` field only when somebody walks
through it; so a body is walked to its ends here, and every key that the types did not keep is named.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from rigcli.providers.rows import Rows

Body = dict[str, Any]
Witness = Callable[[Body], list[str]]
"""Return the keys of a body that the SDK does not know. Raises ValidationError for what it would refuse."""


def accepted(kind: Any, given: Any) -> list[str]:
    """Hold a value against a type; return the paths of keys that the type does not know."""
    return list(_unknown(given, _adapter(kind).validate_python(given), ""))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _unknown(given: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(given, Mapping):
        known = _fields(kept) if isinstance(kept, BaseModel) else kept
        for key, value in given.items():
            if not isinstance(known, Mapping) or key not in known:
                yield f"{path}.{key}".lstrip(".")
            else:
                yield from _unknown(value, known[key], f"{path}.{key}")
    elif isinstance(given, list):
        kept = list(kept)  # an Iterable is read, and so checked, only now
        assert len(kept) == len(given)
        for one, two in zip(given, kept, strict=True):
            yield from _unknown(one, two, f"{path}[]")


def _fields(model: BaseModel) -> Body:
    known = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        known |= {key: value for key in (name, field.alias, field.validation_alias) if isinstance(key, str)}
    return known


def _kind(module: str, name: str) -> Any:
    return getattr(pytest.importorskip(module), name)


def openai_chat(body: Body) -> list[str]:
    name = "CompletionCreateParamsStreaming" if body.get("stream") else "CompletionCreateParamsNonStreaming"
    return accepted(_kind("openai.types.chat.completion_create_params", name), body)


def openai_responses(body: Body) -> list[str]:
    name = "ResponseCreateParamsStreaming" if body.get("stream") else "ResponseCreateParamsNonStreaming"
    return accepted(_kind("openai.types.responses.response_create_params", name), body)


def anthropic(body: Body) -> list[str]:
    """The SDK forgot temperature and top_p when new models began to refuse them; older ones still take both."""
    name = "MessageCreateParamsStreaming" if body.get("stream") else "MessageCreateParamsNonStreaming"
    unknown = accepted(_kind("anthropic.types.message_create_params", name), body)
    old = body["model"] == "claude-sonnet-4-5"
    return [path for path in unknown if not (old and path in ("temperature", "top_p"))]


def anthropic_on_bedrock(body: Body) -> list[str]:
    """What `anthropic.AnthropicBedrock` sends: the version in the body, model and stream in the path."""
    assert body["anthropic_version"] == "bedrock-2023-05-31"
    assert body.keys().isdisjoint({"model", "stream"})
    return anthropic({"model": "m", **{key: value for key, value in body.items() if key != "anthropic_version"}})


def google(body: Body) -> list[str]:
    types = pytest.importorskip("google.genai.types")
    kinds = {
        "contents": list[types.Content],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "generationConfig": types.GenerationConfig,
    }
    unknown = [name for name in body if name not in kinds]
    return unknown + [path for name, value in body.items() if name in kinds for path in accepted(kinds[name], value)]


def mistral(body: Body) -> list[str]:
    name = "ChatCompletionStreamRequest" if body.get("stream") else "ChatCompletionRequest"
    return accepted(_kind("mistralai.client.models", name), body)


def groq(body: Body) -> list[str]:
    """The server takes `stream_options` (recorded with it); the SDK has no argument for it."""
    unknown = accepted(_kind("groq.types.chat.completion_create_params", "CompletionCreateParams"), body)
    return [path for path in unknown if path != "stream_options"]


def cohere(body: Body) -> list[str]:
    """Cohere's chat is a function: its arguments are the body, `stream` aside, which says which one is called."""
    kinds = _hints("cohere.v2.raw_client", "RawV2Client", "chat")
    return _arguments(kinds, {key: value for key, value in body.items() if key != "stream"})


def _arguments(kinds: Mapping[str, Any], given: Body) -> list[str]:
    unknown = [name for name in given if name not in kinds]
    return unknown + [path for name in given if name in kinds for path in accepted(kinds[name], given[name])]


@cache
def _hints(module: str, class_: str, method: str) -> dict[str, Any]:
    there = pytest.importorskip(module)
    return typing.get_type_hints(getattr(getattr(there, class_), method))


def ollama(body: Body) -> list[str]:
    """The server's own type has ids of calls (api/types.go), the SDK's has not, and a call's `type` is for neither."""
    types = pytest.importorskip("ollama._types")
    beyond = ("tool_calls[].id", "tool_calls[].type", "tool_call_id")
    given = {**body, "messages": [_with_images(types, message) for message in body["messages"]]}
    unknown = [path for message in given["messages"] for path in accepted(types.Message, message) if path not in beyond]
    # the SDK's class for a schema knows five of its words and keeps no other; the server takes JSON Schema
    return unknown + [
        path
        for path in accepted(types.ChatRequest, given)
        if not path.startswith(("messages", "tools[].function.parameters"))
    ]


def _with_images(types: Any, message: Body) -> Body:
    return (
        {**message, "images": [types.Image(value=one) for one in message["images"]]} if "images" in message else message
    )


@cache
def _bedrock_shape(operation: str) -> Any:
    from botocore.session import Session

    return Session().get_service_model("bedrock-runtime").operation_model(operation).input_shape


def converse(body: Body) -> list[str]:
    """Botocore's validator names unknown keys itself; bytes are base64 in JSON, which it takes for text."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate({"modelId": "m", **body}, _bedrock_shape("Converse"))
    assert not report.has_errors(), report.generate_report()
    return []


def openai_embeddings(body: Body) -> list[str]:
    return accepted(_kind("openai.types.embedding_create_params", "EmbeddingCreateParams"), body)


def mistral_embeddings(body: Body) -> list[str]:
    return accepted(_kind("mistralai.client.models", "EmbeddingRequest"), body)


def ollama_embeddings(body: Body) -> list[str]:
    return accepted(_kind("ollama._types", "EmbedRequest"), body)


def google_embeddings(body: Body) -> list[str]:
    """The SDK's configuration holds beside the content what this API puts into each text's own request."""
    types = pytest.importorskip("google.genai.types")
    unknown: list[str] = []
    for one in body["requests"]:
        config = {key: value for key, value in one.items() if key not in ("model", "content")}
        assert one["model"] == "models/m"
        unknown += accepted(types.Content, one["content"]) + accepted(types.EmbedContentConfig, config)
    return unknown + [key for key in body if key != "requests"]


def cohere_embeddings(body: Body) -> list[str]:
    return _arguments(_hints("cohere.v2.raw_client", "RawV2Client", "embed"), body)


def cohere_ranking(body: Body) -> list[str]:
    return _arguments(_hints("cohere.v2.raw_client", "RawV2Client", "rerank"), body)


def openai_speech(fields: Body) -> list[str]:
    streams = fields.get("stream") == "true"
    name = "TranscriptionCreateParamsStreaming" if streams else "TranscriptionCreateParamsNonStreaming"
    kinds = typing.get_type_hints(_kind("openai.types.audio.transcription_create_params", name))
    return _form(kinds, {**fields, "stream": streams})


def groq_speech(fields: Body) -> list[str]:
    kind = _kind("groq.types.audio.transcription_create_params", "TranscriptionCreateParams")
    return _form(typing.get_type_hints(kind), fields)


def mistral_speech(fields: Body) -> list[str]:
    """Of a form every field is text: a list with one item looks like that item."""
    given = {**fields, "file": {"fileName": "a.wav", "content": fields["file"]}}
    if "timestamp_granularities" in given:
        given["timestamp_granularities"] = [given["timestamp_granularities"]]
    return accepted(_kind("mistralai.client.models", "AudioTranscriptionRequest"), given)


def cohere_speech(fields: Body) -> list[str]:
    return _form(_hints("cohere.audio.transcriptions.raw_client", "RawTranscriptionsClient", "create"), fields)


def _form(kinds: Mapping[str, Any], fields: Body) -> list[str]:
    """Pydantic has no schema for the kinds of files that an SDK opens: it is enough that there is such a field."""
    assert {"file", "model"} <= kinds.keys() & fields.keys()
    return _arguments(kinds, {name: value for name, value in fields.items() if name != "file"})


ROWS: dict[tuple[str, str], tuple[Witness, tuple[str, ...]]] = {
    ("openai", "openai-chat"): (openai_chat, ("gpt-4.1", "gpt-5")),
    ("openai", "openai-responses"): (openai_responses, ("gpt-4.1", "gpt-5")),
    ("azure", "openai-chat"): (openai_chat, ("gpt-5",)),
    ("xai", "openai-responses"): (openai_responses, ("grok-4",)),
    ("anthropic", "anthropic-messages"): (anthropic, ("claude-sonnet-4-5", "claude-opus-4-7", "claude-sonnet-5")),
    ("gemini", "gemini"): (google, ("gemini-2.5-flash", "gemini-3-pro-preview")),
    ("vertexai", "gemini"): (google, ("gemini-2.5-flash", "gemini-3-pro-preview")),
    ("mistral", "openai-chat"): (mistral, ("mistral-small-latest",)),
    ("groq", "openai-chat"): (groq, ("openai/gpt-oss-20b",)),
    ("cohere", "cohere-v2"): (cohere, ("command-a-03-2025",)),
    ("ollama", "ollama"): (ollama, ("qwen3",)),
    ("bedrock", "bedrock-converse"): (converse, ("us.anthropic.claude-sonnet-4-5", "amazon.nova-pro-v1:0")),
    ("bedrock", "bedrock-invoke-anthropic"): (anthropic_on_bedrock, ("us.anthropic.claude-opus-4-7",)),
}
"""Row and wire -> who knows its requests, and models that are asked differently."""


def quirks_of(row: str, wire: str) -> Mapping[str, Any]:
    return Rows().get(row).in_wire(wire).quirks
