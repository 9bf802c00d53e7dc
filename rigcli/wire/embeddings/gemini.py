"""Gemini's `:batchEmbedContents`. Format: ai.google.dev/api/embeddings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.inputs import Image, Input, pieces
from rigcli.wire.embeddings.vectors import Embeddings, checked, document_of, vector_of
from rigcli.wire.shapes import Json, as_count, as_dict, as_list

PATH = "/v1beta/models/{model}:batchEmbedContents"
PURPOSE_TEXTS = {"query": "task: search result | query: ", "document": "title: none | text: "}
"""What says the purpose to models that want it inside the text."""
_TASKS = {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"}


class GeminiEmbeddings:
    """The wire `gemini-embed`. `extra` goes into each text's own request, where this wire has its options."""

    name: str = "gemini-embed"

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
        name = model.removeprefix("models/")
        shared: Json = {"model": f"models/{name}"}
        if dimensions is not None:
            shared["outputDimensionality"] = dimensions
        said = re.search(str(self._quirks.get("purpose_text_models", r"(?!)")), name)
        if purpose and not said:
            shared["taskType"] = _TASKS.get(purpose, purpose)
        shared.update(extra or {})
        before = PURPOSE_TEXTS.get(purpose or "", "") if said else ""
        requests = [{**shared, "content": {"parts": [_part(one, before) for one in pieces(text)]}} for text in texts]
        path = str(self._quirks.get("path") or PATH).replace("{model}", quote(name, safe=""))
        if path.endswith(":embedContent"):  # it takes one, and its path names the model
            (only,) = requests
            return Prepared(path, {key: value for key, value in only.items() if key != "model"})
        return Prepared(path, {"requests": requests})

    def read(self, body: Any, count: int) -> Embeddings:
        document = document_of(body)
        vectors = [vector_of(as_dict(item).get("values")) for item in as_list(document.get("embeddings"))]
        if "embedding" in document:
            vectors = [vector_of(as_dict(document["embedding"]).get("values"))]
        raw = as_dict(document.get("usageMetadata"))
        usage = Usage(input_tokens=as_count(raw.get("promptTokenCount")), raw=raw)
        return Embeddings(checked(vectors, count), None, usage)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


def _part(piece: str | Image, before: str) -> Json:
    if isinstance(piece, str):
        return {"text": before + piece}
    return {"inlineData": {"mimeType": piece.media_type, "data": piece.base64}}
