"""OpenAI's `/embeddings` and those who follow it; Voyage's differs in the names of two fields.

Formats: platform.openai.com/docs/api-reference/embeddings and docs.voyageai.com/reference/embeddings-api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.inputs import Image, Input, images_in, no_images, pieces, texts_of
from rigcli.wire.embeddings.vectors import Embeddings, checked, document_of, vector_of
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text

PATH = "/embeddings"
BOTH_PATH = "/multimodalembeddings"
_BOTH = "multimodal"


class OpenAIEmbeddings:
    """The wire `openai-embeddings`."""

    name: str = "openai-embeddings"
    dimensions_field: str = "dimensions"
    purpose_field: str | None = None

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
        quirks = self._quirks
        path = str(quirks.get("path") or PATH)
        named: Json = {} if "{model}" in path else {"model": model}  # a path that says it says it alone
        body: Json = {**named, **self._given(texts)}
        if dimensions is not None:
            body[str(quirks.get("dimensions_field", self.dimensions_field))] = dimensions
        if purpose and (field := quirks.get("purpose_field", self.purpose_field)):
            body[str(field)] = quirks.get(f"purpose_{purpose}", purpose)
        body.update(extra or {})
        return Prepared(path.replace("{model}", quote(model, safe="")), body)

    def _given(self, inputs: Sequence[Input]) -> Json:
        """Return the texts, and pictures in the way that the row names."""
        if not any(map(images_in, inputs)):
            return {"input": texts_of(inputs)}
        match self._quirks.get("image_input"):
            case "objects":  # {"text": …} or {"image": base64}
                if any(isinstance(one, tuple) for one in inputs):
                    raise no_images("a text and a picture as one vector")
                pairs = [("text", one) if isinstance(one, str) else ("image", _base64(one)) for one in inputs]
                return {"input": [dict([pair]) for pair in pairs]}
            case "messages":  # a conversation of one message, and one vector for all of it
                (only,) = inputs
                return {"messages": [{"role": "user", "content": [_content(piece) for piece in pieces(only)]}]}
            case _:
                raise no_images()

    def read(self, body: Any, count: int) -> Embeddings:
        document = document_of(body)
        rows = [as_dict(item) for item in as_list(document.get("data"))]
        if all(isinstance(row.get("index"), int) for row in rows):  # the order of the list is not promised
            rows.sort(key=lambda row: row["index"])
        int8 = self._quirks.get("vector_format") == "int8"
        vectors = [vector_of(row.get("embedding"), int8=int8) for row in rows]
        return Embeddings(checked(vectors, count), as_text(document.get("model")) or None, _usage(document))

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


class VoyageEmbeddings(OpenAIEmbeddings):
    """The wire `voyage`; models for pictures have a path and a form of their own."""

    name: str = "voyage"
    dimensions_field: str = "output_dimension"
    purpose_field: str | None = "input_type"

    def prepare(
        self,
        texts: Sequence[Input],
        model: str,
        *,
        dimensions: int | None = None,
        purpose: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        whole = super().prepare([], model, dimensions=dimensions, purpose=purpose)
        if not any(map(images_in, texts)) and _BOTH not in model:
            return Prepared(whole.path, {**whole.body, "input": texts_of(texts), **(extra or {})})
        contents = [{"content": [_voyage_content(piece) for piece in pieces(one)]} for one in texts]
        body = {key: value for key, value in whole.body.items() if key != "input"}
        return Prepared(BOTH_PATH, {**body, "inputs": contents, **(extra or {})})


def _voyage_content(piece: str | Image) -> Json:
    if isinstance(piece, str):
        return {"type": "text", "text": piece}
    return {"type": "image_base64", "image_base64": piece.url}


def _content(piece: str | Image) -> Json:
    if isinstance(piece, str):
        return {"type": "text", "text": piece}
    return {"type": "image_url", "image_url": {"url": piece.url}}


def _base64(one: Input) -> str:
    return one.base64 if isinstance(one, Image) else ""


def _usage(document: Json) -> Usage:
    """Return the counts; some servers only say a total, which for vectors is the input."""
    row = as_dict(document.get("usage"))
    if (total := as_count(row.get("total_tokens"))) is not None and "prompt_tokens" not in row:
        return Usage(input_tokens=total, raw=row)
    return usage_of(row) or Usage()
