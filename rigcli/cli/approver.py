"""Who is asked about a tool call: the person at the terminal, or nobody."""

from __future__ import annotations

from asyncio import Lock
from functools import partial
from typing import TYPE_CHECKING

from rigcli.cli.world import World

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk
    from rigcli.core.ports import Approver, PendingCall, Verdict
    from rigcli.home.settings import Settings


def terminal_approver(world: World, talk: Talk, *, never: bool = False) -> Approver | None:
    """Return the approver for a conversation, None where no person sits at stdin and stderr or may be asked."""
    if not (world.stdin_tty and world.stderr_tty) or never:
        return None
    from rigcli.cli.pager import page_text
    from rigcli.cli.pretty_show import terminal_size
    from rigcli.ui import colour
    from rigcli.ui.approve import AskUser
    from rigcli.ui.terminal import drop_typed_ahead

    settings = talk.settings

    async def ask(question: str, default: str = "") -> str:
        from prompt_toolkit.output import create_output

        from rigcli.ui.prompt import read_line

        output = create_output(world.stderr)
        return await read_line(question, output=output, default=default, keys=settings.get("ui.keys"))

    async def read(question: str) -> str:
        drop_typed_ahead(world.stdin.fileno())
        return await ask(question)

    async def edit(text: str) -> str | None:
        from rigcli.cli.editor import edit_text, editor_of

        if editor_of(world.env):
            return edit_text(text, suffix=".json", env=world.env)
        import json

        return await ask("arguments: ", json.dumps(json.loads(text), ensure_ascii=False))

    def write(text: str) -> None:
        world.stderr.write(text)
        world.stderr.flush()

    def always(rule: str) -> None:
        if talk.permits:
            talk.permits.always(rule)

    person = AskUser(
        read,
        write,
        str(world.cwd),
        always,
        edit,
        width=lambda: terminal_size(world.stderr)[0],
        save=partial(_save, settings),
        color=colour.allowed(settings.get("ui.color"), world.env, tty=world.stderr_tty),
        page=partial(page_text, env=world.env, write=write),
    )
    one_question = Lock()

    async def one_by_one(call: PendingCall) -> Verdict:
        async with one_question:  # agents that run side by side ask the same person
            return await person(call)

    return one_by_one


def _save(settings: Settings, rule: str) -> str:
    """Write a rule into the user's own settings and return where. Raises ConfigError, StorageError."""
    from rigcli.home.settings_edit import add_to_list

    path = settings.folders.config_file
    add_to_list(path, "permits.allow", rule)
    return str(path)
