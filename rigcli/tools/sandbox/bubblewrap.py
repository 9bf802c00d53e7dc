"""bubblewrap: the command line that shuts a command into namespaces of its own. Builds it; runs only a probe."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rigcli.tools.sandbox.box import PROTECTED, Box, interpreter_folders

_EMPTY = ("/tmp", "/var/tmp", "/run", "/home", "/root", "/mnt", "/media", "/srv")  # noqa: S108  made empty, not used
_NOBODYS = ("/etc/shadow", "/etc/gshadow", "/etc/shadow-", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab")
"""Files that only root can read; a command of root's could."""
_PROBE_SECONDS = 10


class Found(NamedTuple):
    """Where bubblewrap is, or why there is no sandbox."""

    path: str | None
    why: str = ""


@cache
def find() -> Found:
    """Look for bubblewrap and try it once: many systems have it and forbid it."""
    if not sys.platform.startswith("linux"):
        return Found(None, "the sandbox needs Linux")
    path = shutil.which("bwrap")
    if path is None:
        return Found(None, "bubblewrap is not installed")
    probe = [path, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--", "/bin/true"]
    try:
        tried = subprocess.run(
            probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Found(None, f"bubblewrap does not start: {error}")
    if tried.returncode:
        cause = tried.stderr.strip().splitlines()[-1:] or [f"exit {tried.returncode}"]
        return Found(None, f"bubblewrap is not allowed here: {cause[0]}")
    return Found(path)


def wrap(bwrap: str, box: Box, root: Path, argv: Iterable[str], env: dict[str, str], cwd: Path) -> list[str]:
    """Return the command line that runs `argv` in the box: the working folder writable, home and /tmp empty."""
    root = root.resolve()
    args = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    args += ["--share-net"] if box.network else []
    args += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    args += [*_emptied(box), *_brought_back(box), *_writable(box, root), "--clearenv"]
    for name, value in env.items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", str(cwd), "--", *argv]


def is_seen(path: Path, box: Box) -> bool:
    """Tell whether a command in the box sees this path of the machine."""
    return not _is_emptied(path.resolve(), box) and not _is_emptied(path, box)


def _emptied(box: Box) -> list[str]:
    args: list[str] = []
    for folder in dict.fromkeys([*_EMPTY, str(Path.home()), *(str(each) for each in box.hidden)]):
        args += ["--tmpfs", folder] if Path(folder).is_dir() else []
    for name in _NOBODYS:
        args += ["--ro-bind", "/dev/null", name] if Path(name).exists() else []
    return args


def _brought_back(box: Box) -> list[str]:
    """Return what was emptied with its surroundings and is needed all the same; rig's own folders are never."""
    places = [folder for folder in (*interpreter_folders(), *box.readable) if _is_emptied(folder, box)]
    resolver = Path("/etc/resolv.conf").resolve()
    if box.network and resolver.is_relative_to("/run"):
        places.append(resolver)
    return [word for place in places for word in ("--ro-bind-try", str(place), str(place))]


def _writable(box: Box, root: Path) -> list[str]:
    args = [word for folder in (*box.writable, root) for word in ("--bind", str(folder), str(folder))]
    for path in (root / name for name in PROTECTED):
        args += ["--ro-bind", str(path), str(path)] if os.path.lexists(path) else []
    for folder in box.hidden:
        inside = folder.is_dir() and folder.resolve().is_relative_to(root)
        args += ["--tmpfs", str(folder.resolve())] if inside else []
    return args


def _is_emptied(folder: Path, box: Box) -> bool:
    emptied = [*map(Path, _EMPTY), Path.home(), *box.hidden]
    return any(folder.is_relative_to(each) for each in emptied)
