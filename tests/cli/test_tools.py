"""Tools from outside: `rig tools`, tools in `rig ask`, and a plug-in that is really installed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rigcli.cli.tools import typed
from rigcli.testing import FakeServer
from tests.conftest import ROOT
from tests.support.program import Program, process


def at(server: FakeServer, *more: str) -> list[str]:
    return ["ask", "-m", "openai-compatible/m", "--base-url", server.url + "/v1", *more]


def told(server: FakeServer) -> list[str]:
    """What the model was told about its calls, in the last request."""
    return [message["content"] for message in server.chats[-1]["messages"] if message["role"] == "tool"]


# ---------------------------------------------------------------- rig tools


def test_the_list_says_source_rules_and_whether_it_only_reads(rig: Program, here: Path) -> None:
    result = rig("tools", "list", "--format", "json")
    rows = {row["name"]: row for row in result.json["tools"]}
    assert rows["grep"] == {"name": "grep", "source": "built-in", "read_only": True, "decision": "allow"}
    lines = rig("tools", "list").out.splitlines()
    assert lines[0].split() == ["read_file", "built-in", "allow", "read-only"]


def test_show_prints_what_a_model_is_told(rig: Program, here: Path) -> None:
    about = rig("tools", "show", "read_file", "--format", "json").json
    assert about["parameters"]["required"] == ["path"]
    assert about["decision"] == "allow"
    text = rig("tools", "show", "read_file")
    assert "Read a text file of the working folder" in text.out
    assert '"required"' in text.out


@pytest.mark.parametrize(
    "arguments", [["path=a.txt", "end=1"], ['{"path": "a.txt", "end": 1}'], ["path=a.txt", "end=1", "--format", "json"]]
)
def test_run_prints_what_a_model_would_get(rig: Program, here: Path, arguments: list[str]) -> None:
    (here / "a.txt").write_text("one\ntwo\n")
    result = rig("tools", "run", "read_file", *arguments)
    assert result.code == 0
    out = result.json["result"] if "--format" in arguments else result.out.rstrip("\n")
    assert out == "     1\tone\n[lines 1-1 of 2]"


def test_run_reads_arguments_from_stdin(rig: Program, here: Path) -> None:
    (here / "a.txt").write_text("one\n")
    assert rig("tools", "run", "grep", "-", stdin=b'{"pattern": "o.e"}').out == "a.txt:1:one\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["read_fle"], "rig: no tool 'read_fle' (did you mean read_file"),
        (["read_file", "a.txt"], "rig: arguments: 'a.txt' is no KEY=VALUE (see `rig tools show read_file`)\n"),
        (["read_file", "{"], "rig: arguments: not valid JSON"),
        (["read_file", "-"], "rig: arguments: not valid JSON"),
        (["read_file"], "rig: tool read_file: invalid arguments: path: required, but missing\n"),
        (["read_file", "path=x", "lines=3"], "lines: there is no such argument"),
        (["read_file", "path=../x"], "outside the working folder"),
        (["grep", "pattern=(("], "no regular expression"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(rig: Program, here: Path, arguments: list[str], message: str) -> None:
    result = rig("tools", "run", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_escapes_in_a_result_do_not_reach_the_terminal(rig: Program, here: Path) -> None:
    (here / "a.txt").write_text("x\x1b]0;pwned\x07y\n")
    assert rig("tools", "run", "read_file", "path=a.txt").out == "     1\txy\n"


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("5", {"type": "string"}, "5"),
        ("5", {"type": "integer"}, 5),
        ("true", {"type": "boolean"}, True),
        ("null", {"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ("5", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "5"),
        ("[1,2]", {"type": "array"}, [1, 2]),
        ("x", {"type": "integer"}, "x"),
        ("5", {}, 5),
    ],
)
def test_values_on_the_command_line_are_typed_by_the_schema(text: str, schema: dict[str, Any], value: Any) -> None:
    assert typed(text, schema) == value


# ---------------------------------------------------------------- rig ask with tools


def test_a_tool_runs_and_its_result_goes_back(rig: Program, server: FakeServer, here: Path) -> None:
    (here / "notes.txt").write_text("the answer is 42\n")
    server.reply(tool_calls=[("read_file", {"path": "notes.txt"})]).reply("It is 42.")
    result = rig(*at(server, "-T", "read_*", "--format", "json", "what is it?"))
    assert (result.code, result.json["text"], result.json["finish_reason"]) == (0, "It is 42.", "stop")
    [call] = result.json["tool_calls"]
    assert (call["name"], call["arguments"], call["decision"]) == ("read_file", {"path": "notes.txt"}, "allow")
    assert call["result"] == "     1\tthe answer is 42"
    assert [tool["function"]["name"] for tool in server.chats[0]["tools"]] == ["read_file"]
    assert told(server) == ["     1\tthe answer is 42"]
    assert result.json["usage"]["input_tokens"] == 20


@pytest.mark.parametrize("wire", ["openai-chat", "anthropic-messages", "ollama"])
@pytest.mark.parametrize("stream", [True, False])
def test_several_calls_and_their_results_travel_on_every_wire(
    rig: Program, server: FakeServer, here: Path, wire: str, stream: bool
) -> None:
    (here / "a.txt").write_text("alpha\n")
    calls = [("read_file", {"path": "a.txt"}), ("list_dir", {}), ("read_file", {"path": "b.txt"})]
    server.reply("Looking.", tool_calls=calls).reply("Done.")
    flags = ["--base-url", server.url, "--wire", wire, *([] if stream else ["--no-stream"])]
    result = rig("ask", "-m", "openai-compatible/m", *flags, "-T", "*", "--format", "json", "look")
    assert (result.code, result.json["text"]) == (0, "Done."), result.err
    assert [call["result"] for call in result.json["tool_calls"]][:2] == ["     1\talpha", "a.txt  6"]
    assert "no such file" in result.json["tool_calls"][2]["error"]
    sent = json.dumps(server.chats[1]["messages"])
    assert sent.index("alpha") < sent.index("a.txt  6") < sent.index("no such file")
    roles = [message["role"] for message in server.chats[1]["messages"]]
    results = ["user"] if wire == "anthropic-messages" else ["tool"] * 3
    assert roles == ["user", "assistant", *results]


def test_a_secret_file_needs_a_yes_and_nobody_is_there(rig: Program, server: FakeServer, here: Path) -> None:
    (here / ".env").write_text("KEY=sk-canary-12345678\n")
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("I may not look.")
    result = rig(*at(server, "-T", "read_file", "what is in it?"))
    assert (result.code, result.out) == (5, "I may not look.\n")
    assert "read_file(path=.env)" in result.err
    assert "User rejected this tool call" in told(server)[0]


def test_yes_allows_what_would_be_asked_and_keys_are_masked(rig: Program, server: FakeServer, here: Path) -> None:
    (here / ".env").write_text("KEY=sk-canary-12345678\n")
    server.reply(tool_calls=[("read_file", {"path": ".env"})]).reply("done")
    assert rig(*at(server, "-T", "read_file", "--yes", "x")).code == 0
    assert told(server) == ["     1\tKEY=[redacted]"]


def test_with_one_turn_calls_are_reported(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply(tool_calls=[("read_file", {"path": "x"})])
    result = rig(*at(server, "-T", "read_file", "--max-turns", "1", "--format", "json", "x"))
    assert (result.code, result.json["finish_reason"]) == (0, "tool_calls")
    [call] = result.json["tool_calls"]
    assert (call["name"], call["result"], call["error"]) == ("read_file", None, None)


def test_the_turn_limit_is_exit_7(rig: Program, server: FakeServer, here: Path) -> None:
    (here / "x").write_text("x")
    for line in (1, 2):
        server.reply(tool_calls=[("read_file", {"path": "x", "start": line})])
    result = rig(*at(server, "-T", "read_file", "--max-turns", "2", "--format", "json", "x"))
    assert (result.code, result.json["finish_reason"]) == (7, "tool_calls")
    assert "2 model calls" in result.err


def test_a_declared_tool_is_reported_and_never_run(rig: Program, server: FakeServer, here: Path) -> None:
    spec = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}
    (here / "tools.json").write_text(json.dumps([spec]))
    server.reply(tool_calls=[("book", {"day": "today"})])
    result = rig(*at(server, "--tools-file", "tools.json", "--format", "json", "x"))
    assert (result.code, result.json["finish_reason"]) == (0, "tool_calls")
    assert result.json["tool_calls"][0]["arguments"] == {"day": "today"}


def test_a_session_with_reported_calls_can_go_on(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply(tool_calls=[("read_file", {"path": "x"})]).reply("fine")
    rig(*at(server, "-T", "read_file", "--max-turns", "1", "x"))
    assert rig(*at(server, "-c", "and now?")).out == "fine\n"
    roles = [message["role"] for message in server.chats[-1]["messages"]]
    assert roles == ["user", "assistant", "tool", "user"]


def test_an_unknown_tool_is_told_before_anything_is_sent(rig: Program, server: FakeServer, here: Path) -> None:
    result = rig(*at(server, "-T", "grpe", "x"))
    assert result.code == 2
    assert "did you mean grep?" in result.err
    assert server.requests == []


# ---------------------------------------------------------------- a plug-in of its own


@pytest.fixture(scope="module")
def dice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example plug-in, installed into a folder of its own."""
    target = tmp_path_factory.mktemp("plugins")
    source = ROOT / "examples" / "rig-tool-dice"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", target, source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


