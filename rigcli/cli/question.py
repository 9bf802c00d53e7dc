"""The user's message: the words of the command line, what is attached, what is piped in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.core.messages import MediaPart, Message, Part, TextPart

STDIN = "-"
TEXT_FILE_LIMIT = 64 << 20
"""Bytes of a file that a flag names; an exported conversation with pictures is the largest that makes sense."""


class Filling(Protocol):
    """A template on its way to be a prompt: it has a place for what the user says, or stands before it."""

    @property
    def takes_input(self) -> bool: ...

    def __call__(self, said: str) -> str:
        """Return the prompt. Raises UsageError where it has a place and nothing is said."""
        ...


def compose(
    world: World,
    words: Sequence[str],
    files: Sequence[str],
    *,
    use_stdin: bool,
    stdin_wait: float,
    more: Sequence[Part] = (),
    filling: Filling | None = None,
) -> Message | None:
    """Return the user's message, or None where there is nothing to say.

    The prompt comes first, then the attached texts, then piped text in a `<stdin>` block; without a prompt the piped
    text is the prompt. Media stand before the text. `more` is attached too. `filling` is the template that all of it
    goes into, or that goes before it. Raises UsageError.
    """
    prompt = " ".join(word for word in words if word != STDIN).strip()
    forever = STDIN in words or STDIN in files
    piped: Part | None = None
    if forever or (use_stdin and not world.stdin_tty):
        inline = filling is not None and filling.takes_input
        block = not inline and (bool(prompt) or filling is not None)
        piped = _piped(world, patience=None if forever else stdin_wait, block=block)
        if piped is None and forever:
            raise UsageError("stdin: empty, and - said to read it", hint="pipe something in, or leave out the -")
    attached = _attached(world, [name for name in files if name != STDIN])
    if filling is not None:
        if filling.takes_input and isinstance(piped, TextPart):
            prompt, piped = "\n\n".join(filter(None, (prompt, piped.text))), None
        prompt = filling(prompt)
    parts = [TextPart(prompt)] if prompt else []
    return _message([*parts, *attached, *more, *([piped] if piped else [])])


def read_text_file(name: str, world: World) -> str:
    """Return the text of a file that a flag names. Raises UsageError."""
    from rigcli.inputs.text import decode

    path = world.cwd / Path(name).expanduser()
    try:
        with path.open("rb") as stream:
            data = stream.read(TEXT_FILE_LIMIT + 1)
    except OSError as error:
        cause = (error.strerror or "cannot be read").lower()
        raise UsageError(f"{name}: {cause}", hint="check the path and its permissions") from None
    if len(data) > TEXT_FILE_LIMIT:
        raise UsageError(f"{name}: more than {TEXT_FILE_LIMIT >> 20} MiB", hint="name a smaller file")
    return decode(data, name)


def read_argument(value: str, world: World) -> str:
    """Return a text flag's value: `@FILE` stands for what is in the file."""
    return read_text_file(value[1:], world) if value.startswith("@") else value


def read_stdin(world: World, patience: float | None) -> bytes:
    """Return what is piped in; b"" where stdin is closed. Raises UsageError for one that stays silent."""
    from rigcli.inputs.stdin import read_piped

    def notice(text: str) -> None:
        world.stderr.write(f"rig: {text}\n")
        world.stderr.flush()

    try:
        descriptor = world.stdin.fileno()
    except (AttributeError, ValueError, OSError):
        return b""
    # A person sees the notice and can act; a script cannot.
    return read_piped(descriptor, patience=None if world.stderr_tty else patience, notice=notice)


def _piped(world: World, *, patience: float | None, block: bool) -> Part | None:
    from rigcli.inputs.kinds import media_kind
    from rigcli.inputs.text import decode

    data = read_stdin(world, patience)
    if not data.strip():
        return None
    if kind := media_kind(data[:16]):
        return MediaPart(kind.kind, kind.media_type, data=data, name="stdin")
    text = decode(data, "stdin")
    if not block:
        return TextPart(text)
    from rigcli.core.blocks import block as in_block

    return TextPart(in_block("stdin", text.rstrip("\n")))


def _attached(world: World, names: Sequence[str]) -> tuple[Part, ...]:
    if not names:
        return ()
    from rigcli.inputs.files import attach

    return attach(names, world.cwd)


def _message(parts: Sequence[Part]) -> Message | None:
    """Return one message: media first, as the providers advise, then all texts as one."""
    media = tuple(part for part in parts if isinstance(part, MediaPart))
    text = "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
    texts = (TextPart(text),) if text else ()
    return Message("user", (*media, *texts)) if media or texts else None
