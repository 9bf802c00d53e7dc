"""The provider's own tools: what was asked for against what the model has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rigcli.core.errors import UsageError
from rigcli.core.requests import NATIVE_TOOLS, NativeTool
from rigcli.inputs.native import parse_native
from rigcli.library.reach import Target, rows_of
from rigcli.providers.lookup import resolve
from rigcli.wire.native import form_of, missing, native_names

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.providers.router import Router
    from rigcli.providers.rows import ProviderRow, Rows

NO_VALUE = {"stores": "file_search:ID"}
"""How a parameter that must be given is said."""


def native_tools(words: Sequence[str], settings: Settings, target: Target, *, strict: bool) -> tuple[NativeTool, ...]:
    """Return the tools that these words name. Raises UsageError for words that make no sense.

    `strict`: also where the model that is asked has no such tool; otherwise the request says so in a notice. Of a
    router's models one will do: those that lack it say so when they are asked.
    """
    row = target.choice.row
    tools = parse_native(words, native_names(row.wire, None, row.quirks))
    if strict and target.router is not None:
        _check_router(tools, settings, target.router)
    elif strict:
        for tool in tools:
            check_native(tool, row, target.model, rows_of(settings))
    return tools


def _check_router(tools: Sequence[NativeTool], settings: Settings, router: Router) -> None:
    rows, aliases = rows_of(settings), settings.section("aliases")
    choices = [resolve(name, rows, aliases) for name in router.models]
    there = [(choice.row.in_wire(choice.row.wire_for(choice.model)), choice.model) for choice in choices]
    for tool in tools:
        if not any(form_of(tool.name, row.wire, model, row.quirks) for row, model in there):
            raise UsageError(
                f"--native {tool.name}: none of the models of router {router.name} has it",
                hint=f"these have: {_listed(providers_with(tool.name, rows))}",
            )


def check_native(tool: NativeTool, row: ProviderRow, model: str, rows: Rows) -> None:
    """Raise UsageError where a model has no such tool, naming those that do, or where something must be said to it."""
    form = form_of(tool.name, row.wire, model, row.quirks)
    if form is not None:
        if lacking := missing(tool, form):
            how = NO_VALUE.get(lacking[0], f"{tool.name}:{lacking[0]}=…")
            raise UsageError(f"--native {tool.name}: needs {', '.join(lacking)}", hint=f"--native {how}")
        return
    if tool.name in native_names(row.wire, None, row.quirks):
        raise UsageError(
            f"--native {tool.name}: {row.name} has it, but not for the model {model}",
            hint=f"rig providers show {row.name} says for which",
        )
    who = providers_with(tool.name, rows)
    if not who:
        from difflib import get_close_matches

        near = get_close_matches(tool.name, NATIVE_TOOLS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NATIVE_TOOLS)}"
        raise UsageError(f"--native {tool.name}: no provider has such a tool", hint=hint)
    by = f" by the wire {row.wire}" if row.name in dict(who) else ""
    raise UsageError(f"--native {tool.name}: {row.name} has no such tool{by}", hint=f"these have: {_listed(who)}")


def providers_with(name: str, rows: Rows) -> list[tuple[str, str]]:
    """Return the providers that have a tool, each with the first of its wires that has it, or "" for its own."""
    found: list[tuple[str, str]] = []
    for row in rows.all():
        for wire in ("", *row.wires):
            there = row.in_wire(wire or None)
            if name in native_names(there.wire, None, there.quirks):
                found.append((row.name, wire))
                break
    return found


def _listed(who: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} --wire {wire}" if wire else name for name, wire in who)
