"""The contracts between rooms. One method where one will do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.requests import Prepared, Request, ToolSpec

Framing = Literal["sse", "ndjson", "aws", "json-array"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One unit of a stream: an SSE event (its name and data), an NDJSON line or array element (no name), an AWS event.

    `offset` is where the frame began in the decoded body, in bytes: errors name it.
    """

    data: str
    event: str | None = None
    offset: int = 0


class Decoder(Protocol):
    """Cut a byte stream into frames, the same whatever the chunks. Pure."""

    def feed(self, chunk: bytes) -> Iterable[Frame]: ...

    def close(self) -> Iterable[Frame]:
        """Return what a last line without its end still held."""
        ...


class Reader(Protocol):
    """The state of one answer that is being read. Pure: frames in, events out."""

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one frame. Raises ProviderError (an error inside the stream, unreadable JSON)."""
        ...

    def end(self) -> Iterable[Event]:
        """The body ended: return the last events. Raises IncompleteError where the terminal event never came."""
        ...


class Wire(Protocol):
    """A request and answer format. Pure: it knows no host, no key and no provider's name."""

    name: str
    framing: Framing

    def prepare(self, request: Request) -> Prepared: ...

    def reader(self, request: Request) -> Reader:
        """Return a reader for a streamed answer."""
        ...

    def read_whole(self, body: Any, request: Request) -> Iterable[Event]:
        """Return the events of an answer that came as one JSON document."""
        ...

    def read_error(self, status: int, body: str) -> RigError:
        """Return the error that this status and body say (not raised here)."""
        ...


@runtime_checkable
class JSONStreams(Protocol):
    """What a wire has besides where some servers stream `application/json`: how that is framed."""

    json_framing: Framing


@runtime_checkable
class BytesOnly(Protocol):
    """What a wire has besides where servers fetch nothing: the kinds of media that it takes, as bytes."""

    bytes_only: tuple[str, ...]


