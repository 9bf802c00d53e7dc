"""An answer in the words of Converse, streamed or whole.

Reasoning that is signed or encrypted, and what the provider's own tools said, are `Opaque` events: they go back
unchanged. Reasoning without a signature is told and does not go back: a model that signs refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Citation, Event, Finish, Opaque, Reasoning, Start, Text
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.core.usage import Usage
from rigcli.wire.bedrock_converse.exceptions import raised
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, dump, mend, parses, read_json
from rigcli.wire.media import made
from rigcli.wire.native_use import native
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text, first
from rigcli.wire.tool_calls import LastCall

WIRE = "bedrock-converse"
SERVER_TOOL = "server_tool_use"

_REASONS: dict[str, FinishReason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "refusal",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}


@dataclass(slots=True)
class _Block:
    """A content block that is being written: how it began, and the pieces of what grows."""

    start: Json
    pieces: list[str] = field(default_factory=list[str])
    signature: str = ""
    redacted: list[str] = field(default_factory=list[str])
    results: list[Any] = field(default_factory=list[Any])


class ConverseReader:
    """One streamed answer."""

    def __init__(self, request: Request) -> None:
        self._calls = LastCall(request)
        self._blocks: dict[Any, _Block] = {}
        self._ended = False
        self._text, self._thought = Mender(), Mender()
        self._cited: set[Citation] = set()
        self._usage: Json = {}
        self._raw_reason: str | None = None

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one message. Raises what an exception in it says, ProviderError for broken JSON."""
        if self._ended:
            return ()
        if error := raised(frame):
            raise error
        event = as_dict(read_json(frame.data, frame.offset))
        index = event.get("contentBlockIndex")
        match frame.event:
            case "contentBlockDelta":
                return self._delta(index, as_dict(event.get("delta")))
            case "contentBlockStart":
                return self._open(index, as_dict(event.get("start")))
            case "contentBlockStop":
                return self._close(index)
            case kind:
                return self._step(kind, event)

    def _step(self, kind: str | None, event: Json) -> Iterable[Event]:
        match kind:
            case "messageStart":
                return (Start(),)
            case "messageStop":
                self._raw_reason = as_text(event.get("stopReason")) or self._raw_reason
            case "metadata":
                self._usage = as_dict(event.get("usage"))
                return self._finish() if self._raw_reason else ()
            case _:  # whatever is added later
                pass
        return ()

    def end(self) -> Iterator[Event]:
        """Yield the last events. Raises IncompleteError where no stop reason came."""
        if self._ended:
            return
        if self._raw_reason is None:
            if self._usage:
                yield _counts(self._usage)
            raise IncompleteError("response ended early")
        yield from self._finish()

    def whole(self, body: Json) -> Iterator[Event]:
        """Yield the events of an answer that is one document."""
        yield Start()
        message = as_dict(as_dict(body.get("output")).get("message"))
        for index, item in enumerate(as_list(message.get("content"))):
            yield from self._block(index, as_dict(item))
        self._usage = as_dict(body.get("usage"))
        self._raw_reason = as_text(body.get("stopReason")) or None
        yield from self._finish()

    def _block(self, index: int, block: Json) -> Iterator[Event]:
        """Yield the events of a block that came whole: those it would have had in a stream."""
        reasoning, tool = as_dict(block.get("reasoningContent")), as_dict(block.get("toolUse"))
        cited = as_dict(block.get("citationsContent"))
        if tool:
            yield from self._open(index, {"toolUse": tool})
            yield from self._delta(index, {"toolUse": {"input": dump(tool.get("input") or {})}})
        elif reasoning:
            told = as_dict(reasoning.get("reasoningText"))
            yield from self._delta(index, {"reasoningContent": {**told, **reasoning}})
        elif cited:
            for item in as_list(cited.get("content")):
                yield from self._delta(index, as_dict(item))
            for item in as_list(cited.get("citations")):
                yield from self._cite(as_dict(item))
        elif "text" in block:
            yield from self._delta(index, block)
        else:
            yield from self._open(index, block)
        yield from self._close(index)

    def _open(self, index: Any, start: Json) -> Iterator[Event]:
        yield from self._calls.release()
        self._blocks[index] = _Block(start)

    def _delta(self, index: Any, delta: Json) -> Iterator[Event]:
        text = delta.get("text")
        if isinstance(text, str):  # nearly every message of a stream
            if text := self._text.feed(text):
                yield from self._calls.release()
                yield Text(text)
            return
        block = self._blocks.setdefault(index, _Block({}))
        if reasoning := as_dict(delta.get("reasoningContent")):
            yield from self._reason(block, reasoning)
        elif tool := as_dict(delta.get("toolUse")):
            block.pieces.append(as_text(tool.get("input")))
        elif results := as_list(delta.get("toolResult")):
            block.results += results
        elif image := as_dict(delta.get("image")):
            block.pieces.append(as_text(as_dict(image.get("source")).get("bytes")))
        elif citation := as_dict(delta.get("citation")):
            yield from self._cite(citation)

    def _reason(self, block: _Block, reasoning: Json) -> Iterator[Event]:
        block.signature += as_text(reasoning.get("signature"))
        if redacted := as_text(reasoning.get("redactedContent")):
            block.redacted.append(redacted)
        if thought := as_text(reasoning.get("text")):
            block.pieces.append(thought)
            if thought := self._thought.feed(thought):
                yield Reasoning(thought)

    def _close(self, index: Any) -> Iterator[Event]:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        grown = mend("".join(block.pieces))
        if tool := as_dict(block.start.get("toolUse")):
            yield from self._tool(tool, grown)
        elif result := as_dict(block.start.get("toolResult")):
            yield Opaque(WIRE, {"toolResult": {**result, "content": as_list(result.get("content")) + block.results}})
        elif image := as_dict(block.start.get("image")):
            data = grown or as_text(as_dict(image.get("source")).get("bytes"))
            if picture := made(data, f"image/{as_text(image.get('format')) or 'png'}"):
                yield picture
        elif block.redacted:
            for redacted in block.redacted:
                yield Opaque(WIRE, {"reasoningContent": {"redactedContent": redacted}})
        elif block.signature:
            told = {"text": grown, "signature": block.signature}
            yield Opaque(WIRE, {"reasoningContent": {"reasoningText": told}})

    def _tool(self, start: Json, written: str) -> Iterator[Event]:
        name, id_ = as_text(start.get("name")), as_text(start.get("toolUseId"))
        if start.get("type") == SERVER_TOOL:
            given = as_dict(read_json(written, 0) if parses(written) else None)
            yield Opaque(WIRE, {"toolUse": {**start, "input": given}})
            yield native(name, given, id_=id_)
            return
        yield from self._calls.release()
        self._calls.hold(name, id_, written)

    def _cite(self, row: Json) -> Iterator[Event]:
        web = as_dict(as_dict(row.get("location")).get("web"))
        url = as_text(web.get("url")) or as_text(row.get("source"))
        text = "".join(as_text(as_dict(item).get("text")) for item in as_list(row.get("sourceContent")))
        citation = Citation(
            url or None, as_text(row.get("title")) or None, text or None, location=_place(as_dict(row.get("location")))
        )
        if citation not in self._cited:
            self._cited.add(citation)
            yield citation

    def _finish(self) -> Iterator[Event]:
        self._ended = True
        for index in list(self._blocks):  # a model whose block was never closed
            yield from self._close(index)
        for kind, mender in ((Reasoning, self._thought), (Text, self._text)):
            if rest := mender.close():
                yield kind(rest)
        reason = _REASONS.get(self._raw_reason or "", "stop")
        yield from self._calls.release(cut=reason == "length")
        if self._usage:
            yield _counts(self._usage)
        yield Finish("tool_calls" if self._calls.any and reason == "stop" else reason, self._raw_reason)


