"""The one object of `--format json`, gathered from events. Fields and their meaning: the table in docs/scripting.md."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rigcli.core.choices import Choice, Logprobs, TokenLogprob
from rigcli.core.errors import InterruptionError, RigError
from rigcli.core.events import (
    Approval,
    Citation,
    End,
    Event,
    Finish,
    Fold,
    Media,
    Native,
    Reasoning,
    Source,
    Start,
    Text,
    ToolCall,
    ToolResult,
)
from rigcli.core.messages import Message
from rigcli.core.usage import Usage
from rigcli.ui.choices import entry, fields, likely
from rigcli.ui.jsonl import citation_fields, decoded, media_fields, native_fields, source_fields


@dataclass
class Collect:
    """Gather a run. Text, reasoning and refusal are the last answer's; calls, sources and usage are the whole run's.

    Times are milliseconds since this value was made. `clock` gives seconds.
    """

    clock: Callable[[], float] = time.monotonic
    start: Start = field(default_factory=Start)
    sources: list[Source] = field(default_factory=list[Source])
    citations: list[Citation] = field(default_factory=list[Citation])
    _logprobs: list[TokenLogprob] = field(default_factory=list[TokenLogprob])
    _choices: list[Choice] = field(default_factory=list[Choice])
    native: list[Native] = field(default_factory=list[Native])
    media: list[Media] = field(default_factory=list[Media])
    _answer: Fold = field(default_factory=Fold)
    _calls: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    _usage: Usage | None = None
    _ended: End | None = None
    _begun: float = field(init=False)
    _first: float | None = None

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def handle(self, event: Event) -> None:  # noqa: C901, PLR0912  one arm an event, as the union demands
        if self._first is None and isinstance(event, Text | Reasoning | ToolCall):
            self._first = self.clock()
        match event:
            case Start():
                self.start, self._answer = event, Fold()
                self._logprobs, self._choices = [], []
            case Logprobs(tokens):
                self._logprobs += tokens
            case Choice():
                self._choices.append(event)
            case ToolCall(id_, name, arguments):
                self._calls[id_] = _call(id_, name, arguments)
            case ToolResult(id_, name, content, error, decision):
                call = self._calls.setdefault(id_, _call(id_, name, ""))
                call |= {"result": content, "error": error, "decision": decision}
            case Approval(id_, _, arguments, str(decision)) if id_ in self._calls:
                self._calls[id_] |= {"arguments": decoded(arguments), "decision": decision}
            case Source():
                self.sources.append(event)
            case Citation():
                self.citations.append(event)
            case Native():
                self.native.append(event)
            case Media():
                self.media.append(event)
            case Usage():
                self._usage = event if self._usage is None else self._usage + event
            case End():
                self._ended = event
            case _:
                pass
        self._answer.add(event)

    @property
    def usage(self) -> Usage:
        """What the run has used so far."""
        return self._ended.usage if self._ended else self._usage or Usage()

    @property
    def text(self) -> str:
        """The text of the last answer so far."""
        return (self._ended.message if self._ended else self._answer.message()).text

    @property
    def seconds(self) -> float:
        return self.clock() - self._begun

    def settled(self) -> None:
        """Nothing is written before the end."""

    def whole(
        self, *, model: str | None = None, provider: str | None = None, session: str | None = None,
        error: RigError | None = None, data: Any = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the object; `model` and `provider` stand in where the answer did not name its own."""
        message = self._ended.message if self._ended else self._answer.message()
        broke = error is not None and not isinstance(error, InterruptionError)
        finish = self._ended or self._answer.finish or Finish("error" if broke else "incomplete")
        return {
            "v": 1,
            "text": message.text,
            "reasoning": message.reasoning,
            "refusal": message.refusal or None,
            "data": data,
            "tool_calls": list(self._calls.values()),
            "sources": [source_fields(source) for source in self.sources],
            "usage": self.usage.to_json(),
            "finish_reason": "error" if broke and not self._ended else finish.reason,
            "raw_finish_reason": finish.raw_reason,
            "model": self.start.model or model,
            "provider": self.start.provider or provider,
            "response_id": self.start.response_id,
            "session": session,
            "timing": {
                "first_token_ms": None if self._first is None else _ms(self._first - self._begun),
                "total_ms": _ms(self.seconds),
            },
            "error": error.to_json() if error else None,
        } | self._on_request(message, finish)

    def _on_request(self, message: Message, finish: Finish | End) -> dict[str, Any]:
        """Return the fields that are there only where they hold something; the first of `choices` is the answer."""
        out: dict[str, Any] = {}
        if self.citations:
            out["citations"] = [citation_fields(cited) for cited in self.citations]
        if self.native:
            out["native_calls"] = [native_fields(used) for used in self.native]
        if self.media:
            out["media"] = [media_fields(made) for made in self.media]
        if own := likely(self._logprobs):
            out["logprobs"] = own
        if self._choices:
            first = entry(0, message, finish.reason, finish.raw_reason, own)
            out["choices"] = [first, *(fields(choice) for choice in self._choices)]
        return out


def _call(id_: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "arguments": decoded(arguments), "result": None, "error": None, "decision": None}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
