"""The closed union of everything that happens while an answer is made. Names and fields are forever.

A wire says Start, Text, Reasoning, Refusal, Opaque, ToolCall, Citation, Native, Media, Logprobs, Choice, Usage, Finish.
The network room adds Retry, the engine adds Approval, Progress, ToolResult, Source, Notice and, last, End. Errors are
raised, they are not events.
`fold` is the only way from events to a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, assert_never

from rigcli.core.choices import Choice, Logprobs
from rigcli.core.messages import (
    FinishReason,
    MediaPart,
    Message,
    OpaquePart,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from rigcli.core.usage import Usage


@dataclass(frozen=True, slots=True)
class Start:
    """A model began to answer: its own name for itself and the id of the response, where it gave them."""

    model: str | None = None
    response_id: str | None = None
    provider: str | None = None
    type: Literal["start"] = "start"


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Reasoning:
    text: str
    type: Literal["reasoning"] = "reasoning"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's words for not answering; they are no part of the text."""

    text: str
    type: Literal["refusal"] = "refusal"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A provider's item to be sent back unchanged (see OpaquePart)."""

    wire: str
    data: dict[str, Any]
    type: Literal["opaque"] = "opaque"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole call; `arguments` is the model's JSON text, unparsed. A call cut by the length limit is not complete."""

    id: str
    name: str
    arguments: str
    complete: bool = True
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back, or why it did not run: `decision` is allow, ask or deny."""

    id: str
    name: str
    content: str
    error: str | None = None
    decision: str = "allow"
    type: Literal["tool_result"] = "tool_result"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a tool tells while it runs: a line of a command's output, a step of another agent. No part of its result."""

    id: str
    name: str
    text: str
    type: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class Approval:
    """A call waits for a human, or was decided by one: `decision` is None while it waits; `rule` would settle it."""

    id: str
    name: str
    arguments: str
    decision: str | None = None
    rule: str | None = None
    type: Literal["approval"] = "approval"


@dataclass(frozen=True, slots=True)
class Citation:
    """A source that the provider itself names for what it said: a web page, a document.

    `text` is what the source says. `start` and `end` are the characters of the answer's text that rest on it, as in a
    slice; `location` is where in a document it stands, such as `page 3`; `file` the provider's id of that document.
    """

    url: str | None = None
    title: str | None = None
    text: str | None = None
    start: int | None = None
    end: int | None = None
    location: str | None = None
    file: str | None = None
    type: Literal["citation"] = "citation"


@dataclass(frozen=True, slots=True)
class Native:
    """The provider used a tool of its own. What must go back to it stands in an `Opaque`; this is for people.

    `name` is rig's (web_search, code_execution, …), or the provider's where rig has none. `input` is what the tool was
    given, `output` what came of it, as text; None where the provider does not say.
    """

    name: str
    input: str | None = None
    output: str | None = None
    error: str | None = None
    id: str | None = None
    type: Literal["native"] = "native"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a sound that the model made: its bytes, or a URL. `path` is where it was saved, once it is."""

    kind: Literal["image", "audio"]
    media_type: str
    data: bytes | None = None
    url: str | None = None
    path: str | None = None
    type: Literal["media"] = "media"


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of an index that stands behind the answer; `lines` are 1-based, both included."""

    number: int
    path: str
    lines: tuple[int, int]
    score: float
    index: str
    type: Literal["source"] = "source"


@dataclass(frozen=True, slots=True)
class Retry:
    """A request failed and will be sent again: attempt number, seconds to wait, the reason."""

    attempt: int
    wait: float
    reason: str
    status: int | None = None
    type: Literal["retry"] = "retry"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know; the answer goes on."""

    text: str
    type: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True)
class Finish:
    """The provider said that the answer ends, and why; `raw_reason` is its own word."""

    reason: FinishReason
    raw_reason: str | None = None
    type: Literal["finish"] = "finish"


@dataclass(frozen=True, slots=True)
class End:
    """The run is over: the last answer, everything counted. Always the last event of a run that did not fail."""

    message: Message
    reason: FinishReason
    raw_reason: str | None
    usage: Usage
    turns: int = 1
    type: Literal["end"] = "end"


Event: TypeAlias = (
    Start
    | Text
    | Reasoning
    | Refusal
    | Opaque
    | ToolCall
    | ToolResult
    | Progress
    | Approval
    | Citation
    | Logprobs
    | Choice
    | Native
    | Media
    | Source
    | Usage
    | Retry
    | Notice
    | Finish
    | End
)


@dataclass(slots=True)
class Fold:
    """Assemble the assistant message of one answer from its events, in the order they came."""

    parts: list[Part] = field(default_factory=list[Part])
    usage: Usage = field(default_factory=Usage)
    finish: Finish | None = None
    start: Start | None = None
    incomplete_calls: list[ToolCall] = field(default_factory=list[ToolCall])
    _kind: type[TextPart | ReasoningPart | RefusalPart] | None = None
    _pieces: list[str] = field(default_factory=list[str])

    def add(self, event: Event) -> None:  # noqa: C901, PLR0912  one arm an event, as the union demands
        match event:
            case Text(text):
                self._piece(TextPart, text)
            case Reasoning(text):
                self._piece(ReasoningPart, text)
            case Refusal(text):
                self._piece(RefusalPart, text)
            case Opaque(wire, data):
                self._close()
                self.parts.append(OpaquePart(wire, data))
            case ToolCall(id_, name, arguments, complete):
                self._close()
                if complete:
                    self.parts.append(ToolCallPart(id_, name, arguments))
                else:
                    self.incomplete_calls.append(event)
            case Media():
                self._close()
                self.parts.append(MediaPart(event.kind, event.media_type, event.data, event.url))
            case Usage():
                self.usage = event
            case Finish():
                self.finish = event
            case Start():
                self.start = event
            case Approval() | ToolResult() | Progress() | Citation() | Native() | Source() | Retry() | Notice() | End():
                pass
            case Logprobs() | Choice():  # what goes on is the first answer, as it reads
                pass
            case _:
                assert_never(event)

    def message(self) -> Message:
        self._close()
        return Message("assistant", tuple(self.parts))

    def _piece(self, kind: type[TextPart | ReasoningPart | RefusalPart], text: str) -> None:
        if kind is not self._kind:
            self._close()
            self._kind = kind
        self._pieces.append(text)

    def _close(self) -> None:
        if self._kind is not None and (text := "".join(self._pieces)):
            self.parts.append(self._kind(text))
        self._kind = None
        self._pieces.clear()


def fold(events: Iterable[Event]) -> Message:
    """Return the assistant message that these events describe."""
    state = Fold()
    for event in events:
        state.add(event)
    return state.message()
