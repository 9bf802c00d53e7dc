"""`rig config`: the settings, where each comes from, and how to change them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

app = group()
Key = Annotated[str, typer.Argument(metavar="KEY", help="Such as model or net.idle_timeout.")]
Folder = Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="The project; default: this folder.")]
_TEMPLATE = '# Settings of rig; `rig config list` shows what there is.\n# model = "ollama/llama3.2"\n'


@app.command()
def get(key: Key, format_: ListFormatFlag = "text") -> int:
    """Print the value of a setting; exit 1 where it has none."""
    world = World.real()
    settings = read_settings(world)
    _known(key)
    value = settings.get(key)
    if format_ == "json":
        put_json(world, {"key": key, "value": value, "origin": settings.origin(key)})
    elif value is not None:
        put(world, _text(value))
    return Exit.NO if value is None else Exit.OK


@app.command("set")
def set_(
    key: Key,
    value: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Several words make a list.")],
) -> int:
    """Set a value in your settings file; comments in it stay."""
    from rigcli.home.settings_edit import set_value

    world = World.real()
    path = _path(world)
    shown = set_value(path, key, value)
    say(world, f"{key} = {_toml(shown)} in {path}")
    _tell_stronger(world, key, path)
    return Exit.OK


@app.command()
def unset(key: Key) -> int:
    """Take a setting out of your settings file; exit 1 where it was not in it."""
    from rigcli.home.settings_edit import unset as take_out

    world = World.real()
    path = _path(world)
    if take_out(path, key):
        say(world, f"{key} taken out of {path}")
        return Exit.OK
    say(world, f"{key} is not in {path}")
    return Exit.NO


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List all settings with their values and where they come from."""
    world = World.real()
    settings = read_settings(world)
    keys = settings.names()
    if format_ == "json":
        rows = [{"key": key, "value": settings.get(key), "origin": settings.origin(key)} for key in keys]
        put_json(world, {"settings": rows})
        return Exit.OK
    width = max(map(len, keys))
    for key in keys:
        origin = settings.origin(key)
        put(world, f"{key:{width}}  {_toml(settings.get(key))}" + ("" if origin == "default" else f"  ({origin})"))
    return Exit.OK


@app.command()
def explain(key: Key, format_: ListFormatFlag = "text") -> int:
    """Say what a setting is for, its value, where that comes from and what it overrides."""
    from rigcli.home.settings_table import env_name

    world = World.real()
    row = _known(key)
    settings = read_settings(world)
    trail = settings.trail(key)
    if format_ == "json":
        overridden = [{"value": found.value, "origin": found.origin} for found in trail[1:]]
        document = {"key": key, "help": row.help, "env": env_name(key), "value": settings.get(key)}
        put_json(world, {**document, "origin": trail[0].origin, "overrides": overridden})
        return Exit.OK
    put(world, f"{key}: {row.help}")
    put(world, f"  value      {_toml(settings.get(key))}")
    put(world, f"  from       {trail[0].origin}")
    for found in trail[1:]:
        put(world, f"  {'joined to' if row.merge else 'overrides'}  {_toml(found.value)}  ({found.origin})")
    if row.choices:
        put(world, f"  choices    {', '.join(row.choices)}")
    put(world, f"  variable   {env_name(key)}")
    put(world, f"  a project  {_PROJECT[row.project]}")
    return Exit.OK


@app.command()
def path() -> int:
    """Print the path of your settings file."""
    world = World.real()
    put(world, str(_path(world)))
    return Exit.OK


@app.command()
def edit() -> int:
    """Open your settings file in $VISUAL or $EDITOR and check it afterwards."""
    import shlex
    import subprocess

    from rigcli.home.paths import write_private

    world = World.real()
    file = _path(world)
    editor = world.env.get("VISUAL") or world.env.get("EDITOR")
    if not editor:
        raise UsageError("config edit: neither VISUAL nor EDITOR is set", hint=f"the file is {file}")
    if not file.exists():
        write_private(file, _TEMPLATE.encode())
    try:
        code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
    except (OSError, ValueError) as error:
        raise UsageError(f"editor {editor!r}: {error}", hint="set EDITOR to a program that can be run") from None
    if code:
        raise UsageError(f"editor {editor!r}: ended with exit {code}")
    return _report(world)


