"""Agents as tools: `ask_NAME(task)` is a conversation of its own, under the rules of the one that asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import ConfigError, DeniedError, RigError
from rigcli.core.events import Approval, Event, Native, Notice, Progress, Retry, ToolCall, ToolResult
from rigcli.core.messages import Message, TextPart
from rigcli.core.ports import PendingCall, ToolError, Traits, Verdict, traits_of
from rigcli.core.progress import report
from rigcli.core.requests import ToolSpec
from rigcli.engine.caller import caller
from rigcli.engine.run_calls import Interrupted
from rigcli.home.agents import AgentFile, as_child, known_agents, read_agent
from rigcli.tools.registry import Offer
from rigcli.ui.activity import line_of
from rigcli.ui.collect import Collect

if TYPE_CHECKING:
    from rigcli.cli.flag_table import ModelFlags
    from rigcli.cli.talk import Talk
    from rigcli.cli.world import World
    from rigcli.core.ports import Approver
    from rigcli.home.settings import Settings
    from rigcli.home.shelf import Found

PREFIX = "ask_"
DEPTH = 3
"""Agents in a chain at most: one that asks one that asks one."""


def agent_offers(settings: Settings, talk: Talk | None, world: World, flags: ModelFlags | None) -> dict[str, Offer]:
    """Return a tool for each agent but those that are asking; no file is read. They can be made for a talk only."""
    above = _lineage(talk, flags)
    if len(above) >= DEPTH:
        return {}
    return {
        PREFIX + name: _offer(found, talk, world, flags)
        for name, found in known_agents(settings).items()
        if name not in above
    }


def _lineage(talk: Talk | None, flags: ModelFlags | None) -> tuple[str, ...]:
    if talk and talk.lineage:
        return talk.lineage
    return (flags.agent,) if flags and flags.agent else ()


def _offer(found: Found, talk: Talk | None, world: World, flags: ModelFlags | None) -> Offer:
    def load() -> AskAgent:
        if talk is None or flags is None:
            raise ConfigError(
                f"{PREFIX}{found.name}: an agent needs a conversation", hint=f'rig agents run {found.name} "…"'
            )
        return AskAgent(read_agent(found), talk, world, flags)

    return Offer(PREFIX + found.name, f"agent {found.origin}", load, of_rig=True)


class AskAgent:
    """One agent as a tool. Its conversation begins anew with each call; only the task and the answer pass."""

    seconds = inf
    """It keeps time itself: its model, its tools and its own limits do."""

    def __init__(self, agent: AgentFile, parent: Talk, world: World, flags: ModelFlags) -> None:
        self._agent = agent
        self._parent = parent
        self._world = world
        self._flags = flags
        self._lineage = (*_lineage(parent, flags), agent.name)

    @property
    def spec(self) -> ToolSpec:
        about = self._agent.description or f"The agent {self._agent.name}."
        return ToolSpec(
            PREFIX + self._agent.name,
            f"{about}\n\nAsk this agent to do a task on its own. It sees nothing but the task.",
            {
                "type": "object",
                "properties": {"task": {"type": "string", "minLength": 1, "description": "All that it needs to know."}},
                "required": ["task"],
                "additionalProperties": False,
            },
        )

    @cached_property
    def _trial(self) -> Talk:
        return self._talk()

    @property
    def read_only(self) -> bool:
        """Tell whether none of its tools changes anything: then several may run side by side."""
        return all(tool.read_only for tool in self._trial.tools) and self._trial.servers is None

    @property
    def traits(self) -> Traits:
        """Return what all its tools together may bring: the worst that a call can come to.

        Its tools that send are asked about one by one, because its run knows what this one has read.
        """
        tools = [traits_of(tool) for tool in self._trial.tools]
        foreign = self._trial.servers is not None or bool(self._trial.native)
        indexed = bool(self._trial.settings.get("index.default"))
        return Traits(
            sends=bool(self._trial.native),
            private=foreign or indexed or any(each.private for each in tools),
            untrusted=foreign or indexed or any(each.untrusted for each in tools),
        )

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError where there is no task."""
        task = arguments.get("task")
        if not isinstance(task, str) or not task.strip() or len(arguments) > 1:
            raise ToolError("invalid arguments: task: one text is needed, and nothing else")

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the agent's last answer. Raises ToolError where it came to none."""
        self.check(arguments)
        talk, shown = self._talk(), Watched()
        above = caller.get()
        try:
            found = await _retrieved(talk, self._world, arguments["task"])
            await talk.answer(Message("user", (TextPart(arguments["task"]),)), shown, found=found)
        except DeniedError as error:
            if above:
                above.denied(shown.refused)
            if not shown.collect.text:
                raise ToolError(error.message) from None
            return f"{shown.collect.text}\n\n[{error.message}]"
        except RigError as error:
            raise ToolError(f"{self._agent.name}: {error.line()}") from None
        except KeyboardInterrupt:
            raise Interrupted from None
        finally:
            if above:
                above.spent(shown.collect.usage)
            await talk.close()
        return shown.collect.text

    def _talk(self) -> Talk:
        """Return the agent's own conversation: kept nowhere, under the same rules, asking the same person."""
        from rigcli.cli.ask_run import native_of, options_of, wanted_of
        from rigcli.cli.talk import Talk
        from rigcli.cli.target import choose
        from rigcli.cli.toolbox import equip
        from rigcli.home.sessions import Session

        settings = as_child(self._parent.settings, self._agent)
        flags = self._flags._replace(
            agent=None, role=None, template=None, parameters=(), tools=(), indexes=(), native=(), options=(), model=None
        )
        target = self._parent.target
        if self._agent.model:
            target = choose(self._world, settings, flags._replace(base_url=None, wire=None)) or target
        talk = Talk(
            settings,
            target,
            Session.in_memory(),
            system=self._agent.system or None,
            options=options_of(settings, flags),
            stream=self._parent.stream,
            warn=self._parent.warn,
            lineage=self._lineage,
            marked=self._parent.marked or self._parent.session.local_only,
        )
        talk.native = native_of(settings, target)
        talk.wanted = wanted_of(self._world, flags._replace(schema=None, agent=self._agent.name), settings)
        equip(talk, self._world, flags._replace(quiet=True))
        if talk.permits and self._parent.permits:
            talk.permits.session = self._parent.permits.session
        talk.approve = self._approver()
        return talk

    def _approver(self) -> Approver | None:
        """Return the person that the conversation asks, told which agent wants it."""
        ask = self._parent.approve
        if ask is None:
            return None

        async def approve(call: PendingCall) -> Verdict:
            return await ask(
                call if call.who else replace(call, who=f"The agent {', asked by '.join(reversed(self._lineage))}")
            )

        return approve


@dataclass
class Watched:
    """The events of an agent's run, as lines of progress in the run that asked for it."""

    collect: Collect
    refused: list[str]

    def __init__(self) -> None:
        self.collect, self.refused = Collect(), []

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        if isinstance(event, Approval) and event.decision == "deny" and event.rule:
            self.refused.append(event.rule)
        if isinstance(event, ToolCall | ToolResult | Progress | Approval | Retry | Notice | Native):
            line = line_of(event)
            if line.strip():
                report(line)

    def settled(self) -> None:
        """Lines are told as they come."""

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        """The run that asked says how it ended."""


async def _retrieved(talk: Talk, world: World, task: str) -> Any:
    names = tuple(talk.settings.get("index.default"))
    if not names:
        return None
    import asyncio

    from rigcli.cli.retrieval import retrieve

    return await asyncio.to_thread(retrieve, world, talk.settings, names, task, warn=report)
