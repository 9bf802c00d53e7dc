"""`rig speak`: text to speech."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from rigcli.cli.beside_flags import BesideFlags, command

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json"]
Sound: TypeAlias = Literal["mp3", "wav", "opus", "flac", "pcm", "aac"]


@command(app, model="For example openai, elevenlabs.")
def speak(
    flags: BesideFlags,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...|-", help="What is said; - or a pipe: stdin.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("-f", "--file", metavar="FILE", help="A text file to read out, repeatable.")
    ] = None,
    voice: Annotated[
        str | None, typer.Option("--voice", metavar="VOICE", help="Who says it; --list-voices shows them.")
    ] = None,
    audio_format: Annotated[
        Sound | None,
        typer.Option("--audio-format", help="Default: by the ending of the -O file, else what the provider makes."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("-O", "--output", metavar="FILE|DIR|-", help="Where to; default: a new file here; - is stdout."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that -O names.")] = False,
    play: Annotated[bool, typer.Option("--play", help="Play it; without -O nothing is kept.")] = False,
    list_voices: Annotated[bool, typer.Option("--list-voices", help="List the voices, say nothing.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="text: the file's name; json: one object.")] = "text",
) -> int:
    """Say TEXT: write it as sound to a file and print the file's name.

    rig speak -m openai "Good morning"

    rig speak -m openai --voice nova --play -f chapter.txt -O chapter.mp3
    """
    from rigcli.cli.speak_run import Wish, list_all, run_speak

    if list_voices:
        return list_all(flags, format_)
    wish = Wish(tuple(text or ()), tuple(file or ()), voice, audio_format, output, play, format_, force)
    return run_speak(flags, wish)
