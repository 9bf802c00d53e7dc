"""`rig sessions`: stored conversations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings
from rigcli.cli.world import World
from rigcli.core.errors import Exit

if TYPE_CHECKING:
    from rigcli.home.sessions import Row, Store

app = group()
Id = Annotated[str, typer.Argument(metavar="ID", help="The id, or the beginning of it.")]
CallIds = Annotated[
    list[str] | None, typer.Argument(metavar="[CALL]...", help="Ids as in `rig sessions pending`.", show_default=False)
]
AllFlag = Annotated[bool, typer.Option("--all", help="Every call that waits.")]


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="So many at most; 0: all.")] = 20,
    format_: ListFormatFlag = "text",
) -> int:
    """List sessions, the one written last first."""
    world = World.real()
    rows = _store(world).rows(limit or None)
    if format_ == "json":
        put_json(world, {"sessions": [_json(row) for row in rows]})
        return Exit.OK
    width = _width(world)
    for row in rows:
        put(world, _line(row)[:width].rstrip() if width else _line(row))
    if not rows and world.stderr_tty:
        world.stderr.write("no sessions yet\n")
    return Exit.OK


@app.command()
def pending(format_: ListFormatFlag = "text") -> int:
    """List the runs that wait for an approval or were stopped in the middle: what would run, since when."""
    from rigcli.cli.pending import as_json, lines_of, pending_runs

    world = World.real()
    runs = pending_runs(_store(world))
    if format_ == "json":
        put_json(world, {"sessions": [as_json(run) for run in runs]})
        return Exit.OK
    for run in runs:
        for text in lines_of(run):
            put(world, text)
    if not runs and world.stderr_tty:
        world.stderr.write("nothing waits\n")
    return Exit.OK


@app.command()
def approve(session: Id, calls: CallIds = None, approve_all: AllFlag = False) -> int:
    """Say yes to calls of a paused run; they run when it goes on (rig ask -r ID)."""
    return _decide(session, calls, "allow", every=approve_all)


@app.command()
def deny(
    session: Id,
    calls: CallIds = None,
    deny_all: AllFlag = False,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Told to the model.")] = None,
) -> int:
    """Say no to calls of a paused run; the model is told when it goes on (rig ask -r ID)."""
    return _decide(session, calls, "deny", reason, every=deny_all)


@app.command()
def show(session: Id) -> int:
    """Print a conversation."""
    world = World.real()
    store = _store(world)
    found = store.load(store.find(session))
    for node in found.path():
        who = node.record.get("model") or node.message.role
        put(world, f"── {who} ──" + (f" incomplete: {node.incomplete}" if node.incomplete else ""))
        for part in node.message.parts:
            text = getattr(part, "text", None) or getattr(part, "content", None) or _about(part)
            put(world, f"[{part.type}] {text}" if part.type != "text" else text.rstrip("\n"))
        put(world, "")
    if found.damage:
        raise _damaged(found.id, found.damage)
    return Exit.OK


@app.command()
def diff(session: Id) -> int:
    """Show what a session's tools changed in files; what shell and python did is not known."""
    from rigcli.cli.checkpoints import store_of
    from rigcli.library.file_changes import session_diff
    from rigcli.ui import colour
    from rigcli.ui.diff import painted

    world = World.real()
    settings = read_settings(world)
    text = session_diff(store_of(settings.folders.state, _store(world).find(session)))
    color = colour.allowed(settings.get("ui.color"), world.env, tty=world.stdout_tty)
    world.stdout.write(painted(text, color=color))
    return Exit.OK


@app.command()
def undo(
    session: Id,
    keep: Annotated[bool, typer.Option("--keep", help="Leave files that somebody changed since as they are.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that somebody changed since.")] = False,
) -> int:
    """Take the last question of a session back, and what tools changed in files for it."""
    from rigcli.cli.checkpoints import bring_files_back, last_question, store_of, unseen
    from rigcli.core.errors import UsageError

    world = World.real()
    store = _store(world)
    with store.open(store.find(session)) as opened:
        nodes = opened.nodes()
        question = last_question(nodes)
        if question is None:
            raise UsageError(f"session {opened.id}: nothing was asked yet")
        files = bring_files_back(
            store_of(read_settings(world).folders.state, opened.id),
            question.id,
            keep=keep,
            force=force,
            hint="--keep leaves these as they are, --force overwrites them",
        )
        rest = unseen(nodes[nodes.index(question) :])
        opened.move_head(question.parent)
        problem = opened.save()
    put(world, "; ".join(filter(None, [f"taken back: {' '.join(question.message.text.split())[:80]}", files, rest])))
    if problem:
        raise problem
    return Exit.OK


@app.command()
def rm(sessions: Annotated[list[str], typer.Argument(metavar="ID...", help="The sessions to erase.")]) -> int:
    """Erase sessions for good, with their attachments and checkpoints."""
    from rigcli.home import checkpoints
    from rigcli.home.memory import MemoryStore

    world = World.real()
    store = _store(world)
    for id_ in list(dict.fromkeys(store.find(text) for text in sessions)):
        store.remove(id_)
        checkpoints.remove(read_settings(world).folders.state, id_)
        MemoryStore(store.folder.parent / "memory").drop_session(id_)
        put(world, f"erased {id_}")
    return Exit.OK


@app.command()
def export(
    session: Id,
    format_: Annotated[Literal["json", "md", "html", "python"], typer.Option("--format")] = "json",
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: stdout.")] = None,
) -> int:
    """Print a session as one JSON document (rig ask --messages reads it), Markdown, a web page or a Python script."""
    from rigcli.home.sessions.export import WRITERS

    world = World.real()
    store = _store(world)
    found = store.load(store.find(session))
    text = WRITERS[format_](found, store.blobs)
    if output is None:
        world.stdout.write(text)
    else:
        from rigcli.home.paths import write_file

        write_file(output, text.encode("utf-8", "backslashreplace"))
    if found.damage:
        raise _damaged(found.id, found.damage)
    return Exit.OK


def _decide(
    session: str, calls: list[str] | None, decision: Literal["allow", "deny"], reason: str | None = None, *, every: bool
) -> int:
    from rigcli.cli.pending import decide

    world = World.real()
    store = _store(world)
    with store.open(store.find(session)) as opened:
        for line in decide(opened, calls or [], every=every, decision=decision, reason=reason):
            put(world, line)
        if opened.problem:
            raise opened.problem
    return Exit.OK


def _store(world: World) -> Store:
    from rigcli.home.sessions import Store

    settings = read_settings(world)
    return Store(settings.folders.sessions, lock_wait=settings.get("session.lock_wait"))


def _line(row: Row) -> str:
    import time

    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.updated))
    state = "" if row.state == "ok" else f"[{row.state}] "
    return f"{row.id}  {when}  {row.messages:>4}  {state}{' '.join(row.title.split()) or '(no prompt)'}"


def _json(row: Row) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__slots__}


def _width(world: World) -> int:
    """Columns of the terminal; 0 in a pipe, where nothing is cut."""
    import shutil

    return shutil.get_terminal_size().columns if world.stdout_tty else 0


def _about(part: object) -> str:
    if name := getattr(part, "name", None):
        return f"{name} {getattr(part, 'arguments', '')}".strip()
    return str(getattr(part, "url", None) or getattr(part, "media_type", ""))


def _damaged(session: str, damage: str) -> Exception:
    from rigcli.core.errors import StorageError

    return StorageError(
        f"session {session}: damaged ({damage}), what could be read is shown",
        hint=f"`rig ask -r {session}` goes on with that and keeps the original aside",
    )
