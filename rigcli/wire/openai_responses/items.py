"""What stands in a finished item of OpenAI Responses: texts, refusals, thoughts, sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from rigcli.core.events import Citation
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text


def texts_of_message(item: Json) -> Iterator[tuple[int, Literal["text", "refusal"], str]]:
    """Yield what a message says, in order, with the index of the part; some servers write its content as one string."""
    content = item.get("content")
    if isinstance(content, str):
        yield 0, "text", content
        return
    for index, value in enumerate(as_list(content)):
        part = as_dict(value)
        if refusal := as_text(part.get("refusal")):
            yield index, "refusal", refusal
        elif text := as_text(part.get("text")):
            yield index, "text", text


def text_of_reasoning(item: Json) -> str:
    """Return the summary of a reasoning item, or where there is none the reasoning itself."""
    for name in ("summary", "content"):
        if found := [text for part in as_list(item.get(name)) if (text := as_text(as_dict(part).get("text")))]:
            return "\n\n".join(found)
    return ""


CLIENT_CALLS = frozenset(
    ("custom_tool_call", "computer_call", "local_shell_call", "shell_call", "apply_patch_call", "mcp_approval_request")
)
"""Items that ask the client for something rig does not do: without an answer beside them they are refused."""


class Sources:
    """The sources of one answer: each is told once, as an annotation or in the finished message."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[Citation] = set()

    def new(self, annotations: list[Any], begin: int) -> Iterator[Citation]:
        """Yield those that are new; `begin` is where in the answer's text the annotated part begins."""
        for value in annotations:
            row = as_dict(value)
            row = as_dict(row.get("url_citation")) or row  # as Chat Completions has it
            citation = Citation(
                as_text(row.get("url")) or None,
                as_text(row.get("title")) or as_text(row.get("filename")) or None,
                as_text(row.get("quote")) or None,
                *span(row, begin),
                file=as_text(row.get("file_id")) or None,
            )
            if (citation.url or citation.title) and citation not in self._seen:
                self._seen.add(citation)
                yield citation


def span(row: Json, begin: int = 0) -> tuple[int | None, int | None]:
    """Return what of the answer's text an annotation is about; a file's has only a place."""
    start, end = (as_count(row.get(name)) for name in ("start_index", "end_index"))
    if start is None or end is None or not 0 <= start <= end:
        start = end = as_count(row.get("index")) if "file_id" in row else None
    return (None, None) if start is None or end is None else (begin + start, begin + end)
