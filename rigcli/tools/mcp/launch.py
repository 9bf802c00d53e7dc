"""How a server's command is started: the one place. What it gets of rig's environment is this list and nothing else.

`Launch` is the seam for a sandbox: a `Wrap` turns the launch of a command into the launch of the same command inside
something. `kept` is the one that is used where nothing else is handed in: a small process beside the server sees to
it that nothing of the server outlives rig, a `kill -9` included.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from rigcli.core.errors import ConfigError
from rigcli.tools.mcp.spec import ServerSpec

INHERITED = (
    *("HOME", "LOGNAME", "USER", "SHELL", "TERM", "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
    *("APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMFILES"),
    *("SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE"),
)
"""Variables that a server inherits. Keys, tokens and proxies with passwords in them are not among them."""
_KEEPER = Path(__file__).with_name("keeper.py")


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to be: its argument vector, its whole environment, its working folder."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str


Wrap: TypeAlias = Callable[[Launch], Launch]


def launch(spec: ServerSpec, env: Mapping[str, str], cwd: str) -> Launch:
    """Return how a server (its values filled in) is started. Raises ConfigError where its program is not there."""
    own = {name: env[name] for name in INHERITED if env.get(name) and not env[name].startswith("()")}
    whole = {**own, **spec.env}
    folder = str(Path(cwd, spec.cwd).expanduser()) if spec.cwd else cwd
    if not Path(folder).is_dir():
        raise ConfigError(f"mcp.{spec.name}.cwd: there is no folder {folder}")
    program = shutil.which(os.path.expanduser(spec.command), path=whole.get("PATH"))  # noqa: PTH111  a name or a path
    if program is None:
        raise ConfigError(
            f"mcp {spec.name}: no program {spec.command!r}", hint="install it, or name it with its whole path"
        )
    return Launch((program, *spec.args), whole, folder)


def kept(start: Launch) -> Launch:
    """Return the launch under a keeper. Windows has jobs for that, and the SDK uses them."""
    if sys.platform == "win32":
        return start
    return replace(start, argv=(sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid()), "--", *start.argv))
