"""`rig search`: the passages of an index that answer a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.core.hits import Hit
    from rigcli.home.settings import Settings
    from rigcli.rag.search import Mode

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json", "jsonl"]
_EXCERPT = 400
"""Characters of a passage in the text format; JSON has all of it."""


@app.command()
def search(
    query: Annotated[list[str] | None, typer.Argument(metavar="QUERY", help="What to look for.")] = None,
    index: Annotated[
        list[str] | None,
        typer.Option("-i", "--index", metavar="NAME|PATH", help="Default: the only one there is (repeatable)."),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option("--queries", metavar="FILE", help='Many at once: lines of {"id", "text"}; - is stdin.'),
    ] = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Hits at most.")] = 5,
    min_score: Annotated[
        float, typer.Option("--min-score", metavar="S", min=0, max=1, help="Leave out hits below this score (0 to 1).")
    ] = 0.0,
    lexical: Annotated[bool, typer.Option("--lexical", help="Words only.")] = False,
    dense: Annotated[bool, typer.Option("--dense", help="Meaning (vectors) only.")] = False,
    widen: Annotated[
        int, typer.Option("--widen", metavar="CHARS", min=0, help="Join hits with their neighbours up to this size.")
    ] = 0,
    format_: Annotated[Format | None, typer.Option("--format", help="text, json or jsonl.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Whole passages, not their beginning.")] = False,
) -> int:
    """Find passages in an index, by words and by meaning, with score and path:line."""
    from functools import partial

    from rigcli.cli.plain import read_settings, say
    from rigcli.library.indexing import search_indexes

    if lexical and dense:
        raise UsageError("--lexical and --dense: choose one", hint="without either, both halves are used together")
    mode: Mode = "lexical" if lexical else "dense" if dense else "hybrid"
    text = " ".join(query or [])
    if bool(text.strip()) == bool(queries):
        raise UsageError("search: one query, or a file of them", hint='rig search -i NAME "QUERY"')
    world = World.real()
    settings = read_settings(world)
    asked = _read_queries(world, queries) if queries else [(None, text)]
    names = _names(world, settings, index)
    questions = [question for _, question in asked]
    notice = partial(say, world)
    found = search_indexes(world, settings, names, questions, top=top, mode=mode, size=widen, notice=notice)
    answers = [[hit for hit in hits if hit.score >= min_score] for hits in found]
    if queries:
        _write_batch(world, asked, answers, format_)
    else:
        _write(world, answers[0], format_ or "text", full=full)
    return Exit.OK


def _names(world: World, settings: Settings, wanted: list[str] | None) -> list[str]:
    from rigcli.library.indexing import find_index, library

    chosen: list[str] = wanted or settings.get("index.default")
    if not chosen:
        chosen = library(settings).names()
        if not chosen:
            raise UsageError("search: there is no index yet", hint="make one with: rig index PATH")
        if len(chosen) > 1:
            raise UsageError("search: which index?", hint="name one with -i: " + ", ".join(chosen[:8]))
    return list(dict.fromkeys(find_index(world, settings, each) for each in chosen))


def _read_queries(world: World, name: str) -> list[tuple[Any, str]]:
    import json

    from rigcli.cli.question import STDIN, read_stdin, read_text_file
    from rigcli.inputs.text import decode

    text = decode(read_stdin(world, None), "stdin") if name == STDIN else read_text_file(name, world)
    rows: list[tuple[Any, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append((row["id"], str(row["text"])))
        except (ValueError, KeyError, TypeError):
            raise UsageError(
                f"{name}, line {number}: is not a JSON object", hint='--queries takes lines of {"id": …, "text": …}'
            ) from None
    return rows


def _write_batch(world: World, asked: list[tuple[Any, str]], answers: list[list[Hit]], format_: Format | None) -> None:
    import json

    if format_ in (None, "jsonl"):
        for (id_, _), hits in zip(asked, answers, strict=True):
            world.stdout.write(json.dumps({"id": id_, "hits": [hit.to_json() for hit in hits]}) + "\n")
        return
    if format_ == "json":
        rows = [
            {"id": id_, "hits": [hit.to_json() for hit in hits]} for (id_, _), hits in zip(asked, answers, strict=True)
        ]
        world.stdout.write(json.dumps({"v": 1, "answers": rows}) + "\n")
        return
    from rigcli.cli.plain import put

    for (_, question), hits in zip(asked, answers, strict=True):
        put(world, f"# {question}\n")
        _write(world, hits, "text", full=False)
        put(world, "")


def _write(world: World, hits: list[Hit], format_: Format, *, full: bool) -> None:
    import json

    if format_ == "json":
        world.stdout.write(json.dumps({"v": 1, "hits": [hit.to_json() for hit in hits]}) + "\n")
        return
    if format_ == "jsonl":
        for hit in hits:
            world.stdout.write(json.dumps(hit.to_json()) + "\n")
        return
    from rigcli.cli.plain import say

    if not hits:
        say(world, "nothing found")
    for number, hit in enumerate(hits):
        if number:
            world.stdout.write("\n")
        _write_hit(world, hit, full=full)


def _write_hit(world: World, hit: Hit, *, full: bool) -> None:
    """One hit for a person: where, how good, under which headings, and how it begins."""
    from rigcli.cli.plain import put
    from rigcli.core.text_filter import clean
    from rigcli.ui.colour import BOLD, DIM, allowed, paint

    colour = allowed("auto", world.env, tty=world.stdout_tty)
    place = clean(f"{hit.path}:{hit.lines[0]}").replace("\n", " ")
    heading = clean(hit.heading).replace("\n", " ")
    rest = paint(f"  {hit.score:.2f}" + (f"  {heading}" if heading else ""), DIM, on=colour)
    world.stdout.write(paint(place, BOLD, on=colour) + rest + "\n")
    text = hit.text if full or len(hit.text) <= _EXCERPT else _cut(hit.text)
    put(world, "\n".join("    " + line for line in text.strip("\n").split("\n")))


def _cut(text: str) -> str:
    """Return the beginning of a passage, ended at a word."""
    return text[:_EXCERPT].rsplit(None, 1)[0] + " …"
