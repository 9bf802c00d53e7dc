"""From the events of a run to the journal of its session: each chunk is written before it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from rigcli.core.choices import Choice, Logprobs
from rigcli.core.events import (
    Approval,
    Citation,
    End,
    Event,
    Finish,
    Native,
    Notice,
    Progress,
    Retry,
    Source,
    Start,
    ToolResult,
)
from rigcli.core.messages import Message
from rigcli.core.usage import Usage
from rigcli.engine.run_state import Outcome
from rigcli.home.sessions import AnswerJournal, Session


@dataclass
class Recorder:
    """Keep one run in a session.

    Call `handle` with every event and `settled` once a chunk, before the sink's; give `on_message` to the agent loop;
    end a run that failed with `broken`.
    """

    session: Session
    model: str | None = None
    provider: str | None = None
    price: Callable[[Usage], Usage] = lambda usage: usage
    about_run: Callable[[], dict[str, Any]] | None = None
    """Gives what another process needs to go on with the run; kept with each answer that calls tools."""
    answer_id: str = ""
    """Of the answer whose calls are being settled."""
    _journal: AnswerJournal | None = None
    _start: Start = field(default_factory=Start)
    _usage: Usage | None = None
    _finish: Finish | None = None
    _sources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _citations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _native: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def handle(self, event: Event) -> None:
        match event:
            case Start():
                self._start = event
            case Usage():
                self._usage = event
            case Finish():
                self._finish = event
            case Source():
                self._sources.append(
                    {"path": event.path, "lines": list(event.lines), "score": event.score, "index": event.index}
                )
                return
            case Logprobs() | Choice():  # what a conversation goes on from is the first answer, as it reads
                return
            case Citation():
                self._citations.append(_said(event))
            case Native():
                self._native.append(_said(event))
            case Notice() | Retry() | Progress() | ToolResult() | Approval() | End():
                return
            case _:
                pass
        self._open().add(event)

    def settled(self) -> None:
        """Hand everything that came to the system: from here on it may be shown."""
        if self._journal is not None:
            self._journal.flush()

    def on_message(self, message: Message) -> None:
        """Keep a whole message: the assistant's ends its journal, a tool's stands alone."""
        if message.role != "assistant":
            self.session.append_message(message)
            return
        finish = self._finish
        self.answer_id = self._open().finish(
            message,
            usage=self._usage and self.price(self._usage),
            finish_reason=finish.reason if finish else None,
            raw_finish_reason=finish.raw_reason if finish else None,
            model=self._start.model or self.model,
            response_id=self._start.response_id,
            sources=self._sources,
            citations=self._citations or None,
            native_calls=self._native or None,
            run=self.about_run() if self.about_run and message.tool_calls else None,
        )
        self._forget()

    def began(self, number: int) -> None:
        """Keep that a call is about to run (for the agent loop's `journal`)."""
        self.session.mark_call(self.answer_id, number, "began")

    def done(self, number: int, outcome: Outcome) -> None:
        self.session.mark_call(self.answer_id, number, "done", outcome=asdict(outcome))

    def broken(self, reason: str) -> None:
        """Mark the answer that was on its way as incomplete, even where nothing of it came."""
        if self._journal is not None or not self._answered():
            self._open().broken(reason, usage=self._usage)
        self._forget()

    def _open(self) -> AnswerJournal:
        if self._journal is None:
            self._journal = self.session.begin_answer(model=self.model, provider=self.provider)
        return self._journal

    def _answered(self) -> bool:
        nodes = self.session.nodes()
        return bool(nodes) and nodes[-1].message.role == "assistant"

    def _forget(self) -> None:
        self._journal, self._usage, self._finish, self._start = None, None, None, Start()
        self._citations, self._native = [], []


def _said(event: Citation | Native) -> dict[str, Any]:
    """Return what an event says, as it is kept in the session."""
    values = {name: getattr(event, name) for name in event.__slots__ if name != "type"}
    return {name: value for name, value in values.items() if value is not None}
