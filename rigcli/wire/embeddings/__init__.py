"""Texts -> vectors: the formats of OpenAI, Voyage, Cohere, Gemini, Ollama and Titan. Pure, like the wires.

What a row says about its dialect are quirks (rigcli/wire/quirks.py): path, field names, how many texts a request takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, cast

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.wire.beside import load_beside
from rigcli.wire.embeddings.inputs import Image, Input
from rigcli.wire.embeddings.vectors import Embeddings

__all__ = ["Embeddings", "EmbeddingsWire", "Image", "Input", "Purpose", "load_embeddings"]

Purpose: TypeAlias = Literal["query", "document"]
"""What the vectors are for: some models make others of a question than of what is searched."""


class EmbeddingsWire(Protocol):
    """A request and answer format for vectors."""

    name: str

    def prepare(
        self,
        texts: Sequence[Input],
        model: str,
        *,
        dimensions: int | None = None,
        purpose: Purpose | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        """Return the request for these texts and pictures; `extra` goes into the body as it is.

        Raises UsageError for pictures where the format has none.
        """
        ...

    def read(self, body: Any, count: int) -> Embeddings:
        """Return the vectors of `count` texts. Raises what an error document says, ProviderError for another shape."""
        ...

    def read_error(self, status: int, body: str) -> RigError: ...


def load_embeddings(name: str, quirks: Mapping[str, Any] | None = None) -> EmbeddingsWire:
    """Return the wire for vectors of that name; that of a chat wire will do. Raises UsageError."""
    return cast("EmbeddingsWire", load_beside("embed", name, quirks))
