"""/compact and /context: what fills the model's window, and how room is made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rigcli.cli.chat_commands.row import SlashCommand
from rigcli.core.text_filter import clean

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat
    from rigcli.cli.talk import Talk

_BAR = 24


async def compact_now(chat: Chat, argument: str) -> None:
    """Sum up the beginning of the conversation; words say what to keep in mind."""
    from rigcli.cli.compacting import compact

    chat.note("summing up …")
    before, after = await compact(chat.talk, argument)
    chat.note(f"compacted: about {before:,} tokens became {after:,}; /undo goes back before it, nothing is erased")


def sources(talk: Talk) -> list[tuple[str, int]]:
    """Return what would be sent now and about how many tokens each part is, tools by name."""
    from rigcli.engine.history import tokens_of

    rows: dict[str, int] = {"system": 0}
    messages = talk.sent_messages()
    for message in messages:
        if message.role == "system":
            rows["system"] += tokens_of(message)
    for spec in (*(tool.spec for tool in talk.tools), *talk.declared):
        size = len(spec.name) + len(spec.description) + len(json.dumps(spec.parameters))
        rows[f"tool {spec.name}"] = size // 4
    said = {"user": "questions", "assistant": "answers", "tool": "tool results"}
    for message in messages:
        if name := said.get(message.role):
            rows[name] = rows.get(name, 0) + tokens_of(message)
    return [(name, tokens) for name, tokens in rows.items() if tokens]


async def show_context(chat: Chat, _argument: str) -> None:
    """Show where the tokens go, as bars; all figures are estimates."""
    from rigcli.cli.compacting import context_of

    rows = sources(chat.talk)
    used, most = sum(tokens for _, tokens in rows), context_of(chat.talk)
    for line in picture(rows, used, most):
        chat.put(line)


def picture(rows: list[tuple[str, int]], used: int, most: int | None) -> list[str]:
    """Return the lines: a bar for each source, the sum, and the room that is left where the window is known."""
    whole = most or max(used, 1)
    free = [("room left", max(most - used, 0))] if most else []
    width = max(len(clean(name)) for name, _ in [*rows, *free, ("in all", 0)])
    lines = [
        f"{clean(name):{width}}  {'█' * round(_BAR * tokens / whole):{_BAR}}  {tokens:>9,}  {tokens / whole:4.0%}"
        for name, tokens in [*rows, *free]
    ]
    of = f"of {most:,}" if most else "(the model's window is not known: history.context sets it)"
    return [*lines, f"{'in all':{width}}  {'':{_BAR}}  {used:>9,}  {of}; about, a quarter of the bytes"]


COMMANDS = (
    SlashCommand("/compact", "[WORDS]", "Sum up the beginning of the conversation to make room", compact_now),
    SlashCommand("/context", "", "Where the tokens go, and the room that is left", show_context),
)
