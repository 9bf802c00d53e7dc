"""One recording: read from a file or a pipe, sent, and its text as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.cli.world import World
    from rigcli.engine.exchange import Exchange
    from rigcli.wire.transcription import Speech, Transcript

SIZE_LIMIT = 512 * 1024 * 1024
"""Bytes of a recording; the providers' own limits lie at 25 MB to 1 GB."""


class Said:
    """Text on its way to stdout while it is written."""

    def __init__(self, world: World, *, show: bool) -> None:
        self._world = world
        self.show = show
        self.before: Callable[[], None] | None = None
        """Called before anything is written: it takes a line about progress away."""
        self._shown = ""

    def add(self, piece: str) -> None:
        if self.show and piece:
            self._shown += piece
            self._write(piece)

    def rest(self, text: str) -> None:
        """Write what of the whole was not shown yet, and the end of the line."""
        self._write((text if not self._shown else text.removeprefix(self._shown)) + "\n")

    @property
    def began(self) -> bool:
        return bool(self._shown)

    def _write(self, text: str) -> None:
        from rigcli.core.text_filter import clean

        if self.before:
            self.before()
        self._world.stdout.write(clean(text))
        self._world.stdout.flush()


async def ask(exchange: Exchange, wire: Any, prepared: Any, said: Said) -> Transcript:
    """Send the recording, again where that may help and nothing was shown yet. Raises RigError."""
    from rigcli.core.errors import IncompleteError, NetworkError

    async def once() -> Transcript:
        async with exchange.answer(prepared, wire.read_error) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                return await _streamed(answer, wire, said)
            return await _whole(answer, wire, kind)

    async def attempt() -> Transcript:
        try:
            return await once()
        except NetworkError as error:
            if said.began:
                raise IncompleteError(error.message, hint=error.hint) from None
            raise

    return await exchange.again(attempt)


async def _streamed(answer: Any, wire: Any, said: Said) -> Transcript:
    from rigcli.wire import decoder

    frames, reader = decoder("sse"), wire.reader()
    async for chunk in answer.chunks():
        for frame in frames.feed(chunk):
            said.add(reader.read(frame))
    for frame in frames.close():
        said.add(reader.read(frame))
    return reader.end()


async def _whole(answer: Any, wire: Any, kind: str) -> Transcript:
    """Return what one document says; where a format of subtitles was asked for with -o, it is the text."""
    from rigcli.engine.reading import decode, read_all
    from rigcli.wire.transcription import Transcript

    data = await read_all(answer)
    if kind.startswith("text/") or kind == "application/x-subrip":
        return Transcript(data.decode("utf-8", "replace").rstrip("\n"))
    return wire.read(decode(data))


def read_recording(world: World, name: str) -> Speech:
    """Return the recording. Raises UsageError."""
    from pathlib import Path

    from rigcli.inputs.kinds import media_kind
    from rigcli.wire.transcription import Speech

    if name == "-":
        from rigcli.cli.question import read_stdin

        data, shown = read_stdin(world, None), "stdin"
    else:
        path = world.cwd / Path(name).expanduser()
        try:
            if path.stat().st_size > SIZE_LIMIT:
                raise UsageError(f"{name}: more than {SIZE_LIMIT >> 20} MiB", hint="cut it, or compress it to mp3")
            data, shown = path.read_bytes(), path.name
        except OSError as error:
            raise UsageError(
                f"{name}: {(error.strerror or 'cannot be read').lower()}", hint="name a recording, or - for stdin"
            ) from None
    if not data:
        raise UsageError(f"{shown}: empty", hint="name a recording")
    kind = media_kind(data[:16])
    if kind is not None and kind.kind != "audio":
        raise UsageError(
            f"{shown}: a file of type {kind.media_type} is no recording", hint="mp3, wav, m4a, ogg or flac"
        )
    type_ = kind.media_type if kind else _by_ending(shown)
    return Speech(data, type_, shown if "." in shown else f"{shown}.{type_.partition('/')[2].removeprefix('x-')}")


def _by_ending(name: str) -> str:
    import mimetypes

    guess = mimetypes.guess_type(name)[0] or ""
    return guess if guess.startswith(("audio/", "video/")) else "application/octet-stream"
