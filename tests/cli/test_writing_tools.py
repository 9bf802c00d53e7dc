"""Files written by a model, seen from outside: asked about, written, looked at, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program

PATCH = "*** Begin Patch\n*** Update File: a.txt\n-one\n+uno\n*** Add File: {path}\n+x\n*** End Patch\n"


def at(server: FakeServer, *more: str) -> list[str]:
    return ["ask", "-m", "openai-compatible/m", "--base-url", server.url + "/v1", *more]


def told(server: FakeServer) -> str:
    return [message["content"] for message in server.chats[-1]["messages"] if message["role"] == "tool"][-1]


def test_what_a_run_wrote_is_shown_and_taken_back(rig: Program, here: Path, server: FakeServer) -> None:
    (here / "a.txt").write_text("one\n")
    server.reply(tool_calls=[("edit_file", {"patch": PATCH.format(path="new/b.txt")})]).reply("done")
    assert rig(*at(server, "-T", "*_file", "--yes", "go")).code == 0
    assert told(server) == "changed a.txt (+1 -1 lines)\nmade new/b.txt (1 lines)"
    session = rig("sessions", "list").out.split()[0]
    diff = rig("sessions", "diff", session).out
    assert "-one\n+uno\n" in diff
    assert "+++ b/new/b.txt" in diff
    (here / "a.txt").write_text("mine\n")
    refused = rig("sessions", "undo", session)
    assert refused.code == 2
    assert "a.txt: changed by somebody else since; nothing was taken back" in refused.err
    assert (here / "new" / "b.txt").exists()
    (here / "a.txt").write_text("uno\n")
    assert rig("sessions", "undo", session).out == "taken back: go; a.txt, new/b.txt as before\n"
    assert [(each.name, each.read_text()) for each in here.iterdir()] == [("a.txt", "one\n")]
    assert rig("sessions", "rm", session).code == 0


def test_a_path_inside_a_patch_is_held_against_the_rules(rig: Program, here: Path, server: FakeServer) -> None:
    """--yes says yes to everything but what runs later by itself, wherever in a call it is named."""
    (here / "a.txt").write_text("one\n")
    server.reply(tool_calls=[("edit_file", {"patch": PATCH.format(path=".git/hooks/post-checkout")})]).reply("no")
    assert rig(*at(server, "-T", "edit_file", "--yes", "go")).code == 5
    assert "rejected" in told(server)
    assert [each.name for each in here.iterdir()] == ["a.txt"]


def test_a_rule_allows_the_paths_that_it_names(
    rig: Program, here: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.txt").write_text("one\n")
    server.reply(tool_calls=[("edit_file", {"patch": PATCH.format(path="b.txt")})]).reply("no")
    result = rig(*at(server, "-T", "edit_file", "go"))
    assert (result.code, "edit_file(path=**)" in result.err) == (5, True)
    server.reply(tool_calls=[("edit_file", {"patch": PATCH.format(path="b.txt")})]).reply("yes")
    monkeypatch.setenv("RIG_PERMITS_ALLOW", "edit_file(path=*.txt)")
    assert rig(*at(server, "-T", "edit_file", "go")).code == 0
    assert (here / "b.txt").read_text() == "x\n"
