"""What built-in tools are made with, from the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rigcli.core.hits import Hit
from rigcli.home.settings import Settings
from rigcli.library.indexing import Here, Place, library, search_indexes
from rigcli.tools.context import ToolContext
from rigcli.tools.sandbox.box import Box


def tool_context(settings: Settings, root: Path, env: Mapping[str, str]) -> ToolContext:
    """Return the context of tools that work in one folder; rig's own folders are hidden from what they run.

    Whoever talks with a person, or keeps memory, adds that.
    """
    from rigcli.library.web import WebAccess

    return ToolContext(
        root,
        box_of(settings, root),
        settings.get("tools.timeout") or None,
        web=WebAccess(settings, env),
        indexes=OwnIndexes(settings, Here(root, env)),
    )


@dataclass(frozen=True, slots=True)
class OwnIndexes:
    """The user's indexes (core.services.Indexes)."""

    settings: Settings
    place: Place

    def names(self) -> Sequence[str]:
        return library(self.settings).names()

    def search(self, name: str, query: str, top: int) -> Sequence[Hit]:
        (hits,) = search_indexes(self.place, self.settings, [name], [query], top=top)
        return hits


def box_of(settings: Settings, root: Path) -> Box:
    """Return the box around commands, as the settings want it. Paths are relative to the working folder."""

    def folders(key: str) -> tuple[Path, ...]:
        return tuple((root / Path(name).expanduser()).resolve() for name in settings.get(key))

    homes = settings.folders
    return Box(
        mode=settings.get("sandbox.mode"),
        network=settings.get("sandbox.network"),
        readable=folders("sandbox.readable"),
        writable=folders("sandbox.writable"),
        hidden=tuple(folder.resolve() for folder in (homes.config, homes.data, homes.state, homes.cache)),
        memory=settings.get("sandbox.memory"),
        processes=settings.get("sandbox.processes"),
    )
