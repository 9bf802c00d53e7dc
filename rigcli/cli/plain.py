"""What the commands share that only look at rig's own things: settings, lines on stderr, JSON on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from rigcli.cli.world import World

if TYPE_CHECKING:
    from rigcli.home.settings import Settings

ListFormat: TypeAlias = Literal["text", "json"]
ListFormatFlag = Annotated[ListFormat, typer.Option("--format", help="text, or json: one object.")]


def group() -> typer.Typer:
    """Return the parser of a command that has sub-commands; without one it prints what there is."""
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True
    )

    @app.callback()
    def main(context: typer.Context) -> None:  # pyright: ignore[reportUnusedFunction]  typer calls it
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    return app


def read_settings(world: World, *, offline: bool = False) -> Settings:
    """Load the settings and tell their notices; `offline` is the flag. Raises ConfigError."""
    from rigcli.home.settings import load

    settings = load(world.env, world.cwd, {"offline": offline or None})
    for notice in settings.notices:
        say(world, notice)
    return settings


def say(world: World, text: str) -> None:
    """Write one line to stderr, with nothing in it that could act on a terminal."""
    from rigcli.core.text_filter import clean

    world.stderr.write("rig: " + " ".join(clean(text).split()) + "\n")
    world.stderr.flush()


def put(world: World, text: str) -> None:
    """Write one line to stdout, with nothing in it that could act on a terminal."""
    from rigcli.core.text_filter import clean

    world.stdout.write(clean(text) + "\n")


def put_json(world: World, document: dict[str, Any]) -> None:
    """Write one JSON object to stdout; escapes keep every character of a text, and none acts on a terminal."""
    world.stdout.write(json.dumps({"v": 1, **document, "error": None}) + "\n")
