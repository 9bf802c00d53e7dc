"""/retry, /undo, /sessions, /resume and /new: where the conversation goes on. Nothing is ever erased here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rigcli.cli.chat_commands.row import SlashCommand
from rigcli.cli.talk import storage_warning
from rigcli.core.errors import RigError, StorageError, UsageError
from rigcli.home.sessions.compaction import KEY

if TYPE_CHECKING:
    from rigcli.cli.chat_loop import Chat
    from rigcli.home.sessions import Node

_SHOWN = 15


async def retry(chat: Chat, _argument: str) -> None:
    """Ask the last question again; the answer that was there stays in the session's tree."""
    chat.talk.session.move_head(_last_question(chat).id)
    await chat.answer(None)


async def undo(chat: Chat, argument: str) -> None:
    """Take the last question, its answer and what tools wrote back, and put the question into the input line."""
    from rigcli.cli.checkpoints import bring_files_back, store_of, unseen

    if argument not in ("", "keep", "force"):
        raise UsageError(f"/undo {argument}: unknown", hint="/undo, /undo keep or /undo force")
    question = _last_question(chat)
    files = bring_files_back(
        chat.talk.files.store if chat.talk.files else store_of(chat.settings.folders.state, chat.talk.session.id),
        question.id,
        keep=argument == "keep",
        force=argument == "force",
        hint="/undo keep leaves these as they are, /undo force overwrites them",
    )
    nodes = chat.talk.session.nodes()
    rest = unseen(nodes[[node.id for node in nodes].index(question.id) :])
    chat.talk.session.move_head(question.parent)
    chat.draft = question.message.text
    chat.note("; ".join(filter(None, ["taken back", files, rest, "the question stands in the input line"])))


def _how_to_undo(_chat: Chat) -> tuple[str, ...]:
    return ("keep", "force")


def _last_question(chat: Chat) -> Node:
    asked = [node for node in chat.talk.session.nodes() if node.message.role == "user" and not node.record.get(KEY)]
    if not asked:
        raise UsageError("nothing was asked yet")
    return asked[-1]


async def list_sessions(chat: Chat, argument: str) -> None:
    """List the sessions that were written last."""
    rows = [row for row in chat.store.rows(None if argument else _SHOWN) if argument.lower() in row.title.lower()]
    for row in rows[:_SHOWN]:
        when = time.strftime("%m-%d %H:%M", time.localtime(row.updated))
        here = "*" if row.id == chat.talk.session.id else " "
        chat.put(f"{here} {row.id}  {when}  {row.messages:>3}  {' '.join(row.title.split()) or '(no prompt)'}")
    if not rows:
        chat.put("no sessions" + (f" with {argument!r} in their title" if argument else " yet"))


async def resume(chat: Chat, argument: str) -> None:
    """Go on with another session."""
    if not argument:
        raise UsageError("/resume: which one?", hint="/sessions lists them")
    store = chat.store
    session = store.find(argument)
    if session == chat.talk.session.id:
        raise UsageError(f"session {session} is this one")

    def problem(error: StorageError) -> None:
        chat.note(f"rig: {storage_warning(error)}")

    chat.switch(store.open(session, on_problem=problem))
    _show_last(chat)
    await chat.go_on()


def _show_last(chat: Chat) -> None:
    from rigcli.cli.chat_loop import greet

    greet(chat)
    nodes = chat.talk.session.nodes()
    for role, before in (("user", "> "), ("assistant", "")):
        said = [node.message.text for node in nodes if node.message.role == role]
        if said:
            chat.put(before + said[-1].strip())


def recent_ids(chat: Chat) -> Iterable[str]:
    try:
        return chat.store.ids()[: -_SHOWN - 1 : -1]
    except RigError:
        return []


async def new(chat: Chat, _argument: str) -> None:
    """Begin a new conversation with the same model."""
    from rigcli.cli.chat_loop import greet

    chat.switch(chat.new_session())
    greet(chat)


COMMANDS = (
    SlashCommand("/retry", "", "Ask the last question again", retry),
    SlashCommand(
        "/undo", "[keep|force]", "Take the last question back, and what it wrote in files", undo, _how_to_undo
    ),
    SlashCommand("/sessions", "[WORD]", "List stored conversations", list_sessions),
    SlashCommand("/resume", "ID", "Go on with another session", resume, recent_ids),
    SlashCommand("/new", "", "Begin a new conversation", new),
)
