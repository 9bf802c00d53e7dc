"""The graphics protocol of kitty, which Ghostty and Konsole read too.

Format: sw.kovidgoyal.net/kitty/graphics-protocol.
"""

from __future__ import annotations

from base64 import b64encode

CHUNK = 4096
"""Characters of base64 in one escape sequence: the most that the protocol allows."""
ASK = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""A question that only a terminal with this protocol answers."""
YES = "\x1b_Gi=31;OK"


def encode(png: bytes, columns: int, rows: int) -> list[str]:
    """Return the escape sequences that show a PNG in so many cells; the terminal says nothing to them."""
    text = b64encode(png).decode("ascii")
    pieces = [text[at : at + CHUNK] for at in range(0, len(text), CHUNK)] or [""]
    last = len(pieces) - 1
    head = f"a=T,f=100,q=2,c={columns},r={rows},"
    return [
        f"\x1b_G{head if number == 0 else ''}m={int(number < last)};{piece}\x1b\\"
        for number, piece in enumerate(pieces)
    ]
