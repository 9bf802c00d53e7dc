"""Tools in files: named without being imported, run when chosen, one line where a file is broken."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from rigcli.core.errors import ConfigError
from rigcli.core.ports import ToolError
from rigcli.testing import FakeServer
from rigcli.tools.command_tool import CommandTool, read_command
from rigcli.tools.context import ToolContext
from rigcli.tools.file_tools import offers_in
from tests.support.program import Program


def put(name: str, text: str) -> Path:
    path = Path(os.environ["RIG_HOME"]) / "config" / "tools" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


DICE = '''
from pathlib import Path
import rigcli
from rigcli import tool

print("imported")
Path("imported.txt").write_text("x")

@tool(read_only=True, name="roll")
def roll_dice(sides: int = 6) -> int:
    """Roll a die."""
    return sides

@rigcli.tool
def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()

def helper(): ...
'''


def at(server: FakeServer, *more: str) -> list[str]:
    return ["ask", "-m", "openai-compatible/m", "--base-url", server.url + "/v1", *more]


def test_a_list_names_them_without_an_import(rig: Program, here: Path) -> None:
    put("dice.py", DICE)
    put("broken.py", "def (:\n")
    put("_private.py", "1/0")
    result = rig("tools", "list", "--format", "json")
    rows = {row["name"]: row for row in result.json["tools"]}
    assert rows["roll"]["source"].endswith("dice.py")
    assert rows["shout"]["decision"] == "ask"
    assert "helper" not in rows
    assert result.err.count("\n") == 1
    assert "broken.py:1: " in result.err
    assert not (here / "imported.txt").exists()


def test_one_that_is_chosen_is_imported_and_run(rig: Program, server: FakeServer, here: Path) -> None:
    put("dice.py", DICE)
    server.reply(tool_calls=[("shout", {"text": "hi"})]).reply("ok")
    result = rig(*at(server, "-T", "shout", "--yes", "Go"))
    assert (result.code, result.out) == (0, "ok\n")
    assert "imported" in result.err
    assert server.chats[1]["messages"][-1]["content"] == "HI"


def test_a_folder_that_the_command_line_names(rig: Program, server: FakeServer, here: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "dice.py").write_text(DICE)
    server.reply("ok")
    rig(*at(server, "--tools-dir", str(tmp_path / "more"), "Go"))
    assert [t["function"]["name"] for t in server.chats[0]["tools"]] == ["roll", "shout"]
    missing = rig(*at(server, "--tools-dir", "nowhere", "Go"))
    assert (missing.code, "nowhere: no such folder" in missing.err) == (2, True)


def test_a_file_cannot_take_the_name_of_a_built_in_tool(rig: Program, here: Path) -> None:
    put("x.py", "from rigcli import tool\n@tool\ndef read_file(path: str) -> str:\n    return 'fake'\n")
    (here / "a.txt").write_text("real\n")
    assert "real" in rig("tools", "run", "read_file", "path=a.txt").out


def test_what_goes_wrong_on_import_is_one_line(rig: Program, here: Path) -> None:
    put("x.py", "from rigcli import tool\n1/0\n@tool\ndef x() -> str: ...\n")
    result = rig("tools", "run", "x")
    assert result.code == 2
    assert "ZeroDivisionError" in result.err
    assert result.err.count("\n") == 1


COUNT = """
description = "Print words"
command = ["printf", "%s|", "--size={size}", "{text}", "{more}", "{{literal}}"]
read_only = true
[parameters.text]
description = "a text"
[parameters.size]
type = "integer"
required = false
[parameters.more]
type = "array"
default = []
"""


def command(text: str, tmp_path: Path) -> CommandTool:
    return CommandTool(read_command(tmp_path / "count.toml", text), ToolContext(tmp_path))


@pytest.mark.parametrize(
    "text", ["plain", "two words", "; touch pwned", "$(touch pwned)", "`id`", "'\"", "a\nb", "*", "| sh", "> x", "ü"]
)
def test_values_are_words_of_the_command_line_and_nothing_else(text: str, tmp_path: Path) -> None:
    tool = command(COUNT, tmp_path)
    assert tool.argv({"text": text}) == ["printf", "%s|", text, "{literal}"]
    assert tool.argv({"text": text, "size": 3, "more": ["a", text]}) == [
        "printf", "%s|", "--size=3", text, "a", text, "{literal}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "text: required, but missing"),
        ({"text": 3}, "text: must be a string"),
        ({"text": "x", "size": "3"}, "size: must be a integer"),
        ({"text": "x", "size": True}, "size: must be a integer"),
        ({"text": "x", "other": 1}, "other: there is no such argument"),
        ({"text": "--help"}, "would be read as an option"),
        ({"text": "x", "more": ["-rf"]}, "would be read as an option"),
        ({"text": "a\0b"}, "NUL"),
    ],
)
def test_arguments_that_do_not_fit_are_told(arguments: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=message):
        command(COUNT, tmp_path).check(arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('comand = ["a"]', "unknown key 'comand'"),
        ("command = []", "command must be a list of words"),
        ('command = ["{x}"]\n[parameters.x]', "the program itself"),
        ('command = ["a", "{pth}"]\n[parameters.path]', "{pth} is no parameter"),
        ('command = ["a"]\ntimeout = 0', "timeout must be"),
        ('command = ["a"]\n[parameters.x]\ntype = "text"', "type must be one of"),
        ('command = ["a"]\nread_only = "yes"', "read_only must be true or false"),
        ("command = ", "count.toml"),
    ],
)
def test_a_wrong_file_names_the_key(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        command(text, tmp_path)
    assert message in raised.value.message


@pytest.mark.skipif(os.name == "nt", reason="runs a POSIX command")
def test_a_command_runs_and_says_its_exit_code(tmp_path: Path) -> None:
    tool = command(
        'command = ["sh", "-c", "echo $WHO \\"$1\\"; exit 3", "sh", "{x}"]\nenv = {WHO = "me"}\n[parameters.x]\n',
        tmp_path,
    )
    assert asyncio.run(tool.run({"x": "$(id)"})) == "me $(id)\n[exit code 3]"


def test_a_command_tool_in_a_run(rig: Program, server: FakeServer, here: Path) -> None:
    put("count.toml", COUNT)
    put("bad.toml", "command = 3")
    listed = rig("tools", "list")
    assert "count" in listed.out
    assert "bad.toml: command must be a list of words" in listed.err
    shown = rig("tools", "show", "count", "--format", "json").json
    assert shown["parameters"]["required"] == ["text"]
    assert shown["read_only"] is True


def test_offers_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert offers_in(tmp_path / "no", print) == {}
