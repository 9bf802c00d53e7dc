"""Go on with a run that stopped: with its model and its tools, and with words for what it waits for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from rigcli.cli.flag_table import ModelFlags
from rigcli.core.errors import DeniedError, RigError, UsageError
from rigcli.core.text_filter import escape_visible

if TYPE_CHECKING:
    from rigcli.engine.run_state import RunState
    from rigcli.home.sessions import Session
    from rigcli.home.settings import Settings

_SHOWN = 300


def flags_of_run(settings: Settings, flags: ModelFlags) -> ModelFlags:
    """Return the flags with the model and tools of a run that did not come to its end, where they name none.

    Changes nothing on disk. Raises UsageError, StorageError.
    """
    if not (flags.resume or flags.continue_last):
        return flags
    from rigcli.home.sessions import Store
    from rigcli.home.sessions.runs import last_run, may_be_open

    store = Store(settings.folders.sessions)
    session = store.find(flags.resume) if flags.resume else store.last()
    if not may_be_open(store.path(session)):
        return flags
    run = last_run(store.load(session))
    model, tools = run.get("model"), run.get("tools")
    if flags.model is None and isinstance(model, str):
        flags = flags._replace(model=model)
    if not flags.tools and not flags.no_tools and isinstance(tools, list):
        flags = flags._replace(tools=tuple(str(name) for name in tools))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  JSON
    agent = run.get("agent")
    return flags._replace(agent=agent) if flags.agent is None and isinstance(agent, str) else flags


def step_back(session: Session) -> None:
    """Make a session ready to go on without a new prompt; an answer that broke off is asked for anew.

    Raises UsageError where the last question has its answer.
    """
    if session.open_run():
        return
    nodes = session.nodes()
    spoken = [node for node in nodes if node.message.role != "tool"]
    if spoken and spoken[-1].incomplete:
        session.move_head(spoken[-1].parent)  # what came of it stays in the tree
        return
    if not nodes or nodes[-1].message.role not in ("user", "tool"):
        raise UsageError("no prompt, and nothing to go on with: the last question has its answer", hint="add a prompt")


def command(session: str | None, flags: ModelFlags) -> str:
    """Return the command that goes on with a paused run of this session."""
    words = ["rig", "ask", "-r", session or "ID"]
    for name, value in (("--base-url", flags.base_url), ("--wire", flags.wire)):
        words += [name, value.partition("?")[0]] if value else []  # what follows may hold a key
    return shlex.join(words)


def lines(state: RunState, session: str | None, flags: ModelFlags) -> list[str]:
    """Return what a paused run waits for, a line each, and then how it goes on."""
    said = [f"waits for approval: {call_line(entry.call.id, entry.call.name, entry.call.arguments)}"
            for entry in state.open if entry.outcome is None]  # fmt: skip
    return [*said, f"paused: {command(session, flags)} asks and goes on (--approve all|never decides)"]


def call_line(id_: str, name: str, arguments: Any) -> str:
    """Return a call in one line: its id, tool and arguments, cut where they are long."""
    text = escape_visible(str(arguments))
    return f"{escape_visible(id_)} {escape_visible(name)} {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"


def unanswered(session: str | None, flags: ModelFlags) -> RigError:
    """Return the error of a run that still waits: nobody was there to be asked."""
    return DeniedError(
        f"session {session}: calls wait for an approval, and nobody can be asked here",
        hint=f"{command(session, flags)} on a terminal, or with --approve all|never; rig sessions pending",
    )