class Answer(Protocol):
    """A response whose headers have come: names in lower case, `retry_after` in seconds where the server says it."""

    status: int
    headers: Mapping[str, str]
    retry_after: float | None

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the decompressed body as it comes, under the size cap and the idle timeout.

        Raises NetworkError (reset, stalled) and LimitError (over the cap).
        """
        ...


class Transport(Protocol):
    """The door to one provider: it knows host, key, proxies, timeouts and caps; nothing of what a body means."""

    def open(
        self, prepared: Prepared, *, stream: bool, left: float | None = None
    ) -> AbstractAsyncContextManager[Answer]:
        """Send one request and return its answer, whatever its status; a redirect is an error.

        `left` are the seconds that remain of the total time; None: all of it.
        Leaving the context closes the connection. Raises NetworkError, StalledError (connect, idle, total).
        """
        ...


class SocketTalk(Protocol):
    """What is said on one WebSocket, an answer after the other. Pure."""

    def ask(self, body: Mapping[str, Any]) -> str:
        """Return the message for a request; it may lean on what the server remembers of this connection."""
        ...

    def heard(self, text: str) -> Literal["more", "end", "broken"]:
        """Take one message of an answer; after `end` the connection may be asked again."""
        ...

    def refusal(self, text: str) -> tuple[int, bool] | None:
        """Return the status of a message that is no answer, and whether a new connection would help; else None."""
        ...


@runtime_checkable
class Sockets(Protocol):
    """What a wire has besides where its servers also speak it over a WebSocket."""

    def socket(self) -> SocketTalk: ...


class Sink(Protocol):
    """Whoever shows or keeps events."""

    def handle(self, event: Event) -> None: ...


class ToolError(Exception):
    """What went wrong in a tool, in words for the model. It is no end of a run: it becomes the call's result."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a tool has to do with the world: what the rules must know beside its name.

    `sends`: a call can carry data out of this machine. `private`: a result may hold the user's own data. `untrusted`:
    a result may hold the words of strangers, who would like the model to obey them. `unboxed`: it runs what the model
    wrote without the sandbox that the user wants. A tool that does not say is thought to send, and to bring words of
    strangers.
    """

    sends: bool = True
    private: bool = False
    untrusted: bool = True
    unboxed: bool = False


@runtime_checkable
class Traited(Protocol):
    """A tool that says what it has to do with the world."""

    @property
    def traits(self) -> Traits: ...


@runtime_checkable
class Previews(Protocol):
    """A tool that can show what a call would do, before anybody is asked about it."""

    def preview(self, arguments: dict[str, Any]) -> str:
        """Return what would change, for a person to read: a diff. Raises ToolError where the call cannot work."""
        ...


@runtime_checkable
class Closes(Protocol):
    """A tool that keeps something running between calls: an interpreter, a connection."""

    async def close(self) -> None:
        """End it. Called once, in the loop that the calls ran in."""
        ...


@runtime_checkable
class PreviewsWhole(Previews, Protocol):
    """A tool whose preview leaves nothing of some arguments out: a question need not repeat them."""

    previewed: tuple[str, ...]


@runtime_checkable
class Touches(Protocol):
    """A tool whose arguments name files in the middle of a text, as a patch does."""

    def paths(self, arguments: dict[str, Any]) -> Sequence[str]:
        """Return every path that a call would touch: rules about `path` are held against each of them."""
        ...


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a tool does to one file: `path` below the working folder, contents and rights; None where there is none."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None
    """The rights of the old file."""


class Checkpoints(Protocol):
    """Who keeps what files held before tools write them."""

    def keep(self, changes: Sequence[FileChange]) -> None:
        """Keep the old contents, on disk before this returns. Raises RigError."""
        ...

    def made(self, folders: Sequence[str]) -> None:
        """Note folders that were made for the files kept last. Raises RigError."""
        ...


@runtime_checkable
class Timed(Protocol):
    """A tool with a time limit of its own, in seconds, in place of that for all tools; inf: it keeps time itself."""

    @property
    def seconds(self) -> float: ...


@runtime_checkable
class Tool(Protocol):
    """Something a model can call. `read_only` tools may run side by side; see also Traited, Previews, Closes, Timed."""

    @property
    def spec(self) -> ToolSpec: ...

    @property
    def read_only(self) -> bool: ...

    def run(self, arguments: dict[str, Any]) -> Awaitable[str]:
        """Run with validated arguments and return text for the model. Raises ToolError for what it should read."""
        ...


class Approver(Protocol):
    """Ask whoever is in charge about one call."""

    def __call__(self, call: PendingCall) -> Awaitable[Verdict]: ...


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call that waits for a decision, exactly as it would run."""

    id: str
    name: str
    arguments: dict[str, Any]
    rule: str
    """The rule that would allow it, as the user would write it in the settings; empty where no rule can."""
    preview: str = ""
    """What the call would change, told by its tool."""
    why: str = ""
    """Why it is asked about although a rule allows it."""
    who: str = ""
    """Who wants it, where that is not the model that the user talks to."""
    shown: tuple[str, ...] = ()
    """Arguments that the preview shows whole."""
    look: Callable[[dict[str, Any]], str] | None = None
    """Returns the preview for arguments that were edited. Raises ToolError where the call cannot work."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`decision` allow or deny; `arguments` replaces them where they were edited; `reason` is told to the model."""

    decision: Literal["allow", "deny"]
    reason: str | None = None
    arguments: dict[str, Any] | None = None


def traits_of(tool: Tool) -> Traits:
    """Return what a tool says of itself, or what must be thought of one that says nothing."""
    return tool.traits if isinstance(tool, Traited) else Traits()


Purpose = Literal["query", "document"]
"""What vectors are for: some models make others of a question than of what is searched."""


class Embedder(Protocol):
    """Texts to vectors. `identity` names model and settings and is written into every index made with it."""

    identity: str
    width: int

    def embed(self, texts: Sequence[str], purpose: Purpose = "document") -> Any:
        """Return float32 vectors of shape (len(texts), width), unit length, in the order of the texts."""
        ...
