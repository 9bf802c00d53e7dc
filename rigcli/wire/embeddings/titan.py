"""Titan's vectors through Bedrock's InvokeModel: one text a request.

Format: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError, UsageError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.inputs import Input, images_in, pieces
from rigcli.wire.embeddings.vectors import Embeddings, checked, document_of, vector_of
from rigcli.wire.shapes import Json, as_count

_BOTH = "embed-image"
PATH = "/model/{model}/invoke"


class TitanEmbeddings:
    """The wire `titan-embed`. Cohere's models behind the same door have the wire cohere-embed and this path."""

    name: str = "titan-embed"

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
        _ = purpose  # it knows none
        (text,) = texts
        body: Json = {}
        for piece in pieces(text):
            body |= {"inputText": piece} if isinstance(piece, str) else {"inputImage": piece.base64}
        if images_in(text) > 1 or len(body) != len(pieces(text)):
            raise UsageError("one vector: takes one text and one picture", hint="leave out --together")
        if dimensions is not None and _BOTH in model:
            body["embeddingConfig"] = {"outputEmbeddingLength": dimensions}
        elif dimensions is not None:
            body["dimensions"] = dimensions
        body.update(extra or {})
        path = str(self._quirks.get("path") or PATH).replace("{model}", quote(model, safe=""))
        return Prepared(path, body)

    def read(self, body: Any, count: int) -> Embeddings:
        document = document_of(body)
        counted = as_count(document.get("inputTextTokenCount"))
        usage = Usage(input_tokens=counted, raw={"inputTextTokenCount": counted} if counted is not None else {})
        vectors = [vector_of(document.get("embedding"))] if "embedding" in document else []
        return Embeddings(checked(vectors, count), None, usage)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
