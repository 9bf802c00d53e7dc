"""`rig acp`, spoken to by the official client over stdio."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program

acp = pytest.importorskip("acp")


class Editor:
    """The client side: keeps what it is told and answers questions as the test says."""

    def __init__(self, choice: str | None = None) -> None:
        self.updates: list[Any] = []
        self.asked: list[Any] = []
        self.choice = choice
        self.first = asyncio.Event()

    def on_connect(self, conn: Any) -> None: ...

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        self.updates.append(update)
        self.first.set()

    async def request_permission(self, session_id: str, tool_call: Any, options: list[Any], **_: Any) -> Any:
        self.asked.append((tool_call, options))
        known = {option.option_id for option in options}
        if self.choice in known:
            outcome: Any = acp.schema.AllowedOutcome(outcome="selected", option_id=self.choice)
        else:
            outcome = acp.schema.DeniedOutcome(outcome="cancelled")
        return acp.RequestPermissionResponse(outcome=outcome)

    def kinds(self) -> list[str]:
        return [update.session_update for update in self.updates]

    def text(self) -> str:
        said = [u for u in self.updates if u.session_update == "agent_message_chunk"]
        return "".join(update.content.text for update in said)


def run(editor: Editor, server: FakeServer, talk: Any, *flags: str) -> Any:
    async def whole() -> Any:
        line = ["-m", "rigcli", "acp", "-m", "openai-compatible/m", "--base-url", server.url + "/v1", *flags]
        async with acp.spawn_agent_process(editor, sys.executable, *line, env=dict(os.environ)) as (conn, _process):
            hello = await conn.initialize(protocol_version=acp.PROTOCOL_VERSION)
            assert hello.agent_info.name == "rig"
            return await talk(conn)

    return asyncio.run(asyncio.wait_for(whole(), 60))


def test_a_prompt_streams_its_answer_and_the_session_can_be_loaded_again(server: FakeServer, here: Path) -> None:
    server.reply("Hello there, editor.").reply("Again.")
    editor = Editor()

    async def talk(conn: Any) -> Any:
        session = await conn.new_session(cwd=str(here), mcp_servers=[])
        first = await conn.prompt(session_id=session.session_id, prompt=[acp.text_block("Hi")])
        return session.session_id, first

    session, answer = run(editor, server, talk)
    assert answer.stop_reason == "end_turn"
    assert editor.text() == "Hello there, editor."
    later = Editor()

    async def again(conn: Any) -> Any:
        await conn.load_session(cwd=str(here), session_id=session, mcp_servers=[])
        return await conn.prompt(session_id=session, prompt=[acp.text_block("And?")])

    run(later, server, again)
    assert later.kinds()[0] == "user_message_chunk"
    assert later.text() == "Hello there, editor.Again."
    assert [m["content"] for m in server.chats[1]["messages"]] == ["Hi", "Hello there, editor.", "And?"]


@pytest.mark.parametrize(("choice", "status"), [("once", "completed"), ("always", "completed"), (None, "failed")])
def test_a_call_that_the_rules_ask_about_is_the_editors_to_allow(
    server: FakeServer, here: Path, choice: str | None, status: str
) -> None:
    (here / ".env").write_text("KEY=1\n")
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("done")
    editor = Editor(choice)

    async def talk(conn: Any) -> Any:
        session = await conn.new_session(cwd=str(here), mcp_servers=[])
        return await conn.prompt(session_id=session.session_id, prompt=[acp.text_block("Read it")])

    answer = run(editor, server, talk, "-T", "read_file")
    assert answer.stop_reason == "end_turn"
    [(call, options)] = editor.asked
    assert call.raw_input == {"path": ".env"}
    assert [option.option_id for option in options] == ["once", "always", "no"]
    assert editor.kinds()[0] == "tool_call"
    assert [u.status for u in editor.updates if u.session_update == "tool_call_update"][-1] == status
    assert ("KEY=1" in str(server.chats[1])) is (status == "completed")


def test_cancel_ends_the_answer(server: FakeServer, here: Path) -> None:
    server.reply("one two three four", hold=threading.Event())
    editor = Editor()

    async def talk(conn: Any) -> Any:
        session = await conn.new_session(cwd=str(here), mcp_servers=[])
        asking = asyncio.create_task(conn.prompt(session_id=session.session_id, prompt=[acp.text_block("Hi")]))
        await editor.first.wait()
        await conn.cancel(session_id=session.session_id)
        return await asking

    assert run(editor, server, talk).stop_reason == "cancelled"


def test_what_goes_wrong_is_an_error_of_the_request(server: FakeServer, here: Path) -> None:
    server.reply(status=401, error="wrong key")
    editor = Editor()

    async def talk(conn: Any) -> Any:
        with pytest.raises(acp.RequestError, match="no folder"):
            await conn.new_session(cwd=str(here / "nowhere"), mcp_servers=[])
        session = await conn.new_session(cwd=str(here), mcp_servers=[])
        with pytest.raises(acp.RequestError):
            await conn.prompt(session_id=session.session_id, prompt=[acp.text_block("Hi")])
        with pytest.raises(acp.RequestError):
            await conn.prompt(session_id="nobody", prompt=[acp.text_block("Hi")])

    run(editor, server, talk)


def test_help_needs_no_package(rig: Program) -> None:
    assert rig("acp", "--help").code == 0
