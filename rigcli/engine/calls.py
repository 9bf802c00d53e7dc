"""From the call a model wrote to what may run: read, checked, decided. No tool runs in here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, cast, runtime_checkable

from rigcli.core.events import ToolResult
from rigcli.core.messages import ToolCallPart
from rigcli.core.ports import Closes, Tool, ToolError
from rigcli.core.requests import ToolSpec
from rigcli.engine.run_state import OpenCall, Outcome, RunState

TELL_AT, STOP_AT = 3, 5
"""The same call with the same arguments: how often in a row until the model is told, and until the run stops."""
NAMES_TOLD = 20
"""With more tools than this only the near names are listed to a model that asked for an unknown one."""

MAYBE = (
    "rig was stopped while this call was running: it may or may not have run. It was not run again; "
    "look at what is there before you repeat it."
)

Decision: TypeAlias = Literal["allow", "ask", "deny"]


class Ruling(Protocol):
    """What the rules say about one call; `rule` is the rule that decided, or for ask the one that would allow it."""

    @property
    def decision(self) -> Decision: ...

    @property
    def rule(self) -> str: ...


Decide: TypeAlias = Callable[[str, dict[str, Any]], Ruling]
"""The name of a tool and checked arguments to a ruling."""


@runtime_checkable
class Checked(Protocol):
    """A tool that can tell whether arguments fit before anybody is asked about the call."""

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError where the arguments do not fit, in words for the model."""
        ...


@dataclass(slots=True)
class Planned:
    """A call on its way: its tool, arguments and ruling, or already its outcome where there is nothing to run."""

    entry: OpenCall
    tool: Tool | None = None
    arguments: Mapping[str, Any] | None = None
    decision: Decision = "allow"
    rule: str = ""
    why: str = ""
    """Why it is asked about although a rule allows it."""
    note: str = ""
    """Told to the model below the result."""
    unusable: bool = False

    @property
    def call(self) -> ToolCallPart:
        return self.entry.call

    @property
    def outcome(self) -> Outcome | None:
        return self.entry.outcome


def plan(entry: OpenCall, tools: Mapping[str, Tool], decide: Decide) -> Planned:
    """Return what is to be done about one call; a call that cannot be used has its outcome at once."""
    planned = Planned(entry)
    if entry.outcome is not None:
        return planned
    if entry.began and not (entry.call.name in tools and tools[entry.call.name].read_only):
        entry.outcome = failed(MAYBE)
        return planned
    try:
        planned.tool = find(entry.call.name, tools)
        planned.arguments = read_arguments(entry.call.arguments)
        check(planned.tool, planned.arguments)
    except ToolError as error:
        planned.unusable = True
        entry.outcome = failed(str(error))
        return planned
    ruling = decide(entry.call.name, planned.arguments)
    planned.decision, planned.rule, planned.why = ruling.decision, ruling.rule, getattr(ruling, "why", "")
    if ruling.decision == "ask" and getattr(ruling, "floor", False):
        planned.rule, planned.why = (
            "",
            planned.why or "no rule can allow it: it touches what runs later, or hides what runs",
        )
    if ruling.decision == "deny":
        entry.outcome = denied(f"the rule {ruling.rule} forbids it")
    return planned


def find(name: str, tools: Mapping[str, Tool]) -> Tool:
    """Return the tool of that name. Raises ToolError that lists the near names."""
    if name in tools:
        return tools[name]
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = list(tools) if len(tools) <= NAMES_TOLD else get_close_matches(name, tools, n=5, cutoff=0.4)
    known = f"the tools are: {', '.join(near)}" if near else "look at the list of tools again"
    raise ToolError(f"there is no tool named {name!r}; {known}")


def read_arguments(text: str) -> dict[str, Any]:
    """Return the arguments that a model wrote; nothing and `null` are {}. Raises ToolError that says what is wrong."""
    if not text.strip():
        return {}
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise ToolError(
            f"the arguments are not valid JSON: {error.msg} at character {error.pos}; send one JSON object"
        ) from None
    except (ValueError, RecursionError):
        raise ToolError("the arguments are not valid JSON: a number too long or nested too deep") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ToolError(f"the arguments must be one JSON object, not {_KINDS.get(type(cast('object', value)), 'this')}")
    return cast("dict[str, Any]", value)


_KINDS: dict[type[object], str] = {
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
}


def faults(state: RunState, declared: Mapping[str, ToolSpec]) -> Iterator[ToolResult]:
    """Settle the open calls of declared tools whose arguments do not fit, and yield what is wrong with them.

    Nothing runs here, but whoever declared the tool should know before it runs the call.
    """
    for entry in state.open:
        if error := _fault(entry.call, declared):
            entry.outcome = failed(error)
            yield ToolResult(entry.call.id, entry.call.name, entry.outcome.content, error)


def _fault(call: ToolCallPart, declared: Mapping[str, ToolSpec]) -> str | None:
    from rigcli.schemas import fitting  # noqa: PLC0415  only declared tools need it

    try:
        arguments = read_arguments(call.arguments)
    except ToolError as error:
        return str(error)
    validator = fitting(declared[call.name].parameters) if call.name in declared else None
    errors = validator.errors(arguments) if validator else ()
    return f"the arguments do not fit: {'; '.join(errors)}" if errors else None


def check(tool: Tool, arguments: dict[str, Any]) -> None:
    """Raise ToolError where the tool says that these arguments do not fit."""
    if isinstance(tool, Checked):
        tool.check(arguments)


async def close_all(tools: Iterable[Tool]) -> None:
    """End what tools keep running between calls; one that fails keeps none of the others from it."""
    for tool in tools:
        if isinstance(tool, Closes):
            with suppress(Exception):
                await tool.close()


def count_repeats(state: RunState, calls: Iterable[ToolCallPart]) -> list[int]:
    """Return for each call how often in a row it was asked for by now, over answers as well as within one."""
    counts: list[int] = []
    for call in calls:
        key = f"{call.name} {_canonical(call.arguments)}"
        state.repeats = state.repeats + 1 if key == state.last_call else 1
        state.last_call = key
        counts.append(state.repeats)
    return counts


def repeat_note(count: int) -> str:
    """Return what the model is told about its nth identical call in a row."""
    return (
        f"\n\n[This is the same call with the same arguments for the {count}th time in a row: the result will not "
        f"change. Do something else or answer; after {STOP_AT} the run is stopped.]".replace("3th", "3rd")
    )


def failed(message: str, decision: str = "allow") -> Outcome:
    return Outcome(json.dumps({"error": message}, ensure_ascii=False), message, decision)


def denied(reason: str | None) -> Outcome:
    """Return the outcome of a refused call, in the words that models are told in."""
    return failed(f"User rejected this tool call: {reason or 'no reason given'}", "deny")


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments or "{}"), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
