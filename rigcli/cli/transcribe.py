"""`rig transcribe`: speech to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from rigcli.cli import flags as f
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.cli.world import World
    from rigcli.engine.exchange import Exchange
    from rigcli.library.beside import Helper
    from rigcli.wire.transcription import Speech, Transcript

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json"]
SIZE_LIMIT = 512 * 1024 * 1024
"""Bytes of a recording; the providers' own limits lie at 25 MB to 1 GB."""


@app.command()
def transcribe(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The recording; - is stdin.")],
    model: Annotated[
        str | None, typer.Option("-m", "--model", metavar="PROVIDER/MODEL", help="For example openai, groq, mistral.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="The language spoken, such as en or de.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="Names and words that will be heard.")
    ] = None,
    segments: Annotated[bool, typer.Option("--segments", help="Ask for times too (not every model has them).")] = False,
    option: f.OptionsFlag = None,
    format_: Annotated[Format, typer.Option("--format", help="text, or json: one object.")] = "text",
    no_stream: f.NoStreamFlag = False,
    quiet: f.QuietFlag = False,
    debug: f.DebugFlag = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    timeout: f.TimeoutFlag = None,
    retries: f.RetriesFlag = None,
    offline: f.OfflineFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
) -> int:
    """Write down what is said in FILE.

    rig transcribe -m openai meeting.mp3
    """
    from rigcli.cli.aio import run_async
    from rigcli.cli.beside import BesideFlags, extra_of, helper, open_settings, told
    from rigcli.cli.plain import say
    from rigcli.cli.world import World

    flags = BesideFlags(
        model, base_url, wire, tuple(option or ()), timeout, retries, offline, quiet, debug, record, replay
    )
    world = World.real()
    settings = open_settings(world, flags)
    if model is None:
        raise UsageError("rig transcribe: which model?", hint="-m openai, -m groq, -m mistral, or a server of your own")
    found = helper(world, settings, flags, "transcribe", model)
    extra = {name: value for name, value in {"language": language, "prompt": prompt}.items() if value}
    prepared = found.wire.prepare(
        _read(world, file),
        found.model,
        segments=segments,
        stream=not no_stream,
        extra={**extra, **extra_of(flags)},
    )
    for notice in () if quiet else prepared.notices:
        say(world, notice)
    said = _Said(world, show=format_ == "text")
    exchange = found.exchange(settings, told(world, flags))
    result = run_async(_ask(exchange, found, prepared, said))
    if format_ == "json":
        _put(world, result, found)
    else:
        said.rest(result.text)
    return Exit.OK


class _Said:
    """Text on its way to stdout while it is written."""

    def __init__(self, world: World, *, show: bool) -> None:
        self._world, self._show = world, show
        self._shown = ""

    def add(self, piece: str) -> None:
        if self._show and piece:
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

        self._world.stdout.write(clean(text))
        self._world.stdout.flush()


async def _ask(exchange: Exchange, found: Helper, prepared: Any, said: _Said) -> Transcript:
    """Send the recording, again where that may help and nothing was shown yet. Raises RigError."""
    from rigcli.core.errors import IncompleteError, NetworkError

    async def once() -> Transcript:
        async with exchange.answer(prepared, found.wire.read_error) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                return await _streamed(answer, found, said)
            return await _whole(answer, found, kind)

    async def attempt() -> Transcript:
        try:
            return await once()
        except NetworkError as error:
            if said.began:
                raise IncompleteError(error.message, hint=error.hint) from None
            raise

    return await exchange.again(attempt)


async def _streamed(answer: Any, found: Helper, said: _Said) -> Transcript:
    from rigcli.wire import decoder

    frames, reader = decoder("sse"), found.wire.reader()
    async for chunk in answer.chunks():
        for frame in frames.feed(chunk):
            said.add(reader.read(frame))
    for frame in frames.close():
        said.add(reader.read(frame))
    return reader.end()


async def _whole(answer: Any, found: Helper, kind: str) -> Transcript:
    """Return what one document says; where a format of subtitles was asked for with -o, it is the text."""
    from rigcli.engine.reading import decode, read_all
    from rigcli.wire.transcription import Transcript

    data = await read_all(answer)
    if kind.startswith("text/") or kind == "application/x-subrip":
        return Transcript(data.decode("utf-8", "replace").rstrip("\n"))
    return found.wire.read(decode(data))


def _read(world: World, name: str) -> Speech:
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
            raise UsageError(f"{name}: {(error.strerror or 'cannot be read').lower()}") from None
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


def _put(world: World, result: Transcript, found: Helper) -> None:
    from rigcli.cli.plain import put_json

    put_json(
        world,
        {
            "text": result.text,
            "segments": list(result.segments),
            "language": result.language,
            "duration": result.duration,
            "model": found.model,
            "provider": found.provider,
            "usage": found.price(result.usage).to_json(),
        },
    )
