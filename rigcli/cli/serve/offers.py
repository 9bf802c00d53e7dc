"""What rig offers to the programs that call it: asking, searching, and whatever else is added to this list.

An `Offered` is a tool as plain values: the face that shows it (MCP today) knows nothing of models and indexes. Agents
become tools here: one `Offered` each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.core.hits import Hit
    from rigcli.home.settings import Settings

Tell: TypeAlias = Callable[[str], Awaitable[None]]
"""Says what a running call does."""
_MOST_HITS = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result as text, and as data where the tool has a schema for it."""

    text: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """One tool: `run` gets arguments that fit `parameters`. What it raises as RigError is told to the caller."""

    name: str
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any], Tell], Awaitable[Outcome]]
    returns: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that is offered: tools, and the indexes by name."""

    tools: Sequence[Offered]
    indexes: Sequence[str]
    about: Callable[[str], dict[str, Any]]
    """What an index is made of, as plain data."""
    find: Callable[[str, str | None, int], Awaitable[list[Hit]]]
    """Query, index or None for all, how many: the best passages."""


def desk(
    settings: Settings,
    env: Mapping[str, str],
    cwd: Path,
    *,
    model: str | None,
    indexes: Sequence[str],
    extra: Sequence[Offered] = (),
) -> Desk:
    """Return what is offered: `indexes` or, where none is named, all that there are at the time of a call.

    Raises UsageError for an index that is not there.
    """
    from rigcli.library.indexing import Here, find_index, library

    here = Here(cwd, env)
    named = [find_index(here, settings, each) for each in indexes]

    def names() -> list[str]:
        return named or library(settings).names()

    def chosen(index: str | None) -> list[str]:
        known = names()
        if index is not None and index not in known:
            raise UsageError(f"no index {index!r}", hint=f"there are {', '.join(known) or 'none'}")
        return known if index is None else [index]

    async def find(query: str, index: str | None, top: int) -> list[Hit]:
        from rigcli.library.indexing import search_indexes

        return (await asyncio.to_thread(search_indexes, here, settings, chosen(index), [query], top=top))[0]

    known = names()
    tools = [_ask(model, chosen, known, find), *([_search(known, find)] if known else []), *extra]
    return Desk(tools, known, lambda name: _about(settings, name), find)


def _ask(
    model: str | None,
    chosen: Callable[[str | None], list[str]],
    known: Sequence[str],
    find: Callable[[str, str | None, int], Awaitable[list[Hit]]],
) -> Offered:
    async def run(arguments: dict[str, Any], tell: Tell) -> Outcome:
        from rigcli.core.messages import user
        from rigcli.engine.retrieve import QUESTION_LENGTH, cited, documents
        from rigcli.library.model import Model

        asked = Model.configured(model, system=arguments.get("system"))
        prompt: Any = arguments["prompt"]
        hits: list[Hit] = []
        if index := arguments.get("index"):
            chosen(index)
            await tell(f"searching {index}")
            hits = await find(prompt[:QUESTION_LENGTH], index, 8)
            prompt = [documents(hits), user(prompt)]
        await tell(f"asking {asked.name}")
        answer = await asked.ask(prompt)
        answer.raise_for_finish()
        text = answer.text
        if hits:
            sources, _ = cited(text, hits)
            text += "\n\n" + "\n".join(f"[{s.number}] {s.path}:{s.lines[0]}" for s in sources)
        return Outcome(text)

    properties: dict[str, Any] = {
        "prompt": {"type": "string", "minLength": 1, "description": "The question, with all that it needs."},
        "system": {"type": "string", "description": "Instructions for the model."},
    }
    if known:
        about = "Answer from this index of the user's files, with sources."
        properties["index"] = {"type": "string", "enum": list(known), "description": about}
    return Offered(
        "ask",
        "Ask the language model that the user has set up in rig, and get its answer. It sees nothing but this prompt.",
        {"type": "object", "properties": properties, "required": ["prompt"], "additionalProperties": False},
        run,
    )


def _search(known: Sequence[str], find: Callable[[str, str | None, int], Awaitable[list[Hit]]]) -> Offered:
    async def run(arguments: dict[str, Any], tell: Tell) -> Outcome:
        _ = tell
        hits = await find(arguments["query"], arguments.get("index"), arguments.get("top", 8))
        shown = [f"[{n}] {hit.path}:{hit.lines[0]} ({hit.score:.2f})\n{hit.text}" for n, hit in enumerate(hits, 1)]
        rows = [
            {"path": h.path, "lines": list(h.lines), "score": h.score, "index": h.index, "text": h.text} for h in hits
        ]
        return Outcome("\n\n".join(shown) or "no passage fits", {"hits": rows})

    hit = {
        "path": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "integer"}},
        "score": {"type": "number"},
        "index": {"type": "string"},
        "text": {"type": "string"},
    }
    rows = {"type": "array", "items": {"type": "object", "properties": hit, "required": list(hit)}}
    return Offered(
        "search",
        "Search the user's indexed files by words and by meaning; returns passages with path and line.",
        {
            "type": "object",
            "properties": {
                "query": {"type": "string", "minLength": 1, "description": "What to look for, in plain words."},
                "index": {"type": "string", "enum": list(known), "description": "Only this index; default: all."},
                "top": {"type": "integer", "minimum": 1, "maximum": _MOST_HITS, "description": "How many; default 8."},
            },
            "required": ["query"],
            "additionalProperties": False,
        },
        run,
        {"type": "object", "properties": {"hits": rows}, "required": ["hits"]},
    )


def _about(settings: Settings, name: str) -> dict[str, Any]:
    from rigcli.library.indexing import library

    with library(settings).open(name) as store:
        counts = store.counts()
        roots = [str(root) for root in store.meta("roots", [])]
        return {"name": name, "folders": roots, "files": counts.files, "passages": counts.passages}
