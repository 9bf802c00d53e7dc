"""`rig memory`: what is remembered about you, to look at and to change."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.core.services import Scope
    from rigcli.home.memory import MemoryStore

app = group()
Key = Annotated[str, typer.Argument(metavar="KEY", help="A short name.")]
SessionFlag = Annotated[str | None, typer.Option("--session", metavar="ID", help="Of this session, not of the user.")]


@app.command("list")
def list_(session: SessionFlag = None, format_: ListFormatFlag = "text") -> int:
    """List what is remembered."""
    world = World.real()
    store, scope = _store(world, session)
    entries = store.entries(scope)
    for path in store.damaged:
        say(world, f"{path}: damaged, what could be read is shown")
    if format_ == "json":
        put_json(world, {"memory": [asdict(entry) for entry in entries]})
        return Exit.OK
    width = max((len(entry.key) for entry in entries), default=0)
    for entry in entries:
        put(world, f"{entry.key:{width}}  {' '.join(entry.value.split())}")
    if not entries:
        say(world, "nothing is remembered (rig memory set KEY VALUE)")
    return Exit.OK


@app.command("set")
def set_(key: Key, value: Annotated[str, typer.Argument(metavar="VALUE")], session: SessionFlag = None) -> int:
    """Remember VALUE as KEY; what it was before is replaced."""
    world = World.real()
    key = " ".join(key.split())
    if not key or not value.strip():
        raise UsageError("rig memory set: the key or the value is empty")
    store, scope = _store(world, session)
    store.record(scope, key, value.strip())
    put(world, f'Recorded {scope} memory "{key}".')
    return Exit.OK


@app.command()
def rm(keys: Annotated[list[str], typer.Argument(metavar="KEY...")], session: SessionFlag = None) -> int:
    """Forget these keys."""
    world = World.real()
    store, scope = _store(world, session)
    for key in keys:
        if not store.forget(scope, key):
            raise UsageError(f'No {scope} memory found for "{key}".', hint="`rig memory list` shows what there is")
        put(world, f'Forgot {scope} memory "{key}".')
    return Exit.OK


@app.command()
def export(session: SessionFlag = None) -> int:
    """Print what is remembered as one JSON document."""
    world = World.real()
    store, scope = _store(world, session)
    put_json(world, {"scope": scope, "memory": [asdict(entry) for entry in store.entries(scope)]})
    return Exit.OK


def _store(world: World, session: str | None) -> tuple[MemoryStore, Scope]:
    from rigcli.home.memory import MemoryStore
    from rigcli.home.sessions import Store

    folders = read_settings(world).folders
    if session is None:
        return MemoryStore(folders.data / "memory"), "user"
    return MemoryStore(folders.data / "memory", Store(folders.sessions).find(session)), "session"
