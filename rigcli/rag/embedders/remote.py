"""An embedder behind HTTP: this file knows unit vectors and widths, nothing of formats and sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rigcli.core.errors import ProviderError
from rigcli.core.ports import Purpose

Ask = Callable[[Sequence[str], Purpose], list[list[float]]]
"""Any number of texts in, and what they are for; their vectors out, in order. Raises RigError."""


class RemoteEmbedder:
    """Texts to unit vectors by a server. `width` is 0 until the first answer tells it, or as known from the index."""

    def __init__(self, identity: str, ask: Ask, *, width: int = 0) -> None:
        self.identity = identity
        self.width = width
        self._ask = ask

    def embed(self, texts: Sequence[str], purpose: Purpose = "document") -> Any:
        """Return float32 of shape (len(texts), width), unit length, in the order of the texts. Raises RigError."""
        import numpy as np  # noqa: PLC0415  only where vectors are made

        if not texts:
            return np.zeros((0, self.width), np.float32)
        # Servers refuse an empty string; a lone space has the same meaning and is accepted.
        rows = self._ask([text or " " for text in texts], purpose)
        widths = {len(row) for row in rows}
        if len(widths) != 1 or (self.width and widths != {self.width}):
            raise ProviderError(
                f"{self.identity}: vectors of width {sorted(widths)} where {self.width or 'one width'} was expected",
                hint="the server runs another model than the one the index was made with",
            )
        self.width = widths.pop()
        vectors = np.asarray(rows, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)
