"""Runs that wait in their sessions: what would run, since when, and a verdict from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from rigcli.cli.resuming import call_line
from rigcli.core.errors import RigError, UsageError
from rigcli.core.text_filter import clean
from rigcli.home.sessions import OpenRun, Session, Store, Transcript
from rigcli.home.sessions.runs import Waiting, may_be_open, open_run


@dataclass(frozen=True, slots=True)
class Pending:
    """A session and the run in it that did not come to its end."""

    found: Transcript
    run: OpenRun


def pending_runs(store: Store) -> list[Pending]:
    """Return the runs with calls that have no result, the one written last first; sessions in use are left out."""
    runs: list[Pending] = []
    for session, _, _ in store.by_age():
        if not may_be_open(store.path(session)) or store.in_use(session):
            continue
        try:
            found = store.load(session)
        except RigError:
            continue  # erased since, or of a newer rig: `rig sessions list` tells
        if run := open_run(found):
            runs.append(Pending(found, run))
    return runs


def as_json(pending: Pending) -> dict[str, Any]:
    found, run = pending.found, pending.run
    return {
        "id": found.id,
        "title": found.title,
        "state": "paused" if run.paused else "stopped",
        "since": run.since,
        "cwd": found.header.get("cwd"),
        "model": run.state.get("model"),
        "calls": [_call(waiting) for waiting in run.calls],
        "resume": ["rig", "ask", "-r", found.id],
    }


def _call(waiting: Waiting) -> dict[str, Any]:
    return {
        "id": waiting.call.id,
        "name": waiting.call.name,
        "arguments": _decoded(waiting.call.arguments),
        "state": _state(waiting),
    }


def _state(waiting: Waiting) -> str:
    """Return waiting, began (may or may not have run), done, or the verdict that was given."""
    if waiting.outcome:
        return "done"
    if waiting.began:
        return "began"
    return {"allow": "approved", "deny": "denied"}.get((waiting.decided or {}).get("decision", ""), "waiting")


def _decoded(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return arguments


def lines_of(pending: Pending) -> Iterator[str]:
    """Yield what a person reads about one run."""
    found, run = pending.found, pending.run
    state = "paused" if run.paused else "stopped"
    title = " ".join(clean(found.title or "(no prompt)").split())
    yield f"{found.id}  {state} since {run.since[:16].replace('T', ' ')} UTC  {title}"
    for waiting in run.calls:
        said = _state(waiting)
        yield f"    {said:9}{call_line(waiting.call.id, waiting.call.name, waiting.call.arguments)}"
    yield f"    go on: rig ask -r {found.id}"


def decide(
    session: Session, calls: list[str], *, every: bool, decision: Literal["allow", "deny"], reason: str | None
) -> Iterator[str]:
    """Keep a verdict about calls that wait; yield a line about each. Raises UsageError."""
    run = session.open_run()
    waiting = [each for each in run.calls if not each.began and not each.outcome] if run else []
    if run is None or not waiting:
        raise UsageError(f"session {session.id}: no call waits for an approval", hint="rig sessions pending")
    known = {each.call.id: each for each in waiting}
    if unknown := [call for call in calls if call not in known]:
        raise UsageError(f"no call {unknown[0]!r} waits in session {session.id}", hint=f"these do: {', '.join(known)}")
    if not calls and not every and len(waiting) > 1:
        raise UsageError(f"{len(waiting)} calls wait: {', '.join(known)}", hint="name some of them, or --all")
    for each in waiting:
        if every or not calls or each.call.id in calls:
            session.mark_call(run.node, each.number, "decided", decision=decision, reason=reason)
            word = "approved" if decision == "allow" else "denied"
            yield f"{word} {call_line(each.call.id, each.call.name, each.call.arguments)}"
    yield f"go on: rig ask -r {session.id}"
