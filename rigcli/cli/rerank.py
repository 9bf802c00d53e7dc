"""`rig rerank`: documents by how well they answer a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from rigcli.cli.beside_flags import BesideFlags, command
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.wire.rerank import Ranking

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json", "jsonl"]


@command(app, model="For example cohere, voyageai, jina.")
def rerank(
    flags: BesideFlags,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The question.")],
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...|-", help="The documents; - reads stdin, one a line.")
    ] = None,
    top: Annotated[int | None, typer.Option("--top", metavar="N", min=1, help="Only the best so many.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="text: score, place and text; json; jsonl.")] = "text",
) -> int:
    """Rank documents by how well they answer QUERY, best first.

    rig rerank -m cohere "Who wrote it?" - < passages.txt
    """
    from rigcli.cli.aio import run_async
    from rigcli.cli.beside import STDIN, extra_of, helper, open_settings, stdin_lines, told
    from rigcli.cli.world import World

    world = World.real()
    texts: list[str] = []
    for word in documents or []:
        texts += (line for line in stdin_lines(world) if line.strip()) if word == STDIN else [word]
    if not texts:
        raise UsageError("rerank: no documents", hint='rig rerank "question" "one" "two", or - to read lines')
    settings = open_settings(world, flags)
    if flags.model is None:
        raise UsageError("rerank: which model?", hint="-m cohere, -m voyageai, -m jina, or a server of your own")
    found = helper(world, settings, flags, "rerank", flags.model)
    prepared = found.wire.prepare(query, texts, found.model, top=top, extra=extra_of(flags))
    exchange = found.exchange(settings, told(world, flags))
    ranking: Ranking = run_async(
        exchange.json(prepared, found.wire.read_error, lambda body: found.wire.read(body, len(texts)))
    )
    results: list[dict[str, Any]] = [
        {"index": one.index, "score": one.score, "text": texts[one.index]} for one in ranking.results[: top or None]
    ]
    about = {
        "model": ranking.model or found.model,
        "provider": found.provider,
        "usage": found.price(ranking.usage).to_json(),
    }
    _write(world, format_, results, about)
    return Exit.OK


def _write(world: Any, format_: Format, results: list[dict[str, Any]], about: dict[str, Any]) -> None:
    import json

    from rigcli.cli.plain import put, put_json

    if format_ == "json":
        put_json(world, {"results": results, **about})
        return
    for row in results:
        if format_ == "jsonl":
            world.stdout.write(json.dumps({"v": 1, "type": "result", **row}) + "\n")
        else:
            put(world, f"{row['score']:.4f}\t{row['index']}\t{' '.join(row['text'].split())}")
    if format_ == "jsonl":
        world.stdout.write(json.dumps({"v": 1, "type": "end", **about, "error": None}) + "\n")
