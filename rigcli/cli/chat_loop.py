"""The conversation: read a line, do what it says, answer, and again. Slash commands live in `chat_commands/`."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rigcli.cli.aio import run_async
from rigcli.cli.ask_run import add_tools, begin, native_of, open_session, options_of, own_system, wanted_of
from rigcli.cli.chat_commands.mcp import resources
from rigcli.cli.chat_commands.table import dispatch, slash_words
from rigcli.cli.flag_table import ModelFlags
from rigcli.cli.interrupts import Interrupts, ignored, raising
from rigcli.cli.mentions import mentions
from rigcli.cli.question import compose
from rigcli.cli.resuming import flags_of_run
from rigcli.cli.talk import Talk
from rigcli.cli.target import choose, no_model, open_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit, IncompleteError, RigError, StorageError, UsageError
from rigcli.core.messages import Message
from rigcli.core.text_filter import clean
from rigcli.home.sessions import Session, Store
from rigcli.ui import colour
from rigcli.ui.activity import Activity
from rigcli.ui.terminal import without_echo

if TYPE_CHECKING:
    from rigcli.cli.retrieval import Found
    from rigcli.home.settings import Settings
    from rigcli.ui.prompt import ChatPrompt


@dataclass
class Chat:
    """One run of `rig chat`; the commands change its fields between answers."""

    world: World
    flags: ModelFlags
    settings: Settings
    talk: Talk
    activity: Activity
    attached: list[str] = field(default_factory=list[str])
    indexes: list[str] = field(default_factory=list[str])
    interrupts: Interrupts = field(default_factory=Interrupts)
    draft: str = ""
    """What stands in the next input line to begin with."""
    leaving: bool = False
    warned: bool = False
    """The user knows that leaving now loses what the disk did not take."""

    @property
    def store(self) -> Store:
        return Store(self.settings.folders.sessions, lock_wait=self.settings.get("session.lock_wait"))

    def note(self, text: str) -> None:
        """Say something beside the conversation, in one dim line."""
        self.activity.line(text)
        self.activity.flush()

    def problem(self, error: RigError) -> None:
        """Say in one line what went wrong; the chat goes on."""
        self.activity.line(f"rig: {error.line()}", colour.RED)
        self.activity.flush()

    def put(self, text: str) -> None:
        """Print what a command was asked for."""
        self.world.stdout.write(clean(text) + "\n")
        self.world.stdout.flush()

    def switch(self, session: Session) -> None:
        """Go on in another session. Raises StorageError where this one is not on disk: it would be lost."""
        if problem := self.talk.session.save():
            session.close()
            raise unsaved(problem)
        self.talk.session.close()
        self.talk.session = session
        if self.talk.permits:
            self.talk.permits.session.clear()  # what was allowed in that conversation says nothing about this one
        for notice in session.notices:
            self.note(f"rig: {notice}")

    def new_session(self) -> Session:
        """Return a fresh session, kept or not as this chat is."""
        flags = self.flags._replace(resume=None, continue_last=False)
        session = open_session(self.settings, self.world, flags, "chat", self.note)
        begin(session, self.settings, self.world, ())
        return session

    async def say(self, text: str) -> None:
        """Send what the user typed, with everything that is attached, and answer it."""
        names = [*self.attached, *(name for name in mentions(text, self.world.cwd) if name not in self.attached)]
        more = await resources(self, text)
        prompt = compose(self.world, [text + " "], names, use_stdin=False, stdin_wait=0, more=more)
        self.attached.clear()
        await self.answer(prompt)

    async def answer(self, prompt: Message | None) -> None:
        """Ask, show, keep. Ctrl-C stops it and keeps what came; a failure is one line."""
        from rigcli.cli.pretty_show import PrettyShow

        try:
            with raising():
                found = self._retrieve(prompt)
        except KeyboardInterrupt:
            self.note("stopped; nothing was asked")
            return
        self.put("")
        self.warned = False
        show = PrettyShow(
            self.world,
            self.settings,
            quiet=self.flags.quiet,
            sources=True,
            model=self.talk.label,
        )
        answering = asyncio.create_task(self.talk.answer(prompt, show, found=found))
        try:
            with self.interrupts.stopping(answering), without_echo(self.world.stdin.fileno()):
                await answering
        except asyncio.CancelledError:
            show.end(IncompleteError("answer: stopped"), {})
            if _is_cancelled():
                raise
            self.note("stopped; what came is kept (/retry asks again)")
            self.leaving = self.leaving or self.interrupts.leave
        except RigError as error:
            show.end(error, {})
            self.problem(error)
        else:
            show.end(None, {})
        self.put("")

    def _retrieve(self, prompt: Message | None) -> Found | None:
        names = tuple(self.indexes)
        text = (prompt or self._last_question()).text
        if not names or not text:
            return None
        from rigcli.cli.retrieval import retrieve

        return retrieve(self.world, self.settings, names, text, warn=self.note)

    def _last_question(self) -> Message:
        spoken = [m for m in self.talk.session.messages() if m.role == "user"]
        return spoken[-1] if spoken else Message("user", ())

    async def go_on(self) -> None:
        """Settle what a run of this session left open, and let it go on; nothing where all is settled."""
        if run := self.talk.session.open_run():
            calls = "1 call" if len(run.calls) == 1 else f"{len(run.calls)} calls"
            self.note(f"a run {'waits' if run.paused else 'stopped'} here with {calls} open; going on")
            await self.answer(None)

    async def loop(self) -> None:
        """Talk until the user leaves."""
        try:
            await self._rounds()
        finally:
            await self.talk.close()

    async def _rounds(self) -> None:
        prompt = self._prompt()
        await self.go_on()
        while not (self.leaving and self._may_leave()):
            draft, self.draft = self.draft, ""
            line = await prompt.read(draft)
            if line is None:
                self.leaving = True
                continue
            try:
                await self.take(line)
            except RigError as error:
                self.problem(error)

    def _may_leave(self) -> bool:
        """Tell whether nothing is lost by leaving, or the user was told so and leaves all the same."""
        problem = self.talk.session.save()
        if problem is None or self.warned or self.interrupts.leave:
            return True
        self.leaving, self.warned = False, True
        self.problem(unsaved(problem))
        self.note("still here: leave once more to go without it")
        return False

    async def take(self, line: str) -> None:
        """Do what one input says: a command, a shell command, or a question."""
        text = line.strip()
        if text.startswith("!"):
            self._shell(text[1:].strip())
        elif text.startswith("/") and not text.startswith("//") and not _is_path(text):
            await dispatch(self, text)
        elif text:
            await self.say(text.removeprefix("/") if text.startswith("//") else text)

    def _shell(self, command: str) -> None:
        """Run a command of the user's own in the user's own shell; the model sees nothing of it."""
        if not command:
            raise UsageError("!: no command", hint="!git status runs `git status`")
        try:
            with ignored():
                code = subprocess.run(command, shell=True, cwd=self.world.cwd, check=False).returncode  # noqa: S602  it is the user's own command line
        except OSError as error:
            raise UsageError(f"!{command}: {error}") from None
        if code:
            self.note(f"exit {code}")

    def _prompt(self) -> ChatPrompt:
        from rigcli.home.paths import private_folder
        from rigcli.ui.prompt import ChatPrompt

        with suppress(StorageError):  # a chat without a history of its input is still a chat
            private_folder(self.settings.folders.state)
        return ChatPrompt(
            slash_words(self),
            lambda: self.world.cwd,
            history_file=None if self.flags.no_session else self.settings.folders.state / "chat-history",
            keys=self.settings.get("ui.keys"),
            color=colour.allowed(self.settings.get("ui.color"), self.world.env, tty=self.world.stdout_tty),
            interrupted=self.interrupts.just_now,
        )


def run_chat(flags: ModelFlags, files: tuple[str, ...]) -> int:
    """Talk until the user leaves and return the exit code. Raises RigError."""
    world = World.real()
    if not (world.stdin_tty and world.stdout_tty):
        raise UsageError("chat: needs a terminal", hint='in a pipe: rig ask "your question"')
    settings = open_settings(world, flags)
    flags = flags_of_run(settings, flags)
    settings = open_settings(world, flags)
    painted = colour.allowed(settings.get("ui.color"), world.env, tty=world.stderr_tty)
    activity = Activity(world.stderr, color=painted)
    target = choose(world, settings, flags)
    if target is None:
        raise no_model()

    def warn(text: str) -> None:
        activity.line(f"rig: {text}")

    for notice in (*settings.notices, *target.access.notices):
        warn(notice)
    session = open_session(settings, world, flags, "chat", warn)
    own = own_system(settings, world)
    talk = Talk(settings, target, session, system=own, options=options_of(settings, flags), stream=not flags.no_stream)
    talk.native = native_of(settings, target)
    talk.wanted = wanted_of(world, flags, settings)
    talk.warn = warn
    chat = Chat(
        world, flags, settings, talk, activity, list(files), list(flags.indexes or settings.get("index.default"))
    )
    try:
        begin(session, settings, world, ())
        equip(chat)
        greet(chat)
        run_async(chat.loop())
    finally:
        chat.talk.session.close()
    if problem := chat.talk.session.problem:
        raise unsaved(problem)
    return Exit.OK


def unsaved(problem: StorageError) -> StorageError:
    """Return the error of a conversation that is not all on disk."""
    return StorageError(f"this conversation is not all on disk: {problem.message}", hint=problem.hint)


def equip(chat: Chat) -> None:
    """Give the conversation its tools, and its user a say about them."""
    from rigcli.cli.approver import terminal_approver

    before = chat.talk.permits
    add_tools(chat.talk, chat.world, chat.flags)
    if before and chat.talk.permits:
        chat.talk.permits.session[:] = before.session
    chat.talk.approve = terminal_approver(chat.world, chat.talk, never=chat.flags.approve == "never")


def greet(chat: Chat) -> None:
    """Say in one line who answers and where it is kept."""
    session = chat.talk.session
    kept = f"session {session.id}" if session.id else "nothing is kept"
    target = chat.talk.target
    who = f"router {target.router.name} ({target.router.strategy})" if target.router else target.choice.full_name
    chat.note(f"{who} · {kept} · /help")
    for notice in session.notices:
        chat.note(f"rig: {notice}")
    spoken = [node for node in session.nodes() if node.message.role in ("user", "assistant")]
    if spoken:
        chat.note(f"{session.title or 'no title'} · {len(spoken)} messages so far")


def _is_path(text: str) -> bool:
    """Tell a path at the beginning of a question, /etc/hosts, from a command."""
    return "/" in text.split(maxsplit=1)[0][1:]


def _is_cancelled() -> bool:
    """Tell whether the whole chat is being ended, not only its answer."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
