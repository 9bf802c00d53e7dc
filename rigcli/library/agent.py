"""A model with tools: it calls them, reads their results, and goes on until it has an answer."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from rigcli.core.errors import UsageError
from rigcli.core.events import Event, Notice
from rigcli.core.messages import Message
from rigcli.core.ports import PendingCall, Tool, Verdict
from rigcli.engine.agent import Desk, Limits, RunState, Turn, failure, run
from rigcli.engine.calls import close_all
from rigcli.engine.deadline import Deadline
from rigcli.engine.priced import priced
from rigcli.engine.taint import Seen
from rigcli.library.answer import Answer, Gather
from rigcli.library.model import Model
from rigcli.library.prompts import Prompt, conversation
from rigcli.library.waiting import run as wait
from rigcli.library.waiting import step_through

Approve: TypeAlias = Callable[[PendingCall], "bool | Verdict | Awaitable[bool | Verdict]"]
"""Asked about a call before it runs; may be async. False is a refusal, a Verdict may give the reason to the model."""


@dataclass(frozen=True, slots=True)
class _Ruling:
    decision: Literal["allow", "ask"]
    rule: str


class Agent:
    """A model that may use tools: functions made with `@tool`, other Tool objects, or names of built-in tools.

    Tools that a program hands over may run; with `approve` every call of a tool that is not read-only is asked about
    first. Built-in tools that change something need `approve`. `max_turns` counts model calls, `tool_timeout` is in
    seconds. `folder` is where built-in tools work. Raises UsageError (no such tool, two of one name, no `approve`).
    """

    def __init__(
        self,
        model: Model,
        *,
        tools: Sequence[Tool | str] = (),
        system: str | None = None,
        max_turns: int = 25,
        approve: Approve | None = None,
        tool_timeout: float = 120.0,
        folder: Path | None = None,
    ) -> None:
        if max_turns < 1:
            raise UsageError(f"Agent: max_turns={max_turns}: must be at least 1")
        self.model = model
        self.system = model.system if system is None else system
        self.tools = _tools(tools, folder, asked=approve is not None)
        self.max_turns = max_turns
        self._limits = Limits(max_turns, tool_timeout)
        self._approve = approve
        self._seconds: float | None = None
        self._read_only = {tool.spec.name: tool.read_only for tool in self.tools}

    @classmethod
    def from_file(
        cls,
        file: str | Path,
        *,
        model: Model | None = None,
        tools: Sequence[Tool | str] = (),
        approve: Approve | None = None,
        folder: Path | None = None,
    ) -> Agent:
        """Return the agent that a file describes, or the user's (or a trusted project's) agent of that name.

        Model, system prompt, options, built-in tools and limits are the file's; `model` and `tools` (besides those)
        are the program's. Raises UsageError (no such, or it names what only the program `rig` has: indexes, other
        agents, skills, rules), ConfigError (what it says), and what Model.configured raises.
        """
        from rigcli.library.agent_file import load_agent

        loaded = load_agent(file, own_model=model is not None)
        chosen = model or loaded.model
        assert chosen  # noqa: S101  one of the two is there
        made = cls(
            chosen,
            tools=(*loaded.tools, *tools),
            system=loaded.system,
            max_turns=loaded.max_turns,
            approve=approve,
            tool_timeout=loaded.tool_timeout,
            folder=folder,
        )
        made._seconds = loaded.seconds
        return made

    async def stream(self, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> AsyncGenerator[Event]:
        """Yield everything that happens until the run is over; the last event is `End`.

        Raises what `Model.stream` raises; LimitError where the model goes in circles or `max_turns` is reached.
        """
        state = RunState(messages=conversation(prompt, files, self.system))
        async with aclosing(self.run(state)) as events:
            async for event in events:
                yield event

    async def run(
        self, state: RunState, on_message: Callable[[Message], None] = lambda _: None, turn: Turn | None = None
    ) -> AsyncGenerator[Event]:
        """Go on from a state, which is changed; `on_message` gets every whole message. As `stream` otherwise.

        `turn` stands in for the model's own.
        """
        for notice in self.model.way.notices:
            yield Notice(notice)
        request = replace(self.model.request(""), messages=())
        asked = self._approve is not None  # without it the program has said that its tools may run
        seen = Seen() if asked else None
        observe = self.model.way.observe
        observer, own = observe() if observe else (None, self.model.way.turn)
        desk = Desk(
            self._decide,
            self._ask if asked else None,
            self._limits,
            on_message,
            seen=seen,
            deadline=Deadline(self._seconds) if self._seconds else None,
            observer=observer,
        )
        asking = priced(turn or own, self.model.way.price)
        try:
            async with aclosing(run(state, request, asking, self.tools, desk)) as events:
                async for event in events:
                    yield event
        finally:
            await close_all(self.tools)
        if error := failure(state, self.max_turns):
            error.hint = "raise max_turns" if state.stopped == "turn_limit" else error.hint
            raise error

    async def ask(self, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> Answer:
        """Return the answer that the run ends with; `messages` holds the tool calls and results too. Raises as above.

        An answer that was cut, filtered or refused is returned: see `Answer.raise_for_finish`.
        """
        gather = Gather(self.model.way.provider)
        state = RunState(messages=conversation(prompt, files, self.system))
        async for event in self.run(state):
            gather.add(event)
        return gather.answer(_before_the_answer(state.messages))

    def ask_sync(self, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> Answer:
        """Return the answer, for scripts and notebooks (see `run`)."""
        return wait(self.ask(prompt, files=files))

    def stream_sync(self, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> Generator[Event]:
        """Yield the events of a run, for scripts. Raises UsageError where an event loop runs."""
        return step_through(self.stream(prompt, files=files))

    def _decide(self, name: str, arguments: dict[str, object]) -> _Ruling:
        _ = arguments
        free = self._approve is None or self._read_only.get(name, False)
        return _Ruling("allow" if free else "ask", name)

    async def _ask(self, call: PendingCall) -> Verdict:
        assert self._approve  # noqa: S101  only handed over where there is one
        said = self._approve(call)
        verdict = await said if inspect.isawaitable(said) else said
        if isinstance(verdict, Verdict):
            return verdict
        return Verdict("allow" if verdict is True else "deny")


def _before_the_answer(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return the conversation without its last assistant message and what follows it."""
    last = max((i for i, message in enumerate(messages) if message.role == "assistant"), default=len(messages))
    return tuple(messages[:last])


def _tools(wanted: Sequence[object], folder: Path | None, *, asked: bool) -> list[Tool]:
    found: dict[str, Tool] = {}
    for each in wanted:
        for tool in _built_in(each, folder, asked=asked) if isinstance(each, str) else [each]:
            if not isinstance(tool, Tool):
                raise UsageError(f"Agent: {tool!r} is no tool", hint="put @tool above the function")
            if tool.spec.name in found:
                raise UsageError(f"Agent: two tools are called {tool.spec.name}", hint="@tool(name=…) gives another")
            found[tool.spec.name] = tool
    return list(found.values())


def _built_in(pattern: str, folder: Path | None, *, asked: bool) -> list[Tool]:
    from rigcli.tools.context import ToolContext
    from rigcli.tools.registry import make, offers, pick

    made = [make(offer, ToolContext(folder or Path.cwd())) for offer in pick([pattern], offers())]
    for tool in made:
        if not (tool.read_only or asked):
            raise UsageError(
                f"Agent: the built-in tool {tool.spec.name} changes things", hint="pass approve=… to be asked first"
            )
    return made
