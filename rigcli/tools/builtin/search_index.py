"""search_index, and search_NAME for one index: passages of the user's own files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from rigcli.core.errors import RigError
from rigcli.core.hits import Hit
from rigcli.core.ports import Tool, ToolError
from rigcli.core.services import Indexes
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.threads import in_thread
from rigcli.tools.traits import READS_FILES

MOST = 20
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


def tool_name(index: str) -> str:
    """Return the name of the tool that searches an index, as every provider takes it."""
    return "search_" + _OTHER.sub("_", index)[:57]


def make(context: ToolContext) -> Tool:
    """Return the tool that is told the index."""

    @tool(read_only=True, traits=READS_FILES)
    async def search_index(
        index: Annotated[str, "name of the index"],
        query: Annotated[str, "what to look for, in words or as a question"],
        top: Annotated[int, "passages wanted, 1 to 20"] = 8,
    ) -> str:
        """Search an index of the user's files and return the passages that fit, each with path:line."""
        return await _search(context.indexes, index, query, top)

    return search_index


def make_for(index: str) -> Callable[[ToolContext], Tool]:
    """Return what makes the tool for one index."""

    def make_one(context: ToolContext) -> Tool:
        async def search(
            query: Annotated[str, "what to look for, in words or as a question"],
            top: Annotated[int, "passages wanted, 1 to 20"] = 8,
        ) -> str:
            return await _search(context.indexes, index, query, top)

        search.__doc__ = f"Search the user's index {index!r} and return the passages that fit, each with path:line."
        return tool(name=tool_name(index), read_only=True, traits=READS_FILES)(search)

    return make_one


async def _search(indexes: Indexes | None, name: str, query: str, top: int) -> str:
    if indexes is None:
        raise ToolError("there are no indexes here")
    if name not in indexes.names():
        raise ToolError(f"no index {name!r}; there are: {', '.join(indexes.names()) or 'none'}")
    if not query.strip() or not 1 <= top <= MOST:
        raise ToolError("query: empty" if not query.strip() else f"top {top}: 1 to {MOST}")
    try:
        hits = await in_thread(indexes.search, name, query, top)
    except RigError as error:
        raise ToolError(error.line()) from None
    return "\n\n".join(_told(number, hit) for number, hit in enumerate(hits, 1)) or "[no passage fits]"


def _told(number: int, hit: Hit) -> str:
    first, last = hit.lines
    heading = f" · {hit.heading}" if hit.heading else ""
    return f"[{number}] {hit.path}:{first}-{last} (score {hit.score:.2f}){heading}\n{hit.text.strip()}"