def write_plugin(folder: Path, name: str, code: str) -> None:
    """Install a distribution `dist-NAME` with one tool, as pip would leave it."""
    info = folder / f"dist_{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dist-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[rigcli.tools.v1]\n{name} = {name}_module:{name}\n")
    (folder / f"{name}_module.py").write_text(code)


def with_plugin(dice: Path, *argv: str, cwd: Path, **env: str) -> tuple[int, str, str]:
    running = process(*argv, env={"PYTHONPATH": str(dice), **env}, cwd=cwd)
    out, err = running.communicate(timeout=60)
    return running.returncode, out.decode(), err.decode()


def test_an_installed_plugin_is_listed_shown_and_run(dice: Path, here: Path) -> None:
    code, out, err = with_plugin(dice, "tools", "list", cwd=here)
    assert code == 0, err
    assert ["roll_dice", "rig-tool-dice", "0.1.0", "ask"] in [line.split() for line in out.splitlines()]
    code, out, err = with_plugin(dice, "tools", "show", "roll_dice", "--format", "json", cwd=here)
    assert json.loads(out)["parameters"]["properties"]["sides"]["default"] == 6
    code, out, err = with_plugin(dice, "tools", "run", "roll_dice", "count=3", "sides=20", cwd=here)
    rolled = json.loads(out)
    assert (code, len(rolled["rolls"]), rolled["sum"]) == (0, 3, sum(rolled["rolls"]))
    (here / "names.txt").write_text("Ada\nAda\n")
    assert with_plugin(dice, "tools", "run", "draw_lots", cwd=here)[:2] == (0, "Ada\n")
    code, _, err = with_plugin(dice, "tools", "run", "draw_lots", "path=../names.txt", cwd=here)
    assert (code, "outside the working folder" in err) == (2, True)


