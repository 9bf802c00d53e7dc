"""Long text in the user's own pager."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping

_DEFAULTS = ("less", "more")


def page_text(text: str, env: Mapping[str, str], write: Callable[[str], None]) -> None:
    """Show a text in `PAGER`, or less, or write it where there is none. It is shown as it is: filter it before.

    less shows colours (-R) and can neither run commands nor write files from there (LESSSECURE).
    """
    from rigcli.cli.interrupts import ignored

    named = env.get("PAGER", "").strip()
    for pager in [named] if named else _DEFAULTS:
        try:
            with ignored():
                subprocess.run(
                    shlex.split(pager),
                    input=text.encode("utf-8", "replace"),
                    env={**env, "LESS": "-R", "LESSSECURE": "1"},
                    check=False,
                )
        except (OSError, ValueError):
            continue
        return
    write(text)