def _place(location: Json) -> str | None:
    """Return where in a document it stands; the end is the first one that is no longer meant."""
    for kind, unit in (("documentPage", "page"), ("documentChar", "character"), ("documentChunk", "chunk")):
        row = as_dict(location.get(kind))
        start, end = as_count(row.get("start")), as_count(row.get("end"))
        if start is not None:
            return f"{unit} {start}" if end is None or end <= start + 1 else f"{unit}s {start}-{end}"
    return None


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    document = as_dict(body)
    if "output" not in document:
        if first(document, "message", "Message", "error"):
            raise from_event(document)
        raise unreadable("no `output` in it")
    yield from ConverseReader(request).whole(document)


def _counts(row: Json) -> Usage:
    """Return the counts; Converse counts cached and cache-written tokens apart from inputTokens."""
    fresh, read, written = (
        as_count(row.get(key)) for key in ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    )
    long = [kept for item in as_list(row.get("cacheDetails")) if (kept := as_dict(item)).get("ttl") == "1h"]
    known = [count for count in (fresh, read, written) if count is not None]
    return Usage(
        input_tokens=sum(known) if known else None,
        output_tokens=as_count(row.get("outputTokens")),
        cached_input_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=sum(as_count(kept.get("inputTokens")) or 0 for kept in long) if long else None,
        raw=row,
    )
