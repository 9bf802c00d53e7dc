"""Pictures shown where the user sits: one place that decides whether, and how."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from rigcli.cli.world import World
from rigcli.core.events import Event, Media

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.ui.pictures import Screen


class Shower:
    """Shows pictures on stdout. `wanted` is the flag; without one the setting `ui.pictures` counts.

    Nothing is ever written to a pipe; the terminal is asked what it can once, before the first picture.
    """

    def __init__(self, world: World, settings: Settings, wanted: bool | None = None) -> None:
        self._world = world
        setting: str = settings.get("ui.pictures")
        self._how = "auto" if wanted and setting == "never" else setting
        self._off = wanted is False or not world.stdout_tty

    def take(self, event: Event) -> None:
        """Show the picture of an event, if it has one."""
        if isinstance(event, Media) and event.kind == "image" and event.data is not None:
            self.show(event.data)

    def show(self, data: bytes) -> bool:
        """Show a picture and tell whether it could be. Text that was written before stands above it."""
        from rigcli.ui.pictures import picture

        if self._off or self._screen is None:
            return False
        text = picture(self._screen, data)
        self._world.stdout.write(text)
        self._world.stdout.flush()
        return bool(text)

    @cached_property
    def _screen(self) -> Screen | None:
        from rigcli.ui.pictures.detect import screen_of

        self._world.stdout.flush()
        if os.name != "posix" and self._how == "auto":
            return screen_of(self._world.env, "auto", ask=lambda _: "")
        return screen_of(self._world.env, self._how)
