"""What a server asks of the user in the midst of a call: may it use the model, and what does the user say to its form.

Both start at "ask". Where nobody sits at the terminal, or `--approve never` is said, both are declined and said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rigcli.cli.world import World
from rigcli.core.errors import RigError
from rigcli.core.events import Fold
from rigcli.core.messages import Message, system
from rigcli.core.ports import PendingCall
from rigcli.core.requests import Request
from rigcli.tools.mcp.asks import ElicitAsk, Elicited, SampleAsk, Sampled

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk

SAMPLING = "mcp_sampling"
"""The name under which rules speak of it: `mcp_sampling(server=NAME)`."""
_STOPS = {"length": "maxTokens", "stop": "endTurn"}


class Asks:
    """The answers of one conversation; one question at a time stands on its terminal."""

    def __init__(self, world: World, talk: Talk, approve: str, warn: Callable[[str], None]) -> None:
        self._world = world
        self._talk = talk
        self._approve = approve
        self._warn = warn
        self._one = asyncio.Lock()

    async def sample(self, ask: SampleAsk) -> Sampled | str:
        """Let the model of this conversation answer a server, once it was allowed."""
        async with self._one:
            refused = await self._refused(ask)
        if refused:
            return refused
        try:
            return await self._answer(ask)
        except RigError as error:
            self._warn(f"mcp {ask.server}: the model did not answer it: {error.message}")
            return "the model did not answer"

    async def elicit(self, ask: ElicitAsk) -> Elicited:
        """Show a server's question and return what the user says."""
        talk = self._talk
        if talk.approve is None:
            self._warn(f"mcp {ask.server}: asks something, and nobody is here to answer: {ask.message[:200]}")
            return Elicited("decline")
        from rigcli.cli.mcp_form import ask_form

        async with self._one:
            return await ask_form(self._world, talk.settings, ask)

    async def _refused(self, ask: SampleAsk) -> str:
        """Return why a server may not use the model, nothing where it may."""
        talk, arguments = self._talk, _shown(ask)
        rule = f"{SAMPLING}(server={ask.server})"
        ruling = talk.permits.decide(SAMPLING, arguments, origin="mcp") if talk.permits else None
        if ruling and ruling.decision == "allow":
            return ""
        if ruling and ruling.decision == "deny":
            return "a rule forbids it"
        if self._approve == "all":
            return ""
        if talk.approve is None or self._approve == "never":
            self._warn(f"mcp {ask.server}: may not use the model: nobody is here to allow it (allowing rule: {rule})")
            return "nobody is here to allow it"
        verdict = await talk.approve(PendingCall(f"mcp-{ask.server}", SAMPLING, arguments, rule))
        return "" if verdict.decision == "allow" else verdict.reason or "not now"

    async def _answer(self, ask: SampleAsk) -> Sampled:
        from rigcli.cli.target import asking

        talk = self._talk
        messages = ((system(ask.system),) if ask.system else ()) + ask.messages
        request = Request(
            talk.target.model, messages, options=ask.options, stream=True, quirks=talk.target.choice.row.quirks
        )
        answer = Fold()
        turn = asking(talk.target, talk.settings, lambda: None)
        events = turn(request)
        async for event in events:
            answer.add(event)
        usage = answer.usage
        self._warn(
            f"mcp {ask.server}: used the model: {usage.input_tokens or 0:,} + {usage.output_tokens or 0:,} tokens"
        )
        stop = _STOPS.get(answer.finish.reason if answer.finish else "stop", "endTurn")
        return Sampled(answer.message().text, talk.target.model, stop)


def _shown(ask: SampleAsk) -> dict[str, Any]:
    """Return everything that would be sent, for the one who is asked."""

    def said(message: Message) -> str:
        return f"{message.role}: {message.text}" + " [and media]" * any(part.type == "media" for part in message.parts)

    about: dict[str, Any] = {"server": ask.server, "messages": "\n".join(said(message) for message in ask.messages)}
    if ask.system:
        about["system"] = ask.system
    if ask.options.max_tokens:
        about["max_tokens"] = ask.options.max_tokens
    return about
