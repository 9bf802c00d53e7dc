"""Where servers of this family put the sources of an answer: beside the choices, or at the message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rigcli.core.events import Citation
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text

SOURCES: Final = frozenset(("citations", "search_results", "venice_parameters", "web_search"))
"""Fields beside the choices that name sources."""


class Sources:
    """The sources of one answer, each once, in order; where a part of its text rests on one, each part."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], Citation] = {}

    def __iter__(self) -> Iterator[Citation]:
        return iter(list(self._found.values()))

    def beside(self, row: Json) -> None:
        """Take what stands beside the choices of a chunk."""
        self.results(as_list(row.get("search_results")))
        self.results(as_list(as_dict(row.get("venice_parameters")).get("web_search_citations")))
        self.results(as_list(row.get("web_search")))
        if not self._found:  # an older form says the URL and no more
            self.results(as_dict(url) or {"url": url} for url in as_list(row.get("citations")))

    def results(self, items: Iterable[Any]) -> None:
        """Take pages that a search found."""
        for item in items:
            self._add(as_dict(item))

    def annotations(self, items: list[Any]) -> None:
        """Take annotations of a message, nested or flat."""
        for item in items:
            annotation = as_dict(item)
            file = as_dict(annotation.get("file")) or as_dict(annotation.get("file_citation"))
            self._add(as_dict(annotation.get("url_citation")) or file or annotation)

    def _add(self, row: Json) -> None:
        url = as_text(row.get("url")) or as_text(row.get("link"))
        title = as_text(row.get("title")) or as_text(row.get("name")) or as_text(row.get("filename"))
        text = as_text(row.get("snippet") or row.get("summary") or row.get("content"))
        start, end = as_count(row.get("start_index")), as_count(row.get("end_index"))
        span = (start, end) if start is not None and end is not None and 0 <= start < end else (None, None)
        if url or title:
            cited = Citation(url or None, title or None, text or None, *span)
            self._found.setdefault((url, title, *span), cited)
