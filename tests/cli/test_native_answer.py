"""What a provider's own tools leave in an answer, as a user gets it: on the screen, in JSON, in files, in the session."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from rigcli.testing import FakeServer
from tests.support.pictures import png
from tests.support.program import Program

PNG = png(4, 2)
ITEMS: list[dict[str, Any]] = [
    {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "cats"}},
    {
        "type": "image_generation_call",
        "id": "ig",
        "status": "completed",
        "output_format": "png",
        "result": base64.b64encode(PNG).decode(),
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [
            {
                "type": "output_text",
                "text": "A cat.",
                "annotations": [
                    {"type": "url_citation", "url": "https://a.org", "title": "Cats", "start_index": 2, "end_index": 5}
                ],
            }
        ],
    },
]


def drawn(server: FakeServer) -> list[str]:
    body = {"id": "r", "object": "response", "status": "completed", "model": "m", "output": ITEMS}
    completed = {"type": "response.completed", "response": body}
    stream = f"event: response.completed\ndata: {json.dumps(completed)}\n\n"
    server.reply(body=[stream.encode()])
    return ["ask", "-m", "responses-compatible/m", "--base-url", server.url]


def test_a_picture_is_a_file_and_what_was_done_stands_beside_the_answer(
    rig: Program, server: FakeServer, here: Path
) -> None:
    result = rig(*drawn(server), "Draw a cat!")
    assert (result.code, result.out) == (0, "A cat.\n")
    (file,) = here.glob("*.png")
    assert file.read_bytes() == PNG
    assert file.name.startswith("draw-a-cat-")
    assert "searched the web: cats" in result.err
    assert f"picture: {file.name}" in result.err
    assert "[1] Cats https://a.org" in result.err
    again = rig(*drawn(server), "--no-sources", "-q", "Draw a cat!")
    assert "a.org" not in again.err


def test_json_has_fields_of_their_own_for_them(rig: Program, server: FakeServer, here: Path) -> None:
    told = rig(*drawn(server), "--format", "json", "Draw a cat!").json
    cited = {
        "url": "https://a.org",
        "title": "Cats",
        "text": None,
        "start": 2,
        "end": 5,
        "location": None,
        "file": None,
    }
    assert told["citations"] == [cited]
    assert [(each["name"], each["input"]) for each in told["native_calls"]] == [
        ("web_search", "cats"),
        ("image_generation", None),
    ]
    (made,) = told["media"]
    assert Path(made["path"]).read_bytes() == PNG
    assert (made["kind"], made["media_type"]) == ("image", "image/png")
    assert told["tool_calls"] == []
    lines = [json.loads(line) for line in rig(*drawn(server), "--format", "jsonl", "Draw!").out.splitlines()]
    kinds = [line["type"] for line in lines]
    assert {"native", "media", "source"} <= set(kinds)
    assert kinds[-1] == "end"


def test_the_session_keeps_it_and_the_next_turn_sends_it_back(rig: Program, server: FakeServer, here: Path) -> None:
    assert rig(*drawn(server), "Draw a cat!").code == 0
    server.reply("Yes.")
    result = rig("ask", "-m", "responses-compatible/m", "--base-url", server.url, "-c", "Is it grey?")
    assert (result.code, result.out) == (0, "Yes.\n")
    assert "left out" not in result.err
    sent = server.chats[-1]["input"]
    assert sent[1:3] == ITEMS[:2]
    exported = rig(
        "sessions", "export", rig("sessions", "list", "--format", "json").json["sessions"][0]["id"], "--format", "md"
    )
    assert "Cats https://a.org" in exported.out


def test_a_picture_that_came_before_the_answer_broke_off_is_not_lost(
    rig: Program, server: FakeServer, here: Path
) -> None:
    done = {"type": "response.output_item.done", "output_index": 0, "item": ITEMS[1]}
    stream = f"event: response.output_item.done\ndata: {json.dumps(done)}\n\n"
    server.reply(body=[stream.encode()])
    result = rig("ask", "-m", "responses-compatible/m", "--base-url", server.url, "--retries", "0", "Draw!")
    assert result.code == 7
    (file,) = here.glob("*.png")
    assert file.read_bytes() == PNG
    server.reply("Yes.")
    assert rig("ask", "-m", "responses-compatible/m", "--base-url", server.url, "-c", "Again?").code == 0
    assert server.chats[-1]["input"][1]["result"] == ITEMS[1]["result"]


def test_where_it_cannot_be_saved_the_bytes_are_in_the_json(
    rig: Program, server: FakeServer, here: Path, monkeypatch
) -> None:
    (here / "taken").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("RIG_IMAGE_FOLDER", "taken")
    result = rig(*drawn(server), "--format", "json", "Draw a cat!")
    assert result.code == 0
    assert base64.b64decode(result.json["media"][0]["base64"]) == PNG
    assert "could not be saved" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of our own")
@pytest.mark.parametrize(("setting", "shown"), [("kitty", True), ("never", False)])
def test_a_terminal_is_shown_the_picture_below_the_line_that_names_it(
    server: FakeServer, here: Path, setting: str, shown: bool
):
    """The picture is one pixel: what matters is that its bytes come, whole, between the line and the answer."""
    pexpect = pytest.importorskip("pexpect")
    env = {**os.environ, "TERM": "xterm-256color", "RIG_UI_PICTURES": setting}
    command = ["-m", "rigcli", *drawn(server), "Draw a cat!"]
    run = pexpect.spawn(sys.executable, command, env=env, cwd=str(here), timeout=20)
    if shown:
        run.expect_exact("\x1b[c")
        run.send("\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;c")
    run.expect(pexpect.EOF)
    text = run.before.decode()
    run.close()
    assert run.exitstatus == 0
    assert "A cat." in text
    assert (base64.b64encode(PNG).decode() in text) is shown
