"""An answer that must fit a schema: run, check, say what is wrong, and run again, a few times."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, cast

from rigcli.core.errors import SchemaError
from rigcli.core.events import End, Event, Notice
from rigcli.core.fences import first_code_block
from rigcli.core.messages import Message, user
from rigcli.core.ports import Tool
from rigcli.core.requests import OutputSchema, Request
from rigcli.engine.agent import Desk, RunState, Turn, run
from rigcli.schemas import Validator
from rigcli.schemas.prune import without_nulls

RETRIES = 2
_WRAPPER = "value"
_NOTHING: Any = object()


@dataclass
class Wanted:
    """What an answer must be, and what came of it: `data` is the best attempt, `errors` what is wrong with it.

    A schema whose root is no object is sent inside one, because most providers want that; `data` is the value in it.
    """

    schema: dict[str, Any]
    name: str = "answer"
    retries: int = RETRIES
    data: Any = None
    errors: tuple[str, ...] = ("no answer came",)
    checked: bool = False
    _validator: Validator = field(init=False)

    def __post_init__(self) -> None:
        self._validator = Validator(self.schema)

    def renew(self) -> None:
        """Forget what came: another question is asked."""
        self.data, self.errors, self.checked = None, ("no answer came",), False

    @property
    def output(self) -> OutputSchema:
        """The schema as it is sent."""
        if self._plain:
            return OutputSchema(self.name, self.schema)
        inner = {key: value for key, value in self.schema.items() if key not in ("$defs", "definitions", "$schema")}
        shared = {key: self.schema[key] for key in ("$defs", "definitions") if key in self.schema}
        body = {
            "type": "object",
            "properties": {_WRAPPER: inner},
            "required": [_WRAPPER],
            "additionalProperties": False,
        }
        return OutputSchema(self.name, {**body, **shared})

    @property
    def _plain(self) -> bool:
        return self.schema.get("type") == "object" or "properties" in self.schema

    def check(self, text: str) -> tuple[str, ...]:
        """Take an answer and return what is wrong with it; it is kept where it is no worse than the one before."""
        value = read_json(text)
        if value is _NOTHING:
            errors: tuple[str, ...] = ("the answer is no JSON",)
            value = None
        else:
            value, errors = self._best(value)
        better = not self.checked or (value is not None and len(errors) <= len(self.errors)) or not errors
        if better:
            self.data, self.errors = value, errors
        self.checked = True
        return errors

    def _best(self, given: Any) -> tuple[Any, tuple[str, ...]]:
        value: Any = given
        if not self._plain and isinstance(given, dict):
            table = cast("dict[str, Any]", given)
            value = table[_WRAPPER] if list(table) == [_WRAPPER] else table
        errors = self._validator.errors(value)
        if errors:
            pruned = without_nulls(value, self.schema)
            if not self._validator.errors(pruned):
                return pruned, ()
        return value, errors

    def failure(self) -> SchemaError | None:
        """Return the error of a run whose best answer does not fit."""
        if not self.checked or not self.errors:
            return None
        error = SchemaError(
            f"answer: it does not match the schema: {'; '.join(self.errors)}",
            hint="--format json shows the best attempt",
        )
        error.errors, error.data = self.errors, self.data
        return error


async def run_structured(
    state: RunState,
    request: Request,
    turn: Turn,
    tools: Sequence[Tool],
    desk: Desk,
    wanted: Wanted,
    said: Callable[[Message], None] = lambda _: None,
) -> AsyncGenerator[Event]:
    """Yield the events of a run whose answer is checked; `wanted` says afterwards what came of it.

    What does not fit is answered with the validator's words and asked for again; `said` gets these messages. Only the
    last `End` is told. Raises what `run` raises.
    """
    request = replace(request, schema=wanted.output)
    for attempt in range(wanted.retries + 1):
        end: End | None = None
        async with aclosing(run(state, request, turn, tools, desk)) as events:
            async for event in events:
                if isinstance(event, End):
                    end = event
                else:
                    yield event
        if end is None:
            return
        errors = wanted.check(end.message.text) if end.reason == "stop" else ()
        if not errors or attempt == wanted.retries or state.turns >= desk.limits.max_turns:
            yield end
            return
        words = "; ".join(errors)
        yield Notice(f"the answer does not match the schema ({words}); asking again, {attempt + 1} of {wanted.retries}")
        listed = "".join(f"\n- {each}" for each in errors)
        correction = user(f"Your answer does not match the schema:{listed}\nGive the whole answer again, corrected.")
        state.messages.append(correction)
        said(correction)


def read_json(text: str) -> Any:
    """Return the JSON value of an answer: the whole text, else its first code block, else the first value in it."""
    for found in (text, first_code_block(text)):
        with suppress(ValueError, RecursionError, TypeError):
            return json.loads(cast("str", found))
    decoder = json.JSONDecoder()
    for at in [i for i, letter in enumerate(text) if letter in "{["][:64]:
        with suppress(ValueError, RecursionError):
            return decoder.raw_decode(text, at)[0]
    return _NOTHING
