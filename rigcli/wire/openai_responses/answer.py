"""An answer in the words of OpenAI Responses, streamed or whole: a list of items, each of a kind of its own.

Items that only mean something to the provider (reasoning, its own tools' calls and results, compactions) are `Opaque`
events and go back unchanged. Servers differ in what they stream: some send no deltas, some no finished items, some a
last event without output; each item is told once, by whichever comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Event, Finish, Opaque, Reasoning, Refusal, Start, Text
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, mend, read_json
from rigcli.wire.logprobs import of_tokens
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.openai_responses.items import Sources, text_of_reasoning, texts_of_message
from rigcli.wire.openai_responses.natives import kept, of_item
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.tool_calls import LastCall

WIRE = "openai-responses"
DONE = "[DONE]"

_CUT: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}


@dataclass(slots=True)
class _Item:
    """An item that is being written: what was told of it already, and the pieces of its arguments."""

    start: Json = field(default_factory=dict[str, Any])
    spoken: bool = False
    weighed: bool = False
    """How likely its tokens were is told already."""
    thought: str = ""
    """Which of summary and content is told of a reasoning item: they say the same."""
    part: Any = None
    pieces: list[str] = field(default_factory=list[str])
    closed: bool = False
    begins: dict[int, int] = field(default_factory=dict[int, int])
    """Where in the text of the answer each part of a message begins."""


class ResponsesReader:
    """One streamed answer."""

    def __init__(self, request: Request) -> None:
        self._calls = LastCall(request)
        self._items: dict[Any, _Item] = {}
        self._ids: set[str] = set()  # of items that are closed
        self._refused = False
        self._text, self._mends = Mender(), False
        self._sources = Sources()
        self._said = 0  # characters of text
        self._started = self._ended = False

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one SSE event. Raises what an `error` event says, ProviderError for broken JSON."""
        if self._ended or frame.data[:6] == DONE:
            return ()
        event = read_json(frame.data, frame.offset)
        if event.__class__ is not dict:
            return ()
        kind = event.get("type") or frame.event
        if kind == "response.output_text.delta":  # nearly every event of a stream
            item = self._item(event)
            if not item.spoken:
                item.spoken = True
                item.begins.setdefault(_part(event), self._said)
            if logprobs := event.get("logprobs"):
                item.weighed = True
                return chain(self._say(event.get("delta")), of_tokens(logprobs))
            return self._say(event.get("delta"))
        return self._step(kind, event)

    def end(self) -> Iterator[Event]:
        """Yield nothing. Raises IncompleteError where the terminal event never came."""
        if not self._ended:
            raise IncompleteError("response ended early")
        yield from ()

    def whole(self, response: Json) -> Iterator[Event]:
        """Yield the events of an answer that is one document."""
        yield from self._start(response)
        yield from self._finish(response)

    def _step(self, kind: Any, event: Json) -> Iterable[Event]:
        """Progress of the provider's own tools, texts said again, and whatever is added later say nothing."""
        if step := _STEPS.get(as_text(kind)):
            return step(self, event)
        if kind == "error" or event.get("error"):
            raise from_event(event)
        return ()

    def _item(self, event: Json) -> _Item:
        """Return the item an event belongs to; its index is surer than its id, which some gateways change."""
        key: Any = event.get("output_index")
        if not isinstance(key, int):
            key = as_text(event.get("item_id")) or as_text(as_dict(event.get("item")).get("id"))
        item = self._items.get(key)
        if item is None:
            item = self._items[key] = _Item()
        return item

    def begin(self, event: Json) -> Iterator[Event]:
        return self._start(as_dict(event.get("response")))

    def _start(self, response: Json) -> Iterator[Event]:
        if not self._started:
            self._started = True
            yield Start(as_text(response.get("model")) or None, as_text(response.get("id")) or None)

    def open(self, event: Json) -> Iterator[Event]:
        yield from self._calls.release()
        self._item(event).start = as_dict(event.get("item"))

    def close(self, event: Json) -> Iterator[Event]:
        return self._close(self._item(event), as_dict(event.get("item")))

    def _say(self, text: Any) -> tuple[Event, ...]:
        if not isinstance(text, str) or not text:
            return ()
        if self._mends or not text.isascii():
            self._mends = True
            text = self._text.feed(text)
        self._said += len(text)
        return (Text(text),) if text else ()

    def refuse(self, event: Json) -> Iterator[Event]:
        self._item(event).spoken = True
        yield from self._refusal(event.get("delta"))

    def _refusal(self, text: Any) -> Iterator[Event]:
        if said := as_text(text):
            self._refused = True
            yield Refusal(mend(said))

    def argue(self, event: Json) -> Iterable[Event]:
        self._item(event).pieces.append(as_text(event.get("delta")))
        return ()

    def cite(self, event: Json) -> Iterator[Event]:
        return self._sources.new([event.get("annotation")], self._item(event).begins.get(_part(event), self._said))

    def begin_part(self, event: Json) -> Iterable[Event]:
        self._item(event).begins.setdefault(_part(event), self._said)
        return ()

    def summarise(self, event: Json) -> Iterator[Event]:
        return self._think(event, "summary", event.get("summary_index"))

    def think(self, event: Json) -> Iterator[Event]:
        return self._think(event, "content", event.get("content_index"))

    def _think(self, event: Json, kind: str, part: Any) -> Iterator[Event]:
        item, text = self._item(event), as_text(event.get("delta"))
        item.thought = item.thought or kind
        if not text or item.thought != kind:
            return
        if item.spoken and part != item.part:  # the next paragraph of a summary
            yield Reasoning("\n\n")
        item.spoken, item.part = True, part
        yield Reasoning(mend(text))

    def _close(self, item: _Item, done: Json) -> Iterator[Event]:
        if item.closed:
            return
        item.closed = True
        yield from self._calls.release()
        if id_ := as_text(done.get("id")):
            self._ids.add(id_)
        match done.get("type"):
            case "message":
                yield from self._message(item, done)
            case "reasoning":
                if not item.spoken and (thought := text_of_reasoning(done)):
                    yield Reasoning(mend(thought))
                yield Opaque(WIRE, done)
            case "function_call":
                self._hold(item, done)
            case None:
                pass
            case _:
                yield Opaque(WIRE, kept(done))
                yield from of_item(done)

    def _message(self, item: _Item, done: Json) -> Iterator[Event]:
        if not item.spoken:
            for index, kind, text in texts_of_message(done):
                item.begins[index] = self._said
                yield from self._say(text) if kind == "text" else self._refusal(text)
        if phase := done.get("phase"):  # without it, later models take a remark for an answer
            yield Opaque(WIRE, {"type": "message", "phase": phase})
        for index, part in enumerate(as_list(done.get("content"))):
            begin = item.begins.get(index, self._said)
            if not item.weighed:
                yield from of_tokens(as_dict(part).get("logprobs"))
            yield from self._sources.new(as_list(as_dict(part).get("annotations")), begin)

    def _hold(self, item: _Item, done: Json) -> None:
        name = as_text(done.get("name")) or as_text(item.start.get("name"))
        arguments = as_text(done.get("arguments")) or "".join(item.pieces) or as_text(item.start.get("arguments"))
        id_ = as_text(done.get("call_id")) or as_text(item.start.get("call_id"))
        self._calls.hold(name, id_, mend(arguments), complete=done.get("status") != "incomplete")

    def _rest(self, response: Json) -> Iterator[Event]:
        """Yield the items that only the last event tells, and those that were begun and never finished."""
        for index, value in enumerate(as_list(response.get("output"))):
            done = as_dict(value)
            if as_text(done.get("id")) not in self._ids:
                yield from self._close(self._item({"output_index": index}), done)
        for item in self._items.values():
            if not item.closed and item.start.get("type") == "function_call":
                yield from self._close(item, {**item.start, "arguments": "".join(item.pieces)})

    def finish(self, event: Json) -> Iterator[Event]:
        return self._finish(as_dict(event.get("response")))

    def fail(self, event: Json) -> Iterator[Event]:
        return self._fail(as_dict(event.get("response")))

    def _finish(self, response: Json) -> Iterator[Event]:
        status = as_text(response.get("status")) or "completed"
        if status == "failed":
            yield from self._fail(response)
        self._ended = True
        yield from self._start(response)
        yield from self._rest(response)
        if rest := self._text.close():
            yield Text(rest)
        why = as_text(as_dict(response.get("incomplete_details")).get("reason"))
        reason = self._reason(status, why)
        yield from self._calls.release(cut=reason == "length")
        if usage := usage_of(as_dict(response.get("usage"))):
            yield usage
        yield Finish(reason, f"{status}:{why}" if why else status)

    def _reason(self, status: str, why: str) -> FinishReason:
        if status == "completed":
            return "tool_calls" if self._calls.any else "refusal" if self._refused else "stop"
        return _CUT.get(why, "incomplete")

    def _fail(self, response: Json) -> Iterator[Event]:
        """Tell what was counted, then raise what went wrong."""
        if usage := usage_of(as_dict(response.get("usage"))):
            yield usage
        raise from_event({"error": response.get("error") or {"message": "the response failed"}})


