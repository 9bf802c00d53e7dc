"""/agent, /role and /template: who answers, and prompts that are ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rigcli.cli.chat_commands.row import SlashCommand, words
from rigcli.cli.target import choose, open_settings
from rigcli.core.errors import UsageError

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat
    from rigcli.cli.flag_table import ModelFlags


async def choose_agent(chat: Chat, argument: str) -> None:
    """Show who answers, go on with an agent, or with `off` without one; the conversation stays."""
    if not argument:
        chat.put(chat.flags.agent or "no agent: /agent NAME goes on with one")
        return
    _use(chat, chat.flags._replace(agent=None if argument == "off" else argument))
    chat.note("no agent now" if argument == "off" else f"now agent {argument} · {chat.talk.target.choice.full_name}")


async def choose_role(chat: Chat, argument: str) -> None:
    """Show the role, take one on, or with `off` drop it."""
    if not argument:
        chat.put(chat.flags.role or "no role: /role NAME [KEY=VALUE...] takes one on")
        return
    name, *pairs = words(argument)
    off = name == "off"
    _use(chat, chat.flags._replace(role=None if off else name, parameters=tuple(pairs), template=None))
    chat.note("no role now" if off else f"now role {name}")


async def say_template(chat: Chat, argument: str) -> None:
    """Send a template: NAME, KEY=VALUE for its parameters, and what is to go into it."""
    from rigcli.cli.forms import Filled
    from rigcli.home.roles import SUFFIXES, find_form
    from rigcli.home.shelf import shelf

    if not argument:
        chat.put("\n".join(shelf(chat.settings, "templates", SUFFIXES["templates"])) or "no templates yet")
        return
    name, *rest = words(argument)
    form = find_form(chat.settings, "templates", name)
    own = {each.name for each in form.shown()}
    given = [word for word in rest if "=" in word and word.partition("=")[0] in own]
    said = " ".join(word for word in rest if word not in given)
    await chat.say(Filled(form, dict(word.split("=", 1) for word in given))(said))


def _use(chat: Chat, flags: ModelFlags) -> None:
    """Go on with other flags: settings, model, system prompt, options, tools and indexes follow. Raises RigError."""
    from rigcli.cli.ask_run import native_of, options_of, own_system, wanted_of
    from rigcli.cli.chat_loop import equip

    settings = open_settings(chat.world, flags)
    talk, before = chat.talk, chat.settings
    if settings.get("model") != before.get("model"):
        target = choose(chat.world, settings, flags)
        if target is None:
            raise UsageError("no model")
        talk.target = target
    chat.flags, chat.settings, talk.settings = flags, settings, settings
    talk.system = own_system(settings, chat.world)
    talk.options, talk.native = options_of(settings, flags), native_of(settings, talk.target)
    talk.wanted = wanted_of(chat.world, flags, settings)
    if settings.get("index.default") != before.get("index.default"):
        chat.indexes[:] = settings.get("index.default")
    if not (flags.no_tools or settings.get("tools.enabled")):
        talk.tools = ()
    equip(chat)


def agent_names(chat: Chat) -> Iterable[str]:
    from rigcli.home.agents import known_agents

    return [*known_agents(chat.settings), "off"]


def role_names(chat: Chat) -> Iterable[str]:
    from rigcli.home.shelf import shelf

    return [*shelf(chat.settings, "roles", (".md",)), "off"]


def template_names(chat: Chat) -> Iterable[str]:
    from rigcli.home.roles import SUFFIXES
    from rigcli.home.shelf import shelf

    return list(shelf(chat.settings, "templates", SUFFIXES["templates"]))


COMMANDS = (
    SlashCommand("/agent", "[NAME|off]", "Show or choose the agent that answers", choose_agent, agent_names),
    SlashCommand("/role", "[NAME [KEY=VALUE...]|off]", "Show or take on a role of yours", choose_role, role_names),
    SlashCommand(
        "/template", "[NAME [KEY=VALUE...] TEXT]", "Send a prompt from a template", say_template, template_names
    ),
)
