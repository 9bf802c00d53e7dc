"""How a server's tools are called in rig: `SERVER__tool`, in letters that every provider takes. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

MARK = "__"
LIMIT = 64
"""The longest name that all providers take."""
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")


def full_names(server: str, tools: Iterable[str]) -> dict[str, str]:
    """Return the server's own name of each tool by its name in rig; no two are alike.

    A name is cut, and foreign characters are replaced, where providers would refuse it; what could then be taken for
    another tool ends with a hash of the whole.
    """
    found: dict[str, str] = {}
    wanted = [(tool, _plain(server, tool)) for tool in dict.fromkeys(tools)]
    count: dict[str, int] = {}
    for _, plain in wanted:
        count[plain] = count.get(plain, 0) + 1
    for tool, plain in wanted:
        exact = plain == server + MARK + tool
        name = plain if exact or count[plain] == 1 else _hashed(server, tool)
        found[name if name not in found else _hashed(server, tool)] = tool
    return found


def server_of(name: str) -> str:
    """Return the server that a name in rig, or a pattern of names, speaks of; empty where it speaks of none."""
    server, mark, _ = name.partition(MARK)
    return server if mark else ""


def may_mean(pattern: str, server: str) -> bool:
    """Tell whether a glob could fit a tool of this server, whatever its tools are called."""
    head = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    prefix = server + MARK
    return head.startswith(prefix) or (head != pattern and prefix.startswith(head))


def _plain(server: str, tool: str) -> str:
    name = server + MARK + (_FOREIGN.sub("_", tool) or "_")
    return name if len(name) <= LIMIT else _hashed(server, tool)


def _hashed(server: str, tool: str) -> str:
    mark = hashlib.sha256(tool.encode("utf-8", "replace")).hexdigest()[:8]
    return (server + MARK + _FOREIGN.sub("_", tool))[: LIMIT - 9] + "_" + mark
