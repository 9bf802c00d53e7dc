"""Messages: who said what, in parts. Values only; how a part looks on a wire is the wire's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_calls", "content_filter", "refusal", "paused", "incomplete", "error"
]


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What the model thought aloud. What must go back to the provider unchanged stands in an `OpaquePart`."""

    text: str
    type: Literal["reasoning"] = "reasoning"


@dataclass(frozen=True, slots=True)
class RefusalPart:
    text: str
    type: Literal["refusal"] = "refusal"


@dataclass(frozen=True, slots=True)
class OpaquePart:
    """Something of the provider's that goes back to it unchanged: a signed thinking block, an encrypted item.

    Only the wire named here may read `data`; every other wire leaves it out.
    """

    wire: str
    data: dict[str, Any]
    type: Literal["opaque"] = "opaque"


@dataclass(frozen=True, slots=True)
class MediaPart:
    """An image, a document or a sound: its bytes, a URL that the provider fetches, or the id of a file it keeps."""

    kind: Literal["image", "document", "audio"]
    media_type: str
    data: bytes | None = None
    url: str | None = None
    name: str | None = None
    file_id: str | None = None
    type: Literal["media"] = "media"


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call as the model wrote it: `arguments` is its JSON text, which may be broken."""

    id: str
    name: str
    arguments: str
    type: Literal["tool_call"] = "tool_call"


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """The answer to one call. `error` is why there is none; `content` is then what the model is told."""

    id: str
    name: str
    content: str
    error: str | None = None
    type: Literal["tool_result"] = "tool_result"


Part: TypeAlias = TextPart | ReasoningPart | RefusalPart | OpaquePart | MediaPart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The visible text, parts joined without anything between."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def reasoning(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def refusal(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, RefusalPart))

    @property
    def tool_calls(self) -> tuple[ToolCallPart, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCallPart))


def system(text: str) -> Message:
    return Message("system", (TextPart(text),))


def user(text: str, *media: MediaPart) -> Message:
    return Message("user", (*media, TextPart(text)))


def assistant(text: str) -> Message:
    return Message("assistant", (TextPart(text),))
