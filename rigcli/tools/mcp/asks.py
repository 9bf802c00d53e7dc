"""What a server may ask of rig while it works, in rig's own values; whoever opens a connection hands in the answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from rigcli.core.messages import Message
from rigcli.core.requests import Options


@dataclass(frozen=True, slots=True)
class SampleAsk:
    """A server wants a model to answer: the conversation, the system prompt, its wishes."""

    server: str
    messages: tuple[Message, ...]
    system: str | None
    options: Options


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the model said; `stop` is endTurn, maxTokens or stopSequence."""

    text: str
    model: str
    stop: str = "endTurn"


@dataclass(frozen=True, slots=True)
class ElicitAsk:
    """A server wants to know something of the user: a form by its JSON Schema, or a page to visit."""

    server: str
    message: str
    schema: dict[str, Any] = field(default_factory=dict[str, Any])
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Elicited:
    action: Literal["accept", "decline", "cancel"]
    content: dict[str, Any] | None = None


Sample: TypeAlias = Callable[[SampleAsk], Awaitable["Sampled | str"]]
"""Returns the answer, or why there is none."""
Elicit: TypeAlias = Callable[[ElicitAsk], Awaitable[Elicited]]


async def _refuse_sample(ask: SampleAsk) -> str:
    _ = ask
    return "nobody is here to allow it"


async def _refuse_elicit(ask: ElicitAsk) -> Elicited:
    _ = ask
    return Elicited("decline")


def _nobody(server: str, text: str) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Handlers:
    """Answers to a server. Where nothing is handed in, a server's wishes are declined and its words are lost.

    `log` gets a server's own log lines and what it writes to stderr, cleaned. `changed` is told when a server says that
    what it offers is not what it was. `roots` are the folders that a server is told of.
    """

    sample: Sample = _refuse_sample
    elicit: Elicit = _refuse_elicit
    log: Callable[[str, str], None] = _nobody
    changed: Callable[[str, str], None] = _nobody
    roots: Sequence[Path] = ()


class PagesToVisit(Exception):  # noqa: N818  no error: a wish
    """A server answers a call only after its user has visited these pages: message and URL each."""

    def __init__(self, pages: list[tuple[str, str]]) -> None:
        super().__init__("a page must be visited first")
        self.pages = pages
