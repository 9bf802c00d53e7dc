"""`rig mcp`: the servers of the Model Context Protocol that rig uses, and rig as such a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli import mcp_edit, mcp_run, mcp_serve
from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.settings import Settings
    from rigcli.tools.mcp.definition import Listing
    from rigcli.tools.mcp.spec import ServerSpec

app = group()
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `rig mcp list` shows it.")]


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List the servers: what each is, whether it is on, what it offered when it was last asked. None is started."""
    world = World.real()
    settings = read_settings(world)
    shelf, specs = _known(settings)
    rows = [_row(spec, shelf, settings) for spec in specs.values()]
    if format_ == "json":
        put_json(world, {"servers": rows})
        return Exit.OK
    if not rows:
        put(world, "no MCP servers (rig mcp add NAME COMMAND, or rig mcp import)")
        return Exit.OK
    name = max(len(row["name"]) for row in rows)
    for row in rows:
        tools = "not asked yet" if row["tools"] is None else f"{row['tools']} tools"
        notes = [tools, *(["off"] if not row["enabled"] else []), *(["logged in"] if row["login"] else [])]
        notes += [f"{len(row['changed'])} changed"] if row["changed"] else []
        put(world, f"{row['name']:{name}}  {row['transport']:5}  {', '.join(notes):24}  {row['target']}")
    return Exit.OK


@app.command()
def show(name: Name, format_: ListFormatFlag = "text") -> int:
    """Show a server: how it is reached, what it offered when last asked, and what changed since you first used it."""
    world = World.real()
    settings = read_settings(world)
    shelf, specs = _known(settings)
    spec = _spec(name, specs)
    found = shelf.last_listing(spec)
    row = _row(spec, shelf, settings)
    if format_ == "json":
        put_json(world, {**row, **_offers(found[1] if found else None), "changes": _changes(shelf, name)})
        return Exit.OK
    put(world, f"{name}  ({spec.transport}, {spec.origin})")
    put(world, f"  {'url' if spec.url else 'command'}: {spec.target}")
    for title, values in (("env", spec.env), ("headers", spec.headers)):
        for key, value in values.items():
            put(world, f"  {title}: {key} = {_masked(value)}")
    put(world, f"  calls: {spec.timeout:g} s, results {'private' if spec.private else 'not private'}, "
               f"{'can' if spec.sends else 'cannot'} send data out" + ("" if spec.enabled else ", off"))  # fmt: skip
    if found is None:
        put(world, f"  not asked yet: rig mcp test {name}")
    else:
        _put_listing(world, found[1], set(row["changed"]), spec)
    for tool, lines in _changes(shelf, name).items():
        put(world, f"\n{tool} is not what it was when you first used it, and off:")
        for line in lines:
            put(world, f"  {line}")
    if row["changed"]:
        put(world, f"\nrig mcp trust {name} takes it as it is now")
    return Exit.OK


@app.command()
def trust(
    name: Name,
    tools: Annotated[list[str] | None, typer.Argument(metavar="[TOOL...]", help="Only these; default: all.")] = None,
) -> int:
    """Take the changed definitions of a server's tools as they are now; look at them first: rig mcp show NAME."""
    from rigcli.cli.plain import say

    world = World.real()
    shelf, specs = _known(read_settings(world))
    _spec(name, specs)
    waiting = [tool for tool, pin in shelf.pins(name).items() if pin.pending is not None]
    if wrong := [tool for tool in tools or [] if tool not in waiting]:
        raise UsageError(
            f"mcp {name}: {wrong[0]!r} is no changed tool", hint=f"changed: {', '.join(waiting) or 'none'}"
        )
    taken = shelf.trust(name, tools or None)
    say(
        world, f"mcp {name}: taken as they are now: {', '.join(taken)}" if taken else f"mcp {name}: nothing has changed"
    )
    return Exit.OK


app.command("add")(mcp_edit.add)
app.command("rm")(mcp_edit.rm)
app.command("import")(mcp_edit.import_)
app.command("test")(mcp_run.try_)
app.command("login")(mcp_run.login)
app.command("logout")(mcp_run.logout)
app.command("serve")(mcp_serve.serve)


