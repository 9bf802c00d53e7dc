"""`rig embed`: texts to vectors."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from rigcli.cli.beside_flags import BesideFlags, command

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json", "jsonl"]
Purpose: TypeAlias = Literal["query", "document"]


@command(app, model="Default: the one for indexes, else rig's own.")
def embed(
    flags: BesideFlags,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...|-", help="The texts; - reads stdin, one text a line.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="IMAGE", help="A picture, repeatable; its vectors come after the texts'."),
    ] = None,
    dimensions: Annotated[
        int | None,
        typer.Option("--dimensions", metavar="N", min=1, help="Width of the vectors, where it can be chosen."),
    ] = None,
    purpose: Annotated[
        Purpose | None, typer.Option("--purpose", help="What for: a question, or what is searched.")
    ] = None,
    together: Annotated[bool, typer.Option("--together", help="One vector for all texts and pictures.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="text: a JSON list a line; json; jsonl.")] = "text",
) -> int:
    """Turn texts and pictures into vectors, in their order.

    rig embed -m openai "red" "green"

    rig embed -m cohere "a red fox" -f fox.jpg

    rig embed --format jsonl - < lines.txt > vectors.jsonl
    """
    from rigcli.cli.embed_run import Wish, run_embed

    wish = Wish(tuple(texts or ()), tuple(file or ()), format_, dimensions, purpose, together)
    return run_embed(flags, wish)
