"""Tools for a conversation: found, made, judged by the rules, and kept off stdout."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rigcli.cli.flag_table import ModelFlags
from rigcli.cli.world import World
from rigcli.core.errors import UsageError
from rigcli.core.ports import Closes, Previews, Tool, Touches, Traits, traits_of
from rigcli.core.requests import ToolSpec
from rigcli.engine.calls import check
from rigcli.tools.context import ToolContext
from rigcli.tools.registry import BUILT_IN, Offer, make, offers, pick

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from rigcli.cli.mcp_talk import Servers
    from rigcli.cli.talk import Talk
    from rigcli.home.permits import Decision, Permits
    from rigcli.home.settings import Settings


FOREIGN = "mcp"
"""Where a tool is from that is neither built in nor a plug-in, for the rules."""


def known_tools(
    world: World,
    talk: Talk | None = None,
    flags: ModelFlags | None = None,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Offer]:
    """Return every tool that there is, by name; nothing of a plug-in or a file is imported.

    Agents are among them; they can be made for a `talk` only. `warn` is told of files that cannot be read.
    """
    from rigcli.home.plugins import plugins
    from rigcli.home.settings import load

    settings = talk.settings if talk else load(world.env, world.cwd)
    found = offers()
    for folder in (*_tool_folders(world, flags), settings.folders.config / "tools"):
        for name, offer in _in_folder(folder, warn).items():
            found.setdefault(name, offer)
    for name, offer in offers(plugins("tools", world.env).values()).items():
        found.setdefault(name, offer)
    for name, offer in index_tools(world).items():
        found.setdefault(name, offer)
    if (settings.folders.config / "agents").is_dir() or settings.project:
        from rigcli.cli.subagents import agent_offers

        for name, offer in agent_offers(settings, talk, world, flags).items():
            found.setdefault(name, offer)
    from rigcli.home.skills import has_skills

    if has_skills(settings):
        found.setdefault("use_skill", Offer("use_skill", "skills", lambda: _use_skill(settings, warn), of_rig=True))
    return found


def _use_skill(settings: Settings, warn: Callable[[str], None] | None) -> Tool:
    from rigcli.home.skills import known_skills
    from rigcli.library.skill_tool import UseSkill

    return UseSkill(known_skills(settings, warn or (lambda _: None)))


def _tool_folders(world: World, flags: ModelFlags | None) -> list[Path]:
    """Return the folders of --tools-dir. Raises UsageError for one that is not there."""
    found = [(name, world.cwd / Path(name).expanduser()) for name in (flags.tools_dirs if flags else ())]
    for name, folder in found:
        if not folder.is_dir():
            raise UsageError(f"--tools-dir {name}: no such folder", hint="name a folder with tools in files")
    return [folder for _, folder in found]


def _in_folder(folder: Path, warn: Callable[[str], None] | None) -> dict[str, Offer]:
    if not folder.is_dir():
        return {}
    from rigcli.tools.file_tools import offers_in

    return offers_in(folder, warn or (lambda _: None))


def index_tools(world: World) -> dict[str, Offer]:
    """Return a tool for each of the user's indexes: search_NAME."""
    from rigcli.home.paths import folders
    from rigcli.rag.library import Library
    from rigcli.tools.builtin.search_index import make_for, tool_name

    names = Library(folders(world.env).indexes).names()
    return {tool_name(name): Offer(tool_name(name), BUILT_IN, partial(make_for, name)) for name in names}


def make_tool(offer: Offer, world: World, context: ToolContext | None = None) -> Tool:
    """Make one tool for the working folder. Raises ConfigError."""
    if offer.of_rig:
        return offer.load()  # not looked at: an agent would make all its tools to answer
    made = make(offer, context or _context(world))
    return made if offer.built_in else Quiet(made)


def _context(world: World) -> ToolContext:
    from rigcli.cli.plain import read_settings
    from rigcli.library.tool_context import tool_context

    return tool_context(read_settings(world), world.cwd, world.env)


def equip(talk: Talk, world: World, flags: ModelFlags) -> None:
    """Give a conversation the tools that its settings name, and the rules. Raises UsageError, ConfigError."""
    from rigcli.cli.checkpoints import SessionCheckpoints
    from rigcli.cli.person import person
    from rigcli.cli.plain import say
    from rigcli.home.permits import Permits
    from rigcli.library.tool_context import tool_context
    from rigcli.net.redact import redact_text
    from rigcli.tools.sandbox.run import why_not

    known = known_tools(world, talk, flags, None if flags.quiet else lambda text: say(world, text))
    patterns = [*talk.settings.get("tools.enabled"), *(["memory"] if talk.memory else [])]
    if not flags.tools:
        patterns = [*patterns, *(name for folder in _tool_folders(world, flags) for name in _in_folder(folder, None))]
    if talk.lineage:  # the end of a chain has nobody left to ask
        patterns = [
            each for each in patterns if not each.startswith("ask_") or any(fnmatchcase(n, each) for n in known)
        ]
    wanted, theirs = split_patterns(talk.settings, patterns, list(known))
    chosen = pick(wanted, known)
    permits = Permits.of(talk.settings, world.cwd)

    def may_read(path: str) -> bool:
        return permits.decide("read_file", {"path": path}, read_only=True).decision == "allow"

    talk.files = SessionCheckpoints(lambda: talk.session, talk.settings.folders.state, world.cwd)
    context = tool_context(talk.settings, world.cwd, world.env)
    context = replace(
        context, person=person(world, talk, flags), may_read=may_read, checkpoints=talk.files, memory=talk.memory
    )
    tools = {offer.name: make_tool(offer, world, context) for offer in chosen}
    unboxed = [offer.name for offer in chosen if not offer.of_rig and traits_of(tools[offer.name]).unboxed]
    if unboxed and not flags.quiet:
        world.stderr.write(f"rig: {', '.join(unboxed)}: {why_not(context.box)}, so each call is asked about\n")
    origins = {offer.name: BUILT_IN if offer.of_rig else offer.source for offer in chosen}
    agents = {offer.name for offer in chosen if offer.of_rig}

    def decide(name: str, arguments: dict[str, Any]) -> Decision:
        tool = tools.get(name)
        return permits.decide(
            name,
            with_paths(tool, arguments) if tool else arguments,
            read_only=name in agents or (tool is not None and stays_here(tool)),
            origin=origins.get(name, FOREIGN),
            approve=flags.approve,
        )

    def redact(text: str) -> str:
        way = talk.target.access  # of the model that is asked now: a router may have chosen another one since
        return redact_text(text, [value.rpartition(" ")[2] for value in (*way.headers.values(), *way.query.values())])

    talk.tools = list(tools.values())
    talk.instructions = _instructions(talk, world, flags)
    if theirs:
        add_servers(talk, world, flags, theirs)
    elif talk.servers is not None:
        talk.servers.patterns = ()
    talk.decide = decide
    talk.permits = permits
    talk.redact = redact
    talk.setup = {"tools": list(talk.settings.get("tools.enabled")), "agent": flags.agent}


