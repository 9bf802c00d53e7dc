"""All slash commands, once: the menu, completion and dispatch read this."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rigcli.cli.chat_commands import agents, context, conversation, general, mcp, model, output, room
from rigcli.cli.chat_commands.row import SlashCommand
from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rigcli.cli.chat_loop import Chat
    from rigcli.ui.prompt import SlashWord

COMMANDS: dict[str, SlashCommand] = {
    row.name: row
    for row in (
        *general.COMMANDS,
        *model.COMMANDS,
        *agents.COMMANDS,
        *context.COMMANDS,
        *room.COMMANDS,
        *mcp.COMMANDS,
        *conversation.COMMANDS,
        *output.COMMANDS,
        *general.LAST,
    )
}


async def dispatch(chat: Chat, line: str) -> None:
    """Run the command that a line begins with. Raises UsageError with the near names for an unknown one."""
    name, _, argument = line.partition(" ")
    if ":" in name:
        await mcp.say_prompt(chat, name[1:], argument.strip())
        return
    row = COMMANDS.get(name) or _only_one(name)
    if row is None:
        from difflib import get_close_matches

        near = get_close_matches(name, COMMANDS, n=2, cutoff=0.5)
        raise UsageError(
            f"no command {name}", hint=f"did you mean {' or '.join(near)}?" if near else "/help lists them"
        )
    await row.run(chat, argument.strip())


def _only_one(name: str) -> SlashCommand | None:
    """Return the command that this is the only possible beginning of."""
    found = [row for row in COMMANDS.values() if row.name.startswith(name)]
    return found[0] if len(found) == 1 and len(name) > 1 else None


def slash_words(chat: Chat) -> list[SlashWord]:
    """Return the commands as the input line completes them."""
    from rigcli.ui.prompt import SlashWord

    def values(row: SlashCommand, _typed: str) -> Iterable[str]:
        return row.values(chat) if row.values else ()

    words = [SlashWord(row.name, row.help, partial(values, row) if row.values else None) for row in COMMANDS.values()]
    return words + [SlashWord(name, about) for name, about in mcp.prompts(chat)]
