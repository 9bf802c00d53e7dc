"""An answer in the words of Ollama's `/api/chat`: every line is a whole object, the last one says `done`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rigcli.core.errors import IncompleteError
from rigcli.core.events import Event, Finish, Reasoning, Start, Text, ToolCall
from rigcli.core.messages import FinishReason
from rigcli.core.ports import Frame
from rigcli.core.requests import Request
from rigcli.core.usage import Usage
from rigcli.wire.failures import from_event, unreadable
from rigcli.wire.jsontext import Mender, dump, mend, read_json
from rigcli.wire.logprobs import of_tokens
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text
from rigcli.wire.think import ThinkSplitter
from rigcli.wire.tool_calls import calls_before

_REASONS: dict[str, FinishReason] = {"length": "length"}
_NO_COUNTS = frozenset(("model", "created_at", "message", "done", "done_reason", "remote_model", "remote_host"))


class OllamaReader:
    """One streamed answer."""

    def __init__(self, request: Request) -> None:
        self._number = calls_before(request)
        self._split = ThinkSplitter() if request.quirks.get("think_tags") else None
        self._text = Mender()
        self._started = self._called = self._ended = False

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one line. Raises what an error inside the stream says, ProviderError for no JSON."""
        if self._ended:
            return ()
        line = read_json(frame.data, frame.offset)
        return self.take(line) if isinstance(line, dict) else ()  # pyright: ignore[reportUnknownArgumentType]  JSON's keys are text

    def end(self) -> Iterator[Event]:
        """Yield nothing. Raises IncompleteError where the line with `done` never came."""
        if not self._ended:
            raise IncompleteError("response ended early")
        yield from ()

    def take(self, line: Json) -> list[Event]:
        """Return the events of one decoded line, or of the whole answer where that is one object."""
        if line.get("error"):
            raise from_event(line)
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(Start(as_text(line.get("model")) or None))
        message = as_dict(line.get("message"))
        if thought := as_text(message.get("thinking")):
            events.append(Reasoning(mend(thought)))
        if text := as_text(message.get("content")):
            self._say(text, events)
        if logprobs := line.get("logprobs"):
            events.extend(of_tokens(logprobs))
        for item in as_list(message.get("tool_calls")):
            self._call(as_dict(item), events)
        if line.get("done"):
            self._finish(line, events)
        return events

    def _say(self, text: str, events: list[Event]) -> None:
        if not text.isascii():
            text = self._text.feed(text)
        if self._split:
            events.extend(self._split.feed(text))
        elif text:
            events.append(Text(text))

    def _call(self, item: Json, events: list[Event]) -> None:
        """Calls come whole; the index says nothing, since it starts again with each line."""
        function = as_dict(item.get("function"))
        name, given = as_text(function.get("name")), function.get("arguments")
        if not name:
            return
        arguments = given if isinstance(given, str) else dump(given or {})
        id_ = as_text(item.get("id")) or f"call_{self._number}"
        self._number += 1
        self._called = True
        events.append(ToolCall(id_, name, mend(arguments) or "{}"))

    def _finish(self, line: Json, events: list[Event]) -> None:
        self._ended = True
        if self._split:
            events.extend(self._split.close())
        if rest := self._text.close():
            events.append(Text(rest))
        if usage := _counts(line):
            events.append(usage)
        raw = as_text(line.get("done_reason")) or None
        reason = _REASONS.get(raw or "", "stop")
        events.append(Finish("tool_calls" if self._called and reason == "stop" else reason, raw))


def read_whole(body: Any, request: Request) -> Iterator[Event]:
    """Yield the events of one document. Raises what an error document says, ProviderError for another shape."""
    document = as_dict(body)
    if document.get("error"):
        raise from_event(document)
    if not as_dict(document.get("message")):
        raise unreadable("no `message` in it")
    yield from OllamaReader(request).take({**document, "done": True})


def _counts(line: Json) -> Usage | None:
    """Return the counts of the last line; `raw` is all that it says about tokens and times."""
    raw = {key: value for key, value in line.items() if key not in _NO_COUNTS}
    read, written = as_count(line.get("prompt_eval_count")), as_count(line.get("eval_count"))
    if read is None and written is None:
        return None
    return Usage(input_tokens=read, output_tokens=written, raw=raw)
