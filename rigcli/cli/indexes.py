"""`rig indexes`: the indexes that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from rigcli.rag.library import Library

app = group()
Name = Annotated[str, typer.Argument(metavar="NAME|PATH", help="The index, or a folder that is indexed.")]


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List the indexes with their sizes and folders."""
    from rigcli.library.indexing import library, shown_path

    world = World.real()
    shelf = library(read_settings(world))
    rows: list[dict[str, Any]] = []
    for name in shelf.names():
        try:
            rows.append(_about(shelf, name))
        except StorageError as error:
            say(world, error.line())
    if format_ == "json":
        put_json(world, {"indexes": rows})
        return Exit.OK
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        folders = ", ".join(shown_path(root, world.cwd) for root in row["roots"])
        put(world, f"{row['name']:{width}}  {row['files']:>6} files  {row['passages']:>7} passages  {folders}")
    if not rows:
        say(world, "no indexes yet (make one with: rig index PATH)")
    return Exit.OK


@app.command()
def show(name: Name, format_: ListFormatFlag = "text") -> int:
    """Show what an index holds, where it lies, and what could not be read."""
    from rigcli.library.indexing import find_index, library, shown_path

    world = World.real()
    settings = read_settings(world)
    shelf = library(settings)
    found = _about(shelf, find_index(world, settings, name), problems=True)
    if format_ == "json":
        put_json(world, found)
        return Exit.OK
    vectors = f"{found['embedded']} of {found['passages']} passages" if found["embedder"] else "none"
    lines = {
        "name": found["name"],
        "folders": ", ".join(shown_path(root, world.cwd) for root in found["roots"]),
        "files": str(found["files"]),
        "passages": f"{found['passages']} ({found['characters']:,} characters)",
        "vectors": vectors,
        "embedder": found["embedder"] or "-",
        "on disk": f"{found['bytes'] / (1 << 20):.1f} MiB in {found['folder']}",
        "skipped": str(len(found["skipped"])),
    }
    for label, value in lines.items():
        put(world, f"{label:10}{value}")
    for row in found["skipped"]:
        put(world, f"          {shown_path(row['path'], world.cwd)}: {row['reason']}")
    return Exit.OK


@app.command()
def update(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: all of them.")] = None,
) -> int:
    """Read what has changed in the folders of an index, as the same `rig index` would."""
    from rigcli.cli.index import run_index
    from rigcli.cli.plain import say
    from rigcli.library.indexing import Wanted, find_index, library, present_roots

    world = World.real()
    settings = read_settings(world)
    shelf = library(settings)
    code = Exit.OK
    for name in [find_index(world, settings, each) for each in names] if names else shelf.names():
        with shelf.open(name) as store:
            roots, gone = present_roots(store.meta("roots", []))
        for path in gone:
            say(world, f"index {name}: {path} is not there (what it held stays until it comes back or you remove it)")
        if roots and (code := Exit(run_index(world, settings, Wanted(roots, name)))):
            break
    return code


@app.command()
def rm(names: Annotated[list[str], typer.Argument(metavar="NAME...", help="The indexes to remove.")]) -> int:
    """Remove indexes. The files that they were made from stay as they are."""
    from rigcli.library.indexing import find_index, remove_index

    world = World.real()
    settings = read_settings(world)
    for name in list(dict.fromkeys(find_index(world, settings, each) for each in names)):
        remove_index(settings, name)
        put(world, f"removed {name}")
    return Exit.OK


def _about(shelf: Library, name: str, *, problems: bool = False) -> dict[str, Any]:
    with shelf.open(name) as store:
        counts = store.counts()
        about: dict[str, Any] = {
            "name": name,
            "roots": store.meta("roots", []),
            "files": counts.files,
            "passages": counts.passages,
            "embedded": counts.embedded,
            "characters": counts.characters,
            "embedder": store.meta("embedder"),
            "width": store.meta("width"),
            "folder": str(store.folder),
            "bytes": _size(store.folder),
        }
        if problems:
            about["skipped"] = [{"path": path, "reason": reason} for path, reason in store.problems()]
    return about


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.iterdir() if each.is_file())
