"""An answer in the words of Chat Completions, streamed or whole, in any of its dialects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rigcli.core.errors import IncompleteError, ProviderError, RigError
from rigcli.core.events import Event, Finish, Notice, Opaque, Reasoning, Refusal, Start, Text
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.wire.choices import Choices
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, mend, read_json
from rigcli.wire.logprobs import of_choice
from rigcli.wire.openai_chat.details import ReasoningDetails
from rigcli.wire.openai_chat.natives import Executed, pictures
from rigcli.wire.openai_chat.sources import SOURCES, Sources
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.think import ThinkSplitter
from rigcli.wire.tool_calls import Calls

DONE = "[DONE]"
SOUND = "the model answered in sound, which is not kept: its words are the text (rig speak makes sound of a text)"
WIRE = "openai-chat"

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "safety": "content_filter",
    "sensitive": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "refusal": "refusal",
    "error": "error",
    "network_error": "error",
    "abort": "incomplete",
    "cancelled": "incomplete",
    "insufficient_system_resource": "incomplete",
}
"""Words that servers of this family use; any other word (eos, end_turn, …) is an ordinary end."""

_PLAIN = frozenset(("role", "content"))


class ChatReader:
    """One streamed answer: the first choice, and at its end the others. Text is handed on at once, all else late."""

    def __init__(self, request: Request) -> None:
        self._calls = Calls(request)
        self._choices = Choices(lambda: _OtherReader(request))
        self._details = ReasoningDetails()
        self._split = ThinkSplitter() if request.quirks.get("think_tags") else None
        self._menders: dict[type[Text | Reasoning], Mender] = {}
        self._sources = Sources()
        self._executed = Executed()
        self._usage: Json = {}
        self._cost: Any = None
        self._started = self._spoke = self._refused = self._ended = self._heard = False
        self._raw_reason: str | None = None
        self._failure: RigError | None = None

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one SSE event. Raises what an error inside it says, ProviderError for broken JSON."""
        data = frame.data
        if self._ended:
            return ()
        if data[:6] == DONE:
            return self._finish()
        chunk = read_json(data, frame.offset)
        if chunk.__class__ is not dict:
            self._odd(chunk)
            return ()
        if chunk.get("error") or frame.event == "error":
            raise from_event(chunk)
        events: list[Event] = []
        self._take(chunk, events, streamed=True)
        if "\\u" in data or self._menders:
            events = [mended for event in events for mended in self._mend(event)]
        return events

    def end(self) -> Iterator[Event]:
        """Yield the last events. Raises IncompleteError where neither a finish reason nor [DONE] came."""
        if self._ended:
            return
        if self._raw_reason is None:
            yield from self._choices.events()
            if usage := usage_of(self._usage, self._cost):
                yield usage
            raise IncompleteError("response ended early")
        yield from self._finish()

    def whole(self, body: Json) -> Iterator[Event]:
        """Yield the events of an answer that is one document."""
        events: list[Event] = []
        self._take(body, events, streamed=False)
        for event in events:
            yield from self._mend(event)
        yield from self._finish()

    def one(self, choice: Json) -> Iterator[Event]:
        """Yield the events of a part of one choice, whichever its index."""
        events: list[Event] = []
        self._choice(choice, events, streamed="message" not in choice)
        for event in events:
            yield from self._mend(event)

    def _odd(self, chunk: Any) -> None:
        """A frame that is no object says nothing, unless it is a list around an error."""
        for item in as_list(chunk):
            if as_dict(item).get("error"):
                raise from_event(item)

    def _take(self, chunk: Json, events: list[Event], *, streamed: bool) -> None:
        if not self._started and (chunk.get("model") or chunk.get("id")):
            self._started = True
            events.append(Start(as_text(chunk.get("model")) or None, as_text(chunk.get("id")) or None))
        if usage := as_dict(chunk.get("usage")) or as_dict(as_dict(chunk.get("x_groq")).get("usage")):
            self._usage = usage
        if cost := chunk.get("cost"):
            self._cost = cost
        if not SOURCES.isdisjoint(chunk):
            self._sources.beside(chunk)
        choices = as_list(chunk.get("choices"))
        if not choices and chunk.get("object") == "error":
            raise from_event(chunk)
        for item in choices:
            choice = as_dict(item)
            if index := choice.get("index"):
                self._choices.take(index, choice)
            elif choice:
                self._choice(choice, events, streamed=streamed)
        if events and not self._started:  # a server that names neither model nor answer
            self._started = True
            events.insert(0, Start())

    def _choice(self, choice: Json, events: list[Event], *, streamed: bool) -> None:
        said = choice.get("delta") if streamed else choice.get("message")
        if not said:  # some servers send the message where the delta belongs, and the other way round
            said = choice.get("message" if streamed else "delta") if not self._spoke else None
        if said:
            delta = as_dict(said)
            content = delta.get("content")
            if content.__class__ is not str or not delta.keys() <= _PLAIN or self._split:
                self._delta(delta, events, streamed=streamed)
            elif content:  # nearly every chunk of a stream
                self._spoke = True
                events.append(Text(content))
        if logprobs := choice.get("logprobs"):
            events.extend(of_choice(logprobs))
        reason = choice.get("finish_reason")
        if reason and isinstance(reason, str):
            self._raw_reason = reason
        if usage := as_dict(choice.get("usage")):
            self._usage = usage
        if choice.get("error"):
            self._failure = from_event(choice)

    def _delta(self, delta: Json, events: list[Event], *, streamed: bool) -> None:
        spoken = len(events)
        self._reasoning(delta, events)
        self._content(delta.get("content"), events)
        if sound := as_dict(delta.get("audio")):
            self._hear(sound, events)
        if refusal := as_text(delta.get("refusal")):
            self._refused = True
            events.append(Refusal(refusal))
        for position, item in enumerate(as_list(delta.get("tool_calls"))):
            self._call(as_dict(item), None if streamed else position)
        if function := as_dict(delta.get("function_call")):
            self._function_call(function)
        self._sources.annotations(as_list(delta.get("annotations")))
        self._executed.add(as_list(delta.get("executed_tools")))
        events.extend(pictures(as_list(delta.get("images"))))
        if extra := delta.get("extra_content"):
            events.append(Opaque(WIRE, {"extra_content": extra}))
        self._spoke = self._spoke or len(events) > spoken or bool(self._calls)

    def _hear(self, sound: Json, events: list[Event]) -> None:
        """An answer in sound brings its words along: they are the text."""
        if transcript := as_text(sound.get("transcript")):
            events.append(Text(transcript))
        if sound.get("data") and not self._heard:
            self._heard = True
            events.append(Notice(SOUND))

    def _reasoning(self, delta: Json, events: list[Event]) -> None:
        """The same thought may stand in two or three fields: it is told once."""
        told = as_text(delta.get("reasoning_content")) or as_text(delta.get("reasoning"))
        details = as_list(delta.get("reasoning_details"))
        if details:
            text = self._details.add(details)
            told = told or text
        if told:
            events.append(Reasoning(told))

    def _content(self, content: Any, events: list[Event]) -> None:
        if isinstance(content, str):
            if content:
                events.extend(self._split.feed(content) if self._split else (Text(content),))
            return
        for item in as_list(content):
            part = as_dict(item)
            if thinking := part.get("thinking"):  # Mistral: a text, or a list of texts
                inner = as_list(thinking) or [{"text": thinking}]
                if thought := "".join(as_text(as_dict(piece).get("text")) for piece in inner):
                    events.append(Reasoning(thought))
            elif refusal := as_text(part.get("refusal")):
                self._refused = True
                events.append(Refusal(refusal))
            elif text := as_text(part.get("text")) or as_text(item):
                events.append(Text(text))
            elif part.get("type") == "image_url":
                events.extend(pictures([part]))

    def _call(self, item: Json, position: int | None) -> None:
        function = as_dict(item.get("function"))
        index = item.get("index") if position is None else position
        self._calls.add(index, item.get("id"), function.get("name"), function.get("arguments"))
        if (extra := item.get("extra_content")) and (id_ := as_text(item.get("id"))):
            self._details.keep({"tool_call_id": id_, "extra_content": extra})

    def _function_call(self, function: Json) -> None:
        """The form before there were tools: one call, without index and id. Some servers fill it with empty texts."""
        if function.get("name") or function.get("arguments"):
            self._calls.add(0, None, function.get("name"), function.get("arguments"))

    def _finish(self) -> Iterator[Event]:
        self._ended = True
        if self._split:
            yield from self._split.close()
        for kind, mender in self._menders.items():
            if rest := mender.close():
                yield kind(rest)
        yield from self._details.events(WIRE)
        reason = self._reason()
        calls = list(self._calls.finish(cut=reason == "length"))
        yield from calls
        yield from self._executed.events()
        self._sources.results(self._executed.results())
        yield from self._sources
        yield from self._choices.events()
        if usage := usage_of(self._usage, self._cost):
            yield usage
        yield Finish("tool_calls" if calls and reason == "stop" else reason, self._raw_reason)
        if self._failure:
            raise self._failure

    def _reason(self) -> FinishReason:
        reason = _REASONS.get((self._raw_reason or "").lower(), "stop")
        if reason == "tool_calls" and not self._calls:
            return "stop"
        return "refusal" if self._refused and reason == "stop" else reason

    def _mend(self, event: Event) -> Iterator[Event]:
        """A text written with JSON escapes may end in half a character: the other half comes with the next piece."""
        if isinstance(event, Refusal):
            event = Refusal(mend(event.text))
        if not isinstance(event, Text | Reasoning):
            yield event
            return
        kind = type(event)
        mender = self._menders.get(kind)
        if mender is None:
            mender = self._menders[kind] = Mender()
        if text := mender.feed(event.text):
            yield kind(text)


class _OtherReader:
    """One of several answers to the same request."""

    def __init__(self, request: Request) -> None:
        self._reader = ChatReader(request)

    def choice(self, row: Json) -> Iterable[Event]:
        return self._reader.one(row)

    def last(self) -> Iterator[Event]:
        return self._reader.end()


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    document = as_dict(body)
    if not document and as_list(body):
        document = as_dict(body[0])
    choices = [as_dict(choice) for choice in as_list(document.get("choices"))]
    if document.get("error") and not any(choice.get("message") for choice in choices):
        raise from_event(document)
    if not choices:
        raise _no_choice(document)
    yield from ChatReader(request).whole(document)


def _no_choice(document: Json) -> ProviderError:
    if document.get("object") == "error" or document.get("detail") or document.get("message"):
        failure = from_event(document)
        return failure if isinstance(failure, ProviderError) else ProviderError(failure.message, hint=failure.hint)
    return unreadable("no `choices` in it")
