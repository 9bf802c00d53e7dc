"""Run the calls of one answer: side by side where they only read, results always in the order of the calls."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Final, Literal, Protocol

from rigcli.core.events import Approval, Event, Notice, Progress, ToolResult
from rigcli.core.messages import Message, ToolResultPart
from rigcli.core.ports import Approver, PendingCall, Previews, PreviewsWhole, Timed, Tool, ToolError, Verdict
from rigcli.core.progress import listener
from rigcli.engine.caller import Caller, caller
from rigcli.engine.calls import Decide, Planned, check, denied, failed
from rigcli.engine.deadline import Deadline
from rigcli.engine.observe import Observer, tool_watched
from rigcli.engine.run_state import Outcome, RunState
from rigcli.engine.taint import Guard, Seen

CANCELLED: Final = "cancelled: the user stopped the run before this call was done"
PROGRESS_CHARS: Final = 2000
_TAGS: Final = re.compile("[\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_turns` counts model calls; `tool_timeout` is in seconds; a result is cut to `result_chars`, head and tail.

    `on_ask` says what an approval comes to where there is no approver: deny it, or pause the run.
    """

    max_turns: int = 25
    tool_timeout: float = 120.0
    result_chars: int = 256 * 1024
    side_by_side: int = 8
    on_ask: Literal["deny", "pause"] = "deny"


def _as_it_is(text: str) -> str:
    return text


def _nobody(message: Message) -> None:
    """Nobody keeps the messages."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who decides, who is asked, who keeps the messages, and within which limits.

    `on_message` is called with every complete message, before anything that follows from it: the assistant's before
    its tools run, each result as soon as it and all before it are there. `redact` takes secrets out of results. `seen`
    is what the model reads beside the messages; None: calls that can send data out are not asked about again.
    `deadline` is the end of the whole run, `observer` watches it, `journal` makes it safe to be killed.
    """

    decide: Decide
    approve: Approver | None = None
    limits: Limits = field(default_factory=Limits)
    on_message: Callable[[Message], None] = _nobody
    redact: Callable[[str], str] = _as_it_is
    seen: Seen | None = field(default_factory=Seen)
    deadline: Deadline | None = None
    observer: Observer | None = None
    journal: CallJournal | None = None


class CallJournal(Protocol):
    """Keeps on disk what happens to calls, so that another process can go on. `number` is the call's in its answer."""

    def began(self, number: int) -> None:
        """Keep that a call which may write is about to run."""
        ...

    def done(self, number: int, outcome: Outcome) -> None:
        """Keep what a call came to whose result waits for that of an earlier one."""
        ...


class Interrupted(Exception):  # noqa: N818  not an error: the user's wish
    """Ctrl-C at the question, on its way from its task to whoever consumes the run."""


