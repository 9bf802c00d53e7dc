"""Vectors by Vertex's `:predict`: texts, several a request, or a text or a picture for the model that knows both.

Formats: cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api and
cloud.google.com/vertex-ai/generative-ai/docs/model-reference/multimodal-embeddings-api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.inputs import Input, no_images, texts_of
from rigcli.wire.embeddings.vectors import Embeddings, checked, document_of, vector_of
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, first

PATH = "/v1/models/{model}:predict"
_BOTH = "multimodal"
_TASKS = {"query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT"}


class VertexEmbeddings:
    """The wire `vertex-embed`. `extra` goes into `parameters`."""

    name: str = "vertex-embed"

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
        both = _BOTH in model
        parameters: Json = {}
        if dimensions is not None:
            parameters["dimension" if both else "outputDimensionality"] = dimensions
        parameters.update(extra or {})
        task = {"task_type": _TASKS.get(purpose, purpose)} if purpose else {}
        instances = [_either(one) for one in texts] if both else [{"content": text, **task} for text in texts_of(texts)]
        body: Json = {"instances": instances}
        if parameters:
            body["parameters"] = parameters
        path = str(self._quirks.get("path") or PATH).replace("{model}", quote(model, safe="@"))
        return Prepared(path.replace("{method}", "predict"), body)

    def read(self, body: Any, count: int) -> Embeddings:
        rows = [as_dict(row) for row in as_list(document_of(body).get("predictions"))]
        made = [as_dict(row.get("embeddings")) for row in rows]
        vectors = [
            vector_of(first(row, "imageEmbedding", "textEmbedding") or vector.get("values"))
            for row, vector in zip(rows, made, strict=True)
        ]
        counts = [as_count(as_dict(vector.get("statistics")).get("token_count")) for vector in made]
        known = [number for number in counts if number is not None]
        return Embeddings(checked(vectors, count), None, Usage(input_tokens=sum(known) if known else None))

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


def _either(one: Input) -> Json:
    if isinstance(one, tuple):
        raise no_images("a text and a picture as one vector")
    return {"text": one} if isinstance(one, str) else {"image": {"bytesBase64Encoded": one.base64}}
