"""`rig mcp add|rm|import`: servers into the settings and out of them. Nothing is started here.

A secret that is typed, or that another program kept in clear, goes into the store of keys, and a reference to it into
the settings.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rigcli.cli.plain import put, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import ConfigError, Exit, RigError, UsageError

if TYPE_CHECKING:
    from rigcli.home.settings import Settings

_SECRET = re.compile(r"key|token|secret|passw|auth|credential|cookie", re.IGNORECASE)
_LONGEST = 4 << 20


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, - and _; tools are NAME__tool.")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND [ARG]...", help="What to start; put -- before it.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="A server that is reached by URL.")] = None,
    transport: Annotated[
        Literal["http", "sse"] | None, typer.Option("--transport", help="Of a URL; told from the URL otherwise.")
    ] = None,
    env: Annotated[list[str] | None, typer.Option("-e", "--env", metavar="NAME=VALUE", help="A variable.")] = None,
    header: Annotated[list[str] | None, typer.Option("--header", metavar="NAME=VALUE", help="A header.")] = None,
    cwd: Annotated[str | None, typer.Option("--cwd", metavar="FOLDER", help="Where the command runs.")] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", metavar="S", help="Seconds for a call.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of one of that name.")] = False,
) -> int:
    """Add a server to your settings. It is not started; `rig mcp test NAME` does that.

    rig mcp add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes

    rig mcp add web --url https://example.com/mcp --header 'Authorization=Bearer $TOKEN'
    """
    world = World.real()
    settings = read_settings(world)
    table: dict[str, Any] = {}
    if command:
        table |= {"command": command[0], "args": command[1:]}
    for key, value in (("url", url), ("transport", transport), ("cwd", cwd), ("timeout", timeout)):
        if value is not None:
            table[key] = value
    for key, pairs in (("env", env), ("headers", header)):
        if pairs:
            table[key] = dict(_pair(pair, key) for pair in pairs)
    _store(world, settings, name, table, replace=replace)
    say(world, f"mcp {name}: added; rig mcp test {name} starts it, rig ask -T '{name}__*' offers its tools")
    return Exit.OK


def rm(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `rig mcp list` shows it.")],
) -> int:
    """Take a server out of your settings, with its login and what was remembered of it."""
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.mcp_servers import configured
    from rigcli.home.secrets import KeyStore
    from rigcli.home.settings_edit import unset

    world = World.real()
    settings = read_settings(world)
    spec = configured(settings).get(name)
    if not unset(settings.folders.config_file, f"mcp.{name}"):
        where = f"it stands in {spec.origin}: take it out there" if spec else "rig mcp list shows them"
        raise UsageError(f"mcp {name}: not in {settings.folders.config_file}", hint=where)
    McpShelf(settings.folders).forget(name)
    store = KeyStore(settings.folders.data)
    for key in [key for key in store.places() if key.startswith(f"mcp/{name}/")]:
        store.remove(key)
    say(world, f"mcp {name}: removed")
    return Exit.OK


def import_(
    source: Annotated[
        str | None, typer.Argument(metavar="[PROGRAM|FILE]", help="claude-desktop, claude-code, cursor, vscode, …")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Only this one; repeatable.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Take over everything that was found.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of those of the same name.")] = False,
) -> int:
    """Take over servers that another program has: shows what there is; --all or --only takes it. Nothing is started.

    rig mcp import claude-desktop --all
    """
    from rigcli.home.mcp_servers import configured
    from rigcli.tools.mcp.spec import read_server

    world = World.real()
    settings = read_settings(world)
    found = _found(world, source)
    known = configured(settings)
    if names and (wrong := [name for name in names if name not in {each for _, each, _ in found}]):
        raise UsageError(f"mcp import: no server {wrong[0]!r} in what was found")
    taken = 0
    for path, name, table in found:
        if names and name not in names:
            continue
        try:
            spec = read_server(name, table, str(path))
        except ConfigError as error:
            say(world, error.line())
            continue
        there = name in known
        if not (all_ or names):
            put(world, f"{name:20}  {spec.transport:5}  {spec.target}  ({path}{', there already' if there else ''})")
        elif there and not replace:
            say(world, f"mcp {name}: there already, left as it is (--replace takes the new one)")
        else:
            _store(world, settings, name, table, replace=True)
            known[name] = spec
            say(world, f"mcp {name}: taken over from {path}")
            taken += 1
    if not (all_ or names) and found:
        say(world, "nothing was taken over yet: add --all, or --only NAME")
    return Exit.OK if taken or not (all_ or names) else Exit.NO


def _found(world: World, source: str | None) -> list[tuple[Path, str, dict[str, Any]]]:
    """Return path, name and table of every server in the files that are meant. Raises UsageError, ConfigError."""
    from rigcli.home.paths import home_folder
    from rigcli.tools.mcp.formats import read_servers
    from rigcli.tools.mcp.places import PROGRAMS, places

    if source and source not in PROGRAMS:
        path = world.cwd / Path(source).expanduser()
        return [(path, name, table) for name, table in read_servers(_text(path), str(path)).items()]
    appdata = Path(world.env["APPDATA"]) if world.env.get("APPDATA") else None
    wanted = [p for p in places(home_folder(world.env), world.cwd, appdata) if source in (None, p.program)]
    found: list[tuple[Path, str, dict[str, Any]]] = []
    for place in wanted:
        if place.path.is_file():
            try:
                rows = read_servers(_text(place.path), str(place.path))
            except RigError as error:
                if source:
                    say(world, error.line())
                continue
            found += [(place.path, name, table) for name, table in rows.items()]
    if not found:
        looked = ", ".join(str(place.path) for place in wanted[:6])
        raise UsageError("mcp import: no servers found", hint=f"looked at {looked}; or name a FILE")
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LONGEST + 1)
        return data.decode("utf-8-sig")
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise UsageError(f"{path}: {cause}", hint="check the path and its permissions") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None


def _store(world: World, settings: Settings, name: str, table: dict[str, Any], *, replace: bool) -> None:
    """Check a table and write it. Raises ConfigError, UsageError before anything is written."""
    from rigcli.home.mcp_servers import configured
    from rigcli.home.settings_edit import put_table
    from rigcli.tools.mcp.spec import read_server

    read_server(name, table, "rig mcp add")
    if name in configured(settings) and not replace:
        raise UsageError(f"mcp {name}: there is one of that name", hint="another name, or --replace")
    put_table(settings.folders.config_file, ("mcp", name), _without_secrets(world, settings, name, table))


def _without_secrets(world: World, settings: Settings, name: str, table: dict[str, Any]) -> dict[str, Any]:
    """Return the table with its secrets in the store of keys and references in their place."""
    from rigcli.home.secrets import KeyStore

    store = KeyStore(settings.folders.data)
    clean = dict(table)
    for section in ("env", "headers"):
        values: dict[str, str] = dict(clean.get(section) or {})
        for key, value in values.items():
            kind, space, secret = value.rpartition(" ")
            if "$" in value or not value or not _SECRET.search(key):
                continue
            place = store.set(f"mcp/{name}/{key}", secret)
            values[key] = f"{kind}{space}${{key:mcp/{name}/{key}}}"
            where = "the system keyring" if place == "keyring" else f"{place} (mode 0600)"
            say(world, f"mcp {name}: {key} was put into {where}, the settings only name it")
        if values:
            clean[section] = values
    return clean


def _pair(text: str, what: str) -> tuple[str, str]:
    """Cut NAME=VALUE, or for a header NAME: VALUE. Raises UsageError."""
    mark = ":" if what == "headers" and "=" not in text.partition(":")[0] and ":" in text else "="
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(f"{text.partition('=')[0]}: no NAME=VALUE", hint="-e NAME=VALUE, --header NAME=VALUE")
    return name.strip(), value.strip()
