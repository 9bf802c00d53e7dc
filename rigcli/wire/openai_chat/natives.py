"""What servers of this family tell of tools that they run themselves, and the pictures that their models make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rigcli.core.events import Media, Native
from rigcli.wire.jsontext import parses, read_json
from rigcli.wire.media import made
from rigcli.wire.native_use import native, pages
from rigcli.wire.shapes import Json, as_dict, as_list, as_text


class Executed:
    """The tools that were run while one answer was made; a stream tells each twice, without and with its output."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: dict[Any, Json] = {}

    def add(self, items: list[Any]) -> None:
        for item in items:
            row = as_dict(item)
            index = row.get("index")
            key = index if isinstance(index, int) else len(self._rows)
            known = self._rows.setdefault(key, {})
            known.update((name, value) for name, value in row.items() if value)

    def events(self) -> Iterator[Native]:
        for row in self._rows.values():
            given: Any = as_text(row.get("arguments"))
            given = read_json(given, 0) if given[:1] == "{" and parses(given) else given
            found = pages(as_list(as_dict(row.get("search_results")).get("results")))
            name = as_text(row.get("type")) or as_text(row.get("name"))
            yield native(name or "tool", given, found or as_text(row.get("output")))

    def results(self) -> Iterator[Any]:
        """Yield what its searches found."""
        for row in self._rows.values():
            yield from as_list(as_dict(row.get("search_results")).get("results"))


def pictures(items: list[Any]) -> Iterator[Media]:
    """Yield the pictures of a message: `{"image_url": {"url": …}}`, mostly data URLs."""
    for item in items:
        row = as_dict(item)
        url = as_text(as_dict(row.get("image_url")).get("url")) or as_text(row.get("image_url"))
        if picture := made(url if url.startswith(("data:", "http")) else as_text(row.get("b64_json")), "image/png"):
            yield picture
