"""Pictures that a command line names: read, and told from their content."""

from __future__ import annotations

from collections.abc import Sequence

from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.core.messages import MediaPart


def picture_parts(world: World, names: Sequence[str]) -> list[MediaPart]:
    """Return the pictures of these files, folders and patterns, in their order. Raises UsageError."""
    from rigcli.inputs.files import attach

    found: list[MediaPart] = []
    for name in names:
        if name == "-":
            raise UsageError("-f -: a picture is not read from stdin", hint="save it to a file first")
        for part in attach([name], world.cwd):
            if not isinstance(part, MediaPart) or part.kind != "image":
                raise UsageError(f"{name}: no picture", hint="PNG, JPEG, WebP or GIF")
            if part.data is None:
                raise UsageError(f"{name}: an address", hint="fetch it first, for example with curl -O")
            found.append(part)
    return found
