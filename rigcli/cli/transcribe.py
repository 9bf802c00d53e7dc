"""`rig transcribe`: speech to text."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

from rigcli.cli import flags as f
from rigcli.cli.beside_flags import BesideFlags, command

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
Format: TypeAlias = Literal["text", "json", "srt", "vtt"]


@command(app, model="For example openai, groq, deepgram.")
def transcribe(
    flags: BesideFlags,
    files: Annotated[list[str], typer.Argument(metavar="FILE...|-", help="The recordings; - is stdin.")],
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="The language spoken, such as en or de.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="Names and words that will be heard.")
    ] = None,
    segments: Annotated[bool, typer.Option("--segments", help="Ask for times too (not every model has them).")] = False,
    output: Annotated[
        str | None, typer.Option("-O", "--output", metavar="FILE|DIR", help="Write it there; a folder takes many.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that -O names.")] = False,
    format_: Annotated[
        Format, typer.Option("--format", help="text, json: one object, srt or vtt: subtitles.")
    ] = "text",
    no_stream: f.NoStreamFlag = False,
) -> int:
    """Write down what is said in each FILE.

    rig transcribe -m openai meeting.mp3

    rig transcribe -m deepgram --format srt -O subtitles/ *.mp4
    """
    from rigcli.cli.transcribe_run import Wish, run_transcribe

    wish = Wish(tuple(files), language, prompt, segments, output, format_, not no_stream, force)
    return run_transcribe(flags, wish)
