"""The list of a provider's models: what its server says, kept so that it is not asked each time.

Pure: the bytes of the answer and of the file come in and go out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

FRESH = 24 * 3600.0
"""Seconds a kept list counts as fresh."""

LIST_PATH = {
    "ollama": "/api/tags",
    "anthropic-messages": "/v1/models?limit=1000",
    "gemini": "/v1beta/models?pageSize=1000",
}
"""Where a wire's servers list their models, below the base URL; `/models` everywhere else."""

LIST_HEADERS = {"anthropic-messages": {"anthropic-version": "2023-06-01"}}
"""What a wire's servers want to see before they list anything."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its server lists it. `context` is in tokens, `size` in bytes; None where the server does not say."""

    id: str
    title: str | None = None
    context: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a server listed, and when (Unix time). A list belongs to its base URL."""

    provider: str
    base_url: str
    fetched: float
    models: tuple[ListedModel, ...]

    def is_fresh(self, now: float) -> bool:
        """A list from the future is none: the clock was set back."""
        return 0 <= now - self.fetched < FRESH


def list_path(wire: str, models_path: str | None) -> str | None:
    """Return where the models are listed, or None where the provider lists none."""
    if models_path is not None:
        return models_path or None
    return LIST_PATH.get(wire, "/models")


def read_models(document: Any) -> tuple[ListedModel, ...] | None:
    """Return the models of a listing, in its order, or None where it is none.

    Understands `{"data": [{"id"}]}` (OpenAI and its kin, Anthropic), a bare list (Together, GitHub) and
    `{"models": [{"name"}]}` (Ollama, Cohere; Gemini, which writes `models/` before each name).
    """
    items = _items(document)
    if items is None:
        return None
    return tuple(dict.fromkeys(model for item in items if (model := _model(item))))


def encode(catalog: Catalog) -> bytes:
    return json.dumps({"v": 1, **asdict(catalog)}).encode()


def decode(data: bytes, provider: str, base_url: str) -> Catalog | None:
    """Return a kept list, or None where the bytes are none, or one of another server."""
    try:
        table: dict[str, Any] = json.loads(data)
        if (table["v"], table["provider"], table["base_url"]) != (1, provider, base_url):
            return None
        models = tuple(ListedModel(**model) for model in table["models"])
        return Catalog(provider, base_url, float(table["fetched"]), models)
    except (ValueError, KeyError, TypeError):
        return None


_NAMES = ("id", "model_id", "canonical_name", "name", "model")


def _items(document: Any) -> list[Any] | None:
    if isinstance(document, list):
        return cast("list[Any]", document)
    if not isinstance(document, Mapping):
        return None
    table = cast("Mapping[str, Any]", document)
    found = (table.get(key) for key in ("data", "models"))
    named = next((cast("list[Any]", value) for value in found if isinstance(value, list)), None)
    return named if named is not None else _by_kind(table)


def _by_kind(table: Mapping[str, Any]) -> list[Any] | None:
    """Return the models of a list that parts them into those that hear and those that speak (Deepgram)."""
    kinds = [table[key] for key in ("stt", "tts") if isinstance(table.get(key), list)]
    return [item for kind in kinds for item in cast("list[Any]", kind)] if kinds else None


def _model(item: Any) -> ListedModel | None:
    if isinstance(item, str):
        return ListedModel(item) if item else None
    if not isinstance(item, Mapping):
        return None
    table = cast("Mapping[str, Any]", item)
    name = next((value for key in _NAMES if isinstance(value := table.get(key), str) and value), None)
    if name is None:
        return None
    name = name.removeprefix("models/")
    title = (
        table.get("display_name")
        or table.get("displayName")
        or (table.get("name") if {"id", "model_id"} & table.keys() else None)
    )
    return ListedModel(name, title if isinstance(title, str) and title != name else None, *_numbers(table))


def _numbers(table: Mapping[str, Any]) -> Iterator[int | None]:
    names = (("context_length", "context_window", "max_context_length", "max_model_len", "inputTokenLimit"), ("size",))
    for candidates in names:
        found = (table.get(name) for name in candidates)
        yield next(
            (value for value in found if isinstance(value, int) and not isinstance(value, bool) and value > 0), None
        )
