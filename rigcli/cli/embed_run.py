"""The run behind `rig embed`: texts in, requests of the right size, vectors out as they come."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, NamedTuple

from rigcli.cli.beside import STDIN, extra_of, helper, in_thread, open_settings, stdin_lines, told
from rigcli.cli.vectors import VectorWriter, writer_for
from rigcli.cli.world import World
from rigcli.core.errors import Exit, RigError, Terminated, UsageError, interruption
from rigcli.core.usage import Usage
from rigcli.engine.embed import IN_FLIGHT, Ask, Batching, batches, embed

if TYPE_CHECKING:
    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.home.settings import Settings
    from rigcli.wire.embeddings import Embeddings, Image, Input

SHIPPED = "minilm"
AIM = 256
"""Texts a request has at most, whatever the provider takes: with fewer requests nothing would run side by side."""
_EVERY = 0.1
"""Seconds between two words about progress."""


class _Texts:
    """The texts of the command line and of stdin, in order; blank lines are left out and counted."""

    def __init__(self, world: World, words: Sequence[str], pictures: Sequence[Image] = ()) -> None:
        if not words and not pictures:
            raise UsageError("embed: no text", hint='rig embed "some text", or - to read lines from stdin')
        for number, word in enumerate(words, 1):
            if not word.strip():
                raise UsageError(f"embed: text {number} is empty", hint="a text must have a word in it")
        if words.count(STDIN) > 1:
            raise UsageError("embed: - stands twice", hint="stdin can be read once")
        self._world = world
        self._words = words
        self.pictures = pictures
        self.blank = 0

    def __iter__(self) -> Iterator[Input]:
        yield from self._lines()
        yield from self.pictures

    def _lines(self) -> Iterator[str]:
        for word in self._words:
            if word != STDIN:
                yield word
                continue
            for line in stdin_lines(self._world):
                if line.strip():
                    yield line
                else:
                    self.blank += 1

    @property
    def blocks(self) -> bool:
        return STDIN in self._words

    @property
    def total(self) -> int | None:
        return None if self.blocks else len(self._words) + len(self.pictures)


class _Together(_Texts):
    """The same as one: all of it becomes one vector."""

    def __iter__(self) -> Iterator[Input]:
        from rigcli.wire.embeddings.inputs import pieces

        yield tuple(piece for one in super().__iter__() for piece in pieces(one))

    @property
    def total(self) -> int | None:
        return 1


class Wish(NamedTuple):
    """What one command line asks for."""

    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    format: str = "text"
    dimensions: int | None = None
    purpose: str | None = None
    together: bool = False


def run_embed(flags: BesideFlags, wish: Wish) -> int:
    """Write the vectors of all texts and pictures and return the exit code. Raises RigError."""
    world = World.real()
    texts = (_Together if wish.together else _Texts)(world, wish.words, _pictures(world, wish.files))
    settings = open_settings(world, flags)
    name = flags.model or settings.get("index.embedder") or SHIPPED
    if name == SHIPPED and not flags.base_url:
        if texts.pictures or wish.together:
            raise UsageError("-f: rig's own model knows texts only", hint=f"name another with -m; {_who(settings)}")
        run = _local(wish.dimensions)
    else:
        run = _remote(world, settings, flags, name, wish, pictures=bool(texts.pictures))
    writer = writer_for(wish.format, world, run.provider, run.model)
    return _write(world, flags, run, texts, writer)


def _pictures(world: World, names: Sequence[str]) -> list[Image]:
    from rigcli.cli.picture_files import picture_parts
    from rigcli.wire.embeddings import Image

    return [Image(part.data or b"", part.media_type) for part in picture_parts(world, names)]


def _who(settings: Settings) -> str:
    """Return who makes vectors of pictures, for a hint."""
    from rigcli.library.reach import rows_of

    return f"these can: {', '.join(row.name for row in rows_of(settings).all() if 'embed-images' in row.abilities)}"


class _Run:
    """What makes vectors: how one request is sent, how big it is, how many at once, what it costs."""

    def __init__(
        self,
        provider: str | None,
        model: str,
        ask: Ask,
        size: Batching,
        in_flight: int,
        price: Callable[[Usage], Usage],
    ) -> None:
        self.provider, self.model, self.price = provider, model, price
        self._ask, self._size, self._in_flight = ask, size, in_flight

    async def vectors(self, texts: _Texts) -> AsyncIterator[Embeddings]:
        parts = batches(texts, self._size)
        async with aclosing(embed(_each(parts, texts), self._ask, in_flight=self._in_flight)) as made:
            async for some in made:
                yield some


async def _each(parts: Any, texts: _Texts) -> AsyncIterator[list[Input]]:
    if texts.blocks:
        async for part in in_thread(parts):
            yield part
        return
    for part in parts:
        yield part


def _remote(
    world: World,
    settings: Settings,
    flags: BesideFlags,
    name: str,
    wish: Wish,
    *,
    pictures: bool,
) -> _Run:
    from rigcli.library.telemetry import embedding

    found = helper(world, settings, flags, "embed", name)
    if (pictures or wish.together) and not found.takes_pictures:
        raise UsageError(f"{found.choice.full_name}: makes no vectors of pictures", hint=_who(settings))
    extra, exchange = extra_of(flags), found.exchange(settings, told(world, flags))

    async def ask(part: Sequence[Input]) -> Embeddings:
        prepared = found.wire.prepare(part, found.model, dimensions=wish.dimensions, purpose=wish.purpose, extra=extra)
        work = exchange.json(prepared, found.wire.read_error, lambda body: found.wire.read(body, len(part)))
        return await embedding(settings, found, found.env, work)

    return _Run(found.provider, found.model, ask, found.batching(AIM), IN_FLIGHT, found.price)


def _local(dimensions: int | None) -> _Run:
    from rigcli.rag.embedders import minilm

    if dimensions is not None:
        raise UsageError("--dimensions: rig's own model has one width", hint="name a model with -m")
    own = minilm.MiniLM()

    async def ask(part: Sequence[Input]) -> Embeddings:
        from rigcli.wire.embeddings import Embeddings
        from rigcli.wire.embeddings.inputs import texts_of

        return Embeddings(own.embed(texts_of(part)).tolist(), minilm.IDENTITY)

    return _Run(None, SHIPPED, ask, Batching(), 1, _free)


def _free(usage: Usage) -> Usage:
    """What runs here has no price."""
    return usage


def _write(world: World, flags: BesideFlags, run: _Run, texts: _Texts, writer: VectorWriter) -> int:
    from rigcli.cli.aio import run_async
    from rigcli.cli.plain import say

    progress = _Progress(world, texts.total, quiet=flags.quiet)
    usage = Usage()

    async def work() -> None:
        nonlocal usage
        async for made in run.vectors(texts):
            writer.put(made.vectors, made.model)
            usage = usage + made.usage if writer.count > len(made.vectors) else made.usage
            progress.tell(writer.count)

    try:
        run_async(work())
    except RigError as error:
        progress.clear()
        writer.end(run.price(usage), error)
        raise
    except (KeyboardInterrupt, Terminated) as cause:
        progress.clear()
        writer.end(run.price(usage), interruption(cause))
        raise
    progress.clear()
    if not writer.count:
        raise UsageError("stdin: empty, and - said to read it", hint="one text a line")
    writer.end(run.price(usage), None)
    if texts.blank and not flags.quiet:
        say(world, f"{texts.blank} blank line{'' if texts.blank == 1 else 's'} left out")
    return Exit.OK


class _Progress:
    """How many texts are done, on a terminal; nothing elsewhere."""

    def __init__(self, world: World, total: int | None, *, quiet: bool) -> None:
        self._stream = world.stderr if world.stderr_tty and not quiet and world.env.get("TERM") != "dumb" else None
        self._of = f" of {total:,}" if total else ""
        self._last = 0.0

    def tell(self, count: int) -> None:
        now = time.monotonic()
        if self._stream and now - self._last >= _EVERY:
            self._last = now
            self._stream.write(f"\r\x1b[2K{count:,}{self._of} texts")
            self._stream.flush()

    def clear(self) -> None:
        if self._stream and self._last:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
