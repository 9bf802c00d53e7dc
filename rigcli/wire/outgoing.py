"""What the requests of all wires share: options and tools after the quirks, and the notices for what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from rigcli.core.messages import MediaPart, Message, Part, TextPart, ToolCallPart, ToolResultPart
from rigcli.core.requests import Options, Request, ToolSpec
from rigcli.wire.media import cannot

LEAST_BUDGET = 1024
"""Tokens; the least thinking budget that Claude takes, through whichever door."""
_NAMES = (
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "seed",
    "reasoning_effort",
    "thinking_budget",
    "verbosity",
    "tool_choice",
    "parallel_tool_calls",
    "cache",
    "logprobs",
    "top_logprobs",
    "n",
)


@dataclass(slots=True)
class Draft:
    """A request that is being written: what the quirks leave of it, and the notices so far."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    options: Options
    notices: list[str]

    def leave_out(self, name: str, why: str = "this wire has no such option") -> None:
        """Drop one option; the user is told where it was given."""
        empty: Any = () if name == "stop" else None
        if getattr(self.options, name) != empty:
            self.notices.append(f"the option {name} was left out: {why}")
            self.options = replace(self.options, **{name: empty})


def draft(request: Request) -> Draft:
    """Return the request after the quirks that every wire reads: refused_options, no_temperature, no_tools."""
    row = Draft(request.model, request.messages, request.tools, request.options, [])
    quirks = request.quirks
    refused = list(quirks.get("refused_options", ()))
    if quirks.get("no_temperature"):
        refused += ["temperature", "top_p"]
    for name in refused:
        if name in _NAMES:
            row.leave_out(name, "the server refuses it")
    if "cache" in refused:
        row.options = replace(row.options, cache="off")
    _settle(row)
    if request.options.extra:
        row.notices += _nearly_known(request.options.extra)
    if quirks.get("no_tools"):
        _without_tools(row)
    if not row.tools and not request.native:
        if row.options.tool_choice not in (None, "auto", "none"):
            row.leave_out("tool_choice", "no tools are offered")
        row.options = replace(row.options, tool_choice=None, parallel_tool_calls=None)
    return row


def _settle(row: Draft) -> None:
    """Leave out what happens anyway, and say what one option means for another."""
    if row.options.n == 1:
        row.options = replace(row.options, n=None)
    if row.options.top_logprobs is not None and row.options.logprobs is None:
        row.options = replace(row.options, logprobs=True)


def _nearly_known(extra: Mapping[str, Any]) -> list[str]:
    """Return notices for names that look like a slip: they go to the provider as they are, who may say nothing."""
    from difflib import get_close_matches  # noqa: PLC0415  few requests have names of their own

    found = ((name, get_close_matches(name.replace("-", "_"), _NAMES, n=1, cutoff=0.85)) for name in extra)
    return [f"the option {name} is passed on as it is; did you mean {near[0]}?" for name, near in found if near]


def leave_out_logprobs(row: Draft) -> None:
    """Name the options where a server never says how likely a token was."""
    row.leave_out("logprobs", "the server does not say how likely a token was")
    row.leave_out("top_logprobs", "the server does not say how likely a token was")


def leave_out_choices(row: Draft) -> None:
    """Name the option where one request has one answer."""
    row.leave_out("n", "one request has one answer here")


def place_native(row: Draft, request: Request, wire: str, body: dict[str, Any]) -> list[str]:
    """Put the provider's own tools into a body that is complete but for them; return the beta headers they need."""
    if not request.native:
        return []
    from rigcli.wire.native import place  # noqa: PLC0415  few requests have any

    return place(row, request, wire, body)


def without_ids(row: Draft) -> None:
    """Leave out files that only another provider keeps: here they have no id."""
    for message in row.messages:
        row.notices += [cannot(part, "files kept by a provider are not known here") for part in _kept(message)]
    row.messages = tuple(
        Message(message.role, tuple(part for part in message.parts if part not in kept))
        if (kept := _kept(message))
        else message
        for message in row.messages
    )


def _kept(message: Message) -> list[MediaPart]:
    return [part for part in message.parts if isinstance(part, MediaPart) and part.file_id]


def path(request: Request, default: str) -> str:
    """Return the path below the base URL: the wire's own, or that of the quirk `path`."""
    return str(request.quirks.get("path") or default).replace("{model}", quote(request.model, safe="/:@"))


def system_of(row: Draft) -> str:
    """Return the system prompt: all system messages, wherever they stand."""
    return "\n\n".join(message.text for message in row.messages if message.role == "system" and message.text.strip())


def effort_of(row: Draft) -> str | None:
    """Return how hard the model shall think: a word, a number of tokens as text, or `none`; None is its own choice."""
    budget = row.options.thinking_budget
    if budget is None:
        return row.options.reasoning_effort
    row.leave_out("reasoning_effort", "thinking_budget goes before it")
    return str(budget) if budget > 0 else "none"


def budget_of(row: Draft, effort: str, known: Mapping[str, int]) -> int | None:
    """Return the tokens of thinking that an effort stands for, less than max_tokens; None, and a notice, for none."""
    name = "reasoning_effort" if row.options.thinking_budget is None else "thinking_budget"
    budget = int(effort) if effort.isdecimal() else known.get(effort)
    cap = row.options.max_tokens
    if budget is None:
        row.notices.append(f"the option {name} was left out: no budget is known for {effort!r}")
        return None
    if cap is not None and budget >= cap:
        budget = cap // 2
    if budget < LEAST_BUDGET:
        why = f"max_tokens leaves no room for {LEAST_BUDGET} tokens of it" if cap else f"{LEAST_BUDGET} is the least"
        row.notices.append(f"the option {name} was left out: {why}")
        return None
    return budget


def only_named_tool(row: Draft) -> None:
    """Turn the choice of one tool into what it comes to: only that tool is offered, and a call is required."""
    choice = row.options.tool_choice
    if choice in (None, "auto", "none", "required"):
        return
    row.tools = tuple(tool for tool in row.tools if tool.name == choice) or row.tools
    row.options = replace(row.options, tool_choice="required")


def _without_tools(row: Draft) -> None:
    if row.tools:
        row.notices.append("the tools were left out: the server knows none")
        row.tools = ()
    row.messages = tuple(_as_text(message) for message in row.messages)


def _as_text(message: Message) -> Message:
    """Return a message whose calls and results are text: the conversation keeps what they said."""
    if not any(isinstance(part, ToolCallPart | ToolResultPart) for part in message.parts):
        return message
    parts = tuple(_text_of(part) for part in message.parts)
    return Message("user" if message.role == "tool" else message.role, parts)


def _text_of(part: Part) -> Part:
    if isinstance(part, ToolCallPart):
        return TextPart(f"[called {part.name} with {part.arguments or '{}'}]\n")
    if isinstance(part, ToolResultPart):
        return TextPart(f"[{part.name} returned] {part.content}\n")
    return part
