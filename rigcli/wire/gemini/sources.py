"""Where Gemini names the sources of an answer: grounding by its own tools, and texts it recites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rigcli.core.events import Citation
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text

_KINDS = ("web", "retrievedContext", "maps", "image")


class Sources:
    """The sources of one answer, each told once: later chunks say again what earlier ones said."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[Citation] = set()

    def new(self, candidate: Json, said: list[str]) -> Iterator[Citation]:
        """Yield the sources of a candidate that were not told yet; `said` is the answer's text, in pieces."""
        grounding = as_dict(candidate.get("groundingMetadata"))
        chunks = [_source(as_dict(item)) for item in as_list(grounding.get("groundingChunks"))]
        supports = [as_dict(item) for item in as_list(grounding.get("groundingSupports"))]
        answer = "".join(said) if supports else ""
        used: set[int] = set()
        for support in supports:
            start, end = _span(as_dict(support.get("segment")), answer)
            for index in as_list(support.get("groundingChunkIndices")):
                if isinstance(index, int) and 0 <= index < len(chunks):
                    used.add(index)
                    yield from self._tell(replace(chunks[index], start=start, end=end))
        for index, source in enumerate(chunks):
            if index not in used:
                yield from self._tell(source)
        recited = as_dict(candidate.get("citationMetadata"))
        for item in as_list(recited.get("citations")) or as_list(recited.get("citationSources")):
            yield from self._tell(_source({"web": item}))

    def _tell(self, source: Citation) -> Iterator[Citation]:
        if (source.url or source.title) and source not in self._seen:
            self._seen.add(source)
            yield source


def _source(chunk: Json) -> Citation:
    row = next((as_dict(chunk[kind]) for kind in _KINDS if kind in chunk), as_dict(None))
    url = as_text(row.get("uri")) or as_text(row.get("sourceUri"))
    title = as_text(row.get("title")) or as_text(row.get("fileSearchStore"))
    page = as_count(row.get("pageNumber"))
    return Citation(
        url or None, title or None, as_text(row.get("text")) or None, location=None if page is None else f"page {page}"
    )


def _span(segment: Json, answer: str) -> tuple[int | None, int | None]:
    """Return the characters that a segment is about. It counts bytes, of one part of several: its text tells."""
    text, at = as_text(segment.get("text")), as_count(segment.get("startIndex")) or 0
    if not text:
        return None, None
    near = len(answer.encode("utf-8", "replace")[: max(at, 0)].decode("utf-8", "ignore"))
    start = answer.find(text, near)
    start = answer.find(text) if start < 0 else start
    return (None, None) if start < 0 else (start, start + len(text))