def _known(settings: Settings) -> tuple[McpShelf, dict[str, ServerSpec]]:
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.mcp_servers import configured

    return McpShelf(settings.folders), configured(settings)


def _spec(name: str, specs: dict[str, ServerSpec]) -> ServerSpec:
    if name not in specs:
        from difflib import get_close_matches

        near = get_close_matches(name, specs, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else "rig mcp list shows them"
        raise UsageError(f"no MCP server {name!r}", hint=hint)
    return specs[name]


def _row(spec: ServerSpec, shelf: McpShelf, settings: Settings) -> dict[str, Any]:
    from rigcli.home.secrets import KeyStore
    from rigcli.tools.mcp.expand import references
    from rigcli.tools.mcp.oauth import key_name

    found = shelf.last_listing(spec)
    return {
        "name": spec.name,
        "transport": spec.transport,
        "target": spec.target,
        "enabled": spec.enabled,
        "origin": spec.origin,
        "tools": len(found[1].tools) if found else None,
        "asked": found[0] if found else None,
        "changed": [tool for tool, pin in shelf.pins(spec.name).items() if pin.pending is not None],
        "login": bool(spec.url) and key_name(spec.name) in KeyStore(settings.folders.data).places(),
        "references": references(spec),
    }


def _offers(listing: Listing | None) -> dict[str, Any]:
    if listing is None:
        return {"server": None, "offers": None}
    kinds = ("tools", "prompts", "resources", "templates")
    return {"server": listing.server, "offers": {kind: list(getattr(listing, kind)) for kind in kinds}}


def _put_listing(world: World, listing: Listing, changed: set[str], spec: ServerSpec) -> None:
    from rigcli.tools.mcp.definition import described
    from rigcli.tools.mcp.names import full_names

    about = listing.server
    who = f"{about.get('title') or about.get('name')} {about.get('version')}"
    put(world, f"  says it is {who}, protocol {about['protocol']}")
    names = {own: full for full, own in full_names(spec.name, [tool["name"] for tool in listing.tools]).items()}
    for tool in listing.tools:
        off = " (off: changed)" if tool["name"] in changed else "" if spec.offers(tool["name"]) else " (not offered)"
        put(world, f"  tool {names[tool['name']]}{off}  {_first(described(tool))}")
    for prompt in listing.prompts:
        declared: list[dict[str, Any]] = prompt.get("arguments") or []
        usage = " ".join([f"/{spec.name}:{prompt['name']}", *(str(each["name"]) for each in declared)])
        put(world, f"  prompt {usage}  {_first(prompt.get('description'))}")
    for resource in listing.resources:
        put(world, f"  resource @{spec.name}:{resource['uri']}  {_first(resource.get('description'))}")
    for template in listing.templates:
        put(world, f"  template @{spec.name}:{template['uriTemplate']}  {_first(template.get('description'))}")


def _changes(shelf: McpShelf, name: str) -> dict[str, list[str]]:
    """Return for each changed tool the lines of the difference, everything invisible written out."""
    import json
    from difflib import unified_diff

    from rigcli.core.text_filter import escape_visible

    def lines(definition: dict[str, Any]) -> list[str]:
        text = json.dumps(definition, indent=2, ensure_ascii=False, sort_keys=True)
        return [escape_visible(line) for line in text.splitlines()]

    return {
        tool: list(unified_diff(lines(pin.definition), lines(pin.pending), "then", "now", lineterm="", n=2))
        for tool, pin in shelf.pins(name).items()
        if pin.pending is not None
    }


def _masked(value: str) -> str:
    """Return a value that may be a secret as it may be shown: a reference as it is, anything else hidden."""
    return value if "$" in value else "…"


def _first(text: object) -> str:
    line = " ".join(str(text or "").split())
    return line if len(line) <= 80 else line[:79] + "…"  # noqa: PLR2004  one line of a list
