"""/file, /index and /tools: what the model gets to see and may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rigcli.cli.chat_commands.row import SlashCommand, words
from rigcli.cli.target import open_settings

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat


async def attach_files(chat: Chat, argument: str) -> None:
    """Attach files to the next message; they are read now, so that a mistake shows now."""
    from rigcli.inputs.files import attach

    if argument == "off":
        chat.attached.clear()
    for name in words(argument) if argument != "off" else ():
        parts = attach([name], chat.world.cwd)
        chat.attached.append(name)
        chat.note(f"{name}: {len(parts)} file{'' if len(parts) == 1 else 's'} for the next message")
    if not argument or argument == "off":
        chat.put("\n".join(chat.attached) or "nothing is attached")


async def use_indexes(chat: Chat, argument: str) -> None:
    """Answer from these indexes from now on, `off` for none; a path without an index is indexed now."""
    from rigcli.cli.interrupts import raising
    from rigcli.cli.retrieval import index_of

    if argument == "off":
        chat.indexes.clear()
    elif argument:
        try:
            with raising():
                chat.indexes[:] = [index_of(chat.world, chat.settings, name, chat.note) for name in words(argument)]
        except KeyboardInterrupt:
            chat.note("stopped; what was indexed so far is kept")
    chat.put("\n".join(chat.indexes) or "no index: /index NAME answers from one")


def index_names(chat: Chat) -> Iterable[str]:
    try:
        return sorted(entry.name for entry in chat.settings.folders.indexes.iterdir() if entry.name[0] != ".")
    except OSError:
        return []


async def use_tools(chat: Chat, argument: str) -> None:
    """Show the tools, offer others (globs are allowed), or with `off` none."""
    from rigcli.cli.chat_loop import equip

    if argument == "off":
        chat.talk.tools = ()
        if chat.talk.servers:
            chat.talk.servers.patterns, chat.talk.servers.others = (), ()
    elif argument:
        chat.flags = chat.flags._replace(tools=tuple(words(argument)), no_tools=False)
        chat.settings = chat.talk.settings = open_settings(chat.world, chat.flags)
        equip(chat)
    await chat.talk.ready()
    if not chat.talk.tools:
        chat.put("no tools: /tools read_file grep offers two, /tools '*' all")
        return
    width = max(len(tool.spec.name) for tool in chat.talk.tools) + 2
    for tool in chat.talk.tools:
        said = chat.talk.decide(tool.spec.name, {}).decision if chat.talk.decide else "allow"
        first = tool.spec.description.partition("\n")[0]
        chat.put(f"{tool.spec.name:{width}}{said:7}{first}")


def tool_names(chat: Chat) -> Iterable[str]:
    from rigcli.cli.toolbox import known_tools

    return [*known_tools(chat.world), "off"]


async def use_native(chat: Chat, argument: str) -> None:
    """Show the provider's own tools that it may use, choose others, or with `off` none."""
    from rigcli.library.native import native_tools
    from rigcli.wire.native import native_names

    row = chat.talk.target.choice.row
    if argument == "off":
        chat.talk.native = ()
    elif argument:
        chat.talk.native = native_tools(words(argument), chat.settings, chat.talk.target, strict=True)
    there = native_names(row.wire, chat.talk.target.model, row.quirks)
    on = ", ".join(tool.name for tool in chat.talk.native) or "off"
    chat.put(f"native tools: {on} ({row.name} has {', '.join(there) or 'none'})")


def native_words(chat: Chat) -> Iterable[str]:
    from rigcli.wire.native import native_names

    row = chat.talk.target.choice.row
    return [*native_names(row.wire, chat.talk.target.model, row.quirks), "off"]


def memory_words(chat: Chat) -> Iterable[str]:
    _ = chat
    return ("on", "off", "rm")


async def show_memory(chat: Chat, argument: str) -> None:
    """Show what is remembered, `on` and `off` for this chat, or forget a key of the user's."""
    from rigcli.cli.memory_talk import TalkMemory

    name, _, key = argument.partition(" ")
    if name in ("on", "off"):
        chat.talk.memory = TalkMemory.of(chat.talk) if name == "on" else None
    memory = chat.talk.memory
    if memory is None:
        chat.put("memory is off: /memory on, or: rig config set memory.enabled true")
        return
    if name == "rm" and key:
        found = memory.forget("user", key) or memory.forget("session", key)
        chat.put(f'Forgot "{key}".' if found else f'nothing is remembered as "{key}"')
        return
    chat.put(memory.text()[0].partition("\n\n")[2].partition("\n\n")[2] or "nothing is remembered yet")


COMMANDS = (
    SlashCommand("/memory", "[on|off|rm KEY]", "What is remembered", show_memory, memory_words),
    SlashCommand("/file", "[PATH...|off]", "Attach files to the next message", attach_files),
    SlashCommand("/index", "[NAME...|off]", "Answer from indexes", use_indexes, index_names),
    SlashCommand("/tools", "[NAME...|off]", "Show or choose the tools the model may use", use_tools, tool_names),
    SlashCommand("/native", "[NAME...|off]", "Let the provider use tools of its own", use_native, native_words),
)
