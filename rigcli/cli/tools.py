"""`rig tools`: what a model may use; look at one, try one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from rigcli.cli import tools_check
from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError
from rigcli.core.ports import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rigcli.core.ports import Tool
    from rigcli.home.permits import Decision, Permits
    from rigcli.home.settings import Settings
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
    rows = [_row(offer, permits, world) for offer in known_tools(world, warn=lambda text: say(world, text)).values()]
    rows += [_mcp_row(name, source, permits) for name, source in _mcp_names(world)]
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
    if found := _mcp_definition(name, world):
        return _show_mcp(world, name, *found, format_)
    from rigcli.cli.toolbox import stays_here

    offer, tool = _load(name, world)
    ruling = _ruling(offer, _permits(world), read_only=stays_here(tool))
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
    settings = read_settings(world)
    if server := mcp_server(name, settings, world):
        given, result = run_async(_run_mcp(server, name, arguments or [], world, settings))
    else:
        _, tool = _load(name, world)
        given = _arguments(arguments or [], tool, world)
        result = run_async(_run(tool, given, settings.get("tools.timeout") or None))
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


async def _run_mcp(
    server: str, name: str, words: list[str], world: World, settings: Settings
) -> tuple[dict[str, Any], str]:
    """Start a server, run one of its tools, end it; return the arguments and the result. Raises RigError."""
    from rigcli.cli.mcp_talk import servers_of
    from rigcli.engine.calls import check

    servers = servers_of(settings, world, warn=lambda text: say(world, text))
    try:
        await servers.hub.connection(server).listed()
        tools = {tool.full_name: tool for tool in servers.hub.tools([server])}
        if name not in tools:
            raise UsageError(f"no tool {name!r}", hint=f"rig mcp show {server} lists its tools")
        given = _arguments(words, tools[name], world)
        try:
            check(tools[name], given)
        except ToolError as error:
            raise UsageError(f"tool {name}: {error}", hint=f"rig tools show {name}") from None
        return given, await _run(tools[name], given, None)
    finally:
        await servers.close()


def mcp_server(name: str, settings: Settings, world: World) -> str:
    """Return the MCP server that a tool's name speaks of, empty where it is another tool's. Raises ConfigError."""
    from rigcli.cli.toolbox import known_tools
    from rigcli.home.mcp_servers import configured, has_servers
    from rigcli.tools.mcp.names import server_of

    server = server_of(name)
    if not server or name in known_tools(world) or not has_servers(settings):
        return ""
    return server if server in configured(settings) else ""


def _mcp_names(world: World) -> Iterator[tuple[str, str]]:
    """Yield name and source of the tools of MCP servers, as far as they are known without starting one."""
    from rigcli.home.mcp_servers import configured, has_servers
    from rigcli.home.settings import load

    settings = load(world.env, world.cwd)
    if not has_servers(settings):
        return
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.tools.mcp.names import full_names

    shelf = McpShelf(settings.folders)
    for name, spec in configured(settings).items():
        found = shelf.last_listing(spec)
        if found is None and spec.enabled:
            say(world, f"mcp {name}: not asked yet what it offers (rig mcp test {name})")
        off = {tool for tool, pin in shelf.pins(name).items() if pin.pending is not None}
        for full, own in full_names(name, [tool["name"] for tool in found[1].tools] if found else []).items():
            if spec.enabled and spec.offers(own):
                yield full, f"mcp {name}" + (", off: changed" if own in off else "")


def _mcp_row(name: str, source: str, permits: Permits) -> dict[str, Any]:
    ruling = permits.decide(name, {}, origin="mcp")
    return {"name": name, "source": source, "read_only": False, "decision": ruling.decision}


def _mcp_definition(name: str, world: World) -> tuple[dict[str, Any], str] | None:
    """Return a server's definition of a tool and the server, as they were last heard; None where it is none's."""
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.mcp_servers import configured
    from rigcli.tools.mcp.names import full_names

    settings = read_settings(world)
    server = mcp_server(name, settings, world)
    found = McpShelf(settings.folders).last_listing(configured(settings)[server]) if server else None
    if found is None:
        if server:
            raise UsageError(f"mcp {server}: not asked yet what it offers", hint=f"rig mcp test {server}")
        return None
    own = full_names(server, [tool["name"] for tool in found[1].tools]).get(name)
    definition = found[1].tool(own) if own is not None else None
    if definition is None:
        raise UsageError(f"no tool {name!r}", hint=f"rig mcp show {server} lists its tools")
    return definition, server


def _show_mcp(world: World, name: str, definition: dict[str, Any], server: str, format_: str) -> int:
    from rigcli.tools.mcp.definition import described, schema_of

    ruling = _permits(world).decide(name, {}, origin="mcp")
    about = {
        "name": name,
        "source": f"mcp {server}",
        "read_only": False,
        "decision": ruling.decision,
        "rule": ruling.rule,
        "description": described(definition),
        "parameters": schema_of(definition),
    }
    if format_ == "json":
        put_json(world, about)
        return Exit.OK
    put(world, f"{name}  (mcp {server}, may write)\nrules: {ruling.decision}")
    put(world, f"\n{about['description']}\n")
    put(world, json.dumps(about["parameters"], indent=2, ensure_ascii=False))
    return Exit.OK


def _row(offer: Offer, permits: Permits, world: World) -> dict[str, Any]:
    """Return one row of the list; whether a plug-in only reads is not known before it is imported."""
    from rigcli.cli.toolbox import make_tool, stays_here

    tool = make_tool(offer, world) if offer.built_in else None
    read_only = None if tool is None else tool.read_only
    ruling = _ruling(offer, permits, read_only=tool is not None and stays_here(tool))
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
