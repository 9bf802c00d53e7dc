"""The answer of a machine without a model: quotes from an index, labelled as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigcli.core.errors import Exit
from rigcli.core.events import Finish, Text
from rigcli.engine.retrieve import quotes

if TYPE_CHECKING:
    from rigcli.cli.ask_run import Ask
    from rigcli.cli.retrieval import Found

QUOTED = 3
"""Passages that are quoted; more would be a search, and `rig search` is there for that."""
LABEL = "No model is set up, so these are quotes from the index, not an answer (`rig doctor` shows how to get one):"
NOTHING = "Nothing in the index fits this question."


def quoted_answer(ask: Ask, found: Found) -> int:
    """Print the best passages as quotes with their sources and return exit code 0."""
    from rigcli.cli.sinks import choose_show

    show = choose_show(
        ask.world,
        ask.settings,
        ask.own.format,
        code=ask.own.code,
        quiet=True,
        sources=not ask.own.no_sources,
        model=lambda: "quotes",
    )
    hits = found.hits[:QUOTED]
    if hits:
        text, sources = quotes(found.question, hits)
        show.handle(Text(f"{LABEL}\n\n{text}"))
        for source in sources:
            show.handle(source)
    else:
        show.handle(Text(f"{NOTHING}\n"))
    show.handle(Finish("stop"))
    show.settled()
    show.end(None, {"model": None, "provider": None, "session": None})
    return Exit.OK
