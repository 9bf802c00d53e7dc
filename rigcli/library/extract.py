"""Typed data out of a model: a schema in, a checked value out."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias

from rigcli.core.errors import LimitError
from rigcli.core.events import End
from rigcli.core.requests import Request
from rigcli.engine.agent import Desk, Limits, RunState
from rigcli.engine.calls import Ruling
from rigcli.engine.ending import shortfall
from rigcli.engine.structured import RETRIES, Wanted, run_structured
from rigcli.schemas.short import read_short
from rigcli.schemas.source import of_class

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn

Schema: TypeAlias = "str | dict[str, Any] | type[Any]"
"""The short form ("name, age int"), a JSON Schema, or a type: a pydantic model, a dataclass, list[int], …"""


def wanted(schema: Schema, retries: int = RETRIES) -> Wanted:
    """Return what an answer must be. Raises UsageError."""
    if isinstance(schema, str):
        return Wanted(read_short(schema), retries=retries)
    return Wanted(schema if isinstance(schema, dict) else of_class(schema), retries=retries)


async def extract(request: Request, turn: Turn, schema: Schema, retries: int = RETRIES) -> Any:
    """Return the value, of the type where a type was given.

    Raises SchemaError (its `data` is the best attempt), the error of an answer that was cut or refused, and what the
    turn raises.
    """
    goal = wanted(schema, retries)
    state = RunState(messages=list(request.messages))
    desk = Desk(_nothing_to_decide, limits=Limits(max_turns=retries + 1))
    async with aclosing(run_structured(state, request, turn, (), desk, goal)) as events:
        async for event in events:
            if isinstance(event, End) and (error := shortfall(event)):
                raise error
    if error := goal.failure():
        raise error
    if isinstance(schema, str | dict):
        return goal.data
    from pydantic import TypeAdapter

    return TypeAdapter(schema).validate_python(goal.data)


def _nothing_to_decide(name: str, arguments: dict[str, Any]) -> Ruling:
    raise LimitError(f"extract: the model called {name} with {len(arguments)} arguments, and there are no tools")
