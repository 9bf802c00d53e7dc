"""`rig models pull` and `rm`: the models that a server of one's own holds."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from rigcli.cli import flags as f
from rigcli.cli.plain import put, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, IncompleteError, UsageError
from rigcli.core.requests import Prepared

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.library.reach import Target
    from rigcli.net.door import Door
    from rigcli.providers.pulls import Step

Format: TypeAlias = Literal["text", "jsonl"]
BaseUrlFlag = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Ask this server.")]
_WIRE = "ollama"
"""The wire whose servers can be told to fetch and to forget models."""
_EVERY = 0.2
"""Seconds between two JSON lines."""
_ERROR_BODY = 64 * 1024
Tell: TypeAlias = "Callable[[Step], None]"


def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the server's library names it, such as llama3.2:3b.")],
    base_url: BaseUrlFlag = None,
    format_: Annotated[Format, typer.Option("--format", help="text, or jsonl with progress.")] = "text",
    offline: f.OfflineFlag = False,
) -> int:
    """Let Ollama download a model; begun downloads go on where they stopped."""
    from rigcli.cli.aio import run_async

    world = World.real()
    settings = read_settings(world, offline=offline)
    if settings.get("offline"):
        raise UsageError("models pull: offline is set, and a pull downloads", hint="leave out --offline")
    target = _store(world, settings, name, base_url)
    with _progress(world, format_) as tell:
        run_async(_pull(target, _patient(target, settings), tell))
    if format_ == "jsonl":
        world.stdout.write(json.dumps({"v": 1, "type": "end", "model": target.choice.full_name}) + "\n")
    else:
        put(world, target.choice.full_name)
    return Exit.OK


def rm(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Models that Ollama holds.")],
    base_url: BaseUrlFlag = None,
) -> int:
    """Let Ollama forget models; their files are deleted."""
    from rigcli.cli.aio import run_async

    world = World.real()
    settings = read_settings(world)
    for name in names:
        target = _store(world, settings, name, base_url)
        run_async(_remove(target, _patient(target, settings)))
        say(world, f"{target.choice.full_name}: removed")
    return Exit.OK


def _store(world: World, settings: Settings, name: str, base_url: str | None) -> Target:
    """Return the server that holds models and the name it knows: `llama3.2:3b`, `ollama/llama3.2:3b`, `hf.co/a/b`."""
    from rigcli.cli.flag_table import ModelFlags
    from rigcli.cli.target import reach, rows_of
    from rigcli.providers.lookup import Choice

    rows = rows_of(settings)
    head, slash, model = name.strip().partition("/")
    if slash and head in rows:
        row = rows.get(head)
        if row.wire != _WIRE:
            stores = ", ".join(one.name for one in rows.all() if one.wire == _WIRE)
            raise UsageError(f"{head}: its models are not on a disk of yours", hint=f"only those of {stores} are")
    else:
        model = name.strip()
        row = next(one for one in rows.all() if one.wire == _WIRE)
    if not model:
        raise UsageError("no model named", hint="for example: rig models pull llama3.2:3b")
    return reach(world, settings, ModelFlags(base_url=base_url), Choice(row, model), "")


def _patient(target: Target, settings: Settings) -> Door:
    """Return a door without an end to the whole: a model of 40 GB takes what it takes, silence ends it all the same."""
    from rigcli.library.reach import ENDLESS, transport

    door = transport(target, settings)
    door.limits = replace(door.limits, whole=ENDLESS, total=ENDLESS)
    return door


async def _pull(target: Target, door: Door, tell: Tell) -> None:
    from rigcli.providers.pulls import Pull
    from rigcli.wire import decoder

    download, lines = Pull(), decoder("ndjson")
    async with door.open(Prepared("/api/pull", {"model": target.model, "stream": True}), stream=True) as answer:
        if answer.status // 100 != 2:  # noqa: PLR2004  2xx is the word for "it worked"
            await _refused(target, answer.status, answer.chunks())
        async for chunk in answer.chunks():
            for frame in lines.feed(chunk):
                tell(download.read(frame.data))
        for frame in lines.close():
            tell(download.read(frame.data))
    if not download.finished:
        raise IncompleteError(
            f"{target.choice.full_name}: the server stopped before the download was done",
            hint="the same command goes on where it stopped",
        )


async def _remove(target: Target, door: Door) -> None:
    async with door.open(Prepared("/api/delete", {"model": target.model}, method="DELETE"), stream=False) as answer:
        if answer.status == 404:  # noqa: PLR2004  the server's word for a model that it does not hold
            raise UsageError(
                f"{target.provider}: holds no model {target.model!r}", hint=f"`rig models {target.provider}` lists them"
            )
        if answer.status // 100 != 2:  # noqa: PLR2004  as above
            await _refused(target, answer.status, answer.chunks())


async def _refused(target: Target, status: int, chunks: AsyncIterator[bytes]) -> None:
    body = b""
    async for piece in chunks:
        body += piece
        if len(body) > _ERROR_BODY:
            break
    error = target.wire.read_error(status, body[:_ERROR_BODY].decode("utf-8", "replace"))
    error.provider = error.provider or target.provider
    raise error


@contextlib.contextmanager
def _progress(world: World, format_: Format) -> Generator[Tell]:
    """Yield whom to tell: a bar on a terminal, JSON lines where asked for, nobody in a pipe."""
    if format_ == "jsonl":
        yield _json_lines(world)
    elif world.stderr_tty and world.env.get("TERM") != "dumb":
        with _bar(world) as tell:
            yield tell
    else:
        yield lambda _: None


def _json_lines(world: World) -> Tell:
    last: tuple[float, str] = (0.0, "")

    def tell(step: Step) -> None:
        nonlocal last
        now = time.monotonic()
        if step.status == last[1] and step.done != step.total and now - last[0] < _EVERY:
            return
        last = (now, step.status)
        line = {"v": 1, "type": "progress", "stage": step.status, "done": step.done, "total": step.total or None}
        world.stdout.write(json.dumps(line) + "\n")
        world.stdout.flush()

    return tell


@contextlib.contextmanager
def _bar(world: World) -> Generator[Tell]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from rigcli.core.text_filter import clean

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=world.stderr, no_color=bool(world.env.get("NO_COLOR")))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Asking", total=None)

        def tell(step: Step) -> None:
            words = escape(clean(step.status.partition(":")[0])[:30])  # the server's own words
            bar.update(task, description=words, completed=step.done, total=step.total or None)

        yield tell
