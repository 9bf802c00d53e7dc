"""The run behind `rig speak`: a text in, requests of the right size, one recording out as it comes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from rigcli.cli.beside import STDIN, extra_of, helper, open_settings, told
from rigcli.cli.output_file import STDOUT, FileOutput, PipeOutput
from rigcli.cli.plain import put, put_json, say
from rigcli.cli.players import play, player_for
from rigcli.cli.speak_record import Made, Recorder
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError
from rigcli.library.saving import slug
from rigcli.wire.speech import FORMATS, Saying, SpeechWire, Track, split
from rigcli.wire.speech.join import JOINED

if TYPE_CHECKING:
    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.core.requests import Prepared
    from rigcli.library.beside import Helper
    from rigcli.wire.speech import Format


class Wish(NamedTuple):
    """What one command line asks for; None and () mean: not said."""

    words: tuple[str, ...]
    files: tuple[str, ...]
    voice: str | None
    audio_format: Format | None
    output: str | None
    play: bool
    format: str
    force: bool = False


def run_speak(flags: BesideFlags, wish: Wish) -> int:
    """Write the sound of the text and return the exit code. Raises RigError."""
    world = World.real()
    if wish.output == STDOUT and wish.format == "json":
        raise UsageError("-O - and --format json: both would go to stdout", hint="-O FILE")
    if wish.output == STDOUT and wish.play:
        raise UsageError("-O - and --play: one or the other", hint="pipe it on, or name a file")
    text = _text(world, wish)
    settings = open_settings(world, flags)
    found = helper(world, settings, flags, "speak", _model(flags))
    wire: SpeechWire = found.wire
    wanted = wish.audio_format or _by_ending(wish.output)
    kind, asked = wire.asked(wanted)
    pieces = split(text, wire.most(found.model))
    if len(pieces) > 1 and kind not in JOINED:
        raise UsageError(
            f"--audio-format {kind}: {len(text):,} characters take {len(pieces)} requests, and pieces of {kind} "
            "cannot be joined",
            hint="--audio-format mp3 or wav, or a shorter text",
        )
    player = player_for(kind, world.env) if wish.play else None
    extra, exchange = extra_of(flags), found.exchange(settings, told(world, flags))

    def prepare(piece: str) -> Prepared:
        return wire.prepare(Saying(piece, found.model, wish.voice, asked, extra))

    prepare(pieces[0])  # what is wrong with the request is told before a file is opened
    made = Made(Track(kind, several=len(pieces) > 1, rate=wire.rate))
    with _target(world, wish, text) as (out, kept):
        Recorder(world, flags, wire, exchange, prepare).write(pieces, out, made)
        if player and out.path:
            _play(player, world.cwd / out.path, world)
    if made.track.format != kind and not flags.quiet:
        say(world, f"the server sent {made.track.format} where {kind} was asked for")
    path = out.path if kept else None
    if wish.format == "json":
        put_json(world, _document(path, made, found, wish, text))
    elif path:
        put(world, str(path))
    return Exit.OK


def list_all(flags: BesideFlags, format_: str) -> int:
    """Print the voices there are and return the exit code. Raises RigError."""
    from rigcli.cli.aio import run_async

    world = World.real()
    settings = open_settings(world, flags)
    found = helper(world, settings, flags, "speak", _model(flags))
    wire: SpeechWire = found.wire
    voices = wire.known_voices()
    if prepared := wire.voices(found.model):
        exchange = found.exchange(settings, told(world, flags))
        read = exchange.json(prepared, wire.read_error, lambda body: wire.read_voices(body, found.model))
        voices = run_async(read)
    if not voices:
        raise UsageError(
            f"{found.provider}: its server lists no voices", hint="see its documentation; --voice takes any name"
        )
    if format_ == "json":
        rows = [{"id": one.id, "name": one.name or None, "about": one.about or None} for one in voices]
        put_json(world, {"voices": rows, "model": found.model, "provider": found.provider})
        return Exit.OK
    width = min(max(len(one.id) for one in voices), 32)
    for one in voices:
        name = "" if one.name == one.id else one.name
        put(world, "  ".join(filter(None, (f"{one.id:{width}}", name, one.about))).rstrip())
    return Exit.OK


def _model(flags: BesideFlags) -> str:
    if flags.model is None:
        raise UsageError("speak: which model?", hint="-m openai, -m elevenlabs/MODEL, or a server of your own")
    return flags.model


def _text(world: World, wish: Wish) -> str:
    """Return all that is to be said. Raises UsageError where that is nothing."""
    from rigcli.cli.question import read_stdin, read_text_file
    from rigcli.inputs.text import decode

    parts = [" ".join(word for word in wish.words if word != STDIN)]
    parts += [read_text_file(name, world) for name in wish.files if name != STDIN]
    named = STDIN in wish.words or STDIN in wish.files
    if named or not (wish.words or wish.files or world.stdin_tty):
        parts.append(decode(read_stdin(world, None), "stdin"))
    text = "\n\n".join(part.strip() for part in parts if part.strip())
    if not text:
        raise UsageError("speak: nothing to say", hint='rig speak -m openai "some text", -f FILE, or pipe text in')
    return text


def _by_ending(output: str | None) -> Format | None:
    ending = (output or "").rpartition(".")[2].lower()
    same = {"ogg": "opus", "oga": "opus", "raw": "pcm", "m4a": "aac"}.get(ending, ending)
    return same if same in FORMATS and output not in (None, STDOUT) else None


@contextmanager
def _target(world: World, wish: Wish, text: str) -> Generator[tuple[FileOutput | PipeOutput, bool]]:
    """Yield where the sound goes, and whether it stays there: what is only to be played does not."""
    if wish.output == STDOUT:
        yield PipeOutput(world, "sound"), False
    elif wish.play and wish.output is None:
        with TemporaryDirectory(prefix="rig-speak-") as folder:
            yield FileOutput(world, folder, "speech"), False
    else:
        yield FileOutput(world, wish.output, slug(text, "speech"), force=wish.force), True


def _play(player: list[str], file: Path, world: World) -> None:
    if code := play(player, file, world.env):
        raise UsageError(f"--play: {Path(player[0]).name} ended with {code}", hint="-O FILE keeps the sound")


def _document(path: Path | None, made: Made, found: Helper, wish: Wish, text: str) -> dict[str, Any]:
    wire: SpeechWire = found.wire
    return {
        "path": str(path) if path else None,
        "bytes": made.track.size,
        "format": made.track.format,
        "voice": wire.voice(wish.voice),
        "characters": len(text),
        "requests": made.requests,
        "model": found.model,
        "provider": found.provider,
        "usage": found.price(made.usage).to_json(),
    }
