"""The run behind `rig transcribe`: each recording to text, one object or subtitles, on stdout or in files."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rigcli.cli.aio import run_async
from rigcli.cli.beside import STDIN, extra_of, helper, open_settings, told
from rigcli.cli.hearing import Said, ask, read_recording
from rigcli.cli.output_file import FileOutput, already_there
from rigcli.cli.plain import put, put_json, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, ProviderError, RigError, UsageError

if TYPE_CHECKING:
    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.library.beside import Helper
    from rigcli.wire.transcription import Speech, Transcript

_ENDINGS = {"text": "txt", "json": "json", "srt": "srt", "vtt": "vtt"}
_MEGA = 1_000_000


class Wish(NamedTuple):
    """What one command line asks for."""

    files: tuple[str, ...]
    language: str | None
    prompt: str | None
    segments: bool
    output: str | None
    format: str
    stream: bool
    force: bool = False

    @property
    def subtitles(self) -> bool:
        return self.format in ("srt", "vtt")


def run_transcribe(flags: BesideFlags, wish: Wish) -> int:
    """Write down what is said in every file and return the exit code. Raises RigError."""
    world = World.real()
    settings = open_settings(world, flags)
    if flags.model is None:
        raise UsageError("transcribe: which model?", hint="-m openai, -m groq, -m deepgram, or a server of your own")
    _check(world, wish)
    found = helper(world, settings, flags, "transcribe", flags.model)
    exchange = found.exchange(settings, told(world, flags))
    words = {name: value for name, value in {"language": wish.language, "prompt": wish.prompt}.items() if value}
    extra = {**words, **extra_of(flags)}

    def hear(name: str, said: Said) -> Transcript:
        speech = read_recording(world, name)
        _small_enough(speech, found)
        prepared = found.wire.prepare(
            speech, found.model, segments=wish.segments or wish.subtitles, stream=wish.stream, extra=extra
        )
        for notice in () if flags.quiet else prepared.notices:
            say(world, notice)
        with _waiting(world, speech, quiet=flags.quiet) as clear:
            said.before = clear
            return run_async(ask(exchange, found.wire, prepared, said))

    done: list[dict[str, Any]] = []
    try:
        for name in wish.files:
            said = Said(world, show=wish.format == "text" and wish.output is None)
            if len(wish.files) > 1 and said.show:
                put(world, f"{chr(10) * bool(done)}==> {name} <==")
            with _opened(world, wish, name) as out:
                done.append(_put(world, wish, name, hear(name, said), said, found, out))
    except RigError as error:
        if wish.format == "json" and wish.output is None and done:
            world.stdout.write(json.dumps({"v": 1, "files": done, "error": error.to_json()}) + "\n")
            error.reported = True
        raise
    if wish.format == "json" and wish.output is None:
        put_json(world, {"files": done} if len(wish.files) > 1 else done[0])
    return Exit.OK


def _check(world: World, wish: Wish) -> None:
    if wish.files.count(STDIN) > 1:
        raise UsageError("transcribe: - stands twice", hint="stdin can be read once")
    if wish.output and not wish.force and (world.cwd / Path(wish.output).expanduser()).is_file():
        raise already_there(wish.output)
    if len(wish.files) == 1:
        return
    if wish.output is None and wish.subtitles:
        raise UsageError(f"--format {wish.format}: one file of subtitles for each recording", hint="-O DIR/")
    if wish.output is not None and not (world.cwd / Path(wish.output).expanduser()).is_dir():
        raise UsageError(f"-O {wish.output}: no folder, and there are {len(wish.files)} recordings", hint="-O DIR/")


def _small_enough(speech: Speech, found: Helper) -> None:
    most = int(found.choice.row.quirks.get("upload_mb", 0)) * _MEGA
    if most and len(speech.data) > most:
        raise UsageError(
            f"{speech.name}: {len(speech.data) / _MEGA:.0f} MB, and {found.provider} takes {most // _MEGA} MB",
            hint=f"make it smaller: ffmpeg -i {speech.name} -ac 1 -b:a 32k smaller.mp3",
        )


@contextmanager
def _opened(world: World, wish: Wish, name: str) -> Generator[FileOutput | None]:
    """Open the file of one result before anything is asked for, and leave nothing of it where it is not finished."""
    if wish.output is None:
        yield None
        return
    out = FileOutput(world, wish.output, Path(name).stem if name != STDIN else "stdin", force=wish.force)
    try:
        yield out
    finally:
        out.give_up()  # what is in its place stays there


def _put(
    world: World, wish: Wish, name: str, result: Transcript, said: Said, found: Helper, out: FileOutput | None
) -> dict[str, Any]:
    """Write one result and return its object. Raises ProviderError where there are no subtitles in it."""
    document = _document(name, result, found)
    if wish.format == "text" and out is None:
        said.rest(result.text)
        return document
    if wish.format == "json" and out is None:
        return document
    text = _text(world, wish, result, document)
    if out is None:
        from rigcli.core.text_filter import clean

        world.stdout.write(clean(text))
        return document
    try:
        out.write(text.encode())
        out.commit(_ENDINGS[wish.format])
    except RigError:
        say(world, f"what was said: {result.text}")  # it is paid for
        raise
    put(world, str(out.path))
    return document


def _text(world: World, wish: Wish, result: Transcript, document: dict[str, Any]) -> str:
    if wish.format == "json":
        return json.dumps({"v": 1, **document, "error": None}) + "\n"
    if not wish.subtitles:
        return result.text + "\n"
    from rigcli.wire.listening.subtitles import subtitles

    try:
        return subtitles(result.segments, "srt" if wish.format == "srt" else "vtt")
    except ProviderError:
        say(world, f"what was said: {result.text}")  # it is paid for
        raise


def _document(name: str, result: Transcript, found: Helper) -> dict[str, Any]:
    return {
        "path": None if name == STDIN else name,
        "text": result.text,
        "segments": list(result.segments),
        "words": list(result.words),
        "language": result.language,
        "duration": result.duration,
        "model": found.model,
        "provider": found.provider,
        "usage": found.price(result.usage).to_json(),
    }


@contextmanager
def _waiting(world: World, speech: Speech, *, quiet: bool) -> Generator[Any]:
    """Say on a terminal what is waited for; yield what takes that away, once."""
    shown = world.stderr_tty and not quiet and world.env.get("TERM") != "dumb"

    def clear() -> None:
        nonlocal shown
        if shown:
            world.stderr.write("\r\x1b[2K")
            world.stderr.flush()
        shown = False

    if shown:
        from rigcli.core.text_filter import clean

        name = " ".join(clean(speech.name).split())
        world.stderr.write(f"Listening: {name}, {len(speech.data) / _MEGA:.1f} MB …")
        world.stderr.flush()
    try:
        yield clear
    finally:
        clear()