_STEPS: dict[str, Callable[[ResponsesReader, Json], Iterable[Event]]] = {
    "response.created": ResponsesReader.begin,
    "response.queued": ResponsesReader.begin,
    "response.in_progress": ResponsesReader.begin,
    "response.output_item.added": ResponsesReader.open,
    "response.content_part.added": ResponsesReader.begin_part,
    "response.output_item.done": ResponsesReader.close,
    "response.refusal.delta": ResponsesReader.refuse,
    "response.reasoning_summary_text.delta": ResponsesReader.summarise,
    "response.reasoning_text.delta": ResponsesReader.think,
    "response.function_call_arguments.delta": ResponsesReader.argue,
    "response.output_text.annotation.added": ResponsesReader.cite,
    "response.completed": ResponsesReader.finish,
    "response.incomplete": ResponsesReader.finish,
    "response.cancelled": ResponsesReader.finish,
    "response.done": ResponsesReader.finish,
    "response.failed": ResponsesReader.fail,
}


def _part(event: Json) -> int:
    index = event.get("content_index")
    return index if isinstance(index, int) else 0


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    response = as_dict(body)
    if response.get("error") and response.get("status") != "failed":
        raise from_event(response)
    if not isinstance(response.get("output"), list) and response.get("status") != "failed":
        raise unreadable("no `output` in it")
    yield from ResponsesReader(request).whole(response)