@app.command()
def check() -> int:
    """Check all settings; exit 1 where something is wrong."""
    return _report(World.real())


@app.command()
def schema() -> int:
    """Print the JSON Schema of the settings file, for editors."""
    import json

    from rigcli.home.settings_schema import schema as make

    World.real().stdout.write(json.dumps(make(), indent=2, ensure_ascii=False) + "\n")
    return Exit.OK


@app.command()
def trust(folder: Folder = None) -> int:
    """Trust a project's .rig folder and its AGENTS.md, with exactly the content that they have now."""
    from rigcli.home.instructions import find_files, trust_instructions
    from rigcli.home.paths import home_folder
    from rigcli.home.trust import read_project
    from rigcli.home.trust import trust as remember

    world = World.real()
    files = find_files(world.cwd / folder if folder else world.cwd, home_folder(world.env))
    place = _project(world, folder, needed=not files)
    if place is not None:
        project = read_project(place)
        remember(project, _folders(world))
        for name in sorted(project.files):
            put(world, f"{place / name}")
    read = trust_instructions(files, _folders(world))
    for path in read:
        put(world, str(path))
    if refused := [path for path in files if path not in read]:
        say(world, f"{', '.join(map(str, refused))}: a link or too large, so it cannot be trusted")
    say(world, f"{place or 'AGENTS.md'} is trusted as it is now; a change to it asks again")
    return Exit.OK


@app.command()
def untrust(folder: Folder = None) -> int:
    """Trust a project's .rig folder and AGENTS.md no longer; exit 1 where it was not trusted."""
    from rigcli.home.instructions import find_files
    from rigcli.home.paths import home_folder
    from rigcli.home.trust import forget

    world = World.real()
    files = find_files(world.cwd / folder if folder else world.cwd, home_folder(world.env))
    place = _project(world, folder, needed=not files)
    gone = [path for path in (*files, *([place] if place else [])) if forget(path, _folders(world))]
    was, what = bool(gone), ", ".join(map(str, gone or [place or "AGENTS.md"]))
    say(world, f"{what} {'is trusted no longer' if was else 'was not trusted'}")
    return Exit.OK if was else Exit.NO


_PROJECT = {"yes": "may set it", "no": "may not set it", "tighten": "may only make it stricter"}


def _known(key: str) -> Any:
    from rigcli.home.settings_file import unknown
    from rigcli.home.settings_table import find, is_section, split

    row = find(key)
    if row is not None:
        return row
    if is_section(split(key)):
        raise UsageError(f"{key} is a table of settings", hint=f"name one in it: {key}.NAME")
    raise unknown(key)


def _folders(world: World) -> Any:
    from rigcli.home.paths import folders

    return folders(world.env)


def _path(world: World) -> Path:
    return _folders(world).config_file


def _project(world: World, folder: Path | None, *, needed: bool = True) -> Path | None:
    from rigcli.home.trust import NAME, find_project

    start = world.cwd / folder if folder else world.cwd
    place = start if start.name == NAME else start / NAME
    if not place.is_dir():
        found = None if folder else find_project(start, _folders(world), None)
        if found is None and needed:
            raise UsageError(f"{start}: neither {NAME} nor AGENTS.md in it", hint="name the project's folder")
        return found
    return place


def _tell_stronger(world: World, key: str, path: Path) -> None:
    """Say so where the value that was just set does not count."""
    from rigcli.core.errors import RigError

    try:
        origin = read_settings(world).origin(key)
    except RigError as error:
        say(world, error.line())
        return
    if not origin.startswith(str(path)):
        say(world, f"note: {origin} sets it too, and counts more")


def _report(world: World) -> int:
    from rigcli.home.settings_check import check_all
    from rigcli.wire.quirks import check as check_quirks

    found = check_all(world.env, world.cwd, check_quirks)
    for problem in found.problems:
        put(world, problem.line())
    for note in found.notes:
        say(world, f"note: {note}")
    if not found.problems:
        say(world, f"{found.files}: no problem found")
    return Exit.NO if found.problems else Exit.OK


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  a list of texts
    return value if isinstance(value, str) else _toml(value)


def _toml(value: Any) -> str:
    import json

    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)
