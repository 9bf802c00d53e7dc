"""The run behind `rig ask`: settings, model, session, question, sink, answer, exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rigcli.cli.aio import run_async
from rigcli.cli.flag_table import AskFlags, ModelFlags
from rigcli.cli.question import STDIN, Filling, compose, read_argument, read_stdin, read_text_file
from rigcli.cli.sinks import Show, choose_show
from rigcli.cli.target import Target, choose, no_model, open_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit, RigError, StorageError, Terminated, UsageError, interruption
from rigcli.core.messages import Message, Part
from rigcli.core.messages import system as system_message
from rigcli.core.requests import NativeTool, Options, ToolSpec

if TYPE_CHECKING:
    from rigcli.cli.retrieval import Found
    from rigcli.cli.talk import Talk
    from rigcli.engine.run_state import RunState
    from rigcli.engine.structured import Wanted
    from rigcli.home.sessions import Session
    from rigcli.home.settings import Settings


@dataclass
class Ask:
    """One run of `rig ask`."""

    world: World
    shared: ModelFlags
    own: AskFlags
    settings: Settings

    def warn(self, text: str) -> None:
        """Say something on stderr that the user should know."""
        from rigcli.core.text_filter import clean

        self.world.stderr.write(f"rig: {clean(text)}\n")
        self.world.stderr.flush()


def run_ask(shared: ModelFlags, own: AskFlags) -> int:
    """Answer and return the exit code. Raises RigError."""
    world = World.real()
    settings = open_settings(world, shared)
    if shared.resume or shared.continue_last:
        from rigcli.cli.resuming import flags_of_run

        shared = flags_of_run(settings, shared)
        settings = open_settings(world, shared)
    ask = Ask(world, shared, own, settings)
    if not shared.quiet:
        for notice in ask.settings.notices:
            ask.warn(notice)
    target = choose(world, ask.settings, shared)
    history = history_of(ask.world, ask.own.messages)
    files, attached = _attachments(ask)
    prompt = compose(
        world,
        own.words,
        files,
        use_stdin=not own.no_stdin and own.messages != STDIN,
        stdin_wait=ask.settings.get("input.stdin_wait"),
        more=attached,
        filling=filling_of(ask.settings, shared),
    )
    if prompt is None and not history and not (shared.resume or shared.continue_last):
        raise UsageError("no prompt", hint='rig ask "your question", or pipe text into it')
    if target is None:
        return _answer_without_model(ask, prompt)
    for notice in target.access.notices if not shared.quiet else ():
        ask.warn(notice)
    options = options_of(ask.settings, shared)
    native = native_of(ask.settings, target)
    if own.explain:
        from rigcli.cli.explain import explain

        return explain(ask, target, options, history, prompt, declared_tools(world, shared), native)
    found = _retrieve(ask, prompt)
    with open_session(ask.settings, world, shared, "ask", ask.warn) as session:
        return _answer(ask, target, session, options, history, prompt, found, native)


def _answer(
    ask: Ask,
    target: Target,
    session: Session,
    options: Options,
    history: tuple[Message, ...],
    prompt: Message | None,
    found: Found | None,
    native: tuple[NativeTool, ...],
) -> int:
    talk = _talk(ask, target, session, options, history, prompt, native)
    show = choose_show(
        ask.world,
        ask.settings,
        ask.own.format,
        code=ask.own.code,
        quiet=ask.shared.quiet,
        sources=not ask.own.no_sources,
        model=talk.label,
        wanted=talk.wanted is not None,
    )

    def about() -> dict[str, Any]:
        said = {"data": talk.wanted.data} if talk.wanted else {}
        return {"model": talk.target.model, "provider": talk.target.provider, "session": session.id, **said}

    for notice in session.notices:
        ask.warn(notice)
    try:
        state = run_async(_answer_and_close(talk, prompt, show, found))
        if state.stopped == "paused":
            _say_paused(ask, session, state)
    except RigError as error:
        show.end(error, about())
        raise
    except (KeyboardInterrupt, Terminated) as cause:
        show.end(interruption(cause), about())
        raise
    show.end(None, about())
    if ask.shared.verbose:
        _say_usage(ask, show, talk.label())
    return Exit.OK


def _talk(
    ask: Ask,
    target: Target,
    session: Session,
    options: Options,
    history: tuple[Message, ...],
    prompt: Message | None,
    native: tuple[NativeTool, ...],
) -> Talk:
    """Return the conversation with everything that an answer needs; a new session gets what it starts from."""
    from rigcli.cli.talk import Talk

    begin(session, ask.settings, ask.world, history)
    going_on = session.open_run() is not None
    if prompt is None and not history:
        from rigcli.cli.resuming import step_back

        step_back(session)
    talk = Talk(
        ask.settings,
        target,
        session,
        system=own_system(ask.settings, ask.world),
        options=options,
        declared=declared_tools(ask.world, ask.shared),
        native=native,
        stream=not ask.shared.no_stream,
        on_ask="pause" if ask.shared.pause or (going_on and ask.shared.approve != "never") else "deny",
    )
    talk.wanted = wanted_of(ask.world, ask.shared, ask.settings)
    add_tools(talk, ask.world, ask.shared)
    if (talk.tools or talk.servers) and ask.own.format not in ("json", "jsonl"):
        from rigcli.cli.approver import terminal_approver

        talk.approve = terminal_approver(ask.world, talk, never=ask.shared.approve == "never")
    return talk


async def _answer_and_close(talk: Talk, prompt: Message | None, show: Show, found: Found | None) -> RunState:
    try:
        return await talk.answer(prompt, show, found=found)
    finally:
        await talk.close()


def _say_paused(ask: Ask, session: Session, state: RunState) -> None:
    """Name what waits and how to go on. Raises DeniedError where no pause was asked for."""
    from rigcli.cli.resuming import lines, unanswered

    for line in lines(state, session.id, ask.shared) if ask.shared.pause else ():
        ask.warn(line)
    if not ask.shared.pause:
        raise unanswered(session.id, ask.shared)


def open_session(settings: Settings, world: World, flags: ModelFlags, kind: str, warn: Any) -> Session:
    """Return the session that the flags name, or a new one. Raises UsageError, StorageError."""
    from rigcli.cli.talk import storage_warning
    from rigcli.home.sessions import Session, Store

    def problem(error: StorageError) -> None:
        warn(storage_warning(error))

    store = Store(settings.folders.sessions, lock_wait=settings.get("session.lock_wait"))
    if flags.resume or flags.continue_last:
        if flags.no_session:
            raise UsageError("--no-session: cannot go on with a session and keep nothing of it")
        return store.open(store.find(flags.resume) if flags.resume else store.last(), on_problem=problem)
    if flags.pause and (flags.no_session or not settings.get("session.keep")):
        raise UsageError("--pause: keeps the run in its session, and none is to be kept", hint="leave out --no-session")
    if flags.no_session or not settings.get("session.keep"):
        return Session.in_memory()
    return store.create(kind, cwd=world.cwd, on_problem=problem)


def begin(session: Session, settings: Settings, world: World, history: tuple[Message, ...]) -> None:
    """Write what a new session starts from: the system prompt and a conversation that was handed in."""
    if not session.nodes() and (text := settings.get("system")):
        session.append_message(system_message(read_argument(text, world)))
    from rigcli.cli.talk import label_of

    for message in history:
        session.append_message(message, **label_of(settings))


def wanted_of(world: World, flags: ModelFlags, settings: Settings) -> Wanted | None:
    """Return what --schema, or the agent's file, says that the answer must be. Raises UsageError."""
    schema = flags.schema
    if schema is None and flags.agent:
        from rigcli.home.agents import find_agent

        schema = find_agent(settings, flags.agent).schema
    if schema is None:
        return None
    from rigcli.engine.structured import Wanted
    from rigcli.schemas.source import read_schema

    return Wanted(read_schema(schema, world.cwd))


