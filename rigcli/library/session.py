"""Conversations that are kept: the same files that `rig chat` and `rig sessions` know."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.messages import Message
from rigcli.library.agent import Agent
from rigcli.library.answer import Answer, Gather
from rigcli.library.model import Model
from rigcli.library.prompts import Prompt, conversation
from rigcli.library.waiting import run

if TYPE_CHECKING:
    from rigcli.home.sessions import Row, Store
    from rigcli.home.sessions import Session as Kept


class Session:
    """One conversation, held by this program until it is closed: use `with Session.create() as session:`.

    Every question is on disk before it is sent, every answer while it comes; one that broke off is marked incomplete.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @classmethod
    def create(cls, *, folder: Path | None = None) -> Self:
        """Start a conversation; its file appears with the first message. `folder` is the user's own otherwise."""
        return cls(_store(folder).create("library", cwd=Path.cwd()))

    @classmethod
    def open(cls, session: str | None = None, *, folder: Path | None = None) -> Self:
        """Go on with a session, named by its id or the beginning of one; None is the last.

        Raises UsageError (no such session), SessionBusyError, StorageError.
        """
        store = _store(folder)
        return cls(store.open(store.last() if session is None else store.find(session)))

    @staticmethod
    def list(limit: int | None = None, *, folder: Path | None = None) -> list[Row]:
        """Return id, title, time and size of the sessions, the one written last first."""
        return _store(folder).rows(limit)

    @property
    def id(self) -> str | None:
        return self._kept.id

    @property
    def title(self) -> str | None:
        return self._kept.title

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far."""
        return tuple(self._kept.messages())

    async def stream(
        self, who: Model | Agent, prompt: Prompt, *, files: Sequence[str | Path] = ()
    ) -> AsyncGenerator[Event]:
        """Ask a model or an agent with everything said so far before the prompt, and keep it all.

        What was asked of a model with `local_only`, and all that follows it, never goes to a server that is not on
        this machine: DeniedError, and nothing is kept of the question. Yields events as `Agent.stream` does and raises
        the same; StorageError where the turn could not be kept.
        """
        from rigcli.engine.agent import RunState
        from rigcli.engine.record import Recorder
        from rigcli.home.sessions.records import mark

        agent = who if isinstance(who, Agent) else Agent(who)
        way = agent.model.way
        turn = way.at_home() if way.at_home and self._kept.local_only else way.turn
        for message in conversation(prompt, files):
            self._kept.append_message(message, **mark(local_only=way.local_only))
        recorder = Recorder(self._kept, way.model, way.provider, way.price)
        state = RunState(messages=conversation(self._kept.messages(), (), agent.system))
        try:
            async with aclosing(agent.run(state, recorder.on_message, turn)) as events:
                async for event in events:
                    recorder.handle(event)
                    recorder.settled()
                    yield event
        except RigError as error:
            recorder.broken(error.message)
            raise
        except BaseException:
            recorder.broken("stopped")
            raise
        if self._kept.problem:
            raise self._kept.problem

    async def ask(self, who: Model | Agent, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> Answer:
        """Return the answer to the prompt, asked with everything said so far. Raises as `stream`."""
        gather = Gather((who.model if isinstance(who, Agent) else who).way.provider)
        async for event in self.stream(who, prompt, files=files):
            gather.add(event)
        return gather.answer(self.messages[:-1])

    def ask_sync(self, who: Model | Agent, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> Answer:
        """Return the answer, for scripts and notebooks (see `run`)."""
        return run(self.ask(who, prompt, files=files))

    def close(self) -> None:
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Session {self.id}>"


def _store(folder: Path | None) -> Store:
    from rigcli.home.paths import folders
    from rigcli.home.sessions import Store

    return Store(folder or folders(os.environ).sessions)
