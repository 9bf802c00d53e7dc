"""A prompt -> pictures: OpenAI's format and its followers, chat with pictures, Gemini, Imagen, Titan, plain bytes.

Pure, like the wires. What a row says about its dialect are quirks (rigcli/wire/quirks.py).
"""

from __future__ import annotations

from typing import Any, Protocol

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.wire.images.asked import Asked, Picture, Pictures, Source
from rigcli.wire.images.sizes import Size, parse_size

__all__ = ["Asked", "ImagesWire", "Picture", "Pictures", "Size", "Source", "parse_size"]


class ImagesWire(Protocol):
    """A request and answer format for pictures."""

    name: str

    @property
    def at_once(self) -> int:
        """How many pictures one request can ask for."""
        ...

    def prepare(self, asked: Asked) -> Prepared:
        """Return the request. Raises UsageError for what this format or the server behind it cannot do."""
        ...

    def read(self, body: Any) -> Pictures:
        """Return the pictures of an answer. Raises what an error says, ProviderError for a refusal or another shape."""
        ...

    def read_error(self, status: int, body: str) -> RigError: ...
