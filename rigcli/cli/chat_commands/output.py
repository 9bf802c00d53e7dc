"""/usage, /copy, /show and /export: what came of the conversation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rigcli.cli.chat_commands.row import SlashCommand, words
from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat

_FORMATS = {".md": "md", ".json": "json", ".html": "html", ".htm": "html", ".py": "python"}


async def show_usage(chat: Chat, _argument: str) -> None:
    """Add up what the answers of this conversation took, as the providers counted."""
    used = [node.record["usage"] for node in chat.talk.session.nodes() if node.record.get("usage")]
    if not used:
        chat.put("nothing was used yet, or it was not counted")
        return
    total = {key: sum(_count(each.get(key)) for each in used) for key in ("input_tokens", "output_tokens")}
    costs = [each.get("cost_usd") for each in used]
    known = [cost for cost in costs if isinstance(cost, int | float)]
    money = f"${sum(known):.4f}" if known else "price unknown"
    if known and len(known) < len(costs):
        money += f" and {len(costs) - len(known)} of unknown price"
    answers = f"{len(used)} answer{'' if len(used) == 1 else 's'}"
    chat.put(f"{answers} · {total['input_tokens']:,} in / {total['output_tokens']:,} out · {money}")


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


async def copy(chat: Chat, argument: str) -> None:
    """Copy the last answer to the clipboard, or only its first block of code."""
    from rigcli.core.fences import first_code_block
    from rigcli.core.text_filter import clean
    from rigcli.ui.clipboard import copy_text

    said = [message.text for message in chat.talk.session.messages() if message.role == "assistant" and message.text]
    if not said:
        raise UsageError("/copy: there is no answer yet")
    text: str | None = said[-1]
    if argument == "code":
        text = first_code_block(said[-1])
        if text is None:
            raise UsageError("/copy code: no block of code in the last answer")
    elif argument:
        raise UsageError(f"/copy {argument}: unknown", hint="/copy, or /copy code")
    how = copy_text(clean(text), chat.world.stdout, chat.world.env)
    chat.note(f"copied {len(text):,} characters ({how})")


async def show(chat: Chat, argument: str) -> None:
    """Show a picture in the terminal: the file that is named, else the last one of the conversation."""
    from rigcli.cli.picture_files import picture_parts
    from rigcli.cli.picture_show import Shower
    from rigcli.core.messages import MediaPart

    parts = (part for message in reversed(chat.talk.session.messages()) for part in reversed(message.parts))
    pictures = (part for part in parts if isinstance(part, MediaPart) and part.kind == "image" and part.data)
    found = (
        picture_parts(chat.world, words(argument)) if argument else [part for part in [next(pictures, None)] if part]
    )
    if not found:
        raise UsageError("/show: there is no picture in this conversation", hint="/show FILE")
    shower = Shower(chat.world, chat.settings, wanted=True)
    for part in found:
        if not shower.show(part.data or b""):
            raise UsageError("/show: this terminal shows no pictures that rig can make", hint="see docs/pictures.md")


async def diff(chat: Chat, argument: str) -> None:
    """Show what tools changed in files in this session; what shell and python did is not known."""
    from rigcli.cli.checkpoints import store_of
    from rigcli.library.file_changes import session_diff
    from rigcli.ui import colour
    from rigcli.ui.diff import painted

    store = chat.talk.files.store if chat.talk.files else store_of(chat.settings.folders.state, chat.talk.session.id)
    text = session_diff(store, " ".join(words(argument)))
    if not text:
        chat.note("no tool has changed a file in this session (what shell and python did is not kept)")
        return
    color = colour.allowed(chat.settings.get("ui.color"), chat.world.env, tty=chat.world.stdout_tty)
    chat.world.stdout.write(painted(text, color=color))
    chat.world.stdout.flush()


async def export(chat: Chat, argument: str) -> None:
    """Write the conversation to a file: Markdown, JSON, a web page or a Python script, by the file's ending."""
    from rigcli.home.paths import write_file
    from rigcli.home.sessions.export import WRITERS

    session = chat.talk.session
    if session.id is None or not session.nodes():
        raise UsageError("/export: nothing is kept of this conversation yet")
    file, kind = _destination(chat.world.cwd, " ".join(words(argument)) or f"{session.id}.md")
    store = chat.store
    write_file(file, WRITERS[kind](store.load(session.id), store.blobs).encode("utf-8", "backslashreplace"))
    chat.note(f"wrote {file}")


def _destination(cwd: Path, name: str) -> tuple[Path, str]:
    """Return the file and the format that its ending names. A file that is there is never written over."""
    file = cwd / Path(name).expanduser()
    kind = _FORMATS.get(file.suffix.lower())
    if kind is None:
        raise UsageError(f"/export {file.name}: unknown ending", hint=f"one of {', '.join(_FORMATS)}")
    if file.exists():
        raise UsageError(f"{file}: is there already", hint="name another file")
    return file, kind


def _what_to_copy(_chat: Chat) -> tuple[str, ...]:
    return ("code",)


COMMANDS = (
    SlashCommand("/usage", "", "Tokens and cost of this conversation", show_usage),
    SlashCommand("/copy", "[code]", "Copy the last answer to the clipboard", copy, _what_to_copy),
    SlashCommand("/diff", "[FILE]", "What tools changed in files in this session", diff),
    SlashCommand("/show", "[IMAGE]", "Show a picture, or the last one of the conversation", show),
    SlashCommand("/export", "[FILE.md|.json|.html|.py]", "Write the conversation to a file", export),
)
