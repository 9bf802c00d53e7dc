"""Where the pictures of one run go: names that nobody has, the ending that the bytes say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rigcli.cli.output_file import already_there
from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.core.pictures import ENDINGS

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.library.pictures import Made

STDOUT = "-"
_KNOWN = {*ENDINGS.values(), ".jpeg"}


class Wanted(Protocol):
    @property
    def output(self) -> str | None: ...
    @property
    def n(self) -> int: ...
    @property
    def json(self) -> bool: ...
    @property
    def force(self) -> bool: ...


class Files:
    """The place of the pictures, chosen before anything is asked for. Raises UsageError, StorageError."""

    def __init__(self, world: World, settings: Settings, prompt: str, wanted: Wanted) -> None:
        from rigcli.library.saving import folder_for, stem_for

        self._world = world
        self._bytes = wanted.output == STDOUT
        self._named = False
        self._replace = wanted.force
        if self._bytes:
            _check_stdout(world, wanted)
            return
        self._stem = stem_for(prompt, fallback="picture")
        given = wanted.output or settings.get("image.folder") or "."
        path = world.cwd / Path(given).expanduser()
        if wanted.output and not given.endswith(("/", "\\")) and not path.is_dir():
            self._named = True
            self._stem = path.stem if path.suffix.lower() in _KNOWN else path.name
            self._wish = path.suffix if path.suffix.lower() in _KNOWN else ""
            if path.exists() and not wanted.force:
                raise already_there(given)
            path = path.parent
        self._folder = folder_for(path)

    def save(self, made: Made) -> Path | None:
        """Write one picture; return its path as the user sees it, None where its bytes went to stdout."""
        from rigcli.cli.plain import say
        from rigcli.library.saving import save_new

        if self._bytes:
            self._world.stdout.flush()
            self._world.stdout.buffer.write(made.data)
            self._world.stdout.buffer.flush()
            return None
        ending = ENDINGS[made.mime]
        if self._named and self._wish:
            if self._wish.lower() in (ending, ".jpeg" if ending == ".jpg" else ending):
                ending = self._wish
            else:
                say(self._world, f"the picture came as {made.mime}: it is saved as {ending}, not {self._wish}")
        path = save_new(self._folder, self._stem, ending, made.data, replace=self._named and self._replace)
        self._replace = False  # of several pictures the first takes the file's place
        try:
            return path.relative_to(self._world.cwd)
        except ValueError:
            return path


def _check_stdout(world: World, wanted: Wanted) -> None:
    if wanted.json:
        raise UsageError("-O -: stdout takes the picture or JSON, not both", hint="name a file")
    if wanted.n > 1:
        raise UsageError("-O -: stdout takes one picture", hint="name a folder")
    if world.stdout_tty:
        raise UsageError("-O -: stdout is a terminal", hint="pipe it on, or leave out -O and it is shown")
