"""The journal of one answer while it streams: cheap enough to be written before every piece is shown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import StorageError
from rigcli.core.events import End, Event, Media, Reasoning, Refusal, Text
from rigcli.core.messages import Message
from rigcli.core.usage import Usage
from rigcli.home.sessions.codec import Json
from rigcli.home.sessions.records import dumps, now, to_bytes

if TYPE_CHECKING:
    from rigcli.home.sessions.session import Session

_PIECES = (Text, Reasoning, Refusal)


class AnswerJournal:
    """The answer that is streaming into a session. End it with `finish` or `broken`, once."""

    def __init__(self, session: Session, id_: str, parent: str | None, about: Json) -> None:
        self.id = id_
        self._session = session
        self._parent = parent
        self._about = about
        self._lines: list[str] = []
        self._kind = ""
        self._pieces: list[str] = []
        self._begun = session.path is None

    def add(self, event: Event) -> None:
        """Collect an event; neighbouring pieces of text become one record."""
        kind = event.type
        if isinstance(event, _PIECES):
            if kind != self._kind:
                self._cut()
                self._kind = kind
            self._pieces.append(event.text)
            return
        self._cut()
        if not isinstance(event, End):
            fields = {name: getattr(event, name) for name in event.__slots__}
            if isinstance(event, Media) and event.data is not None:
                fields = {**fields, "data": None, **self._keep(event.data)}
            self._lines.append('{"type":"chunk","event":' + dumps(fields) + "}\n")

    def _keep(self, data: bytes) -> Json:
        """Keep the bytes of a picture apart; where that fails the whole message says so."""
        if self._session.path is None:
            return {}
        with suppress(StorageError):
            return self._session.put(data)
        return {}

    def handle(self, event: Event) -> None:
        """Collect and write one event at once (the `Sink` port)."""
        self.add(event)
        self.flush()

    def flush(self) -> None:
        """Hand what was collected to the system in one write: a killed process loses none of it."""
        self._cut()
        if not self._lines:
            return
        lines = "".join(self._lines)
        self._lines.clear()
        if self._session.path is None:
            return
        if not self._begun:
            self._begun = True
            begin = {"type": "begin", "id": self.id, "parent": self._parent, "time": now(), **self._about}
            lines = dumps(begin) + "\n" + lines
        self._session.write_chunk(to_bytes(lines))

    def finish(
        self,
        message: Message,
        *,
        usage: Usage | None = None,
        finish_reason: str | None = None,
        raw_finish_reason: str | None = None,
        model: str | None = None,
        response_id: str | None = None,
        sources: Sequence[Json] = (),
        **fields: Any,
    ) -> str:
        """Keep the whole answer, synced, and return its id. `fields` go into the record as they are."""
        self.flush()
        known = {
            "model": model or self._about.get("model"),
            "provider": self._about.get("provider"),
            "response_id": response_id,
            "finish_reason": finish_reason,
            "raw_finish_reason": raw_finish_reason,
            "usage": usage.to_json() if usage else None,
            "sources": list(sources) or None,
        }
        self._session.add_record(self.id, self._parent, message, {**known, **fields})
        return self.id

    def broken(self, reason: str, message: Message | None = None, *, usage: Usage | None = None, **fields: Any) -> str:
        """Keep what came of an answer, marked `incomplete: REASON`; without `message` it is what was journalled."""
        self.flush()
        if message is None:
            message = self._journalled()
        id_ = self.finish(message, usage=usage, finish_reason="incomplete", incomplete=reason, **fields)
        if message.tool_calls:
            self._session.settle_calls(f"cancelled: {reason}")
        return id_

    def _journalled(self) -> Message:
        if self._session.path is not None and self._begun:
            try:
                found = self._session.read_back().open
            except StorageError:
                found = None
            if found is not None and found.id == self.id:
                return self._session.with_bytes(found)
        return Message("assistant", ())

    def _cut(self) -> None:
        if self._pieces:
            text = encode_basestring("".join(self._pieces))
            self._lines.append(f'{{"type":"chunk","{self._kind}":{text}}}\n')
            self._pieces.clear()
        self._kind = ""