def _instructions(talk: Talk, world: World, flags: ModelFlags) -> str:
    """Return what trusted AGENTS.md files say; the others are named once."""
    if not talk.settings.get("agents.instructions"):
        return ""
    from rigcli.cli.plain import say
    from rigcli.home.instructions import read_instructions
    from rigcli.home.paths import home_folder

    found = read_instructions(world.cwd, talk.settings.folders, home_folder(world.env))
    if found.ignored and talk.instructions is None and not flags.quiet:
        what = ", ".join(f"{path} {why}" for path, why in found.ignored)
        say(world, f"{what} and was ignored (look at what is in it, then: rig config trust)")
    return found.text


def add_servers(talk: Talk, world: World, flags: ModelFlags, patterns: Sequence[str] = ()) -> Servers:
    """Give a conversation its MCP servers, of whose tools these are offered; those that run go on. Raises RigError."""
    from rigcli.cli.mcp_talk import servers_of
    from rigcli.cli.plain import say

    if talk.servers is None:
        talk.servers = servers_of(
            talk.settings,
            world,
            talk,
            approve=flags.approve,
            warn=talk.warn or (lambda text: say(world, text)),
            verbose=flags.verbose,
        )
    talk.servers.patterns, talk.servers.others = tuple(patterns), list(talk.tools)
    return talk.servers


def split_patterns(settings: Settings, patterns: Sequence[str], known: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the patterns for tools that are known, and those that MCP servers may mean; a glob may be in both.

    Raises ConfigError for a server that cannot be read.
    """
    from rigcli.home.mcp_servers import configured, has_servers

    if not has_servers(settings):
        return list(patterns), []
    from rigcli.tools.mcp.names import may_mean

    names = [name for name, spec in configured(settings).items() if spec.enabled]
    theirs = [pattern for pattern in patterns if any(may_mean(pattern, name) for name in names)]
    ours = [p for p in patterns if p not in theirs or any(fnmatchcase(name, p) for name in known)]
    return ours, theirs


def stays_here(tool: Tool) -> bool:
    """Tell whether a tool neither changes anything nor sends anything out: what may run unasked, if it is rig's own."""
    return tool.read_only and not traits_of(tool).sends


def with_paths(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as the rules see them: with every path that the call would touch."""
    paths = list(tool.paths(arguments)) if isinstance(tool, Touches) else []
    return {**arguments, "path": paths[0] if len(paths) == 1 else paths} if paths else arguments


def standing(offer: Offer, permits: Permits, *, read_only: bool) -> Decision:
    """Return what the rules say about a tool before any argument is known."""
    return permits.decide(offer.name, {}, read_only=read_only, origin=offer.source if not offer.built_in else BUILT_IN)


class Quiet:
    """A tool from elsewhere whose `print` goes to stderr: stdout belongs to the answer."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    @property
    def spec(self) -> ToolSpec:
        return self._tool.spec

    @property
    def read_only(self) -> bool:
        return self._tool.read_only

    @property
    def traits(self) -> Traits:
        return traits_of(self._tool)

    def check(self, arguments: dict[str, Any]) -> None:
        check(self._tool, arguments)

    def preview(self, arguments: dict[str, Any]) -> str:
        return self._tool.preview(arguments) if isinstance(self._tool, Previews) else ""

    async def close(self) -> None:
        if isinstance(self._tool, Closes):
            await self._tool.close()

    def paths(self, arguments: dict[str, Any]) -> Sequence[str]:
        return self._tool.paths(arguments) if isinstance(self._tool, Touches) else ()

    async def run(self, arguments: dict[str, Any]) -> str:
        with _aside.hold():
            return await self._tool.run(arguments)


class _Aside:
    """sys.stdout turned to stderr while at least one tool runs. What is shown is written to the World's own stream."""

    def __init__(self) -> None:
        self._held = 0
        self._stdout: TextIO = sys.stdout

    @contextmanager
    def hold(self) -> Generator[None]:
        if self._held == 0:
            self._stdout, sys.stdout = sys.stdout, sys.stderr
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._held == 0:
                sys.stdout = self._stdout


_aside = _Aside()
