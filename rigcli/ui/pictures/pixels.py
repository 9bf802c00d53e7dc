"""Pictures opened, made smaller and reduced to a palette by Pillow, the extra `images`; it is imported here alone."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from rigcli.ui.pictures.sixel import Raster

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
"""Those alone: Pillow has readers for formats that nobody sends, and each is code that reads what a stranger wrote."""
_COLOURS = 255
_OPAQUE = 128


def available() -> bool:
    """Tell whether Pillow is there."""
    try:
        import_module("PIL.Image")
    except ImportError:
        return False
    return True


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height as Pillow reads them, or None."""
    picture = _open(data)
    return tuple(picture.size) if picture is not None else None


def as_png(data: bytes) -> bytes | None:
    """Return the picture as a PNG, or None where it cannot be read."""
    picture = _open(data)
    if picture is None:
        return None
    out = BytesIO()
    try:
        picture.convert("RGBA").save(out, "PNG")
    except _failures():
        return None
    return out.getvalue()


def raster(data: bytes, width: int, height: int) -> Raster | None:
    """Return the picture within so many pixels, in 255 colours, or None where it cannot be read."""
    picture = _open(data)
    if picture is None:
        return None
    try:
        picture = picture.convert("RGBA")
        picture.thumbnail((max(1, width), max(1, height)))
        clear = picture.getchannel("A").point([255] * _OPAQUE + [0] * (256 - _OPAQUE))
        reduced = picture.convert("RGB").quantize(_COLOURS)
        reduced.paste(_COLOURS, mask=clear)
        flat = list(reduced.getpalette() or [])[: 3 * _COLOURS]
    except _failures():
        return None
    palette = tuple((flat[at], flat[at + 1], flat[at + 2]) for at in range(0, len(flat) - 2, 3))
    wide, high = reduced.size
    return Raster(int(wide), int(high), palette, bytes(reduced.tobytes()))


def _open(data: bytes) -> Any:
    try:
        pillow: Any = import_module("PIL.Image")
    except ImportError:
        return None
    try:
        return pillow.open(BytesIO(data), formats=_FORMATS)
    except _failures():
        return None


def _failures() -> tuple[type[Exception], ...]:
    """What Pillow raises for damaged pictures, and for one whose size is a trap."""
    pillow: Any = import_module("PIL.Image")
    return (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, pillow.DecompressionBombError)