def test_a_plugin_starts_at_ask_and_a_rule_lets_it_run(dice: Path, here: Path, server: FakeServer) -> None:
    for env, code in (({}, 5), ({"RIG_PERMITS_ALLOW": "roll_dice"}, 0)):
        server.reply(tool_calls=[("roll_dice", {"count": 2})]).reply("rolled")
        ended, out, err = with_plugin(dice, *at(server, "-T", "roll_dice", "roll"), cwd=here, **env)
        assert (ended, out) == (code, "rolled\n"), err
    assert '"sum"' in told(server)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals and named pipes are POSIX")
def test_ctrl_c_in_a_tool_keeps_a_session_that_can_go_on(tmp_path: Path, here: Path, server: FakeServer) -> None:
    """The tool opens a named pipe, so the test knows when it runs; its thread never ends by itself."""
    pipe = tmp_path / "running"
    os.mkfifo(pipe)
    write_plugin(
        tmp_path,
        "waiter",
        "from pathlib import Path\nimport threading\nfrom rigcli import tool\n@tool\ndef waiter(path: str) -> str:\n"
        "    Path(path).open('w').close()\n    threading.Event().wait()\n    return ''\n",
    )
    server.reply(tool_calls=[("waiter", {"path": str(pipe)})]).reply("going on")
    env = {"PYTHONPATH": str(tmp_path)}
    running = process(*at(server, "-T", "waiter", "--yes", "wait"), env=env, cwd=here)
    pipe.open("r").close()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert with_plugin(tmp_path, *at(server, "-c", "well?"), cwd=here)[:2] == (0, "going on\n")
    assert "cancelled" in told(server)[0]


