"""A run of ten calls with approvals, killed at every step: no call runs twice, none is lost.

A quick choice of the steps by default, all of them with RIG_EVERY_KILL=1.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest

from rigcli.engine.calls import MAYBE
from rigcli.testing import FakeServer
from rigcli.testing.replies import Reply

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
DRIVER = Path(__file__).parents[1] / "support" / "killed.py"
TURNS = (
    [("act", "1")],
    [("look", "2"), ("act", "3"), ("act", "4")],
    [("act", "5")],
    [("look", "6"), ("look", "7")],
    [("act", "8"), ("look", "9"), ("act", "10")],
)
CALLS = [word for turn in TURNS for _, word in turn]
ACTS = {word for turn in TURNS for name, word in turn if name == "act"}
QUICK = 9
EVERY = os.environ.get("RIG_EVERY_KILL") == "1"


class Scripted(deque[Any]):
    """Replies that depend on how far the conversation is, so that a request may come again."""

    def __init__(self, server: FakeServer) -> None:
        super().__init__([None])
        self._server = server

    def popleft(self) -> Any:
        answers = [m for m in self._server.chats[-1]["messages"] if m["role"] == "assistant" and m.get("tool_calls")]
        if len(answers) == len(TURNS):
            return Reply(text="All done."), None
        return Reply(tool_calls=tuple((name, {"word": word}) for name, word in TURNS[len(answers)])), None


class Run:
    """One session of its own, started, killed, and gone on with."""

    def __init__(self, server: FakeServer, folder: Path) -> None:
        folder.mkdir()
        self._server, self._folder, self._log = server, folder, folder / "log"

    def rig(self, at: int, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(DRIVER), str(at), "ask", "--base-url", self._server.url + "/v1", *argv],
            env={**os.environ, "RIG_HOME": str(self._folder / "home"), "KILLED_LOG": str(self._log), "PYTHONPATH": str(DRIVER.parents[2])},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self._folder, timeout=120, check=False,
        )  # fmt: skip

    def start(self, at: int) -> subprocess.CompletedProcess[str]:
        return self.rig(at, "-m", "openai-compatible/m", "-T", "*", "go")

    @property
    def session(self) -> Path | None:
        return next(iter((self._folder / "home" / "data" / "sessions").glob("*.jsonl")), None)

    @property
    def ran(self) -> Counter[str]:
        return Counter(self._log.read_text().split()) if self._log.exists() else Counter()


def test_killed_at_any_step_no_call_runs_twice_and_none_is_lost(tmp_path: Path) -> None:
    with FakeServer() as server:
        server.script = Scripted(server)
        whole = Run(server, tmp_path / "whole")
        done = whole.start(0)
        assert (done.returncode, done.stdout) == (0, "All done.\n"), done.stderr
        assert whole.ran == Counter(CALLS)
        steps = int(done.stderr.split()[-1])
        chosen = range(1, steps + 1) if EVERY else range(3, steps, max(1, steps // QUICK))
        killed = [check(Run(server, tmp_path / str(step)), step, server) for step in chosen]
        assert sum(killed) > len(chosen) * 2 // 3


def check(run: Run, step: int, server: FakeServer) -> bool:
    """Kill at a step and go on; False where the run ended before it: how many writes there are differs with the chunks."""
    killed = run.start(step)
    if killed.returncode == 0:
        assert killed.stdout == "All done.\n", step
        return False
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    before = run.ran
    if run.session is None:
        assert not before, step  # nothing was asked yet, so nothing ran
        return True
    resumed = run.rig(0, "-r", run.session.stem)
    if (
        resumed.returncode == 2 and killed.stdout
    ):  # killed after its end, so that nothing is left to go on with: see the last line
        assert server.chats[-1]["messages"][-1]["role"] == "tool", (step, resumed.stderr)
    else:
        assert (resumed.returncode, resumed.stdout) == (0, "All done.\n"), (step, resumed.stderr)
    told = [m["content"] for m in server.chats[-1]["messages"] if m["role"] == "tool"]
    assert len(told) == len(CALLS), step
    for word, result in zip(CALLS, told, strict=True):
        if MAYBE in result:
            assert word in ACTS, step
            assert run.ran[word] <= 1, (step, word)
        else:
            assert result == f"noted {word}", (step, word)
            assert run.ran[word] == 1 if word in ACTS else run.ran[word] >= 1, (step, word)
    assert sum(MAYBE in result for result in told) <= 1, step
    records = [json.loads(line) for line in run.session.read_text().splitlines()]
    assert records[-1]["parts"][0]["text"] == "All done."
    return True
