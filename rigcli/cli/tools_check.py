"""`rig tools check COMMAND`: what the rules say about a command line, and why. Nothing is run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rigcli.cli.plain import ListFormatFlag, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit
from rigcli.core.text_filter import escape_visible


def check(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="A command line, as one word: 'git log | head'.")],
    tool: Annotated[str, typer.Option("--tool", metavar="NAME", help="The tool that would run it.")] = "shell",
    format_: ListFormatFlag = "text",
) -> int:
    """Tell whether a model may run a command line without a question, and why. Exit code 0 yes, 1 no.

    rig tools check 'git log --oneline | head -5'
    """
    from rigcli.home.command_rules import told
    from rigcli.home.permits import Permits

    world = World.real()
    permits = Permits.of(read_settings(world), world.cwd)
    arguments: dict[str, Any] = {"command": command}
    ruling = permits.decide(tool, arguments)
    why = "" if ruling.decision == "allow" else permits.why_not(tool, arguments)
    commands = told(command)
    if format_ == "json":
        about = {"command": command, "decision": ruling.decision, "rule": ruling.rule, "why": why or None}
        put_json(world, {**about, "commands": commands})
    else:
        put(world, _summary(ruling.decision, ruling.rule, why))
        if len(commands) > 1:
            put(world, "it would run:\n" + "\n".join(f"  {escape_visible(each)}" for each in commands))
    return Exit.OK if ruling.decision == "allow" else Exit.NO


def _summary(decision: str, rule: str, why: str) -> str:
    if decision == "allow":
        return f"allow, by {escape_visible(rule)}"
    if decision == "deny":
        return f"deny, by {escape_visible(rule)}"
    return f"ask: {escape_visible(why)}\nthe rule that would allow it: {escape_visible(rule)}"
