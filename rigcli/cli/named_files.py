"""What `rig agents`, `rig roles` and `rig templates` share: list, show, new and edit files on a shelf."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rigcli.cli.plain import put, put_json, say
from rigcli.core.errors import RigError, UsageError
from rigcli.home.shelf import Found, Kind, checked_name, own_folder, pick, shelf

if TYPE_CHECKING:
    from rigcli.cli.world import World
    from rigcli.home.settings import Settings


def list_files(
    world: World,
    settings: Settings,
    kind: Kind,
    suffixes: tuple[str, ...],
    row: Callable[[Found], dict[str, Any]],
    format_: str,
) -> int:
    """Print what there is; a broken file is one line on stderr, and no reason not to name the others."""
    rows: list[dict[str, Any]] = []
    for found in shelf(settings, kind, suffixes).values():
        try:
            rows.append({"name": found.name, "origin": found.origin, **row(found), "path": str(found.path)})
        except RigError as error:
            say(world, error.line())
    if format_ == "json":
        put_json(world, {kind: rows})
        return 0
    if not rows:
        say(world, f"no {kind} yet: rig {kind} new NAME")
        return 0
    width = max(len(each["name"]) for each in rows)
    for each in rows:
        mark = "  (project)" if each["origin"] == "project" else ""
        put(world, f"{each['name']:{width}}  {each['description']}{mark}".rstrip())
    return 0


def make_file(world: World, settings: Settings, kind: Kind, suffixes: tuple[str, ...], name: str, text: str) -> int:
    """Write a new file of the user's own and say where it is. Raises UsageError where there is one."""
    from rigcli.home.paths import write_private

    checked_name(kind, name)
    folder = own_folder(settings, kind)
    taken = next((folder / f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").exists()), None)
    if taken:
        raise UsageError(f"{kind[:-1]} {name}: {taken} exists", hint=f"rig {kind} edit {name}")
    path = folder / f"{name}{'.md' if '.md' in suffixes else suffixes[0]}"
    write_private(path, text.encode())
    put(world, str(path))
    say(world, f"written; rig {kind} edit {name} opens it")
    return 0


def edit_file(
    world: World,
    settings: Settings,
    kind: Kind,
    suffixes: tuple[str, ...],
    name: str,
    check: Callable[[Found], object],
) -> int:
    """Open a file of the user's own in the editor; what cannot be read is not kept. Raises UsageError, ConfigError."""
    from dataclasses import replace

    from rigcli.cli.editor import edit_text
    from rigcli.home.paths import write_private

    found = pick(settings, kind, suffixes, name)
    if found.project:
        raise UsageError(
            f"{kind[:-1]} {name}: {found.path} belongs to the project",
            hint="edit it there, then trust the folder again: rig config trust",
        )
    changed = edit_text(found.text(), suffix=found.path.suffix, env=world.env)
    if changed is None:
        say(world, f"{found.path} was not changed")
        return 0
    try:
        check(replace(found, data=changed.encode()))
    except RigError as error:
        kept = found.path.with_name(found.path.name + ".rejected")
        write_private(kept, changed.encode())
        error.hint = f"your text is in {kept}; mend it there and move it over"
        raise
    write_private(found.path.resolve(), changed.encode())
    say(world, f"{found.path} was changed")
    return 0
