"""`rig tools`: what a model may use; look at one, try one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rigcli.cli import tools_check
from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.core.ports import Tool
    from rigcli.home.permits import Decision, Permits
    from rigcli.tools.registry import Offer

app = group()
app.command()(tools_check.check)
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `rig tools list` shows it.")]
_LONGEST = 16 * 1024 * 1024  # characters of arguments on stdin


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List tools: where each is from, whether it only reads, and what the rules say. Plug-ins are not imported."""
    from rigcli.cli.toolbox import known_tools

    world = World.real()
    permits = _permits(world)
    rows = [_row(offer, permits, world) for offer in known_tools(world).values()]
    if format_ == "json":
        put_json(world, {"tools": rows})
        return Exit.OK
    name, source = (max(len(row[key]) for row in rows) for key in ("name", "source"))
    for row in rows:
        reads = {True: "read-only", False: "may write", None: ""}[row["read_only"]]
        put(world, f"{row['name']:{name}}  {row['source']:{source}}  {row['decision']:5}  {reads}".rstrip())
    return Exit.OK


@app.command()
def show(name: Name, format_: ListFormatFlag = "text") -> int:
    """Show what a model is told about a tool: description and schema."""
    world = World.real()
    offer, tool = _load(name, world)
    ruling = _ruling(offer, _permits(world), read_only=tool.read_only)
    about = {
        "name": offer.name,
        "source": offer.source,
        "read_only": tool.read_only,
        "decision": ruling.decision,
        "rule": ruling.rule,
        "description": tool.spec.description,
        "parameters": tool.spec.parameters,
    }
    if format_ == "json":
        put_json(world, about)
        return Exit.OK
    put(world, f"{offer.name}  ({offer.source}, {'read-only' if tool.read_only else 'may write'})")
    put(world, f"rules: {ruling.decision}" + (f", by: {ruling.rule}" if ruling.decision != "ask" else ""))
    put(world, "\n" + tool.spec.description + "\n")
    put(world, json.dumps(tool.spec.parameters, indent=2, ensure_ascii=False))
    return Exit.OK


@app.command()
def run(
    name: Name,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[JSON | KEY=VALUE...]", help="One JSON object, - for stdin, or pairs."),
    ] = None,
    format_: ListFormatFlag = "text",
) -> int:
    """Run a tool yourself and print what a model would get. You asked for it: no rule is consulted.

    rig tools run grep pattern=TODO glob=*.py
    """
    from rigcli.cli.aio import run_async

    world = World.real()
    _, tool = _load(name, world)
    given = _arguments(arguments or [], tool, world)
    result = run_async(_run(tool, given, read_settings(world).get("tools.timeout") or None))
    if format_ == "json":
        put_json(world, {"name": name, "arguments": given, "result": result})
    else:
        put(world, result)
    return Exit.OK


async def _run(tool: Tool, arguments: dict[str, Any], seconds: float | None) -> str:
    from rigcli.engine.calls import close_all
    from rigcli.engine.run_calls import Limits, invoke

    try:
        outcome = await invoke(tool, arguments, Limits(tool_timeout=seconds or 86400.0))
    finally:
        await close_all([tool])
    if outcome.error is not None:
        raise UsageError(f"tool {tool.spec.name}: {outcome.error}")
    return outcome.content


def _row(offer: Offer, permits: Permits, world: World) -> dict[str, Any]:
    """Return one row of the list; whether a plug-in only reads is not known before it is imported."""
    from rigcli.cli.toolbox import make_tool

    read_only = make_tool(offer, world).read_only if offer.built_in else None
    ruling = _ruling(offer, permits, read_only=bool(read_only))
    return {"name": offer.name, "source": offer.source, "read_only": read_only, "decision": ruling.decision}


def _ruling(offer: Offer, permits: Permits, *, read_only: bool) -> Decision:
    from rigcli.cli.toolbox import standing

    return standing(offer, permits, read_only=read_only)


def _permits(world: World) -> Permits:
    from rigcli.home.permits import Permits

    return Permits.of(read_settings(world), world.cwd)


def _load(name: str, world: World) -> tuple[Offer, Tool]:
    from rigcli.cli.toolbox import known_tools, make_tool
    from rigcli.tools.registry import unknown

    known = known_tools(world)
    if name not in known:
        raise unknown(name, known)
    return known[name], make_tool(known[name], world)


def _arguments(words: list[str], tool: Tool, world: World) -> dict[str, Any]:
    """Return the arguments that the words say: one JSON object, or pairs whose values the schema types."""
    if len(words) == 1 and (words[0] == "-" or words[0].lstrip().startswith("{")):
        text = world.stdin.read(_LONGEST) if words[0] == "-" else words[0]
        try:
            value: Any = json.loads(text)
        except ValueError as error:
            raise UsageError(f"arguments: not valid JSON: {error}") from None
        if not isinstance(value, dict):
            raise UsageError("arguments: one JSON object expected")
        return cast("dict[str, Any]", value)
    pairs = [word.partition("=") for word in words]
    if wrong := next((word for word, pair in zip(words, pairs, strict=True) if not pair[1] or not pair[0]), None):
        raise UsageError(f"arguments: {wrong!r} is no KEY=VALUE", hint=f"see `rig tools show {tool.spec.name}`")
    schema: dict[str, Any] = tool.spec.parameters.get("properties", {})
    return {key: typed(text, schema.get(key, {})) for key, _, text in pairs}


def typed(text: str, schema: dict[str, Any]) -> Any:
    """Return a value typed on the command line: text where the schema takes text, else what it is as JSON."""
    kinds = {str(each.get("type")) for each in [schema, *schema.get("anyOf", [])]}
    if "string" in kinds and text != "null":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