def test_plugins_can_be_turned_off(dice: Path, here: Path) -> None:
    code, out, _ = with_plugin(dice, "tools", "list", cwd=here, RIG_NO_PLUGINS="1")
    assert (code, "dice" in out) == (0, False)


def test_a_plugin_that_breaks_breaks_nothing_else(tmp_path: Path, here: Path) -> None:
    write_plugin(tmp_path, "leaver", "import sys\nprint('hello')\nsys.exit(3)\n")
    write_plugin(
        tmp_path,
        "chatty",
        "from rigcli import tool\n@tool\ndef chatty() -> str:\n    print('noise')\n    return 'result'\n",
    )
    code, out, _ = with_plugin(tmp_path, "tools", "list", cwd=here)
    assert (code, "leaver" in out) == (0, True)
    code, out, err = with_plugin(tmp_path, "tools", "run", "leaver", cwd=here)
    assert (code, out) == (2, "")
    assert "plug-in leaver of dist-leaver 1.0: SystemExit: 3" in err
    code, out, err = with_plugin(tmp_path, "tools", "run", "chatty", cwd=here)
    assert (code, out) == (0, "result\n")
    assert "noise" in err


# ---------------------------------------------------------------- rig tools check


def test_check_tells_what_the_rules_say_about_a_command_line_and_runs_nothing(rig: Program, here: Path) -> None:
    rig("config", "set", "permits.allow", '["shell(command=git *)", "shell(command=head *)"]')
    rig("config", "set", "permits.deny", '["shell(command=rm *)"]')
    allowed = rig("tools", "check", "git log | head -3")
    assert (allowed.code, allowed.out.splitlines()[0]) == (
        0, "allow, by shell(command=git *), shell(command=head *)",
    )  # fmt: skip
    asked = rig("tools", "check", "git -c core.pager=x log", "--format", "json")
    assert asked.code == 1
    assert asked.json["decision"] == "ask"
    assert "git -c can do more than it says" in asked.json["why"]
    denied = rig("tools", "check", "touch made; sudo rm -rf x")
    assert denied.code == 1
    assert denied.out.splitlines() == [
        "deny, by shell(command=rm *)", "it would run:", "  touch made", "  sudo rm -rf x", "  rm -rf x",
    ]  # fmt: skip
    assert not (here / "made").exists()


# ---------------------------------------------------------------- what a model wrote is run


@pytest.mark.skipif(os.name == "nt", reason="the sandbox needs a POSIX system")
def test_an_allowed_command_runs_in_the_box_and_its_output_goes_to_the_model(rig: Program, here: Path) -> None:
    rig("config", "set", "permits.allow", '["shell(command=ls *)"]')
    (here / "a.txt").write_text("x")
    with FakeServer() as server:
        server.reply(tool_calls=[("shell", {"command": "ls"}), ("shell", {"command": "ls; touch made"})]).reply("Done.")
        result = rig(*at(server, "-T", "shell", "What is here?"))
        assert told(server)[0] == "a.txt"
        assert "nobody was there to approve it" in told(server)[1]
    assert result.code == 5
    assert "│ a.txt" in result.err
    assert not (here / "made").exists()


def test_what_reaches_the_web_is_asked_about_and_what_stays_here_is_not(rig: Program, here: Path) -> None:
    rows = {row["name"]: row["decision"] for row in rig("tools", "list", "--format", "json").json["tools"]}
    assert {rows[name] for name in ("fetch_url", "web_search", "memory")} == {"ask"}
    assert {rows[name] for name in ("think", "time", "ask_user", "search_index")} == {"allow"}


def test_an_index_is_a_tool(rig: Program, server: FakeServer, here: Path) -> None:
    (here / "notes.md").write_text("# Bridges\n\nThe bridge opens at seven.\n")
    assert rig("index", ".", "--name", "mine", "--no-vectors").code == 0
    server.reply(tool_calls=[("search_mine", {"query": "bridge opens"})]).reply("At seven.")
    assert rig(*at(server, "-T", "search_*", "when?")).code == 0
    assert "notes.md:1-3" in told(server)[0]
