"""ask_user: a question to the person at the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, Any

from rigcli.core.ports import Tool, ToolError, Traits
from rigcli.core.requests import ToolSpec
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import FunctionTool, tool
from rigcli.tools.traits import STAYS_HERE

NOBODY = "Nobody is there to answer. Go on with what you know, and say in your answer what you assumed."


@dataclass(frozen=True, slots=True)
class Patient:
    """A tool whose calls wait for a person, however long that takes."""

    inner: FunctionTool[..., Any]
    seconds: float = inf
    read_only: bool = True
    traits: Traits = STAYS_HERE

    @property
    def spec(self) -> ToolSpec:
        return self.inner.spec

    def check(self, arguments: dict[str, Any]) -> None:
        self.inner.check(arguments)

    async def run(self, arguments: dict[str, Any]) -> str:
        return await self.inner.run(arguments)


def make(context: ToolContext) -> Tool:
    """Return the tool; without a person it tells the model so."""

    @tool(read_only=True, traits=STAYS_HERE)
    async def ask_user(
        question: Annotated[str, "one clear question"],
        choices: Annotated[list[str] | None, "answers to choose from; any other answer is possible too"] = None,
    ) -> str:
        """Ask the user, where only they can know or decide. The answer comes back as they typed it."""
        if not question.strip():
            raise ToolError("question: empty")
        if context.person is None:
            return NOBODY
        answer = await context.person.ask(question, tuple(choices or ()))
        return NOBODY if answer is None else answer.strip() or "[the user gave no answer]"

    return Patient(ask_user)
