"""Sixel, the pictures of DEC's terminals, which xterm, foot, mlterm, Windows Terminal and tmux show.

Format: vt100.net/docs/vt3xx-gp/chapter14.html.
"""

from __future__ import annotations

from dataclasses import dataclass

BAND = 6
"""Rows of pixels that one line of characters holds."""


@dataclass(frozen=True, slots=True)
class Raster:
    """Pixels as numbers of a palette, row by row; `palette` holds (red, green, blue) from 0 to 255, at most 256.

    A pixel whose number is beyond the palette is transparent.
    """

    width: int
    height: int
    palette: tuple[tuple[int, int, int], ...]
    pixels: bytes


def encode(raster: Raster) -> str:
    """Return the escape sequence that shows the pixels at the cursor; what is transparent keeps the background."""
    colours = "".join(
        f"#{number};2;{red * 100 // 255};{green * 100 // 255};{blue * 100 // 255}"
        for number, (red, green, blue) in enumerate(raster.palette)
    )
    bands = [_band(raster, top) for top in range(0, raster.height, BAND)]
    return f'\x1bP0;1;0q"1;1;{raster.width};{raster.height}{colours}{"-".join(bands)}\x1b\\'


def _band(raster: Raster, top: int) -> str:
    """Return six rows: for each colour in them one line of characters, whose bits say which rows have it."""
    width = raster.width
    bits: dict[int, bytearray] = {}
    for step in range(min(BAND, raster.height - top)):
        row = raster.pixels[(top + step) * width : (top + step + 1) * width]
        for column, number in enumerate(row):
            if number < len(raster.palette):
                line = bits.get(number)
                if line is None:
                    line = bits[number] = bytearray(width)
                line[column] |= 1 << step
    return "$".join(f"#{number}{_packed(line)}" for number, line in sorted(bits.items()))


def _packed(line: bytearray) -> str:
    """Return the characters of a line; four or more of one kind are written as a count."""
    out: list[str] = []
    at, end = 0, len(line.rstrip(b"\0"))
    while at < end:
        value, begun = line[at], at
        while at < end and line[at] == value:
            at += 1
        count, char = at - begun, chr(63 + value)
        out.append(char * count if count <= 3 else f"!{count}{char}")  # noqa: PLR2004  a count takes three characters
    return "".join(out)
