"""How big a picture is to be: pixels, a shape, or a word of the server's own; and each as the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import log, sqrt

from rigcli.core.errors import UsageError

AREA = 1024 * 1024
"""Pixels of a picture of which only the shape is known: what most models are made for."""
STEP = 64
"""Widths and heights are multiples of it: every model that names a multiple takes this one."""
SHAPES = ("1:1", "3:2", "2:3", "4:3", "3:4", "5:4", "4:5", "16:9", "9:16", "21:9")
_PIXELS = re.compile(r"(\d{1,5})[xX×*](\d{1,5})")  # noqa: RUF001  people paste the sign
_SHAPE = re.compile(r"(\d{1,3}(?:\.\d+)?):(\d{1,3}(?:\.\d+)?)")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_LARGEST = 16384


@dataclass(frozen=True, slots=True)
class Size:
    """`text` is what the user wrote; `pixels` or `ratio` (width by height) is set where it says that."""

    text: str
    pixels: tuple[int, int] | None = None
    ratio: float | None = None


def parse_size(text: str) -> Size:
    """Return the size of `1024x768`, `16:9` or a word such as `auto` or `2K`. Raises UsageError."""
    if found := _PIXELS.fullmatch(text):
        width, height = int(found[1]), int(found[2])
        if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST:
            raise UsageError(f"--size {text}: from 1 to {_LARGEST} pixels", hint="for example 1024x1024")
        return Size(f"{width}x{height}", (width, height), width / height)
    if found := _SHAPE.fullmatch(text):
        width, height = float(found[1]), float(found[2])
        if not width or not height:
            raise UsageError(f"--size {text}: no shape", hint="for example 16:9")
        return Size(text, None, width / height)
    if not _WORD.fullmatch(text):
        raise UsageError(f"--size {text}: no size", hint="WIDTHxHEIGHT, a shape such as 16:9, or a word of the server")
    return Size(text)


def nearest(ratio: float, names: Iterable[str]) -> str:
    """Return the size or shape of these whose shape is nearest."""
    return min(names, key=lambda name: abs(log((parse_size(name).ratio or 1) / ratio)))


def as_pixels(ratio: float) -> tuple[int, int]:
    """Return width and height of about `AREA` pixels in that shape."""
    width = sqrt(AREA * ratio)
    return max(STEP, round(width / STEP) * STEP), max(STEP, round(width / ratio / STEP) * STEP)


def as_shape(size: Size, shapes: Iterable[str] = SHAPES) -> tuple[str | None, tuple[str, ...]]:
    """Return the shape for a server that takes shapes only, and what to tell the user of it; None for a word."""
    if size.ratio is None:
        return None, ()
    if size.pixels is None:
        return size.text, ()  # the user's own word: a shape that the server does not know it refuses by itself
    shape = nearest(size.ratio, shapes)
    return shape, (f"--size {size.text} was sent as the shape {shape}: this model takes no pixels",)
