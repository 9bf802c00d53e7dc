"""Pictures in a terminal: what it can (detect.py), how big (fit.py), and the bytes for it (kitty, iterm, sixel).

Only the pixels of sixel, and pictures that kitty does not read, need Pillow: the extra `images`, imported where used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rigcli.core.pictures import dimensions, media_type
from rigcli.ui.pictures import iterm, kitty, pixels, sixel, tmux

Protocol: TypeAlias = Literal["kitty", "iterm", "sixel"]


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal that shows pictures: how, its size in cells, a cell's in pixels, and whether tmux is between."""

    protocol: Protocol
    columns: int = 80
    rows: int = 24
    cell: tuple[int, int] = (8, 16)
    tmux: bool = False


def picture(screen: Screen, data: bytes) -> str:
    """Return what shows the picture at the cursor, which stands below it afterwards, at the start of a line.

    Empty where this picture cannot be shown there: Pillow is missing, or the bytes are damaged.
    """
    mime = media_type(data)
    size = dimensions(data) or pixels.size_of(data)
    if mime is None or size is None:
        return ""
    columns, rows = fit(size, screen)
    if screen.protocol == "sixel":
        raster = pixels.raster(data, columns * screen.cell[0], rows * screen.cell[1])
        return sixel.encode(raster) + "\n" if raster else ""
    if screen.protocol == "kitty":
        as_png = data if mime == "image/png" else pixels.as_png(data)
        return _placed(screen, kitty.encode(as_png, columns, rows), rows) if as_png else ""
    if screen.tmux:
        return _placed(screen, iterm.in_parts(data, columns, rows), rows)
    return iterm.encode(data, columns, rows) + "\n"


def fit(size: tuple[int, int], screen: Screen) -> tuple[int, int]:
    """Return the columns and rows of a picture that is never wider than the terminal, nor higher, nor made larger."""
    width, height = size
    cell_width, cell_height = screen.cell
    room = (screen.columns * cell_width / width, max(1, screen.rows - 2) * cell_height / height)
    scale = min(1.0, *room)
    return (
        max(1, min(screen.columns, -(-int(width * scale) // cell_width))),
        max(1, -(-int(height * scale) // cell_height)),
    )


def _placed(screen: Screen, pieces: list[str], rows: int) -> str:
    """Behind tmux room is made first: it knows nothing of the picture and would write over it."""
    if not screen.tmux:
        return "".join(pieces) + "\n"
    room = "\n" * rows + f"\x1b[{rows}A\x1b7"
    return room + "".join(map(tmux.through, pieces)) + f"\x1b8\x1b[{rows}B\r"


Show: TypeAlias = Callable[[bytes], bool]
"""Shows a picture and says whether it could."""
