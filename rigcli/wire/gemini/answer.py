"""An answer in the words of Gemini, streamed or whole: chunks of parts, each part whole in itself.

The end is told by a finish reason, but counts and sources may follow it: the answer is over when the stream is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Event, Finish, Opaque, Reasoning, Refusal, Start, Text, ToolCall
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.wire.choices import Choices
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.gemini.counts import counts_of, is_count
from rigcli.wire.gemini.natives import NativeUses
from rigcli.wire.gemini.sources import Sources
from rigcli.wire.jsontext import Mender, dump, mend, read_json
from rigcli.wire.logprobs import of_candidate
from rigcli.wire.media import made
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.tool_calls import calls_before, names_back

WIRE = "gemini"

_FILTERS = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
)
_ERRORS = (
    "LANGUAGE",
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
    "NO_IMAGE",
    "OTHER",
    "IMAGE_OTHER",
    "TOO_MANY_TOOL_CALLS",
    "UNEXPECTED_TOOL_CALL",
)
_REASONS: dict[str, FinishReason] = {
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERS, "content_filter"),
    **dict.fromkeys(_ERRORS, "error"),
}
_TEXT_ONLY = frozenset(("text",))


class GeminiReader:
    """One streamed answer. The first candidate is the answer, others are told at its end."""

    def __init__(self, request: Request) -> None:
        self._names = names_back(request)
        self._number = calls_before(request)
        self._choices = Choices(lambda: _OtherReader(request))
        self._text, self._mends = Mender(), False
        self._sources, self._natives = Sources(), NativeUses()
        self._said: list[str] = []
        self._usage: Json = {}
        self._raw_reason: str | None = None
        self._blocked = ""
        self._started = self._called = False

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one chunk. Raises what an error inside the stream says, ProviderError for no JSON."""
        if frame.data[:6] == "[DONE]":  # no part of the format; gateways say it
            return ()
        chunk = read_json(frame.data, frame.offset)
        return [event for item in as_list(chunk) or [chunk] for event in self.take(as_dict(item))]

    def end(self) -> Iterator[Event]:
        """Yield the last events. Raises IncompleteError where no chunk said why the answer ends."""
        if self._raw_reason is None:
            yield from self._choices.events()
            if self._usage:
                yield counts_of(self._usage)
            raise IncompleteError("response ended early")
        yield from self.finish()

    def take(self, chunk: Json) -> Iterator[Event]:
        """Yield the events of one decoded chunk, or of the whole answer where that is one."""
        if chunk.get("error"):
            raise from_event(chunk)
        if not self._started and chunk:
            self._started = True
            yield Start(as_text(chunk.get("modelVersion")) or None, as_text(chunk.get("responseId")) or None)
        if is_count(usage := as_dict(chunk.get("usageMetadata"))):
            self._usage = usage
        if feedback := as_dict(chunk.get("promptFeedback")):
            yield from self._block(feedback)
        for item in as_list(chunk.get("candidates")):
            candidate = as_dict(item)
            if index := candidate.get("index"):
                self._choices.take(index, candidate)
            else:
                yield from self.one(candidate)

    def finish(self) -> Iterator[Event]:
        """Yield what the end of an answer says."""
        if rest := self._text.close():
            yield Text(rest)
        yield from self._choices.events()
        yield from self._natives.rest()
        if self._usage:
            yield counts_of(self._usage)
        reason = _REASONS.get(self._raw_reason or "", "stop")
        if self._blocked:
            reason = "content_filter"
        yield Finish("tool_calls" if self._called and reason == "stop" else reason, self._raw_reason)

    def _block(self, feedback: Json) -> Iterator[Event]:
        if blocked := as_text(feedback.get("blockReason")):
            self._blocked = self._raw_reason = blocked
            if said := as_text(feedback.get("blockReasonMessage")):
                yield Refusal(mend(said))

    def one(self, candidate: Json) -> Iterator[Event]:
        for value in as_list(as_dict(candidate.get("content")).get("parts")):
            part = as_dict(value)
            if part.keys() == _TEXT_ONLY:  # nearly every part of a stream
                yield from self._say(part["text"])
            elif part:
                yield from self._part(part)
        self._raw_reason = as_text(candidate.get("finishReason")) or self._raw_reason
        if logprobs := candidate.get("logprobsResult"):
            yield from of_candidate(logprobs)
        yield from self._natives.beside(candidate)
        yield from self._sources.new(candidate, self._said)

    def _part(self, part: Json) -> Iterator[Event]:
        text, signature = part.get("text"), as_text(part.get("thoughtSignature"))
        if call := as_dict(part.get("functionCall")):
            yield from self._call(call, signature)
        elif media := _media(part):
            if signature:
                yield Opaque(WIRE, {"signs": "inlineData", "thoughtSignature": signature})
            yield media
        elif not isinstance(text, str):  # the provider's own tools, and whatever is added later
            yield Opaque(WIRE, part)
            yield from self._natives.part(part)
        elif part.get("thought"):
            if text:
                yield Reasoning(mend(text))
            if signature:
                yield Opaque(WIRE, part)
        else:
            if signature:
                signs: Json = {"signs": "text", "length": len(text), "thoughtSignature": signature}
                yield Opaque(WIRE, signs if text else {"text": "", "thoughtSignature": signature})
            yield from self._say(text)

    def _say(self, text: Any) -> Iterator[Event]:
        if not isinstance(text, str) or not text:
            return
        if self._mends or not text.isascii():
            self._mends = True
            text = self._text.feed(text)
        if text:
            self._said.append(text)
            yield Text(text)

    def _call(self, call: Json, signature: str) -> Iterator[Event]:
        """Calls come whole. The server's own id is kept apart: only to it may it be sent back."""
        name, id_ = as_text(call.get("name")), as_text(call.get("id"))
        if not name:
            return
        signs = {"id": id_, "thoughtSignature": signature}
        if any(signs.values()):
            yield Opaque(WIRE, {"signs": "functionCall", **{key: value for key, value in signs.items() if value}})
        arguments = dump(call.get("args") or {})
        self._called = True
        yield ToolCall(id_ or f"call_{self._number}", self._names.get(name, name), mend(arguments))
        self._number += 1


class _OtherReader:
    """One of several answers to the same request."""

    def __init__(self, request: Request) -> None:
        self._reader = GeminiReader(request)

    def choice(self, row: Json) -> Iterable[Event]:
        return self._reader.one(row)

    def last(self) -> Iterator[Event]:
        return self._reader.end()


def _media(part: Json) -> Event | None:
    """Return the picture or sound of a part; a sketch on the way to it is a thought, and stays one."""
    held = as_dict(part.get("inlineData"))
    kind = as_text(held.get("mimeType"))
    if part.get("thought") or not kind.startswith(("image/", "audio/")):
        return None
    return made(as_text(held.get("data")), kind)


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document, or of a list of chunks.

    Raises what an error document says, ProviderError for another shape.
    """
    chunks = [as_dict(item) for item in as_list(body)] or [as_dict(body)]
    if not any(key in chunk for chunk in chunks for key in ("candidates", "promptFeedback", "error")):
        raise unreadable("no `candidates` in it")
    reader = GeminiReader(request)
    for chunk in chunks:
        yield from reader.take(chunk)
    yield from reader.finish()