def options_of(settings: Settings, flags: ModelFlags) -> Options:
    """Return the model options: the settings' own, and what -o says over them. Raises UsageError."""
    from rigcli.inputs.options import parse_pairs, to_options

    return to_options({**settings.section("options"), **parse_pairs(flags.options)})


def native_of(settings: Settings, target: Target) -> tuple[NativeTool, ...]:
    """Return the provider's own tools that flag or settings name. Raises UsageError where a flag asks in vain."""
    words = settings.get("tools.native")
    if not words:
        return ()
    from rigcli.library.native import native_tools

    asked = settings.said("tools.native")
    return native_tools(words, settings, target, strict=asked)


def declared_tools(world: World, flags: ModelFlags) -> tuple[ToolSpec, ...]:
    """Return the tools of --tools-file. Raises UsageError."""
    if flags.tools_file is None:
        return ()
    from rigcli.inputs.conversation import read_tools

    return read_tools(read_text_file(flags.tools_file, world), flags.tools_file)


def add_tools(talk: Talk, world: World, flags: ModelFlags) -> None:
    """Give a conversation the tools that flags or settings name, and the rules that hold for them."""
    if talk.settings.get("memory.enabled"):
        from rigcli.cli.memory_talk import TalkMemory

        talk.memory = TalkMemory.of(talk)
    if flags.no_tools or not (talk.settings.get("tools.enabled") or talk.memory or flags.tools_dirs):
        return
    from rigcli.cli.toolbox import equip

    equip(talk, world, flags)


