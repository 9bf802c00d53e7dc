"""What is asked of a model: pure values, the same for every wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rigcli.core.messages import Message


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """Model options under rig's names; None is the provider's default. `extra` goes into the body as it is.

    `reasoning_effort` is a word (low, medium, high, …; none is off), `thinking_budget` a number of tokens that goes
    before it; `verbosity` is low, medium or high. `tool_choice` is auto, none, required, or the name of the one tool
    that must be called. `cache` is off, auto (the provider is told what to keep of the prompt, where it wants to be
    told) or 1h (kept for an hour). `logprobs` asks how likely each token was, `top_logprobs` for that many others that
    stood beside it. `n` is the number of answers.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: str | None = None
    thinking_budget: int | None = None
    verbosity: str | None = None
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None
    cache: str | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


NATIVE_TOOLS = ("web_search", "code_execution", "url_context", "maps", "image_generation", "file_search")
"""Names for tools that providers run themselves; a row may have others too."""

NATIVE_PARAMETERS = frozenset(
    (
        "allowed_domains",
        "blocked_domains",
        "context_size",
        "files",
        "format",
        "latitude",
        "longitude",
        "max_results",
        "max_uses",
        "quality",
        "size",
        "stores",
    )
)
"""rig's names for what such tools can be told; any other name is the provider's own and sent as it is."""


@dataclass(frozen=True, slots=True)
class NativeTool:
    """A tool that the provider runs itself, and what it is told."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """What an answer must be: a JSON Schema whose root is an object, under a name of letters, digits, _ and -."""

    name: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One model call. `quirks` are the provider row's, from a closed set that the wire reads (see its docstring).

    `native` are the provider's own tools that it may use; `schema` is what the answer must be.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    options: Options = field(default_factory=Options)
    stream: bool = True
    quirks: Mapping[str, Any] = field(default_factory=dict[str, Any])
    native: tuple[NativeTool, ...] = ()
    schema: OutputSchema | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to be sent, without host or key: path is relative to the provider's base URL.

    `notices` name what the wire could not carry; they are told to the user, never dropped. `content` is sent as it is
    instead of `body` where that is no JSON; `headers` then say what it is.
    """

    path: str
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    method: Literal["GET", "POST", "DELETE"] = "POST"
    notices: tuple[str, ...] = ()
    content: bytes | None = None
