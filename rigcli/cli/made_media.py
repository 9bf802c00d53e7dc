"""Pictures and sounds that a model makes while it answers: saved as files, never over one that is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rigcli.core.errors import RigError
from rigcli.core.events import Media, Notice

if TYPE_CHECKING:
    from rigcli.home.settings import Settings

_SOUNDS = {"audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "audio/flac": ".flac"}


def saved(event: Media, settings: Settings, about: str) -> tuple[Media, Notice | None]:
    """Return the event with the path of its file; `about` names it. Where it cannot be saved a notice says why."""
    if event.data is None:
        return event, None
    from rigcli.core.pictures import ENDINGS, media_type
    from rigcli.library.saving import folder_for, save_new, stem_for

    kind = media_type(event.data) or event.media_type if event.kind == "image" else event.media_type
    ending = ENDINGS.get(kind) or _SOUNDS.get(kind.partition(";")[0]) or ".bin"
    place = settings.get("image.folder")
    try:
        folder = folder_for(Path(place).expanduser() if place else Path())
        path = save_new(folder, stem_for(about, fallback="picture"), ending, event.data)
    except RigError as error:
        return event, Notice(f"the picture could not be saved: {error.line()}")
    return replace(event, media_type=kind, path=str(path)), None
