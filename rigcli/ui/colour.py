"""Whether a stream may carry colour, and the few codes that rig itself sends.

Only the 16 colours of the terminal's own theme are used, never black or white: they read on light and on dark.
Conventions: no-color.org, force-color.org, TERM=dumb.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

RESET: Final = "\x1b[m"
DIM: Final = "2"
BOLD: Final = "1"
RED: Final = "31"
GREEN: Final = "32"
YELLOW: Final = "33"
CYAN: Final = "36"


def allowed(choice: Literal["auto", "always", "never"], env: Mapping[str, str], *, tty: bool) -> bool:
    """Return whether colour may be written. A flag beats NO_COLOR beats FORCE_COLOR beats what the stream is."""
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if (forced := env.get("FORCE_COLOR")) is not None:
        return forced not in ("0", "false")
    return tty and not is_dumb(env)


def is_dumb(env: Mapping[str, str]) -> bool:
    """Return whether this terminal cannot move its cursor."""
    return env.get("TERM", "") in ("dumb", "unknown")


def paint(text: str, sgr: str, *, on: bool) -> str:
    """Return the text in this rendition (SGR parameters, "1;31"), unchanged where colour is off."""
    return f"\x1b[{sgr}m{text}{RESET}" if on and text else text
