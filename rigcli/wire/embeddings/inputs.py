"""What vectors are made of: texts, pictures, and several of both as one."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rigcli.core.errors import UsageError

_PER_CHARACTER = 40
"""Characters of base64 that count as one of text, so that a request of pictures stays below some 12 MB."""
_LEAST = 2_000


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: its bytes and what they are."""

    data: bytes
    media_type: str

    @property
    def base64(self) -> str:
        return b2a_base64(self.data, newline=False).decode("ascii")

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.base64}"


Piece: TypeAlias = str | Image
Input: TypeAlias = Piece | tuple[Piece, ...]
"""One vector's worth; a tuple is several pieces that become one vector."""


def pieces(one: Input) -> tuple[Piece, ...]:
    return one if isinstance(one, tuple) else (one,)


def images_in(one: Input) -> int:
    return 0 if isinstance(one, str) else sum(isinstance(piece, Image) for piece in pieces(one))


def weight(one: Input) -> int:
    """Return how much of a request an input takes, in characters; a picture counts by its size."""
    if isinstance(one, str):
        return len(one)
    return sum(
        len(piece) if isinstance(piece, str) else max(_LEAST, len(piece.data) * 4 // 3 // _PER_CHARACTER)
        for piece in pieces(one)
    )


def texts_of(inputs: Sequence[Input]) -> list[str]:
    """Return the inputs as texts. Raises UsageError for pictures: this format has none."""
    texts = [one for one in inputs if isinstance(one, str)]
    if len(texts) != len(inputs):
        raise no_images()
    return texts


def no_images(what: str = "pictures") -> UsageError:
    return UsageError(f"{what}: rig knows no way to send them to this model", hint="see docs/pictures.md for who can")
