"""An answer in the words of Cohere's chat, streamed or whole.

The tool plan (what the model says before it calls tools) and thinking are both reasoning; each goes back to where it
came from, which is why they are `Opaque` events too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Citation, Event, Finish, Opaque, Reasoning, Start, Text
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.core.usage import Usage
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, mend, read_json
from rigcli.wire.logprobs import of_text
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text
from rigcli.wire.tool_calls import Calls

WIRE = "cohere-v2"
DONE = "[DONE]"

_REASONS: dict[str, FinishReason] = {
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
    "ERROR": "error",
    "TIMEOUT": "incomplete",
    "USER_CANCEL": "incomplete",
}
"""Words for an end that is not ordinary (COMPLETE, STOP_SEQUENCE)."""


class CohereReader:
    """One streamed answer. Text and reasoning are handed on at once, all else at the end."""

    def __init__(self, request: Request) -> None:
        self._calls = Calls(request)
        self._text, self._thought = Mender(), Mender()
        self._plan: list[str] = []
        self._thinking: list[str] = []
        self._cited: dict[Citation, None] = {}
        self._usage: Json = {}
        self._raw_reason: str | None = None
        self._ended = False

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one SSE event. Raises what an error inside it says, ProviderError for broken JSON."""
        if self._ended or frame.data[:6] == DONE:
            return ()
        event = read_json(frame.data, frame.offset)
        if event.__class__ is not dict:
            return ()
        kind = event.get("type") or frame.event
        said = as_dict(event.get("delta"))
        if kind == "error" or event.get("error") or (kind is None and event.get("message")):
            raise from_event(event)
        if kind == "message-end":
            return self._end(said)
        return self._step(kind, event, as_dict(said.get("message")))

    def end(self) -> Iterator[Event]:
        """Yield nothing. Raises IncompleteError where `message-end` never came."""
        if not self._ended:
            raise IncompleteError("response ended early")
        yield from ()

    def whole(self, body: Json) -> Iterator[Event]:
        """Yield the events of an answer that is one document."""
        yield Start(None, as_text(body.get("id")) or None)
        message = as_dict(body.get("message"))
        yield from self._planned(message.get("tool_plan"))
        content = message.get("content")
        for item in [{"text": content}] if isinstance(content, str) else as_list(content):
            yield from self._content(as_dict(item))
        yield from of_text(body.get("logprobs"))
        for number, item in enumerate(as_list(message.get("tool_calls"))):
            self._call(number, as_dict(item))
        for item in as_list(message.get("citations")):
            self._cite(as_dict(item))
        yield from self._end(body)

    def _step(self, kind: Any, event: Json, message: Json) -> Iterable[Event]:
        match kind:
            case "content-delta" | "content-start":
                return chain(self._content(as_dict(message.get("content"))), of_text(event.get("logprobs")))
            case "tool-plan-delta":
                return self._planned(message.get("tool_plan"))
            case "tool-call-start" | "tool-call-delta":
                self._call(event.get("index"), as_dict(message.get("tool_calls")))
            case "citation-start":
                self._cite(as_dict(message.get("citations")))
            case "message-start":
                return (Start(None, as_text(event.get("id")) or None),)
            case _:  # the ends of what began, and whatever is added later
                pass
        return ()

    def _content(self, content: Json) -> Iterator[Event]:
        if (text := as_text(content.get("text"))) and (text := self._text.feed(text)):
            yield Text(text)
        if thought := as_text(content.get("thinking")):
            yield from self._reason(thought, self._thinking)

    def _planned(self, plan: Any) -> Iterator[Event]:
        if isinstance(plan, str) and plan:
            yield from self._reason(plan, self._plan)

    def _reason(self, thought: str, kept: list[str]) -> Iterator[Event]:
        kept.append(thought)
        if thought := self._thought.feed(thought):
            yield Reasoning(thought)

    def _call(self, index: Any, call: Json) -> None:
        function = as_dict(call.get("function"))
        self._calls.add(index, call.get("id"), function.get("name"), function.get("arguments"))

    def _cite(self, citation: Json) -> None:
        """Keep the sources of one citation, each once: many citations name the same document."""
        for item in as_list(citation.get("sources")):
            source = as_dict(item)
            about = as_dict(source.get("document")) or as_dict(source.get("tool_output"))
            url, title = as_text(about.get("url")), as_text(about.get("title")) or as_text(source.get("id"))
            text = next((said for key in ("snippet", "text", "content") if (said := as_text(about.get(key)))), "")
            start, end = as_count(citation.get("start")), as_count(citation.get("end"))
            said = citation.get("type") in (None, "TEXT_CONTENT") and start is not None and end is not None
            span = (start, end) if said else (None, None)
            self._cited[Citation(url or None, title or None, text or None, *span)] = None

    def _end(self, row: Json) -> Iterator[Event]:
        """Yield the last events, from the row that says finish reason and usage. Raises what an error in it says."""
        self._ended = True
        self._raw_reason = as_text(row.get("finish_reason")) or None
        self._usage = as_dict(row.get("usage"))
        reason = _REASONS.get(self._raw_reason or "", "stop")
        for kind, mender in ((Reasoning, self._thought), (Text, self._text)):
            if rest := mender.close():
                yield kind(rest)
        if plan := mend("".join(self._plan)):
            yield Opaque(WIRE, {"tool_plan": plan})
        if thinking := mend("".join(self._thinking)):
            yield Opaque(WIRE, {"type": "thinking", "thinking": thinking})
        calls = list(self._calls.finish(cut=reason == "length"))
        yield from calls
        yield from self._cited
        if self._usage:
            yield _counts(self._usage)
        if row.get("error"):
            raise from_event({"message": row["error"], "type": "server_error"})
        yield Finish("tool_calls" if calls and reason == "stop" else reason, self._raw_reason)


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    document = as_dict(body)
    if document.get("error") or isinstance(document.get("message"), str):
        raise from_event(document)
    if not as_dict(document.get("message")):
        raise unreadable("no `message` in it")
    yield from CohereReader(request).whole(document)


def _counts(row: Json) -> Usage:
    """Return the counts of `tokens`, which is what the model read and wrote; `billed_units` leaves a part of it out."""
    tokens = as_dict(row.get("tokens")) or as_dict(row.get("billed_units"))
    return Usage(
        input_tokens=as_count(tokens.get("input_tokens")),
        output_tokens=as_count(tokens.get("output_tokens")),
        cached_input_tokens=as_count(row.get("cached_tokens")),
        reasoning_tokens=as_count(tokens.get("reasoning_tokens")),
        raw=row,
    )
