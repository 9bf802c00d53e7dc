"""Quirks: what a provider row can say about its dialect of a wire. A closed set; the wires read it, no other room does.

A row's quirks come as a mapping (`Request.quirks`). `check` is for whoever loads rows: a misspelt quirk is an error,
never a silent nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from rigcli.core.errors import ConfigError

Kind: TypeAlias = type[bool] | type[int] | type[str] | type[list[str]] | type[dict[str, int]] | type[dict[str, Any]]

OPENAI = "openai-chat"
ANTHROPIC = "anthropic-messages"
OLLAMA = "ollama"
RESPONSES = "openai-responses"
GEMINI = "gemini"
COHERE = "cohere-v2"
CONVERSE = "bedrock-converse"
INVOKE = "bedrock-invoke-anthropic"
EVERY = (OPENAI, RESPONSES, ANTHROPIC, GEMINI, OLLAMA, COHERE, CONVERSE, INVOKE)
VECTORS = ("openai-embeddings", "voyage", "cohere-embed", "gemini-embed", "ollama-embed", "vertex-embed", "titan-embed")
RERANK = ("jina-rerank",)
OPENAI_SPEECH_IN = ("openai-transcription",)
SPEECH_IN = (
    *OPENAI_SPEECH_IN,
    "elevenlabs-transcription",
    "deepgram-transcription",
    "xai-transcription",
    "gemini-transcription",
    "hf-transcription",
)
OWN_IMAGES = ("openai-images",)
IMAGES = (
    *OWN_IMAGES,
    "openai-chat-images",
    "gemini-images",
    "imagen",
    "titan-image",
    "stability-image",
    "hf-image",
)
SPEECH_OUT = (
    "openai-speech",
    "xai-speech",
    "hyperbolic-speech",
    "elevenlabs-speech",
    "deepgram-speech",
    "gemini-speech",
    "hf-speech",
)
BESIDE = (*VECTORS, *RERANK, *SPEECH_IN, *SPEECH_OUT, *IMAGES)


@dataclass(frozen=True, slots=True)
class Quirk:
    """`kind` is the TOML type of the value; `wires` are those that read it; `help` is one line for people."""

    kind: Kind
    wires: tuple[str, ...]
    help: str


QUIRKS: dict[str, Quirk] = {
    # --- what the request looks like
    "path": Quirk(
        str,
        (*EVERY, *BESIDE),
        "another path below the base URL; {model} stands for the model, {method} for Gemini's method",
    ),
    "no_stream_options": Quirk(bool, (OPENAI,), "refuses stream_options; usage comes by itself or not at all"),
    "max_tokens_field": Quirk(str, (OPENAI,), "the field that caps the answer; default max_tokens"),
    "max_completion_tokens_models": Quirk(str, (OPENAI,), "models (regex) that want max_completion_tokens instead"),
    "max_tokens_default": Quirk(int, (ANTHROPIC, INVOKE), "max_tokens where the user gives none; default 8192"),
    "max_tokens_default_models": Quirk(
        dict[str, int], (ANTHROPIC, INVOKE), "the same by model: regex = number, the first that fits counts"
    ),
    "seed_field": Quirk(str, (OPENAI,), "the field that holds the seed; default seed"),
    "cache_key": Quirk(
        str, (OPENAI, RESPONSES), "the field (or the header) that leads a conversation's turns to the same prompt cache"
    ),
    "cache_control_models": Quirk(str, (OPENAI,), "models (regex) that are told by cache_control what to keep"),
    "cache_control_results": Quirk(bool, (OPENAI,), "cache_control may stand on the result of a tool too"),
    "cache_models": Quirk(str, (CONVERSE, INVOKE), "models (regex) that are told what to keep of a prompt"),
    "count": Quirk(str, EVERY, "how its server counts tokens: messages, responses, generate, contents, chat or text"),
    "count_path": Quirk(str, EVERY, "the path for that below the base URL"),
    "count_root": Quirk(bool, EVERY, "that path is below the server's root"),
    "count_field": Quirk(str, EVERY, "the field for the text that a tokenizer counts; default text"),
    "refused_options": Quirk(list[str], EVERY, "rig's option names that the server refuses"),
    "no_temperature": Quirk(bool, EVERY, "the same as refused_options = temperature, top_p"),
    "system_role": Quirk(
        str, (OPENAI, RESPONSES), "the role of a system prompt; default system, or a field of its own in Responses"
    ),
    "always_stream": Quirk(bool, (RESPONSES,), "answers only in streams"),
    "instructions_default": Quirk(
        str, (RESPONSES,), "the system prompt where there is none, for a server that needs one"
    ),
    "flatten_content": Quirk(bool, (OPENAI,), "content must be one string: no images, documents or sound"),
    "alternate_roles": Quirk(bool, (OPENAI,), "user and assistant must take turns: neighbours are merged"),
    "media": Quirk(list[str], (OPENAI,), "the media that the server takes; default image, document, audio"),
    "audio_part": Quirk(
        str, (OPENAI,), "how a sound is sent: object (data and format; default) or text (base64 alone)"
    ),
    "document_part": Quirk(
        str, (OPENAI,), "how a document is sent: file (default), file_url (a URL will do) or document_url"
    ),
    "beta": Quirk(list[str], (ANTHROPIC, INVOKE), "values of the header anthropic-beta"),
    "thinking_budget_models": Quirk(str, (ANTHROPIC, INVOKE), "models (regex) whose reasoning_effort is a budget"),
    "no_sampling_models": Quirk(
        str,
        (ANTHROPIC, INVOKE, CONVERSE),
        "models (regex) that refuse temperature and top_p; default Claude from 4.7 on",
    ),
    # --- tools
    "no_tools": Quirk(bool, EVERY, "knows no tools: none are offered, old calls go as text"),
    "tool_choice_required_word": Quirk(str, (OPENAI,), "its word for tool_choice required; default required"),
    "no_named_tool_choice": Quirk(
        bool, (OPENAI, RESPONSES), "cannot be told one tool: only that tool is offered, and required"
    ),
    "required_tool_prompt": Quirk(
        str, (OPENAI,), "cannot be made to call a tool: these words ask for a call where one is required"
    ),
    "short_tool_ids": Quirk(bool, (OPENAI,), "call ids must be nine letters and digits"),
    "tool_call_index": Quirk(bool, (OPENAI,), "calls sent back carry their index"),
    "native": Quirk(
        dict[str, Any], EVERY, "the tools that the provider runs itself: name = true, or how it is asked for"
    ),
    # --- structured output
    "schema": Quirk(
        str, EVERY, "how an answer in JSON is asked for: native, tool, json_object, prompt; default the wire's own way"
    ),
    "schema_models": Quirk(str, (ANTHROPIC,), "models (regex) that take a schema for their answer"),
    "schema_with_tools": Quirk(str, EVERY, "the same where tools are offered too"),
    # --- reasoning
    "not_encrypted_models": Quirk(
        str, (RESPONSES,), "models (regex) that refuse to be asked for encrypted reasoning; default those before GPT-5"
    ),
    "thinking_level_models": Quirk(
        str,
        (GEMINI,),
        "models (regex) whose reasoning_effort is a level, not a token budget; default Gemini 3 and later",
    ),
    "thinking_budget_field": Quirk(
        str, (OPENAI,), "the field that holds thinking_budget, such as thinking_budget or reasoning.max_tokens"
    ),
    "think_tags": Quirk(bool, (OPENAI, OLLAMA), "reasoning stands in <think> tags at the start of the text"),
    "send_reasoning": Quirk(
        str, (OPENAI,), "send reasoning back as: reasoning_content, reasoning, reasoning_details or extra_content"
    ),
    # --- beside chat
    "default_model": Quirk(str, BESIDE, "the model where only the provider is named"),
    "batch": Quirk(int, VECTORS, "texts that one request takes; default 64"),
    "batch_chars": Quirk(int, VECTORS, "characters that one request takes, all texts together; default 300000"),
    "dimensions_field": Quirk(str, VECTORS, "the field for the width of the vectors; default dimensions"),
    "purpose_field": Quirk(str, VECTORS, "the field that says what the vectors are for"),
    "purpose_query": Quirk(str, VECTORS, "its word for a question; default query"),
    "purpose_document": Quirk(str, VECTORS, "its word for what is searched; default document"),
    "single_models": Quirk(str, VECTORS, "models (regex) that take one text a request"),
    "batch_images": Quirk(int, VECTORS, "pictures that one request takes; default 1"),
    "image_vector_models": Quirk(str, VECTORS, "models (regex) that make vectors of pictures too"),
    "image_input": Quirk(str, ("openai-embeddings",), "how pictures are sent: objects or messages"),
    "flat_image_url": Quirk(bool, ("cohere-embed",), "a picture's address stands in image_url itself"),
    "purpose_text_models": Quirk(
        str, ("gemini-embed", "ollama-embed"), "models (regex) to which the purpose is said inside the text"
    ),
    "vector_format": Quirk(str, VECTORS, "what base64 in an answer holds: float32 (default) or int8"),
    "top_field": Quirk(str, RERANK, "the field that says how many results are wanted; default top_n"),
    "times_field": Quirk(
        str,
        OPENAI_SPEECH_IN,
        "the field that asks for times: response_format (default), timestamp_granularities, or none",
    ),
    "stream": Quirk(bool, OPENAI_SPEECH_IN, "ask for the text as it is written"),
    "upload_mb": Quirk(int, SPEECH_IN, "megabytes of a recording that a request takes"),
    "default_voice": Quirk(str, SPEECH_OUT, "the voice where none is named"),
    "voices": Quirk(list[str], SPEECH_OUT, "the voices there are, where the server has no list"),
    "voices_path": Quirk(str, SPEECH_OUT, "where the server lists its voices; {model} stands for the model"),
    "voice_field": Quirk(str, SPEECH_OUT, "the field for the voice; default voice"),
    "audio_formats": Quirk(list[str], SPEECH_OUT, "the formats it makes, the usual one first"),
    "pcm_word": Quirk(str, SPEECH_OUT, "its word for pcm, such as raw"),
    "speech_chars": Quirk(int, SPEECH_OUT, "characters that one request takes; a longer text is cut at sentence ends"),
    "speech_chars_models": Quirk(dict[str, int], SPEECH_OUT, "the same by model: regex = number, the first counts"),
    # --- pictures
    "images_at_once": Quirk(int, OWN_IMAGES, "pictures that one request can ask for; default 10"),
    "model_field": Quirk(str, OWN_IMAGES, "the field that names the model; default model"),
    "n_field": Quirk(str, OWN_IMAGES, "the field that says how many pictures are wanted; default n"),
    "size_as": Quirk(
        str,
        OWN_IMAGES,
        "how a size is said: text (1024x768, the default), pixels (width and height), shape (16:9)",
    ),
    "size_field": Quirk(str, OWN_IMAGES, "the field for it; default size, for a shape aspect_ratio"),
    "sizes": Quirk(list[str], OWN_IMAGES, "sizes or shapes that there are: the nearest is taken"),
    "resolution_field": Quirk(str, OWN_IMAGES, "the field for a size in words, such as 2K; default that for sizes"),
    "quality_field": Quirk(str, OWN_IMAGES, "the field for --quality; default quality, empty: there is none"),
    "result_format": Quirk(
        str, OWN_IMAGES, "response_format, so that bytes come, not an address; default b64_json, empty: not sent"
    ),
    "no_result_format_models": Quirk(str, OWN_IMAGES, "models (regex) that refuse response_format"),
    "edit_as": Quirk(
        str,
        OWN_IMAGES,
        "how pictures to start from are sent: form (default), url (a data URL), base64, object, none",
    ),
    "edit_field": Quirk(str, OWN_IMAGES, "the field for them; default image"),
    "edit_path": Quirk(str, OWN_IMAGES, "another path for requests with pictures to start from"),
    "image_only_models": Quirk(str, ("openai-chat-images",), "models (regex) that write no text beside a picture"),
}


_KIND_NAMES: dict[Kind, str] = {
    list[str]: "list of strings",
    dict[str, int]: "table of numbers",
    dict[str, Any]: "table",
}


def check(quirks: Mapping[str, Any], where: str) -> None:
    """Raise ConfigError for an unknown quirk (with the near name) or a value of the wrong type; `where` is the row."""
    for name, value in quirks.items():
        quirk = QUIRKS.get(name)
        if quirk is None:
            raise ConfigError(f"{where}: no quirk {name!r}", hint=_near(name))
        if not _fits(value, quirk.kind):
            kind = _KIND_NAMES.get(quirk.kind) or quirk.kind.__name__
            raise ConfigError(f"{where}: quirk {name} is {value!r}, not a {kind}", hint=quirk.help)
        for tool, form in value.items() if name == "native" else ():
            from rigcli.wire.native import problem  # noqa: PLC0415  only rows of the user's own are checked

            if wrong := problem(tool, form):
                raise ConfigError(f"{where}: quirk {wrong}", hint="see docs/providers.md")


def _fits(value: Any, kind: Kind) -> bool:
    if kind is bool or kind is str:
        return isinstance(value, kind)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == dict[str, int]:
        return isinstance(value, Mapping) and all(
            _fits(item, int) for item in cast("Mapping[str, Any]", value).values()
        )
    if kind == dict[str, Any]:
        return isinstance(value, Mapping)
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)  # pyright: ignore[reportUnknownVariableType]  TOML's lists are untyped


def _near(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  only an error needs it

    near = get_close_matches(name, QUIRKS, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(QUIRKS))}"
