"""Programs that play a sound file: the first on PATH, in this order, that knows the format."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rigcli.core.errors import UsageError


class Player(NamedTuple):
    """`arguments` stand before the file; `formats` are those it knows, None for all."""

    program: str
    arguments: tuple[str, ...] = ()
    formats: tuple[str, ...] | None = None


PLAYERS = (
    Player("mpv", ("--no-video", "--really-quiet", "--no-config")),
    Player("ffplay", ("-nodisp", "-autoexit", "-loglevel", "error")),
    Player("afplay", (), ("mp3", "wav", "aac", "flac")),
    Player("pw-play", (), ("wav", "flac", "opus")),
    Player("paplay", (), ("wav", "flac")),
    Player("aplay", ("-q",), ("wav",)),
    Player("mpg123", ("-q",), ("mp3",)),
    Player("play", ("-q",), ("mp3", "wav", "flac", "opus")),
    Player("cvlc", ("--play-and-exit", "--quiet")),
)
_PASSED = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TERM", "USER", "TMPDIR"),
    *("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"),
    *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_SERVER", "PULSE_COOKIE", "PIPEWIRE_REMOTE", "ALSA_CARD", "AUDIODEV"),
    *("SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "TEMP"),
)  # fmt: skip
"""Variables that a player needs to find the sound; keys are none of them."""


def player_for(format_: str, env: Mapping[str, str]) -> list[str]:
    """Return the command of a player for this format. Raises UsageError where there is none."""
    for player in PLAYERS:
        if player.formats is not None and format_ not in player.formats:
            continue
        if program := shutil.which(player.program, path=env.get("PATH")):
            return [program, *player.arguments]
    names = ", ".join(player.program for player in PLAYERS if player.formats is None or format_ in player.formats)
    raise UsageError(f"--play: no player for {format_} is installed", hint=f"install one of {names or 'mpv, ffplay'}")


def play(command: list[str], file: Path, env: Mapping[str, str]) -> int:
    """Play to the end and return the player's exit code. Its terminal is ours: Ctrl-C stops it."""
    passed = {name: env[name] for name in _PASSED if name in env}
    return subprocess.run([*command, str(file)], env=passed, stdin=subprocess.DEVNULL, check=False).returncode
