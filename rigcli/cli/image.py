"""`rig image`: a prompt to pictures."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from rigcli.cli.beside_flags import BesideFlags, command

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json"]


@command(app, model="For example openai, gemini, xai, together.")
def image(
    flags: BesideFlags,
    prompt: Annotated[list[str], typer.Argument(metavar="PROMPT|-", help="What the picture shows; - reads stdin.")],
    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="IMAGE", help="Start from this picture, repeatable."),
    ] = None,
    mask: Annotated[
        str | None, typer.Option("--mask", metavar="IMAGE", help="Where that picture is to be changed.")
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", min=1, max=100, help="How many pictures.")] = 1,
    size: Annotated[
        str | None, typer.Option("--size", metavar="WxH|SHAPE", help="1024x1024, 16:9, or a word of the model.")
    ] = None,
    quality: Annotated[
        str | None, typer.Option("--quality", metavar="WORD", help="The model's own word: low, medium, high, hd, …")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-O", "--output", metavar="FILE|DIR|-", help="Where to; - writes the bytes to stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that -O names.")] = False,
    show: Annotated[
        bool | None, typer.Option("--show/--no-show", help="Show it in the terminal (default: where it can).")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="text: a path a line; json: one object.")] = "text",
) -> int:
    """Make pictures of PROMPT, or change a picture, and save them.

    rig image -m openai "a lighthouse in fog" --size 3:2

    rig image -m gemini "now at night" -f lighthouse.png
    """
    from rigcli.cli.image_run import Wish, run_image

    wish = Wish(" ".join(prompt), tuple(file or ()), mask, count, size, quality, output, show, format_ == "json", force)
    return run_image(flags, wish)
