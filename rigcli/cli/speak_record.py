"""Pieces of text -> one recording: each is asked for, again where that may help, and written in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rigcli.cli.aio import run_async
from rigcli.cli.plain import say
from rigcli.core.errors import IncompleteError, NetworkError, RigError, Terminated
from rigcli.core.usage import Usage
from rigcli.engine.speech import Begun, Ended, Step, speak

if TYPE_CHECKING:
    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.cli.output_file import FileOutput, PipeOutput
    from rigcli.cli.world import World
    from rigcli.core.requests import Prepared
    from rigcli.engine.exchange import Exchange
    from rigcli.wire.speech import SpeechWire, Track

_EVERY = 0.1
"""Seconds between two words about progress."""
_COUNTS = ("character-cost", "dg-char-count", "x-character-count")
"""Headers in which some say what they charge for."""


@dataclass
class Made:
    """What came of it: the recording, what it cost, how many requests it took."""

    track: Track
    usage: Usage = field(default_factory=Usage)
    requests: int = 0


class Recorder:
    """The way of all pieces of one text into one output."""

    def __init__(
        self,
        world: World,
        flags: BesideFlags,
        wire: SpeechWire,
        exchange: Exchange,
        prepare: Callable[[str], Prepared],
    ) -> None:
        self._world, self._flags, self._wire = world, flags, wire
        self._exchange, self._prepare = exchange, prepare

    def write(self, pieces: Sequence[str], out: FileOutput | PipeOutput, made: Made) -> None:
        """Write the whole recording. Raises RigError; what came until then is kept, and where is said."""
        progress = _Progress(self._world, len(pieces), quiet=self._flags.quiet)
        try:
            run_async(self._all(pieces, out, made, progress))
            if (header := made.track.header()) is not None:
                out.patch(header)
            out.commit(made.track.format or "")
        except (RigError, OSError, KeyboardInterrupt, Terminated):
            progress.clear()
            if (kept := out.give_up()) is not None:
                say(self._world, f"what came until then is in {kept}")
            raise
        progress.clear()

    async def _all(self, pieces: Sequence[str], out: FileOutput | PipeOutput, made: Made, progress: _Progress) -> None:
        async with aclosing(speak(pieces, self._ask)) as steps:
            async for step in steps:
                self._take(step, out, made)
                progress.tell(made.requests, made.track.size)

    def _take(self, step: Step, out: FileOutput | PipeOutput, made: Made) -> None:
        match step:
            case Begun(media_type):
                made.track.begin(media_type)
                made.requests += 1
            case Ended(usage, headers):
                out.write(made.track.close())
                counted = _with_headers(usage, headers)
                made.usage = counted if made.requests == 1 else made.usage + counted
            case _:
                out.write(made.track.feed(step))

    async def _ask(self, piece: str, tell: Callable[[Step], None]) -> None:
        """Ask for one piece, again where that may help and no sound of it was handed on. Raises RigError."""
        prepared, wire = self._prepare(piece), self._wire
        begun = False

        async def once() -> None:
            nonlocal begun
            async with self._exchange.answer(prepared, wire.read_error) as answer:
                reader = wire.reader(answer.headers)
                async for chunk in answer.chunks():
                    if sound := reader.feed(chunk):
                        if not begun:
                            tell(Begun(reader.media_type))
                        begun = True
                        tell(sound)
                last = reader.end()
                if not begun:
                    tell(Begun(reader.media_type))
                begun = True
                if last:
                    tell(last)
                tell(Ended(reader.usage, dict(answer.headers)))

        async def attempt() -> None:
            try:
                await once()
            except NetworkError as error:
                if begun:
                    raise IncompleteError(error.message, hint=error.hint) from None
                raise

        await self._exchange.again(attempt)


def _with_headers(usage: Usage, headers: dict[str, str]) -> Usage:
    """Add the characters that the server counted."""
    counts: dict[str, int] = {}
    for name in _COUNTS:
        with suppress(ValueError):
            counts[name] = int(headers.get(name, ""))
    return replace(usage, raw={**usage.raw, **counts}) if counts else usage


class _Progress:
    """How much is there, on a terminal; nothing elsewhere."""

    def __init__(self, world: World, total: int, *, quiet: bool) -> None:
        self._stream = world.stderr if world.stderr_tty and not quiet and world.env.get("TERM") != "dumb" else None
        self._total = total
        self._last = 0.0

    def tell(self, number: int, size: int) -> None:
        now = time.monotonic()
        if self._stream and now - self._last >= _EVERY:
            self._last = now
            part = f"part {number} of {self._total}, " if self._total > 1 else ""
            self._stream.write(f"\r\x1b[2KSpeaking: {part}{size / 1000:,.0f} KB")
            self._stream.flush()

    def clear(self) -> None:
        if self._stream and self._last:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
