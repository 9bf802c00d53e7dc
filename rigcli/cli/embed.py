"""`rig embed`: texts to vectors."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from rigcli.cli import flags as f

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json", "jsonl"]
Purpose: TypeAlias = Literal["query", "document"]


@app.command()
def embed(
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...|-", help="The texts; - reads stdin, one text a line.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="IMAGE", help="A picture, repeatable; its vectors come after the texts'."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", metavar="PROVIDER/MODEL", help="Default: the one for indexes, else rig's own."),
    ] = None,
    dimensions: Annotated[
        int | None,
        typer.Option("--dimensions", metavar="N", min=1, help="Width of the vectors, where it can be chosen."),
    ] = None,
    purpose: Annotated[
        Purpose | None, typer.Option("--purpose", help="What for: a question, or what is searched.")
    ] = None,
    together: Annotated[bool, typer.Option("--together", help="One vector for all texts and pictures.")] = False,
    option: f.OptionsFlag = None,
    format_: Annotated[Format, typer.Option("--format", help="text: a JSON list a line; json; jsonl.")] = "text",
    quiet: f.QuietFlag = False,
    debug: f.DebugFlag = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.001, help="Seconds for each request.")
    ] = None,
    retries: f.RetriesFlag = None,
    offline: f.OfflineFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
) -> int:
    """Turn texts and pictures into vectors, in their order.

    rig embed -m openai "red" "green"

    rig embed -m cohere "a red fox" -f fox.jpg

    rig embed --format jsonl - < lines.txt > vectors.jsonl
    """
    from rigcli.cli.beside import BesideFlags
    from rigcli.cli.embed_run import Wish, run_embed

    flags = BesideFlags(
        model, base_url, wire, tuple(option or ()), timeout, retries, offline, quiet, debug, record, replay
    )
    wish = Wish(tuple(texts or ()), tuple(file or ()), format_, dimensions, purpose, together)
    return run_embed(flags, wish)
