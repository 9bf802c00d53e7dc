"""Which pictures a terminal can show: by what it says of itself in the environment, else by asking it."""

from __future__ import annotations

import os
import re
import select
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeAlias, cast

from rigcli.ui.pictures import Protocol, Screen, kitty, pixels, tmux

PATIENCE = 0.3
"""Seconds to wait for the terminal's answer; one that is far away may take longer, and then shows nothing."""
_ASK_CELL, _ASK_KIND = "\x1b[16t", "\x1b[c"
_CELL = re.compile(r"\x1b\[6;(\d+);(\d+)t")
_KIND = re.compile(r"\x1b\[\?([\d;]*)c")
_SIXEL = "4"
_LONGEST = 4096
Ask: TypeAlias = Callable[[str], str]
"""Writes a question to the terminal and returns what it answered, up to the answer that every terminal gives."""


def screen_of(env: Mapping[str, str], wanted: str = "auto", ask: Ask | None = None) -> Screen | None:
    """Return what this process's terminal shows, or None. `wanted` (a protocol, never) goes before what is found out.

    Only for a process whose stdout is a terminal. Raises nothing.
    """
    if wanted == "never" or env.get("TERM") == "dumb":
        return None
    inside = "TMUX" in env
    named = _by_name(env)
    if wanted == "auto" and named and inside and not tmux.allows():
        named = None
    said = "" if "STY" in env else (ask or ask_terminal)(kitty.ASK * (not inside) + _ASK_CELL + _ASK_KIND)
    protocol = named if wanted == "auto" else cast("Protocol", wanted)
    if protocol is None:
        protocol = _by_answer(said)
    if protocol is None or (protocol == "sixel" and not pixels.available()):
        return None
    size = shutil.get_terminal_size()
    return Screen(protocol, size.columns, size.lines, _cell(said), tmux=inside and protocol != "sixel")


def _by_name(env: Mapping[str, str]) -> Protocol | None:
    term, program = env.get("TERM", ""), env.get("TERM_PROGRAM", "")
    if "kitty" in term or "ghostty" in term or env.get("KITTY_WINDOW_ID") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or env.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    return None


def _by_answer(said: str) -> Protocol | None:
    if kitty.YES in said:
        return "kitty"
    kind = _KIND.search(said)
    return "sixel" if kind and _SIXEL in kind[1].split(";")[1:] else None


def _cell(said: str) -> tuple[int, int]:
    """Return width and height of a cell in pixels: as the terminal says, else as the system does, else the usual."""
    if found := _CELL.search(said):
        height, width = int(found[1]), int(found[2])
        if width and height:
            return width, height
    with suppress(ImportError, OSError):
        import fcntl  # noqa: PLC0415  not on Windows
        import struct  # noqa: PLC0415  as above
        import termios  # noqa: PLC0415  as above

        raw = fcntl.ioctl(1, termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", raw)
        if rows and columns and width >= columns and height >= rows:
            return width // columns, height // rows
    return Screen("kitty").cell


def ask_terminal(question: str) -> str:
    """Return what the terminal answers, empty where there is none to ask or it stays silent."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return ""
    try:
        with _unbuffered(descriptor):
            os.write(descriptor, question.encode("ascii"))
            return _answer(descriptor)
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def _answer(descriptor: int) -> str:
    said, end = "", time.monotonic() + PATIENCE
    while len(said) < _LONGEST and not _KIND.search(said):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            break
        said += os.read(descriptor, 1024).decode("latin-1")
    return said


@contextmanager
def _unbuffered(descriptor: int) -> Generator[None]:
    """Read keys as they come, unseen; what was typed ahead is thrown away with the answers."""
    import termios  # noqa: PLC0415  not on Windows, where /dev/tty is not either

    try:
        before = cast("list[object]", termios.tcgetattr(descriptor))
    except termios.error as error:
        raise OSError(str(error)) from None
    mode = [*before]
    mode[3] = cast("int", mode[3]) & ~(termios.ECHO | termios.ICANON)
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, mode)  # pyright: ignore[reportArgumentType]  the stub wants its own list
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, before)  # pyright: ignore[reportArgumentType]  as above
