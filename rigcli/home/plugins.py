"""Plug-ins: entry points of installed distributions. Names are read when a kind is needed, one is loaded when chosen.

A plug-in is somebody's code. A broken one is one line that names its distribution, whatever it does on import: raise,
leave with sys.exit, hang, or print (what it prints goes to stderr: stdout belongs to the answer). RIG_NO_PLUGINS=1
turns all of them off.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from rigcli.core.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

Kind: TypeAlias = Literal["tools", "providers", "wires", "stores", "loaders", "embedders", "commands"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LOAD_SECONDS = 30.0
"""A plug-in that needs longer to be imported is given up; the largest libraries take ten on a cold disk."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A name that a distribution offers; nothing of it has been imported."""

    name: str
    target: str
    distribution: str
    version: str
    _point: EntryPoint = field(repr=False, compare=False)

    def load(self) -> Any:
        """Import it and return the object. Raises ConfigError, naming the distribution."""
        who = f"plug-in {self.name} of {self.distribution} {self.version}"
        hint = f"pip uninstall {self.distribution}, or set RIG_NO_PLUGINS=1"
        outcome: list[tuple[Any, BaseException | None]] = []

        def work() -> None:
            try:
                outcome.append((self._point.load(), None))
            except BaseException as error:  # noqa: BLE001  a plug-in may raise anything, SystemExit included
                outcome.append((None, error))

        # A thread, because nothing else can be given up everywhere; a daemon, so that it does not hold up the end.
        thread = threading.Thread(target=work, name=who, daemon=True)
        with redirect_stdout(sys.stderr):
            thread.start()
            thread.join(LOAD_SECONDS)
        if not outcome:
            raise ConfigError(f"{who}: its import did not end within {LOAD_SECONDS:g} s", hint=hint)
        loaded, error = outcome[0]
        if error is not None:
            said = " ".join(str(error).split())[:200]
            raise ConfigError(f"{who}: {type(error).__name__}" + (f": {said}" if said else ""), hint=hint)
        return loaded

    def owner(self) -> Distribution | None:
        """Return the distribution that it came with."""
        return self._point.dist


def group(kind: Kind) -> str:
    """Return the entry-point group of a kind, with the version of its contract."""
    return f"rigcli.{kind}.v1"


def plugins(kind: Kind, env: Mapping[str, str]) -> dict[str, Plugin]:
    """Return what is installed of a kind, by name; of two with one name the first counts, as on Python's path."""
    if env.get("RIG_NO_PLUGINS", "") not in ("", "0"):
        return {}
    from importlib.metadata import entry_points  # noqa: PLC0415  45 ms that most runs need not pay

    found: dict[str, Plugin] = {}
    for point in entry_points(group=group(kind)):
        owner = point.dist
        plugin = Plugin(
            point.name, point.value, owner.name if owner else "unknown", owner.version if owner else "?", point
        )
        found.setdefault(point.name, plugin)
    return dict(sorted(found.items()))


def chosen(kind: Kind, name: str, env: Mapping[str, str]) -> Plugin:
    """Return one plug-in by name. Raises ConfigError with the near name."""
    known = plugins(kind, env)
    if name in known:
        return known[name]
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    raise ConfigError(f"no plug-in {name!r} in {group(kind)}", hint=f"did you mean {near[0]}?" if near else None)
