"""What `ask` and `chat` share: one conversation with one model, wired together from the rooms below."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rigcli.cli.target import Target, asking, keep_local
from rigcli.core.errors import IncompleteError, RigError, StorageError, UsageError
from rigcli.core.events import End, Event, Media, Notice, Source
from rigcli.core.messages import Message, system
from rigcli.core.ports import Approver, Tool
from rigcli.core.requests import NativeTool, Options, Request, ToolSpec
from rigcli.core.usage import Usage
from rigcli.engine.agent import Desk, Limits, RunState, Turn, failure, run
from rigcli.engine.caller import caller
from rigcli.engine.calls import Decide
from rigcli.engine.deadline import Deadline
from rigcli.engine.ending import shortfall
from rigcli.engine.priced import priced
from rigcli.engine.record import Recorder
from rigcli.engine.remember import with_memory
from rigcli.engine.resume import resumed
from rigcli.engine.taint import Seen
from rigcli.library.budget import Budget

if TYPE_CHECKING:
    from rigcli.cli.checkpoints import SessionCheckpoints
    from rigcli.cli.mcp_talk import Servers
    from rigcli.cli.memory_talk import TalkMemory
    from rigcli.cli.retrieval import Found
    from rigcli.cli.sinks import Show
    from rigcli.engine.structured import Wanted
    from rigcli.home.permits import Permits
    from rigcli.home.sessions import Session
    from rigcli.home.settings import Settings
    from rigcli.library.telemetry import Spans

STORAGE_LOST = "this turn is not on disk"


@dataclass
class Talk:
    """A conversation and everything an answer needs. Chat changes the fields between answers."""

    settings: Settings
    target: Target
    session: Session
    system: str | None = None
    options: Options = field(default_factory=Options)
    tools: Sequence[Tool] = ()
    declared: tuple[ToolSpec, ...] = ()
    native: tuple[NativeTool, ...] = ()
    decide: Decide | None = None
    approve: Approver | None = None
    redact: Callable[[str], str] = lambda text: text
    """Takes keys out of what tools return, before a model, the screen or the disk gets it."""
    permits: Permits | None = None
    """The rules behind `decide`, for an approver whose user says `always`."""
    files: SessionCheckpoints | None = None
    """What tools changed in files."""
    stream: bool = True
    wanted: Wanted | None = None
    """What the answer must be, where that was said."""
    memory: TalkMemory | None = None
    servers: Servers | None = None
    """The MCP servers whose tools are offered; `close` ends them."""
    warn: Callable[[str], None] | None = None
    """Says what the user should know while a call runs."""
    on_ask: Literal["deny", "pause"] = "deny"
    """What an approval comes to where nobody can be asked."""
    setup: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What another process needs to go on with a run of this conversation: its tools."""

    instructions: str | None = None
    """What AGENTS.md files say, after the system prompt; None until they were looked for."""
    lineage: tuple[str, ...] = ()
    """The agents that lead to this conversation, where it is a sub-agent's."""
    marked: bool = False
    """What it is given is local-only, whatever its own session says."""

    def label(self) -> str:
        """Return who answers, and of a router's models why this one."""
        name = self.target.choice.full_name
        return f"{name} ({self.target.why})" if self.target.router else name

    @property
    def model_name(self) -> str:
        """What -m would name."""
        return self.target.router.name if self.target.router else self.target.choice.full_name

    async def answer(self, prompt: Message | None, show: Show, *, found: Found | None = None) -> RunState:
        """Ask, show and keep one answer, tools included; passages that were found are sent along, never kept.

        Returns the state of a run that came to its end. Raises the RigError that the run failed with, or that its end
        still is (cut, refused, a turn limit, a denial, a session that could not be written).
        """
        await self.ready()
        open_run = self.session.open_run()
        if open_run is None and self.settings.get("history.policy") == "compact":
            await self._make_room(prompt, show)
        if prompt is not None and open_run is None:
            run_of = {"model": self.model_name, **self.setup} if self.tools else None
            self.session.append_message(prompt, **label_of(self.settings), run=run_of)
        recorder = Recorder(self.session, self.target.model, self.target.provider, self.target.price)
        state = resumed(self._messages(found.message if found else None), open_run)
        recorder.about_run = lambda: {"model": self.model_name, **self.setup, **state.counters()}
        if open_run is not None:
            recorder.answer_id = open_run.node
            state.queued += [prompt] if prompt else []
        limits = Limits(
            self.settings.get("tools.max_turns"), self.settings.get("tools.timeout") or 86400.0, on_ask=self.on_ask
        )
        try:
            await self._run(state, recorder, show, limits, found)
        except asyncio.CancelledError:
            recorder.broken("interrupted")
            raise
        except BrokenPipeError:
            recorder.broken("stdout closed")
            raise
        except RigError as error:
            recorder.broken(error.message)
            raise
        except Exception as error:
            recorder.broken(f"a bug in rig: {type(error).__name__}")
            raise
        if ending := failure(state, limits.max_turns):
            raise ending
        if self.session.problem:
            raise self.session.problem
        return state

    async def ready(self) -> None:
        """Bring up the servers whose tools are offered. Raises UsageError for a tool that none of them has."""
        if self.servers is not None:
            await self.servers.offer(self)

    async def _run(self, state: RunState, recorder: Recorder, show: Show, limits: Limits, found: Found | None) -> None:
        def settled() -> None:
            recorder.settled()
            show.settled()

        def keep(message: Message) -> None:
            if found and message.role == "assistant" and not message.tool_calls:
                for event in _support(message.text, found):
                    self._pass_on(event, recorder, show)
            recorder.on_message(message)

        request = Request(
            self.target.model,
            (),
            self.declared,
            self.options,
            stream=self.stream,
            quirks=self.target.choice.row.quirks,
            native=self.native,
        )
        given = self._given(state, found)
        seconds = self.settings.get("run.timeout")
        deadline = Deadline(seconds) if seconds else None
        spans = self._spans()
        desk = Desk(self.decide or _allow, self.approve, limits, keep, self.redact, given, deadline, spans, recorder)
        end: End | None = None
        turn = priced(self._turn(recorder, settled, deadline, spans), self._price)
        turn = self.budget(state.usage.cost_usd or 0.0).metered(turn, lambda: self.target)
        async with aclosing(self._running(state, request, turn, desk)) as events:
            async for event in events:
                kept = self._kept(event, recorder, show) if isinstance(event, Media) else event
                if isinstance(kept, End) and kept.reason == "paused":
                    self.session.mark_paused(recorder.answer_id)
                self._pass_on(kept, recorder, show)
                end = kept if isinstance(kept, End) else end
        settled()
        if end is None:
            raise IncompleteError("answer: the run ended without an end")
        if error := shortfall(end) or (self.wanted and self.wanted.failure()):
            raise error

    def _running(self, state: RunState, request: Request, turn: Turn, desk: Desk) -> AsyncGenerator[Event]:
        if self.wanted is None:
            return run(state, request, turn, self.tools, desk)
        from rigcli.engine.structured import run_structured

        def corrected(message: Message) -> None:
            self.session.append_message(message, **label_of(self.settings))

        self.wanted.renew()
        return run_structured(state, request, turn, self.tools, desk, self.wanted, corrected)

    def _price(self, usage: Usage) -> Usage:
        return self.target.price(usage)  # of the model that answered: a router may have chosen another one since

    async def _make_room(self, prompt: Message | None, show: Show) -> None:
        """Sum up the beginning of the conversation where the next request would come near the model's limit."""
        from rigcli.cli.compacting import compact, is_near_the_limit

        if not is_near_the_limit(self, prompt):
            return
        try:
            before, after = await compact(self)
        except UsageError:
            return  # one long turn: there is nothing before it
        show.handle(Notice(f"the conversation was compacted: about {before:,} tokens became {after:,}"))
        show.settled()

    def sent_messages(self) -> list[Message]:
        """Return what a model would be sent now."""
        return self._messages(None)

    def _given(self, state: RunState, found: Found | None) -> Seen:
        """Put what is remembered before the model, and return what it has read beside the messages."""
        given = Seen(untrusted=True, private=True) if found else Seen(untrusted=bool(self.native))
        if above := caller.get():
            given |= above.seen or Seen()
        if self.memory is not None:
            told, known = self.memory.text()
            state.messages[:] = with_memory(state.messages, told)
            given |= known
        return given

    def _turn(
        self, recorder: Recorder, settled: Callable[[], None], deadline: Deadline | None, spans: Spans | None
    ) -> Turn:
        """Return the way of the model calls of one run. Raises DeniedError (local-only content)."""
        marked = self.marked or self.session.local_only
        self.settings.held["local_only"] = marked
        if self.target.router is not None:
            from rigcli.library.routing import routed_turn

            def chosen(target: Target) -> None:
                self.target = target
                recorder.model, recorder.provider, recorder.price = target.model, target.provider, target.price
                if spans is not None:
                    spans.chosen(target)

            return routed_turn(self.target, self.settings, settled, chosen, local_only=marked, deadline=deadline)
        if marked:
            keep_local(self.target)
        return asking(self.target, self.settings, settled, deadline)

    def budget(self, spent: float) -> Budget:
        """Return the limits of a run that has cost so much by now, and the record of its usage."""
        from rigcli.home.usage import Ledger

        run, day = self.settings.get("budget.run"), self.settings.get("budget.daily")
        kept = day is not None or (self.settings.get("usage.keep") and self.session.id is not None)
        ledger = Ledger(self.settings.folders.state) if kept else None
        return Budget(run, day, ledger, self.session.id, spent)

    def _spans(self) -> Spans | None:
        if not self.settings.get("otel.enabled"):
            return None
        from rigcli.library.telemetry import observer

        return observer(self.settings, self.target, self.target.env, self.session.id)

    def _kept(self, event: Media, recorder: Recorder, show: Show) -> Media:
        """Save what the model made before it is told of: the line about it names the file."""
        from rigcli.cli.made_media import saved

        asked = next((m.text for m in reversed(self.session.messages()) if m.role == "user"), "")
        made, notice = saved(event, self.settings, asked)
        if notice:
            self._pass_on(notice, recorder, show)
        return made

    def _pass_on(self, event: Event, recorder: Recorder, show: Show) -> None:
        recorder.handle(event)
        show.handle(event)

    async def close(self) -> None:
        """End what tools keep running between calls."""
        if self.tools:
            from rigcli.engine.calls import close_all

            await close_all(self.tools)
        if self.servers is not None:
            await self.servers.close()

    def _messages(self, documents: Message | None) -> list[Message]:
        """Return what is sent: the system prompt, the documents, the conversation."""
        spoken = self.session.messages()
        if self.system is not None:
            spoken = [system(self.system), *(m for m in spoken if m.role != "system")]
        policy = self.settings.get("history.policy")
        if policy in ("messages", "tokens"):
            from rigcli.engine.history import window

            spoken = window(spoken, policy, self.settings.get(f"history.keep_{policy}"))
        if self.instructions:
            said = "\n\n".join(m.text for m in spoken if m.role == "system")
            text = "\n\n".join(filter(None, (said, self.instructions)))
            spoken = [system(text), *(m for m in spoken if m.role != "system")]
        if documents is not None:
            at = next((i for i, message in enumerate(spoken) if message.role != "system"), len(spoken))
            spoken.insert(at, documents)
        return spoken


def _support(answer: str, found: Found) -> Iterator[Source | Notice]:
    """Yield the sources that an answer cites, and a word about citations of passages that were never sent."""
    from rigcli.engine.retrieve import cited

    sources, unknown = cited(answer, found.hits)
    yield from sources
    if unknown:
        numbers = ", ".join(f"[{number}]" for number in unknown)
        yield Notice(f"the answer cites {numbers}, which is none of the passages that it was given")


@dataclass(frozen=True)
class _Allowed:
    decision: Any = "allow"
    rule: str = ""


def _allow(name: str, arguments: dict[str, Any]) -> _Allowed:
    """Stand in where there are no tools, so that there is nothing to decide."""
    _ = name, arguments
    return _Allowed()


def label_of(settings: Settings) -> dict[str, Any]:
    """Return the fields that a message of the user's is kept with."""
    from rigcli.home.sessions.records import mark

    return mark(local_only=settings.get("local_only"))


def storage_warning(error: StorageError) -> str:
    """Return the one loud line about a session that cannot be written."""
    return f"{error.message}: {STORAGE_LOST}"
