"""The answer on a terminal: Markdown, and one dim line about what it took."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from rigcli.cli.picture_show import Shower
from rigcli.cli.world import World
from rigcli.core.errors import RigError
from rigcli.core.events import Event, Media
from rigcli.ui import colour
from rigcli.ui.activity import Activity
from rigcli.ui.collect import Collect
from rigcli.ui.plain import Plain
from rigcli.ui.pretty import Pretty
from rigcli.ui.spinner import Spinner
from rigcli.ui.summary import summary_line

if TYPE_CHECKING:
    from rigcli.home.settings import Settings


class PrettyShow:
    """Markdown where the terminal can move its cursor, raw text where it is dumb."""

    def __init__(
        self, world: World, settings: Settings, *, quiet: bool, sources: bool, model: Callable[[], str]
    ) -> None:
        self.collect = Collect()
        self._quiet = quiet
        self._shower = Shower(world, settings)
        self._model = model
        choice = settings.get("ui.color")
        painted = colour.allowed(choice, world.env, tty=world.stderr_tty)
        # Only where both streams are the same terminal does one disturb the other.
        before = self._end_line if world.stderr_tty else _nothing
        self._activity = Activity(world.stderr, color=painted, quiet=quiet, before=before)
        self._screen: Pretty | Plain
        if colour.is_dumb(world.env):
            self._screen = Plain(world.stdout, self._activity, sources=sources)
        else:
            self._screen = Pretty(
                world.stdout,
                self._activity,
                color=colour.allowed(choice, world.env, tty=world.stdout_tty) and settings.get("ui.theme") != "plain",
                sources=sources,
                apart=world.stderr_tty and not quiet,
                spinner=Spinner(world.stderr, color=painted) if world.stderr_tty and not quiet else None,
                later=_later,
                size=lambda: terminal_size(world.stdout),
            )
            self._screen.wait()

    def _end_line(self) -> None:
        self._screen.end_line()

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        self._screen.handle(event)
        if isinstance(event, Media):
            self._activity.flush()
            self._shower.take(event)

    def settled(self) -> None:
        self._screen.settled()

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        _ = about
        self._screen.close()
        if error is None and not self._quiet:
            self._activity.line(summary_line(self._model(), self.collect.usage, self.collect.seconds))
            self._activity.flush()


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Return columns and rows of the terminal behind a stream; 80 x 24 where it does not say."""
    try:
        return os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()


def _later(seconds: float, call: Callable[[], None]) -> None:
    """Call after so many seconds, from the event loop that the answer comes through."""
    asyncio.get_running_loop().call_later(seconds, call)


def _nothing() -> None:
    """The streams do not share a terminal."""
