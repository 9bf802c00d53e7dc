"""What a conversation has seen, and what that means for calls that can send data out.

Whoever reads strangers' words and private data in one run can be talked into sending the one by the other. Then a
call that could is asked about each time, whatever a rule or a flag allows. The history is the witness: it is there
after a pause, in another process and in a session that goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rigcli.core.messages import MediaPart, Message, ToolResultPart
from rigcli.core.ports import Tool, Traits, traits_of
from rigcli.engine.calls import Decide, Decision, Ruling

WHY = "strangers' words and private data were read in this conversation, and this call can send data out"
WHY_UNBOXED = "there is no sandbox here, so each call is asked about (docs/sandbox.md)"
_BLOCK = re.compile(r"^</(?:file|stdin|document)(?:-\d+)?>", re.MULTILINE)
_UNKNOWN = Traits(private=True)  # a tool of an earlier process, gone by now: it may have read anything


@dataclass(frozen=True, slots=True)
class Seen:
    """What the model has read so far."""

    untrusted: bool = False
    private: bool = False

    def __or__(self, other: Seen) -> Seen:
        return Seen(self.untrusted or other.untrusted, self.private or other.private)

    @property
    def both(self) -> bool:
        return self.untrusted and self.private


def seen(messages: Iterable[Message], tools: Mapping[str, Tool], start: Seen) -> Seen:
    """Return what a history holds; results that are only an error, or a refusal, hold nothing."""
    found = start
    for message in messages:
        for part in message.parts:
            if isinstance(part, ToolResultPart) and part.error is None:
                tool = tools.get(part.name)
                traits = _UNKNOWN if tool is None else traits_of(tool)
                found |= Seen(traits.untrusted, traits.private)
        if message.role == "user" and _brings_more(message):
            found |= Seen(untrusted=True, private=True)
        if found.both:
            break
    return found


def _brings_more(message: Message) -> bool:
    """Tell whether a message holds more than what was typed: media, another part, or a block (core.blocks) in its text.

    Someone who types such a block is asked once too often, which is the side to err on.
    """
    more = message.parts[1:] or any(isinstance(part, MediaPart) for part in message.parts)
    return bool(more) or bool(_BLOCK.search(message.text))


@dataclass(frozen=True, slots=True)
class FreshRuling:
    """A call that no rule can allow: it is asked about each time."""

    why: str
    decision: Decision = "ask"
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules, and above them the question about calls that could carry away what was seen."""

    decide: Decide
    tools: Mapping[str, Tool]
    seen: Seen

    def __call__(self, name: str, arguments: dict[str, Any]) -> Ruling:
        ruling, traits = self.decide(name, arguments), traits_of(self.tools[name])
        if ruling.decision != "allow":
            return ruling
        if traits.unboxed:
            return FreshRuling(WHY_UNBOXED)
        return FreshRuling(WHY) if self.seen.both and traits.sends else ruling