class Batch:
    """The calls of one answer while they are settled."""

    def __init__(self, planned: list[Planned], state: RunState, desk: Desk) -> None:
        self._planned = planned
        self._state = state
        self._desk = desk
        self._news: asyncio.Queue[Event | None] = asyncio.Queue()
        self._recorded = 0
        self._one_question = asyncio.Lock()
        self._slots = asyncio.Semaphore(desk.limits.side_by_side)
        self._writers = self._order_of_writers()

    async def settle(self) -> AsyncGenerator[Event, None]:
        """Yield approvals as they come and results in order; leave calls open only where the run is to pause.

        However this is left, by a cancellation too, no tool runs on behind it.
        """
        tasks = [asyncio.create_task(self._one(each)) for each in self._planned if each.outcome is None]
        running = len(tasks)
        try:
            while True:
                while (each := self._next_settled()) is not None:
                    if hidden := len(_TAGS.findall(each.outcome.content if each.outcome else "")):
                        yield Notice(f"{each.call.name}: {hidden} invisible characters were taken out of the result")
                    yield self._record(each)
                if not running:
                    break
                news = await self._news.get()
                if news is None:
                    running -= 1
                else:
                    yield news
            for task in tasks:
                task.result()
        except BaseException as error:
            await _stop(tasks)
            if isinstance(error, Interrupted):
                raise KeyboardInterrupt from None
            raise

    def _next_settled(self) -> Planned | None:
        rest = self._planned[self._recorded :]
        return rest[0] if rest and rest[0].outcome is not None else None

    def _record(self, planned: Planned) -> ToolResult:
        self._recorded += 1
        return close_call(self._state, self._desk, planned.outcome or failed(CANCELLED), planned.note)

    def _order_of_writers(self) -> dict[int, tuple[asyncio.Event | None, asyncio.Event, Planned | None]]:
        """Return for each call that may write: what it waits for, what it sets, and the writer before it."""
        order: dict[int, tuple[asyncio.Event | None, asyncio.Event, Planned | None]] = {}
        before: asyncio.Event | None = None
        last: Planned | None = None
        for each in self._planned:
            if each.outcome is None and not (each.tool and each.tool.read_only):
                mine = asyncio.Event()
                order[id(each)] = (before, mine, last)
                before, last = mine, each
        return order

    async def _one(self, planned: Planned) -> None:
        """Ask if need be, wait for one's turn, run."""
        waits, done, earlier = self._writers.get(id(planned), (None, None, None))
        try:
            if planned.decision == "ask" and not await self._allowed(planned):
                return
            if waits:
                await waits.wait()
            if earlier and earlier.outcome is None:
                return  # the one before waits for its approval in another process: so must this one
            if planned.tool is None or planned.arguments is None:
                raise AssertionError("a call without outcome has its tool")
            async with self._slots:
                listener.set(self._watch(planned))
                caller.set(Caller(self._state, _seen_by(self._desk.decide)))
                journal, number = self._desk.journal, planned.entry.number
                if journal and not planned.tool.read_only:
                    journal.began(number)
                with tool_watched(self._desk.observer, planned.entry):
                    planned.entry.outcome = await invoke(
                        planned.tool, dict(planned.arguments), self._desk.limits, self._desk.deadline
                    )
                if journal and self._recorded + 1 < len(self._planned):  # others go on before its result is recorded
                    journal.done(number, shown(planned.entry.outcome, self._desk))
        finally:
            if done:
                done.set()
            self._news.put_nowait(None)

    async def _allowed(self, planned: Planned) -> bool:
        """Ask the one who may allow it. Without anybody the call is denied, or stays open for a pause."""
        call, arguments = planned.call, dict(planned.arguments or {})
        if given := planned.entry.verdict:
            self._apply(planned, given)
            self._tell(planned, given.decision)
            return planned.outcome is None
        if self._desk.approve is None:
            if self._desk.limits.on_ask == "deny":
                self._state.denials.append(planned.rule)
                reason = f"allowing rule: {planned.rule}" if planned.rule else planned.why
                planned.entry.outcome = denied(f"nobody was there to approve it; {reason}")
                self._tell(planned, "deny")
            else:
                self._tell(planned, None)
            return False
        async with self._one_question:
            ruling = self._desk.decide(call.name, arguments)
            if ruling.decision == "allow":  # the answer to a question before this one was "always"
                return True
            try:
                preview = _preview(planned.tool, arguments)
            except ToolError as error:
                planned.entry.outcome = failed(str(error))
                return False
            self._tell(planned, None)
            shown = planned.tool.previewed if isinstance(planned.tool, PreviewsWhole) else ()
            look = partial(_look, planned.tool)
            pending = PendingCall(
                call.id, call.name, arguments, planned.rule, preview, planned.why, shown=shown, look=look
            )
            with self._desk.deadline.paused() if self._desk.deadline else nullcontext():
                verdict = await _ask(self._desk.approve, pending)
            self._apply(planned, verdict)
            self._tell(planned, verdict.decision)
        return planned.outcome is None

    def _apply(self, planned: Planned, verdict: Verdict) -> None:
        if verdict.decision == "deny":
            planned.entry.outcome = denied(verdict.reason)
            return
        if verdict.arguments is None or planned.tool is None:
            return
        planned.arguments = verdict.arguments
        try:
            check(planned.tool, verdict.arguments)
        except ToolError as error:
            planned.entry.outcome = failed(str(error))
            return
        ruling = self._desk.decide(planned.call.name, verdict.arguments)
        if ruling.decision == "deny":
            planned.entry.outcome = denied(f"the rule {ruling.rule} forbids it")
            return
        changed = json.dumps(verdict.arguments, ensure_ascii=False)
        planned.note += f"\n\n[The user changed the arguments before this ran: {changed}]"

    def _tell(self, planned: Planned, decision: str | None) -> None:
        arguments = json.dumps(planned.arguments, ensure_ascii=False)
        rule = planned.rule or None
        self._news.put_nowait(Approval(planned.call.id, planned.call.name, arguments, decision, rule))

    def _watch(self, planned: Planned) -> Callable[[str], None]:
        """Return what a running tool tells its progress to, from any thread."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()

        def tell(text: str) -> None:
            shown = self._desk.redact(presentable(text, PROGRESS_CHARS))
            event = Progress(planned.call.id, planned.call.name, shown)
            if threading.get_ident() == thread:
                self._news.put_nowait(event)
                return
            with suppress(RuntimeError):  # the loop has ended: nobody watches any more
                loop.call_soon_threadsafe(self._news.put_nowait, event)

        return tell


def _seen_by(decide: Decide) -> Seen | None:
    return decide.seen if isinstance(decide, Guard) else None


def record(state: RunState, desk: Desk, message: Message) -> None:
    """Add one complete message to the history and hand it to whoever keeps it."""
    state.messages.append(message)
    desk.on_message(message)


def close_call(state: RunState, desk: Desk, outcome: Outcome, note: str = "") -> ToolResult:
    """Record the result of the first open call, in the history and with whoever keeps it; return its event."""
    call, ready = state.open[0].call, shown(outcome, desk)
    part = ToolResultPart(call.id, call.name, ready.content + note, ready.error)
    del state.open[0]
    record(state, desk, Message("tool", (part,)))
    return ToolResult(part.id, part.name, part.content, part.error, outcome.decision)


def shown(outcome: Outcome, desk: Desk) -> Outcome:
    """Return an outcome as models, disk and screen may have it: cut, without secrets."""
    limit = desk.limits.result_chars
    error = None if outcome.error is None else desk.redact(presentable(outcome.error, limit))
    return Outcome(desk.redact(presentable(outcome.content, limit)), error, outcome.decision)


def close_all_calls(state: RunState, desk: Desk, why: str) -> None:
    """Record a result for every open call: a history with a dangling call could never be sent again."""
    while state.open:
        close_call(state, desk, state.open[0].outcome or failed(why))


async def invoke(tool: Tool, arguments: dict[str, Any], limits: Limits, end: Deadline | None = None) -> Outcome:
    """Run one tool and return what came of it; whatever it raises is its result, a cancellation of the run apart."""
    own = tool.seconds if isinstance(tool, Timed) else limits.tool_timeout
    seconds = own if end is None else min(own, end.left())
    deadline = asyncio.timeout(None if seconds == inf else seconds)
    try:
        async with deadline:
            return Outcome(as_text(await tool.run(arguments)))
    except Interrupted:
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return failed("the tool gave up by itself")
    except TimeoutError as error:
        if deadline.expired():
            return failed(f"the tool did not finish within {seconds:.3g} s and was stopped")
        return failed(f"TimeoutError: {error}")
    except ToolError as error:
        return failed(str(error))
    except Exception as error:  # noqa: BLE001  a tool is foreign code: the model is told, the run goes on
        return failed(f"{type(error).__name__}: {error}")


def as_text(result: object) -> str:
    """Return what a tool gave back as text: a string as it is, anything else as JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)


def presentable(text: str, limit: int) -> str:
    """Return a result that every wire and disk can carry: no lone surrogates, no invisible Tags, head and tail."""
    text = _TAGS.sub("", text.encode("utf-8", "replace").decode("utf-8"))
    if len(text) <= limit:
        return text
    head, tail = limit * 3 // 4, limit // 4
    return f"{text[:head]}\n[… {len(text) - head - tail} characters left out …]\n{text[-tail:]}"


def _preview(tool: Tool | None, arguments: dict[str, Any]) -> str:
    """Return what a call would change. Raises ToolError where it cannot work, so that nobody need be asked."""
    return tool.preview(arguments) if isinstance(tool, Previews) else ""


def _look(tool: Tool | None, arguments: dict[str, Any]) -> str:
    """Return the preview for arguments that a person has edited. Raises ToolError where they do not fit."""
    if tool is not None:
        check(tool, arguments)
    return _preview(tool, arguments)


async def _ask(approve: Approver, pending: PendingCall) -> Verdict:
    """Ask. Ctrl-C at the question leaves this task as an error of its own: the loop would not survive the real one."""
    try:
        return await approve(pending)
    except KeyboardInterrupt:
        raise Interrupted from None


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
