"""Which model is asked: flags and settings become one target. The way to it is `library/reach.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rigcli.cli.flag_table import ModelFlags
from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.library import reach as way
from rigcli.library.reach import Target, asking, keep_local, naming, rows_of, transport
from rigcli.providers.lookup import Choice, resolve

if TYPE_CHECKING:
    from rigcli.home.settings import Settings

__all__ = [
    "Target",
    "asking",
    "choose",
    "keep_local",
    "naming",
    "no_model",
    "open_settings",
    "reach",
    "routed",
    "rows_of",
    "transport",
]


def open_settings(world: World, flags: ModelFlags) -> Settings:
    """Load the settings of this run; what the flags say counts most. Raises ConfigError."""
    from rigcli.home.settings import load

    settings = load(
        world.env,
        world.cwd,
        {
            "model": flags.model,
            "system": flags.system,
            "offline": flags.offline or None,
            "local_only": flags.local_only or None,
            "net.timeout": flags.timeout,
            "run.timeout": flags.timeout,
            "net.retries": flags.retries,
            "net.record": flags.record,
            "net.replay": flags.replay,
            "tools.max_turns": flags.max_turns,
            "budget.run": flags.max_cost,
            "tools.enabled": list(flags.tools) or None,
            "tools.native": list(flags.native) or None,
            "ui.color": None if flags.color == "auto" else flags.color,
        },
    )
    if not (flags.agent or flags.role or flags.template or flags.parameters):
        return settings
    from rigcli.cli.forms import overlaid

    return overlaid(settings, flags)


def choose(world: World, settings: Settings, flags: ModelFlags) -> Target | None:
    """Return the target of this run, or None where no model is named, configured or found. Raises RigError."""
    rows = rows_of(settings)
    if name := settings.get("model"):
        if target := routed(world, settings, flags, name):
            return target
        try:
            choice = resolve(name, rows, settings.section("aliases"))
        except UsageError:
            settings.deny_untrusted("aliases", name)
            raise
        return reach(world, settings, flags, choice, settings.origin("model"))
    from rigcli.home.defaults import default_model

    found = default_model(settings, rows, world.env)
    return None if found is None else reach(world, settings, flags, found.choice, found.why)


def routed(world: World, settings: Settings, flags: ModelFlags, name: str) -> Target | None:
    """Return a model of the router of that name, which chooses anew for every question; None where it is no router.

    Raises ConfigError, UsageError (none of its models can be asked).
    """
    if "/" in name or name not in settings.section("routers"):
        return None
    from rigcli.library.routing import Routing, find_router

    router = find_router(name, settings)
    if flags.base_url or flags.wire:
        raise UsageError(f"router {name}: --base-url and --wire are about one server, and a router has several")
    log = _wire_log(world) if flags.debug else None
    return Routing(router, settings, world.env, wire_log=log).first() if router else None


def reach(world: World, settings: Settings, flags: ModelFlags, choice: Choice, why: str) -> Target:
    """Return the way to a model that was chosen. Raises UsageError, AuthError."""
    return way.reach(
        choice,
        settings,
        world.env,
        base_url=flags.base_url,
        wire=flags.wire,
        why=why,
        wire_log=_wire_log(world) if flags.debug else None,
    )


def _wire_log(world: World) -> Callable[[str], None]:
    from rigcli.core.text_filter import clean

    def write(line: str) -> None:
        world.stderr.write(clean(line) + "\n")
        world.stderr.flush()

    return write


def no_model() -> UsageError:
    """Return the error of a newcomer without any model: the three ways on."""
    return UsageError(
        "no model: none is named, no provider has a key, and no local server answers",
        hint=(
            "1. a key: rig keys set openai; 2. a local model: start Ollama; "
            "3. your files only: rig index ./docs, then rig ask -i docs …; rig doctor says more"
        ),
    )
