"""What tools may be handed beside the working folder: the web, the user's memory, the person, the indexes.

The rooms that can do these things and the room of the tools do not know each other; they meet here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from rigcli.core.hits import Hit

Scope: TypeAlias = Literal["user", "session"]


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at an address, as text: HTML as Markdown, PDF as its words. `url` is where it was found at last.

    `kind` is the media type as it came.
    """

    url: str
    kind: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class WebResult:
    """One result of a search on the web."""

    title: str
    url: str
    text: str = ""
    date: str = ""


class Web(Protocol):
    """The way to the web. Both raise ToolError with a reason for the model."""

    async def read(self, url: str) -> Page: ...

    async def search(self, query: str, count: int) -> Sequence[WebResult]: ...


class Memory(Protocol):
    """What is kept about the user and of this session, by key."""

    def record(self, scope: Scope, key: str, value: str) -> None:
        """Keep a value; one that had the key before is replaced. Raises StorageError, ToolError."""
        ...

    def forget(self, scope: Scope, key: str) -> bool:
        """Tell whether there was something to forget. Raises StorageError."""
        ...


class Person(Protocol):
    """Whoever sits at the terminal."""

    async def ask(self, question: str, choices: Sequence[str]) -> str | None:
        """Return the answer, None where nobody is there."""
        ...


class Indexes(Protocol):
    """The user's search indexes."""

    def names(self) -> Sequence[str]: ...

    def search(self, name: str, query: str, top: int) -> Sequence[Hit]:
        """Return the passages that fit, best first. Raises RigError."""
        ...
