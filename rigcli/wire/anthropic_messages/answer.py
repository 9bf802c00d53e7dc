"""An answer in the words of Anthropic Messages, streamed or whole.

Blocks that only mean something to the provider (signed thinking, its own tools' calls and results, compactions) are
`Opaque` events and go back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Citation, Event, Finish, Opaque, Reasoning, Refusal, Start, Text
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.core.usage import Usage
from rigcli.wire.anthropic_messages.natives import NativeUses, location_of
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, dump, mend, parses, read_json
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text
from rigcli.wire.tool_calls import LastCall

WIRE = "anthropic-messages"

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "paused",
    "refusal": "refusal",
}


@dataclass(slots=True)
class _Block:
    """A content block that is being written: its first form, and the pieces of the field that grows."""

    start: Json
    pieces: list[str] = field(default_factory=list[str])
    signature: str = ""
    closed: bool = False
    begins: int = 0
    cited: list[Json] = field(default_factory=list[Json])
    """A text's sources; what they stand behind is known when it ends."""


class MessagesReader:
    """One streamed answer."""

    def __init__(self, request: Request) -> None:
        self._calls = LastCall(request)
        self._blocks: dict[int, _Block] = {}
        self._text = Mender()
        self._cited: set[Citation] = set()
        self._natives = NativeUses()
        self._said = 0  # characters of text
        self._usage: Json = {}
        self._raw_reason: str | None = None
        self._explained = ""
        self._started = self._ended = False

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one SSE event. Raises what an `error` event says, ProviderError for broken JSON."""
        if self._ended:
            return ()
        event = read_json(frame.data, frame.offset)
        if event.__class__ is not dict:
            return ()
        kind = event.get("type") or frame.event
        if kind == "content_block_delta":  # nearly every event of a stream
            delta = event.get("delta")
            if delta.__class__ is dict and delta.get("type") == "text_delta":
                return self._say(delta.get("text"))
            return self._delta(_index(event), as_dict(delta))
        if kind == "error" or event.get("error"):
            raise from_event(event)
        return self._step(kind, event)

    def end(self) -> Iterator[Event]:
        """Yield the last events. Raises IncompleteError where neither a stop reason nor message_stop came."""
        if self._ended:
            return
        if self._raw_reason is None:
            if self._usage:
                yield _counts(self._usage)
            raise IncompleteError("response ended early")
        yield from self._finish()

    def whole(self, message: Json) -> Iterator[Event]:
        """Yield the events of an answer that is one document."""
        yield from self._start(message)
        for index, item in enumerate(as_list(message.get("content"))):
            block = as_dict(item)
            yield from self._open(index, block)
            yield from self._close(index)
        self._stop(message)
        yield from self._finish()

    def _step(self, kind: Any, event: Json) -> Iterable[Event]:
        match kind:
            case "content_block_start":
                return self._open(_index(event), as_dict(event.get("content_block")))
            case "content_block_stop":
                return self._close(_index(event))
            case "message_start":
                return self._start(as_dict(event.get("message")))
            case "message_delta":
                self._merge(as_dict(event.get("usage")))
                self._stop(as_dict(event.get("delta")))
            case "message_stop":
                return self._finish()
            case _:  # ping, and whatever is added later
                pass
        return ()

    def _start(self, message: Json) -> Iterator[Event]:
        self._merge(as_dict(message.get("usage")))
        if not self._started:
            self._started = True
            yield Start(as_text(message.get("model")) or None, as_text(message.get("id")) or None)

    def _merge(self, usage: Json) -> None:
        """The end of the stream corrects what its start said, field by field."""
        self._usage.update((key, value) for key, value in usage.items() if value is not None)

    def _stop(self, row: Json) -> None:
        self._raw_reason = as_text(row.get("stop_reason")) or self._raw_reason
        self._explained = as_text(as_dict(row.get("stop_details")).get("explanation")) or self._explained

    def _open(self, index: int, block: Json) -> Iterator[Event]:
        yield from self._calls.release()
        opened = self._blocks[index] = _Block(dict(block), begins=self._said)
        if block.get("type") == "text":
            yield from self._say(block.get("text"))
            opened.cited += as_list(block.get("citations"))
        elif block.get("type") == "thinking" and (thought := as_text(block.get("thinking"))):
            yield Reasoning(mend(thought))

    def _say(self, text: Any) -> tuple[Event, ...]:
        if not isinstance(text, str) or not text:
            return ()
        if not text.isascii():
            text = self._text.feed(text)
        self._said += len(text)
        return (Text(text),) if text else ()

    def _delta(self, index: int, delta: Json) -> Iterator[Event]:
        block = self._blocks.get(index)
        match delta.get("type"):
            case "input_json_delta":
                self._grow(block, delta.get("partial_json"))
            case "thinking_delta":
                thought = as_text(delta.get("thinking"))
                self._grow(block, thought)
                if thought:
                    yield Reasoning(mend(thought))
            case "signature_delta" if block:
                block.signature += as_text(delta.get("signature"))
            case "citations_delta":
                if block:
                    block.cited.append(as_dict(delta.get("citation")))
            case "compaction_delta" if block:  # whole fields, no pieces
                block.start.update((key, value) for key, value in delta.items() if key != "type")
            case _:
                pass

    def _grow(self, block: _Block | None, piece: Any) -> None:
        if block and isinstance(piece, str) and piece:
            block.pieces.append(piece)

    def _close(self, index: int) -> Iterator[Event]:
        block = self._blocks.get(index)
        if block is None or block.closed:
            return
        block.closed = True
        grown = mend("".join(block.pieces))
        match block.start.get("type"):
            case "text" | None:
                yield from self._cite(block)
            case "tool_use":
                self._hold(block.start, grown)
            case "thinking":
                thought = as_text(block.start.get("thinking")) + grown
                signature = as_text(block.start.get("signature")) + block.signature
                yield Opaque(WIRE, {"type": "thinking", "thinking": thought, "signature": signature})
            case _:
                whole = {**block.start, "input": _input(grown)} if grown else block.start
                yield Opaque(WIRE, whole)
                yield from self._natives.take(whole)

    def _hold(self, start: Json, written: str) -> None:
        given = start.get("input")
        arguments = written or (dump(given) if given else "")
        name, id_ = as_text(start.get("name")), as_text(start.get("id"))
        self._calls.hold(name, id_, arguments)

    def _cite(self, block: _Block) -> Iterator[Event]:
        for item in block.cited:
            row = as_dict(item)
            citation = Citation(
                as_text(row.get("url")) or as_text(row.get("source")) or None,
                as_text(row.get("title")) or as_text(row.get("document_title")) or None,
                as_text(row.get("cited_text")) or None,
                block.begins,
                self._said,
                location_of(row),
                as_text(row.get("file_id")) or None,
            )
            if row and citation not in self._cited:
                self._cited.add(citation)
                yield citation

    def _finish(self) -> Iterator[Event]:
        self._ended = True
        for index in self._blocks:  # a server that forgets content_block_stop
            yield from self._close(index)
        if rest := self._text.close():
            yield Text(rest)
        yield from self._natives.rest()
        reason = _REASONS.get(self._raw_reason or "", "stop")
        yield from self._calls.release(cut=reason == "length")
        if reason == "refusal" and self._explained:
            yield Refusal(self._explained)
        if self._usage:
            yield _counts(self._usage)
        yield Finish("tool_calls" if self._calls.any and reason == "stop" else reason, self._raw_reason)


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    message = as_dict(body)
    if message.get("type") == "error" or message.get("error"):
        raise from_event(message)
    if not isinstance(message.get("content"), list):
        raise unreadable("no `content` in it")
    yield from MessagesReader(request).whole(message)


def _index(event: Json) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0


def _input(text: str) -> Any:
    """Return the input of the provider's own tool, which is only ever sent back."""
    return read_json(text, 0) if parses(text) else {}


def _counts(row: Json) -> Usage:
    """Return the counts; this API counts cached and cache-written tokens apart from input_tokens."""
    fresh, read, written = (
        as_count(row.get(key)) for key in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    known = [count for count in (fresh, read, written) if count is not None]
    details = as_dict(row.get("output_tokens_details"))
    return Usage(
        input_tokens=sum(known) if known else None,
        output_tokens=as_count(row.get("output_tokens")),
        cached_input_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=as_count(as_dict(row.get("cache_creation")).get("ephemeral_1h_input_tokens")),
        reasoning_tokens=as_count(details.get("thinking_tokens")),
        raw=dict(row),
    )
