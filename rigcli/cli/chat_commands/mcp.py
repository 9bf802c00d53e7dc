"""/mcp, `@server:uri` and `/server:prompt`: what MCP servers bring to a conversation beside their tools."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rigcli.cli.chat_commands.row import SlashCommand, words
from rigcli.cli.talk import label_of
from rigcli.core.errors import RigError, UsageError
from rigcli.core.messages import Message, Part, TextPart

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat
    from rigcli.cli.mcp_talk import Servers

_MENTION = re.compile(r"(?:^|(?<=\s))@([A-Za-z0-9][\w-]*):(\S+)")
_PUNCTUATION = ".,;:!?)]}'\""


def has_servers(chat: Chat) -> bool:
    from rigcli.home import mcp_servers

    return mcp_servers.has_servers(chat.settings)


def servers(chat: Chat) -> Servers:
    """Return the servers of this conversation, made when they are first asked for. Raises ConfigError, UsageError."""
    from rigcli.cli.toolbox import add_servers

    return chat.talk.servers or add_servers(chat.talk, chat.world, chat.flags)


async def show(chat: Chat, argument: str) -> None:
    """Show the servers and their state; with a name start that one and show what it offers."""
    if not has_servers(chat):
        chat.put("no MCP servers: rig mcp add NAME COMMAND, or rig mcp import")
        return
    hub = servers(chat).hub
    if argument:
        listing = await hub.connection(argument).listed()
        for title, items, key in (
            ("tools", listing.tools, "name"),
            ("prompts", listing.prompts, "name"),
            ("resources", listing.resources, "uri"),
            ("templates", listing.templates, "uriTemplate"),
        ):
            if items:
                chat.put(f"{title}: " + ", ".join(str(item.get(key)) for item in items))
        return
    width = max(map(len, hub.servers), default=0) + 2
    for name, spec in hub.servers.items():
        chat.put(f"{name:{width}}{_state(hub, name)}  {spec.target}")


def _state(hub: Any, name: str) -> str:
    """Return in a few words how a server is."""
    if not hub.servers[name].enabled:
        return "off"
    running = hub.open.get(name)
    state = running.state if running else "not started"
    listing = hub.known(name)
    return f"{state}, {len(listing.tools)} tools" if listing else state


def names(chat: Chat) -> Iterable[str]:
    from rigcli.home.mcp_servers import configured

    try:
        return list(configured(chat.settings))
    except RigError:
        return []


def prompts(chat: Chat) -> Iterable[tuple[str, str]]:
    """Return the prompts of servers as slash commands, as far as they are known without starting one."""
    if not has_servers(chat):
        return []
    from rigcli.home.mcp_pins import McpShelf
    from rigcli.home.mcp_servers import configured
    from rigcli.tools.mcp.definition import plain

    try:
        shelf = McpShelf(chat.settings.folders)
        listings = [(name, shelf.last_listing(spec)) for name, spec in configured(chat.settings).items()]
    except RigError:
        return []
    return [
        (f"/{name}:{plain(str(prompt['name']))}", plain(str(prompt.get("description") or prompt.get("title") or "")))
        for name, found in listings
        if found
        for prompt in found[1].prompts
    ]


async def say_prompt(chat: Chat, name: str, argument: str) -> None:
    """Say what a server's prompt says, its arguments filled in, and let the model answer. Raises RigError."""
    server, _, prompt = name.partition(":")
    hub = servers(chat).hub
    listing = await hub.connection(server).listed()
    row = next((each for each in listing.prompts if each.get("name") == prompt), None)
    if row is None:
        known = ", ".join(f"/{server}:{each['name']}" for each in listing.prompts) or "it has none"
        raise UsageError(f"no prompt {prompt!r} at {server}", hint=f"prompts: {known}")
    found = await hub.prompt(server, prompt, prompt_arguments(row, words(argument)))
    messages = _messages(found.messages)
    if not messages:
        raise UsageError(f"the prompt {name} is empty")
    for message in messages[:-1]:
        chat.talk.session.append_message(message, **label_of(chat.settings))
    for message in messages:
        chat.note(f"{message.role}: {message.text or '[no text]'}"[:500])
    if messages[-1].role == "assistant":
        chat.talk.session.append_message(messages[-1], **label_of(chat.settings))
        return
    await chat.answer(messages[-1])


def prompt_arguments(row: dict[str, Any], given: list[str]) -> dict[str, str]:
    """Return the arguments of a prompt by name: KEY=VALUE, or in the prompt's own order; the last takes the rest.

    Raises UsageError for one that is missing or too much.
    """
    declared: list[dict[str, Any]] = row.get("arguments") or []
    known = [str(each["name"]) for each in declared]
    found: dict[str, str] = {}
    loose: list[str] = []
    for word in given:
        key, equals, value = word.partition("=")
        if equals and key in known:
            found[key] = value
        else:
            loose.append(word)
    free = [name for name in known if name not in found]
    if loose and not free:
        raise UsageError(f"{row['name']}: takes no {loose[0]!r}", hint=f"arguments: {', '.join(known) or 'none'}")
    if len(loose) > len(free):
        loose = [*loose[: len(free) - 1], " ".join(loose[len(free) - 1 :])]
    found |= dict(zip(free, loose, strict=False))
    missing = [str(each["name"]) for each in declared if each.get("required") and each["name"] not in found]
    if missing:
        shown = " ".join(f"{name}=…" for name in missing)
        raise UsageError(f"{row['name']}: needs {', '.join(missing)}", hint=f"add {shown}")
    return found


async def resources(chat: Chat, text: str) -> list[Part]:
    """Return the parts of the resources that a text mentions as `@server:uri`. Raises RigError."""
    if ":" not in text or "@" not in text or not has_servers(chat):
        return []
    from rigcli.cli.mcp_talk import read_resources

    hub = servers(chat).hub
    wanted = [(m[1], m[2].rstrip(_PUNCTUATION)) for m in _MENTION.finditer(text) if m[1] in hub.servers]
    return await read_resources(hub, list(dict.fromkeys(wanted)))


def _messages(found: Any) -> list[Message]:
    """Return a prompt's messages, those of one role in a row as one: media first, then the texts."""
    from rigcli.tools.mcp.results import block_part

    merged: list[Message] = []
    for each in found:
        part = block_part(each.content)
        role = "assistant" if each.role == "assistant" else "user"
        if merged and merged[-1].role == role:
            merged[-1] = Message(role, (*merged[-1].parts, part))
        else:
            merged.append(Message(role, (part,)))
    return [_in_order(message) for message in merged]


def _in_order(message: Message) -> Message:
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    media = [part for part in message.parts if not isinstance(part, TextPart)]
    return Message(message.role, (*media, *([TextPart("\n\n".join(texts))] if texts else [])))


COMMANDS = (SlashCommand("/mcp", "[NAME]", "Show MCP servers and their state", show, names),)
