"""Which tools there are, known by name; one is imported and made only when it is chosen.

A tool comes from here (`builtin`) or from an installed distribution (entry points `rigcli.tools.v1`, handed in). What
an entry point names is a tool, or a function from a `ToolContext` to a tool; its name is the tool's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any, Protocol

from rigcli.core.errors import ConfigError, UsageError
from rigcli.core.ports import Tool
from rigcli.tools.builtin import BUILTIN
from rigcli.tools.context import ToolContext

BUILT_IN = "built-in"


class Plugin(Protocol):
    """A name that an installed distribution offers."""

    @property
    def name(self) -> str: ...

    @property
    def distribution(self) -> str: ...

    @property
    def version(self) -> str: ...

    def load(self) -> Any:
        """Import it. Raises ConfigError."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that could be made; `source` is `built-in`, or distribution and version."""

    name: str
    source: str
    load: Callable[[], Any]
    of_rig: bool = False
    """rig itself makes it, although a file names it: the rules look at what it does inside."""

    @property
    def built_in(self) -> bool:
        return self.source == BUILT_IN


def offers(plugins: Iterable[Plugin] = ()) -> dict[str, Offer]:
    """Return every tool by name, built-in ones first.

    A plug-in cannot take the name of a built-in tool, because the rules trust those.
    """
    found = {name: Offer(name, BUILT_IN, _loader(target)) for name, target in BUILTIN.items()}
    for plugin in plugins:
        found.setdefault(plugin.name, Offer(plugin.name, f"{plugin.distribution} {plugin.version}", plugin.load))
    return found


def pick(patterns: Iterable[str], known: Mapping[str, Offer]) -> list[Offer]:
    """Return the tools that names or globs choose, each once, in the order named.

    Raises UsageError for one that is not there, with the near names.
    """
    chosen: dict[str, Offer] = {}
    for pattern in patterns:
        names = [name for name in known if fnmatchcase(name, pattern)]
        if not names:
            raise unknown(pattern, known)
        chosen.update((name, known[name]) for name in names)
    return list(chosen.values())


def unknown(name: str, known: Mapping[str, Offer]) -> UsageError:
    """Return the error for a tool that is not there."""
    near = get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`rig tools list` shows what there is"
    return UsageError(f"no tool {name!r}", hint=hint)


def make(offer: Offer, context: ToolContext) -> Tool:
    """Return the tool, with its schema made. Raises ConfigError that names its source for whatever goes wrong."""
    found = offer.load()
    who = f"tool {offer.name} of {offer.source}"
    try:
        made: object = found(context) if callable(found) and not isinstance(found, Tool) else found
        name = made.spec.name if isinstance(made, Tool) else None
    except (Exception, SystemExit) as error:  # noqa: BLE001  foreign code: one line names its distribution
        raise ConfigError(f"{who}: {type(error).__name__}: {error}") from None
    if not isinstance(made, Tool):
        raise ConfigError(
            f"{who}: {type(made).__name__} is no tool",
            hint="its entry point must name a @tool, or a function from a ToolContext to one",
        )
    if name != offer.name:
        raise ConfigError(f"{who}: the tool calls itself {name!r}")
    return made


def _loader(target: str) -> Callable[[], Any]:
    module, _, name = target.partition(":")
    return lambda: getattr(import_module(module), name)
