"""The sub-commands of `rig roles` and `rig templates`, which differ in name only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings
from rigcli.cli.world import World

if TYPE_CHECKING:
    from rigcli.home.roles import Form, Kind

Name = Annotated[str, typer.Argument(metavar="NAME", help="As the list shows it.")]


def commands(kind: Kind, new_text: str) -> typer.Typer:
    """Return the commands list, show, new and edit."""
    app, one = group(), kind[:-1]

    @app.command("list", help=f"List your {kind} and those of a trusted project.")
    def list_(format_: ListFormatFlag = "text") -> int:  # pyright: ignore[reportUnusedFunction]  typer calls it
        from rigcli.cli.named_files import list_files
        from rigcli.home.roles import SUFFIXES, read_form

        world = World.real()
        settings = read_settings(world)
        return list_files(world, settings, kind, SUFFIXES[kind], lambda found: _about(read_form(kind, found)), format_)

    @app.command(help=f"Show a {one} and its parameters.")
    def show(name: Name, format_: ListFormatFlag = "text") -> int:  # pyright: ignore[reportUnusedFunction]  as above
        from rigcli.home.roles import find_form

        world = World.real()
        form = find_form(read_settings(world), kind, name)
        if format_ == "json":
            put_json(world, {"name": name, **_about(form), "text": form.body, "path": str(form.path)})
            return 0
        put(world, f"{name}  ({form.path})")
        if form.description:
            put(world, form.description)
        for each in form.shown():
            state = "required" if each.default is None else f"default: {each.default}"
            put(world, f"  -p {each.name}=…  {state}" + (f"  {each.description}" if each.description else ""))
        put(world, "\n" + form.body)
        return 0

    @app.command(help=f"Write a new {one} to start from.")
    def new(name: Name) -> int:  # pyright: ignore[reportUnusedFunction]  as above
        from rigcli.cli.named_files import make_file
        from rigcli.home.roles import SUFFIXES

        world = World.real()
        return make_file(world, read_settings(world), kind, SUFFIXES[kind], name, new_text)

    @app.command(help=f"Open a {one} in your editor.")
    def edit(name: Name) -> int:  # pyright: ignore[reportUnusedFunction]  as above
        from rigcli.cli.named_files import edit_file
        from rigcli.home.roles import SUFFIXES, read_form

        world = World.real()
        settings = read_settings(world)
        return edit_file(world, settings, kind, SUFFIXES[kind], name, lambda found: read_form(kind, found))

    return app


def _about(form: Form) -> dict[str, object]:
    parameters = [
        {"name": each.name, "description": each.description, "default": each.default} for each in form.shown()
    ]
    return {"description": form.description, "parameters": parameters}
