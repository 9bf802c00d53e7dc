"""The run behind `rig image`: requests, files, and what is said about them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rigcli.cli.beside import STDIN, extra_of, helper, open_settings, told
from rigcli.cli.image_files import Files
from rigcli.cli.picture_show import Shower
from rigcli.cli.world import World
from rigcli.core.errors import Exit, RigError, Terminated, UsageError, interruption
from rigcli.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.core.requests import Prepared
    from rigcli.home.settings import Settings
    from rigcli.library.beside import Helper
    from rigcli.library.pictures import Batch, Made, Maker
    from rigcli.wire.images import Asked, Source

IN_FLIGHT = 4
"""Requests at once, where a model makes one picture a request."""


class Wish(NamedTuple):
    """What one command line asks for."""

    prompt: str
    files: tuple[str, ...] = ()
    mask: str | None = None
    n: int = 1
    size: str | None = None
    quality: str | None = None
    output: str | None = None
    show: bool | None = None
    json: bool = False
    force: bool = False


def run_image(flags: BesideFlags, wish: Wish) -> int:
    """Make the pictures, save and show them, and return the exit code. Raises RigError."""
    from rigcli.cli.aio import run_async
    from rigcli.cli.plain import say
    from rigcli.library.pictures import Maker

    world = World.real()
    settings = open_settings(world, flags)
    asked = _asked(world, flags, wish)
    files = Files(world, settings, asked.prompt, wish)
    name = flags.model or settings.get("image.model")
    if name is None:
        raise UsageError(
            "image: which model?", hint="-m openai, -m gemini, …, or: rig config set image.model PROVIDER/MODEL"
        )
    found = helper(world, settings, flags, "image", name)
    run = _Run(world, settings, flags, wish, found, files)
    maker = Maker(found, settings, run.told)
    requests = maker.requests(_named(asked, found.model))
    for notice in () if flags.quiet else dict.fromkeys(notice for one in requests for notice in one.notices):
        say(world, notice)
    try:
        run_async(run.all(maker, requests))
    except (KeyboardInterrupt, Terminated) as cause:
        run.broken_off(interruption(cause))
        raise
    return run.end()


def _asked(world: World, flags: BesideFlags, wish: Wish) -> Asked:
    """Return what is wanted. Raises UsageError."""
    from rigcli.cli.picture_files import picture_parts
    from rigcli.wire.images import Asked, Source, parse_size

    def sources(names: tuple[str, ...]) -> tuple[Source, ...]:
        parts = picture_parts(world, names)
        return tuple(Source(part.data or b"", part.media_type, _file_name(part.name)) for part in parts)

    prompt = _prompt(world, wish.prompt)
    masks = sources((wish.mask,)) if wish.mask else ()
    return Asked(
        prompt,
        "",
        wish.n,
        parse_size(wish.size) if wish.size else None,
        wish.quality,
        sources(wish.files),
        next(iter(masks), None),
        extra_of(flags),
    )


def _named(asked: Asked, model: str) -> Asked:
    from dataclasses import replace

    return replace(asked, model=model)


def _file_name(name: str | None) -> str:
    return Path(name or "image").name


def _prompt(world: World, words: str) -> str:
    if words.strip() == STDIN:
        from rigcli.cli.question import read_stdin
        from rigcli.inputs.text import decode

        words = decode(read_stdin(world, None), "stdin")
    if not words.strip():
        raise UsageError("image: no prompt", hint='rig image "a lighthouse in fog"')
    return words.strip()


class _Run:
    """One run: what was saved so far, what it cost, and what went wrong."""

    def __init__(
        self, world: World, settings: Settings, flags: BesideFlags, wish: Wish, found: Helper, files: Files
    ) -> None:
        self._world, self._settings, self._flags, self._wish, self._found = world, settings, flags, wish, found
        self._files = files
        self._begun = time.monotonic()
        self._usage: Usage | None = None
        self._error: RigError | None = None
        self._rows: list[dict[str, Any]] = []
        self._shower = Shower(world, settings, wish.show)
        self._spinner = self._make_spinner()
        self._say_retry: Callable[[int, float, RigError], None] = told(world, flags)

    def told(self, attempt: int, wait: float, error: RigError) -> None:
        """Say that a request is sent again; nothing may turn on that line meanwhile."""
        self._stop()
        self._say_retry(attempt, wait, error)

    async def all(self, maker: Maker, requests: list[Prepared]) -> None:
        """Send the requests, some at once, and save what each brings, in their order; keep the first error."""
        gate = asyncio.Semaphore(IN_FLIGHT)

        async def one(prepared: Prepared) -> Batch:
            async with gate:
                return await maker.send(prepared)

        if self._spinner:
            self._spinner.start()
        tasks = [asyncio.create_task(one(prepared)) for prepared in requests]
        try:
            for task in tasks:
                try:
                    self._save(await task)
                except RigError as error:
                    self._error = self._error or error
        finally:
            for task in tasks:
                task.cancel()
            self._stop()

    def end(self) -> int:
        """Write what JSON says and return the exit code. Raises the first error, after what came was saved."""
        if self._wish.json:
            self._put_json()
        if self._error:
            raise self._error
        if self._world.stderr_tty and not self._flags.quiet:
            self._summary()
        return Exit.OK

    def broken_off(self, error: RigError) -> None:
        """Write what JSON says of a run that was interrupted: what is saved stays saved."""
        self._error = error
        if self._wish.json:
            self._put_json()

    def _save(self, batch: Batch) -> None:
        from rigcli.cli.plain import put

        self._stop()
        self._usage = batch.usage if self._usage is None else self._usage + batch.usage
        for why in () if self._flags.quiet else batch.withheld:
            self._say(f"a picture was withheld: {why}")
        for made in batch.pictures:
            path = self._files.save(made)
            self._rows.append(_row(made, path))
            if path and not self._wish.json:
                self._show(made)
                put(self._world, str(path))
                self._world.stdout.flush()
        self._error = self._error or batch.error

    def _show(self, made: Made) -> None:
        shown = self._shower.show(made.data)
        if self._wish.show and not shown and not self._flags.quiet:
            self._say("--show: this terminal shows no pictures that rig can make (docs/pictures.md)")

    def _put_json(self) -> None:
        import json

        error = self._error
        if error:
            error.reported = True
        usage = (self._usage or Usage()).to_json()
        about = {"images": self._rows, "model": self._found.model, "provider": self._found.provider, "usage": usage}
        told = error.to_json() if error else None
        self._world.stdout.write(json.dumps({"v": 1, **about, "error": told}) + "\n")

    def _summary(self) -> None:
        from rigcli.ui.summary import summary_line

        seconds = time.monotonic() - self._begun
        self._say(summary_line(self._found.choice.full_name, self._usage or Usage(), seconds))

    def _say(self, text: str) -> None:
        from rigcli.cli.plain import say

        say(self._world, text)

    def _make_spinner(self) -> Any:
        from rigcli.ui.spinner import Spinner

        world = self._world
        if not world.stderr_tty or self._flags.quiet or world.env.get("TERM") == "dumb":
            return None
        return Spinner(world.stderr, color="NO_COLOR" not in world.env, text="drawing")

    def _stop(self) -> None:
        if self._spinner:
            self._spinner.stop()


def _row(made: Made, path: Path | None) -> dict[str, Any]:
    return {
        "path": str(path) if path else None,
        "mime": made.mime,
        "width": made.width,
        "height": made.height,
        "revised_prompt": made.revised_prompt,
    }
