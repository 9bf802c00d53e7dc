"""Cohere's `/v2/embed`; the answers of version 1 are read too. Format: docs.cohere.com/reference/embed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.embeddings.inputs import Image, Input, images_in, pieces
from rigcli.wire.embeddings.vectors import Embeddings, checked, vector_of
from rigcli.wire.shapes import Json, as_count, as_dict, as_list, as_text

PATH = "/v2/embed"
_ONE_PICTURE = r"v3|-3\.0"
"""Models of version 3, which take pictures in a field of their own, one a request."""
_PURPOSES = {"query": "search_query", "document": "search_document"}


class CohereEmbeddings:
    """The wire `cohere-embed`. A purpose must be named there: without one the texts count as documents."""

    name: str = "cohere-embed"

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
        path = str(self._quirks.get("path") or PATH)
        body: Json = {
            **({} if "{model}" in path else {"model": model}),  # a path that says it says it alone
            "input_type": _PURPOSES.get(purpose or "document", purpose),
            **self._given(texts, model),
            "embedding_types": ["float"],
        }
        if dimensions is not None:
            body["output_dimension"] = dimensions
        body.update(extra or {})
        return Prepared(path.replace("{model}", quote(model, safe="")), body)

    def _given(self, inputs: Sequence[Input], model: str) -> Json:
        """Return the texts as they are; with pictures among them each input is a list of contents (version 4)."""
        if not any(map(images_in, inputs)):
            return {"texts": list(inputs)}
        if all(isinstance(one, Image) for one in inputs) and re.search(_ONE_PICTURE, model):
            return {"images": [one.url for one in inputs if isinstance(one, Image)], "input_type": "image"}
        return {"inputs": [{"content": [self._content(piece) for piece in pieces(one)]} for one in inputs]}

    def _content(self, piece: str | Image) -> Json:
        if isinstance(piece, str):
            return {"type": "text", "text": piece}
        url = piece.url if self._quirks.get("flat_image_url") else {"url": piece.url}
        return {"type": "image_url", "image_url": url}

    def read(self, body: Any, count: int) -> Embeddings:
        document = as_dict(body)
        given: Any = document.get("embeddings")
        if given is None and (document.get("message") or document.get("error")):
            raise failures.from_event(document)
        kinds = as_dict(given)
        rows = as_list(given) or as_list(kinds.get("float") or next(iter(kinds.values()), None))
        billed = as_dict(as_dict(document.get("meta")).get("billed_units"))
        usage = Usage(input_tokens=as_count(billed.get("input_tokens")), raw=billed)
        return Embeddings(
            checked([vector_of(row) for row in rows], count), as_text(document.get("model")) or None, usage
        )

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
