"""Runs that stopped in the middle: which calls have no result, and what is known of them.

A call that may write is marked `began` before it runs, and `done` where its result must wait for that of an earlier
one. A call that began and is not done may or may not have run: nobody runs it again. `decided` is a verdict that was
given from another process (`rig sessions approve`).
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rigcli.core.messages import ToolCallPart, ToolResultPart
from rigcli.home.sessions.codec import Json
from rigcli.home.sessions.transcript import Node, Transcript

_TAIL = 64 * 1024
_SIGNS = (
    b'"tool_call"',
    b'"tool_result"',
    b'"type":"call"',
    b'"type":"paused"',
    b'"type":"chunk"',
    b'"type":"begin"',
    b'"run":{',
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call without a result: its place among the calls of its answer, and what is on disk about it."""

    number: int
    call: ToolCallPart
    began: bool = False
    outcome: Json | None = None
    decided: Json | None = None


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that did not come to its end: the answer it stopped after, its calls without results, its counters.

    `paused` says that it waits for approvals, otherwise its process died. `since` is a time as in the records.
    """

    node: str
    calls: tuple[Waiting, ...]
    state: Json = field(default_factory=dict[str, object])
    paused: bool = False
    since: str = ""


def open_run(found: Transcript) -> OpenRun | None:
    """Return the run whose calls before the head have no results, or None where none is missing."""
    results: Counter[str] = Counter()
    for node in reversed(found.path()):
        if node.message.role == "tool":
            results.update(part.id for part in node.message.parts if isinstance(part, ToolResultPart))
        elif node.message.role == "assistant":
            return _of(node, results, found)
        else:
            return None
    return None


def _of(node: Node, results: Counter[str], found: Transcript) -> OpenRun | None:
    waiting: list[Waiting] = []
    for number, call in enumerate(node.message.tool_calls):
        if results[call.id] > 0:
            results[call.id] -= 1
            continue
        mark = found.marks.get((node.id, number), {})
        done = mark.get("done", {}).get("outcome")
        waiting.append(Waiting(number, call, "began" in mark, done, mark.get("decided")))
    if not waiting:
        return None
    paused = found.paused is not None and found.paused.get("of") == node.id
    record = found.paused if paused and found.paused else node.record
    return OpenRun(node.id, tuple(waiting), node.record.get("run") or {}, paused, str(record.get("time") or ""))


def last_run(found: Transcript) -> Json:
    """Return what is kept of the last run up to the head: its model, its tools, its counters; {} where it had none."""
    for node in reversed(found.path()):
        if run := node.record.get("run"):
            return run
        if node.message.role == "user":
            break
    return {}


def may_be_open(path: Path) -> bool:
    """Tell from the end of a session file whether it is worth a closer look: most runs came to their end."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read().rstrip(b"\n")
    except OSError:
        return False
    line = tail.rpartition(b"\n")[2]
    return (size > _TAIL and line == tail) or any(sign in line for sign in _SIGNS)
