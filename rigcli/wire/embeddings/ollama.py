"""Ollama's own `/api/embed`. Format: github.com/ollama/ollama/blob/main/docs/api.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.gemini import PURPOSE_TEXTS
from rigcli.wire.embeddings.inputs import Input, texts_of
from rigcli.wire.embeddings.vectors import Embeddings, checked, document_of, vector_of
from rigcli.wire.shapes import Json, as_count, as_list, as_text

PATH = "/api/embed"


class OllamaEmbeddings:
    """The wire `ollama-embed`."""

    name: str = "ollama-embed"

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(
        self,
        texts: Sequence[Input],
        model: str,
        *,
        dimensions: int | None = None,
        purpose: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        said = re.search(str(self._quirks.get("purpose_text_models", r"(?!)")), model)
        before = PURPOSE_TEXTS.get(purpose or "", "") if said else ""
        body: Json = {"model": model, "input": [before + text for text in texts_of(texts)]}
        if dimensions is not None:
            body["dimensions"] = dimensions
        body.update(extra or {})
        return Prepared(str(self._quirks.get("path") or PATH), body)

    def read(self, body: Any, count: int) -> Embeddings:
        document = document_of(body)
        vectors = [vector_of(item) for item in as_list(document.get("embeddings"))]
        raw = {key: value for key, value in document.items() if key not in ("embeddings", "model")}
        usage = Usage(input_tokens=as_count(document.get("prompt_eval_count")), raw=raw)
        return Embeddings(checked(vectors, count), as_text(document.get("model")) or None, usage)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
