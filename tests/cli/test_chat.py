"""`rig chat` on a real terminal against a server on loopback."""

from __future__ import annotations

import json
import sys
import threading

import pytest

if sys.platform == "win32":
    pytest.skip("pexpect needs a pseudo-terminal", allow_module_level=True)

from tests.support.person import CTRL_C, CTRL_D, CTRL_J, ENTER, TAB, Person
from tests.support.pictures import png


@pytest.fixture
def chat(server, tmp_path):
    """Start `rig chat` with these further arguments."""
    people = []

    def start(*argv, size=(160, 40), env=None, until="/help"):
        home = {"RIG_HOME": str(tmp_path / "home"), "RIG_API_KEY": "sk-test"}
        person = Person(
            "chat", "-m", "openai-compatible/fake-model", "--base-url", server.url, *argv,
            cwd=tmp_path, env={**home, **(env or {})}, size=size,
        )  # fmt: skip
        people.append(person)
        if until:
            person.sees(until)
            person.sees("\n>")
        return person

    yield start
    for person in people:
        person.process.close(force=True)


def sessions(tmp_path):
    return sorted((tmp_path / "home" / "data" / "sessions").glob("*.jsonl"))


def records(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_question_is_answered_and_kept_and_the_next_one_knows_of_it(chat, server, tmp_path):
    server.reply("Hello **you**.").reply("Still here.")
    person = chat()
    person.types("hi there" + ENTER)
    person.sees("Hello you.")
    person.sees("10 in / 5 out · price unknown")
    person.types("and now?" + ENTER)
    person.sees("Still here.")
    person.types("/exit" + ENTER)
    assert person.leaves() == 0
    assert [m["role"] for m in server.chats[1]["messages"]] == ["user", "assistant", "user"]
    (file,) = sessions(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    assert [r["role"] for r in records(file) if r["type"] == "message"] == ["user", "assistant"] * 2


def test_ctrl_c_stops_the_answer_keeps_what_came_and_the_chat_goes_on(chat, server, tmp_path):
    hold = threading.Event()
    server.reply("first words then silence", hold=hold).reply("Second.")
    person = chat()
    person.types("go" + ENTER)
    person.sees("first words then")
    person.types(CTRL_C)
    person.sees("stopped; what came is kept")
    hold.set()
    person.types("again" + ENTER)
    person.sees("Second.")
    person.types(CTRL_D)
    assert person.leaves() == 0
    broken = [r for r in records(sessions(tmp_path)[0]) if r.get("incomplete")]
    assert [(r["incomplete"], r["parts"][0]["text"]) for r in broken] == [("interrupted", "first words then silence")]


def test_ctrl_c_twice_leaves_and_the_terminal_is_as_it_was(server, tmp_path):
    hold = threading.Event()
    server.reply("words then silence", hold=hold)
    with Person(
        "-c", "import os, signal, sys; signal.signal(signal.SIGINT, lambda *_: None); os.system('stty -a > before'); code = os.spawnv(os.P_WAIT, sys.executable, [sys.executable, '-m', 'rigcli', *sys.argv[1:]]); os.system('stty -a > after'); print('code', code)",
        "chat", "-m", "openai-compatible/m", "--base-url", server.url,
        cwd=tmp_path, env={"RIG_HOME": str(tmp_path / "home"), "RIG_API_KEY": "sk-test"}, program=sys.executable,
    ) as person:  # fmt: skip
        person.sees("\n>")
        person.types("go" + ENTER)
        person.sees("words then")
        person.process.sendintr()
        person.sees("stopped")
        person.types(CTRL_C + CTRL_C)
        person.sees("code ")
        hold.set()
    assert "code 0" in person.screen
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


def test_a_failing_turn_is_one_line_and_the_chat_goes_on(chat, server):
    server.reply(status=400, error="no such thing").reply("Better.")
    person = chat()
    person.types("go" + ENTER)
    person.sees("rig: ")
    person.sees("no such thing")
    person.types("/retry" + ENTER)
    person.sees("Better.")
    assert "Traceback" not in person.screen
    assert [m["role"] for m in server.chats[1]["messages"]] == ["user"]


def test_retry_and_undo_move_in_the_tree_and_erase_nothing(chat, server, tmp_path):
    server.reply("One.").reply("Two.").reply("Three.")
    person = chat()
    person.types("question" + ENTER)
    person.sees("One.")
    person.types("/retry" + ENTER)
    person.sees("Two.")
    person.types("/undo" + ENTER)
    person.sees("taken back")
    person.sees("> question")
    person.types(" edited" + ENTER)
    person.sees("Three.")
    person.types(CTRL_D)
    person.leaves()
    assert [m["content"] for m in server.chats[2]["messages"]] == ["question edited"]
    assert {"One.", "Two.", "Three."} <= {
        r["parts"][0]["text"] for r in records(sessions(tmp_path)[0]) if r["type"] == "message"
    }


def test_a_router_is_greeted_as_such_and_every_answer_says_who_gave_it_and_why(server, tmp_path):
    config = tmp_path / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f"""
[providers.one]
wire = "openai-chat"
base_url = "{server.url}"
[routers.words]
models = ["one/a", "one/b"]
strategy = "keyword"
[routers.words.rules]
"one/b" = ["translate"]
"""
    )
    server.reply("uno").reply("1")
    env = {"RIG_HOME": str(tmp_path / "home"), "RIG_API_KEY": "sk-test"}
    with Person("chat", "-m", "words", cwd=tmp_path, env=env, size=(160, 40)) as person:
        person.sees("router words (keyword) · session")
        person.sees("\n>")
        person.types("translate: one" + ENTER)
        person.sees("one/b (router words: the prompt says translate) · 10 in")
        person.types("/model" + ENTER)
        person.sees("/model\none/b (router words: the prompt says translate)")
        person.types("count" + ENTER)
        person.sees("one/a (router words: none of its words) · 10 in")
        person.types(CTRL_D)
        assert person.leaves() == 0
    assert [chat["model"] for chat in server.chats] == ["b", "a"]


def test_files_come_by_mention_and_by_command(chat, server, tmp_path):
    (tmp_path / "notes.txt").write_text("the magic word is xyzzy")
    (tmp_path / "a b.txt").write_text("second file")
    server.reply("Read.").reply("Read again.")
    person = chat()
    person.types("/file nothing.txt" + ENTER)
    person.sees("nothing.txt: no such file")
    person.types("/file 'a b.txt'" + ENTER)
    person.sees("a b.txt: 1 file for the next message")
    person.types("what says @notes.txt?" + ENTER)
    person.sees("Read.")
    sent = json.dumps(server.chats[0]["messages"])
    assert "xyzzy" in sent
    assert "second file" in sent
    person.types("someone@example.org @nobody" + ENTER)
    person.sees("Read again.")
    assert "second file" not in json.dumps(server.chats[1]["messages"][-1])


def test_commands_say_what_is_wrong_and_what_is_near(chat):
    person = chat()
    for line, answer in [
        ("/modle", "no command /modle (did you mean /model"),
        ("/resume zzz", "no session 'zzz'"),
        ("/model nosuch/x", "no provider 'nosuch'"),
        ("/copy", "there is no answer yet"),
        ("/show", "there is no picture in this conversation"),
        ("/show nothing.png", "no such file"),
        ("/retry", "nothing was asked yet"),
        ("/export x.doc", "nothing is kept"),
        ("/usage", "nothing was used yet"),
        ("/system", "no system prompt"),
        ("/index", "no index"),
        ("!", "no command"),
    ]:
        person.types(line + ENTER)
        person.sees(answer)
    assert "Traceback" not in person.screen


def test_help_lists_every_command_also_on_a_narrow_terminal(chat):
    from rigcli.cli.chat_commands.table import COMMANDS

    person = chat(size=(30, 50))
    person.types("/help" + ENTER)
    person.sees("twice leaves")
    assert [name for name in COMMANDS if name not in person.screen] == []
    assert {"/help", "/model", "/system", "/agent", "/role", "/template", "/file", "/index", "/tools", "/native", "/compact", "/context", "/mcp", "/memory", "/retry", "/undo", "/sessions", "/resume", "/new", "/usage", "/copy", "/diff", "/show", "/export", "/exit"} == set(COMMANDS)  # fmt: skip


def test_model_and_system_change_what_is_sent_next(chat, server):
    server.reply("One.")
    person = chat()
    person.types("/model openai-compatible/other" + ENTER)
    person.sees("now openai-compatible/other")
    person.types("/system Speak French." + ENTER)
    person.sees("system prompt set")
    person.types("bonjour" + ENTER)
    person.sees("One.")
    assert server.chats[0]["model"] == "other"
    assert server.chats[0]["messages"][0] == {"role": "system", "content": "Speak French."}


def test_sessions_are_listed_resumed_and_left_for_a_new_one(chat, server, tmp_path):
    server.reply("About cats.").reply("About dogs.").reply("Cats again.")
    person = chat()
    person.types("cats?" + ENTER)
    person.sees("About cats.")
    first = sessions(tmp_path)[0].stem
    person.types("/new" + ENTER)
    person.types("dogs?" + ENTER)
    person.sees("About dogs.")
    person.types("/sessions cat" + ENTER)
    person.sees(f"  {first}")
    person.types(f"/resume {first}" + ENTER)
    person.sees("> cats?\nAbout cats.")
    person.types("more" + ENTER)
    person.sees("Cats again.")
    assert [m["content"] for m in server.chats[2]["messages"]] == ["cats?", "About cats.", "more"]
    person.types(CTRL_D)
    person.leaves()
    again = chat("-c")
    assert "4 messages so far" in again.screen


def test_export_writes_once_and_copy_goes_through_the_terminal(chat, server, tmp_path):
    server.reply("Look:\n```py\nx = 1\n```\n")
    person = chat(env={"DISPLAY": "", "WAYLAND_DISPLAY": ""})
    person.types("code" + ENTER)
    person.sees("x = 1")
    person.sees("price unknown")
    person.types("/copy code" + ENTER)
    person.sees("copied 6 characters")
    assert "\x1b]52;c;eCA9IDEK\x07" in person.terminal.getvalue()
    person.types("/export talk.md" + ENTER)
    person.sees("wrote ")
    person.types("/export talk.md" + ENTER)
    person.sees("is there already")
    assert "x = 1" in (tmp_path / "talk.md").read_text()
    person.types("/usage" + ENTER)
    person.sees("1 answer · 10 in / 5 out")


def test_several_lines_a_paste_and_a_shell_command(chat, server):
    server.reply("Got it.")
    person = chat()
    person.types("!echo from-the-shell; exit 3" + ENTER)
    person.sees("from-the-shell\nexit 3")
    person.types("one" + CTRL_J + "two\x1b[200~\npasted\nlines\x1b[201~" + ENTER)
    person.sees("Got it.")
    assert server.chats[0]["messages"][-1]["content"] == "one\ntwo\npasted\nlines"


def test_ctrl_c_ends_a_shell_command_and_not_the_chat(chat, server):
    server.reply("Still here.")
    person = chat()
    person.types("!echo begun; sleep 60" + ENTER)
    person.sees("\nbegun")
    person.types(CTRL_C)
    person.sees("exit ")
    person.types("well?" + ENTER)
    person.sees("Still here.")


def test_tab_completes_commands_and_paths(chat, tmp_path):
    (tmp_path / "unusual-name.txt").touch()
    person = chat()
    person.types("/sess")
    person.sees("List stored conversations")
    person.types(TAB)
    person.sees("> /sessions")
    person.types(CTRL_C)
    person.types("see @unus")
    person.sees("  unusual-name.txt")
    person.types(TAB)
    person.sees("> see @unusual-name.txt")


def test_a_tool_call_asks_first_and_runs_what_was_shown(chat, server, tmp_path):
    (tmp_path / ".env").write_text("SECRET=1")
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("I may not.")
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("I have read it.")
    person = chat("-T", "read_file")
    person.types("read" + ENTER)
    person.sees("The model wants to run: read_file")
    person.sees("  path: .env")
    person.sees("Allow?")
    person.types("that is private" + ENTER)
    person.sees("I may not.")
    assert "that is private" in json.dumps(server.chats[1]["messages"][-1])
    person.types("read it now" + ENTER)
    person.sees("wants to run: read_file\n  path: .env\n")
    while person.screen.count("Allow?") < 2:
        person.process.expect(r"(?s).+")
    person.types("y" + ENTER)
    person.sees("I have read it.")
    assert "SECRET=1" in json.dumps(server.chats[3]["messages"][-1])


@pytest.mark.parametrize("columns", [20, 40])
def test_narrow_terminals_work(chat, server, columns):
    server.reply("A somewhat longer answer with **bold** words and `code`.\n\n- one item that wraps\n")
    person = chat(size=(columns, 30))
    person.types("hi" + ENTER)
    person.sees("• one item that")
    person.types(CTRL_D)
    assert person.leaves() == 0


def test_without_a_terminal_it_says_so(rig):
    done = rig("chat")
    assert (done.code, done.out) == (2, "")
    assert done.err == 'rig: chat: needs a terminal (in a pipe: rig ask "your question")\n'


def test_a_terminal_that_can_do_nothing_gets_plain_text(chat, server):
    server.reply("plain **text**")
    person = chat(env={"TERM": "dumb"})
    person.types("hi" + ENTER)
    person.sees("plain **text**")


def test_show_says_where_the_terminal_shows_no_pictures(chat, tmp_path):
    """The terminal of these tests answers no question, so that nothing is written to it that it could not read."""
    (tmp_path / "a.png").write_bytes(png(2, 2))
    person = chat()
    person.types("/show a.png" + ENTER)
    person.sees("this terminal shows no pictures")
    assert "_G" not in person.screen
