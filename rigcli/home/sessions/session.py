"""One conversation that is being written: every line is on disk before what it tells is shown.

    with store.create("ask", cwd=cwd, on_problem=warn) as session:
        session.append_message(user("…"))            # flushed and synced: the prompt is safe before the request leaves
        answer = session.begin_answer(model="gpt-5", provider="openai")
        for batch in …:                              # one batch for each chunk of the network
            for event in batch: answer.add(event)    # collects
            answer.flush()                           # one write, no sync; then show the batch
        answer.finish(message, usage=usage, finish_reason="stop")    # or answer.broken("connection reset")

Storage trouble never stops an answer: no method here raises StorageError. The first one goes to `on_problem`, and what
could not be written is kept and tried again with the next durable line. `session.problem` says whether anything is
still unsaved: the caller ends with that error once the answer is out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rigcli.core.errors import StorageError
from rigcli.core.messages import MediaPart, Message, ToolCallPart, ToolResultPart
from rigcli.home.paths import BINARY, CLOEXEC, NOFOLLOW, own_only, storage_error, write_all, write_private
from rigcli.home.sessions.answer import AnswerJournal
from rigcli.home.sessions.blobs import Blobs
from rigcli.home.sessions.codec import Json, encode
from rigcli.home.sessions.compaction import sent
from rigcli.home.sessions.records import LOCAL_ONLY, line, now, title_of
from rigcli.home.sessions.runs import OpenRun, last_run, open_run
from rigcli.home.sessions.transcript import Node, Transcript, parse, take_mark, with_attachments

if TYPE_CHECKING:
    from rigcli.home.lock import Lock


class Session:
    """A session held by this process alone. Made by `Store.create` and `Store.open`, or `Session.in_memory()`."""

    def __init__(
        self,
        transcript: Transcript,
        path: Path | None,
        *,
        blobs: Blobs | None = None,
        lock: Lock | None = None,
        claim: Callable[[], Lock] | None = None,
        fd: int | None = None,
        size: int = 0,
        on_problem: Callable[[StorageError], None] | None = None,
        on_first_write: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self.problem: StorageError | None = None
        self.notices: list[str] = []
        self._transcript = transcript
        self._blobs = blobs
        self._lock = lock
        self._claim = claim
        self._fd = fd
        self._size = size
        self._waiting: list[Callable[[], bytes]] = []
        self._on_problem = on_problem
        self._on_first_write = on_first_write
        self._next = len(transcript.nodes) + 1

    @classmethod
    def in_memory(cls) -> Session:
        """Return a session that keeps nothing on disk (`--no-session`); it has no id."""
        return cls(Transcript("", {}), None)

    @property
    def id(self) -> str | None:
        """The name for `-r`, or None where nothing is kept."""
        return self._transcript.id or None

    @property
    def title(self) -> str | None:
        """The title as it is on disk: filter it before it is shown."""
        return self._transcript.title

    @property
    def head(self) -> str | None:
        """The id of the message that the next one follows."""
        return self._transcript.head

    def nodes(self) -> list[Node]:
        """Return the messages up to the head with their records (model, usage, incomplete, …)."""
        return self._transcript.path()

    @property
    def local_only(self) -> bool:
        """Tell whether something said up to the head must not leave this machine."""
        return any(node.record.get(LOCAL_ONLY) for node in self.nodes())

    def messages(self) -> list[Message]:
        """Return the conversation up to the head as it is sent: attachments read, empty answers left out, compacted."""
        return [
            self.with_bytes(node)
            for node in sent(self._transcript.path())
            if node.message.parts or node.message.role != "assistant"
        ]

    def with_bytes(self, node: Node) -> Message:
        """Return a message with the bytes of its attachments."""
        return with_attachments(node, self._blobs.get) if self._blobs else node.message

    def open_calls(self) -> tuple[ToolCallPart, ...]:
        """Return the tool calls before the head that have no result: a paused run, or one that was cut off."""
        calls: dict[str, ToolCallPart] = {}
        for node in self._transcript.path():
            for part in node.message.parts:
                if isinstance(part, ToolCallPart):
                    calls[part.id] = part
                elif isinstance(part, ToolResultPart):
                    calls.pop(part.id, None)
        return tuple(calls.values())

    def open_run(self) -> OpenRun | None:
        """Return the run whose calls before the head have no results: it was paused, or its process died."""
        return open_run(self._transcript)

    def last_run(self) -> Json:
        """Return what is kept of the last run up to the head; {} where it had no tools."""
        return last_run(self._transcript)

    def mark_call(self, of: str, number: int, state: str, **fields: Any) -> None:
        """Keep, synced, that a call of the answer `of` began, is done, or was decided."""
        record = {"type": "call", "of": of, "n": number, "state": state, "time": now(), **fields}
        take_mark(record, self._transcript)
        self._durable(record)

    def mark_paused(self, of: str) -> None:
        """Keep, synced, that the run stopped after the answer `of` and waits; since the first time this was said."""
        if (self._transcript.paused or {}).get("of") == of:
            return
        self._transcript.paused = {"type": "paused", "of": of, "time": now()}
        self._durable(self._transcript.paused)

    def settle_calls(self, reason: str = "cancelled") -> None:
        """Give every open tool call a result that says it did not run, so that the conversation stays valid."""
        if calls := self.open_calls():
            results = tuple(ToolResultPart(call.id, call.name, reason, error=reason) for call in calls)
            self.append_message(Message("tool", results))

    def append_message(self, message: Message, **fields: Any) -> str:
        """Add a message after the head, flushed and synced, and return its id. `fields` are kept in its record."""
        id_ = self._new_id()
        self.add_record(id_, self.head, message, fields)
        return id_

    def begin_answer(self, *, model: str | None = None, provider: str | None = None) -> AnswerJournal:
        """Return the journal of an answer to the head; nothing is written before its first flush."""
        return AnswerJournal(self, self._new_id(), self.head, {"model": model, "provider": provider})

    def move_head(self, id_: str | None) -> None:
        """Let the conversation go on after this message (None: from its start); what came later stays in the file."""
        if id_ is not None and id_ not in self._transcript.nodes:
            raise KeyError(id_)
        self._transcript.head = id_
        self._durable({"type": "head", "id": id_})

    def rename(self, title: str) -> None:
        self._transcript.title = title
        self._durable({"type": "title", "title": title})

    def save(self) -> StorageError | None:
        """Try once more to write what is unsaved; return what is still in its way, None where all is on disk."""
        if self._waiting:
            self._drain()
        return self.problem

    def close(self) -> None:
        """Try once more to write what is unsaved, then give the session back."""
        self.save()
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _new_id(self) -> str:
        id_ = str(self._next)
        while id_ in self._transcript.nodes:
            self._next += 1
            id_ = str(self._next)
        self._next += 1
        return id_

    def add_record(self, id_: str, parent: str | None, message: Message, fields: Mapping[str, Any]) -> None:
        kept = {key: value for key, value in fields.items() if value is not None}
        about: Json = {"type": "message", "id": id_, "parent": parent, "time": now()}
        if self.path is None or not any(isinstance(part, MediaPart) for part in message.parts):
            what = encode(message) if self.path else {"role": message.role}
            record = {**about, **what, **kept}
            self._put_node(Node(id_, parent, message, record))
            self._durable(record)
            return
        node = Node(id_, parent, message, {**about, "role": message.role, **kept})
        self._put_node(node)
        self._durable_later(lambda: line({**about, **encode(message, self.put), **kept}))

    def _put_node(self, node: Node) -> None:
        self._transcript.nodes[node.id] = node
        self._transcript.head = node.id
        if self._transcript.title is None and node.message.role == "user":
            self._transcript.title = title = title_of(node.message)
            if title and self._fd is not None:  # a system prompt came first, and the header with it: too late for that
                self._waiting.append(lambda: line({"type": "title", "title": title}))

    def put(self, data: bytes) -> Json:
        """Keep an attachment and return the fields that stand for it. Raises StorageError."""
        assert self._blobs is not None  # noqa: S101  a session with a path has a place for attachments
        return self._blobs.put(data)

    def _durable(self, record: Json) -> None:
        self._durable_later(lambda: line(record))

    def _durable_later(self, make: Callable[[], bytes]) -> None:
        """Write and sync a line after those that still wait; the line is made when it is written."""
        if self.path is None:
            return
        self._waiting.append(make)
        self._drain()

    def _drain(self) -> None:
        try:
            if self._lock is None and self._claim is not None:
                self._lock = self._claim()  # it could not be had before; without it nothing may be written
            data = b"".join(make() for make in self._waiting)
            if self._fd is None:
                self._start(data)
            else:
                self._write(self._fd, data, sync=True)
        except StorageError as error:
            self._failed(error)
            return
        except OSError as error:
            self._failed(storage_error(self.path or "", error))
            return
        self._waiting.clear()
        self.problem = None

    def _start(self, data: bytes) -> None:
        """Write the file for the first time: header and first record appear together or not at all."""
        assert self.path is not None  # noqa: S101  only sessions on disk have lines to write
        header = {**self._transcript.header, "title": self._transcript.title}
        data = line(header) + data
        write_private(self.path, data)
        self._fd, self._size = open_append(self.path), len(data)
        if self._on_first_write:
            self._on_first_write()

    def _write(self, fd: int, data: bytes, *, sync: bool) -> None:
        """Append; what was written of a line that did not fit is taken back, so that no torn line stays."""
        try:
            write_all(fd, data)
            if sync:
                os.fsync(fd)
        except OSError:
            with suppress(OSError):  # the reader copes with a torn line; the first error is the one to tell
                os.ftruncate(fd, self._size)
            raise
        self._size += len(data)
        if self._on_first_write:
            once, self._on_first_write = self._on_first_write, None
            once()

    def write_chunk(self, data: bytes) -> None:
        """Append lines without a sync (for `AnswerJournal`); does nothing while there is a problem."""
        if self.problem is not None or self._fd is None:
            return
        try:
            self._write(self._fd, data, sync=False)
        except OSError as error:
            self._failed(storage_error(self.path or "", error))

    def read_back(self) -> Transcript:
        """Return what is in the file now (for an answer that broke)."""
        assert self.path is not None  # noqa: S101  only called for sessions on disk
        try:
            return parse(self.path.read_bytes(), self._transcript.id)
        except OSError as error:
            raise storage_error(self.path, error) from None

    def recover(self, *, ends_line: bool) -> None:
        """Put in order what a process left that died: its answer is kept, marked incomplete (for `Store`)."""
        if not ends_line and self._fd is not None:
            self.write_chunk(b"\n")
        node = self._transcript.open
        if node is None:
            return
        self._transcript.open = None
        self.notices.append("the last answer is incomplete: process ended")
        fields = {k: v for k, v in node.record.items() if k not in ("type", "id", "parent", "time", "role", "parts")}
        self.add_record(node.id, node.parent, self.with_bytes(node), fields)
        self.settle_calls("cancelled: process ended")

    def fail(self, error: StorageError) -> None:
        """Say that the session cannot be written (for `Store`, and for whoever knows it first)."""
        self._failed(error)

    def _failed(self, error: StorageError) -> None:
        told = self.problem is not None
        self.problem = error
        if self._on_problem and not told:
            self._on_problem(error)


def open_append(path: Path) -> int:
    """Open a file of ours for appending. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | NOFOLLOW | BINARY | CLOEXEC)
    own_only(fd)
    return fd