def own_system(settings: Settings, world: World) -> str | None:
    """Return a system prompt that this command line names: it goes before the one that a session began with."""
    return read_argument(settings.get("system"), world) if settings.said("system") else None


def filling_of(settings: Settings, flags: ModelFlags) -> Filling | None:
    """Return the template that the flags name. Raises RigError."""
    if flags.template is None:
        return None
    from rigcli.cli.forms import Filled

    return Filled.of(settings, flags)


def history_of(world: World, name: str | None) -> tuple[Message, ...]:
    """Return the conversation of --messages. Raises UsageError."""
    if name is None:
        return ()
    from rigcli.home.sessions.export import read_export
    from rigcli.inputs.conversation import read_messages
    from rigcli.inputs.text import decode

    text = decode(read_stdin(world, None), "stdin") if name == STDIN else read_text_file(name, world)
    source = "stdin" if name == STDIN else name
    exported = read_export(text, source)
    return read_messages(text, source) if exported is None else exported


def _attachments(ask: Ask) -> tuple[Sequence[str], Sequence[Part]]:
    """Return the files that are attached, and the parts of MCP resources, `SERVER:URI`. Raises RigError."""
    names = ask.own.files
    if not any(":" in name for name in names):
        return names, ()
    from rigcli.cli.mcp_talk import attach_resources, split_resources

    files, resources = split_resources(ask.settings, names, ask.world.cwd)
    return files, attach_resources(ask.settings, ask.world, resources, ask.warn)


def _retrieve(ask: Ask, prompt: Message | None) -> Found | None:
    names = ask.shared.indexes or tuple(ask.settings.get("index.default"))
    if not names or prompt is None:
        return None
    from rigcli.cli.retrieval import retrieve

    return retrieve(ask.world, ask.settings, names, prompt.text, warn=ask.warn)


def _answer_without_model(ask: Ask, prompt: Message | None) -> int:
    found = _retrieve(ask, prompt)
    if found is None:
        raise no_model()
    from rigcli.cli.quoted import quoted_answer

    return quoted_answer(ask, found)


def _say_usage(ask: Ask, show: Show, label: str) -> None:
    from rigcli.ui.summary import summary_line

    ask.warn(summary_line(label, show.collect.usage, show.collect.seconds))
