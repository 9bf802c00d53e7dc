"""A server's table: what it says, and one clear line for what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from rigcli.core.errors import ConfigError
from rigcli.tools.mcp.expand import Filler, fill, references
from rigcli.tools.mcp.spec import read_server


@pytest.mark.parametrize(
    ("name", "table", "said"),
    [
        ("a__b", {"command": "x"}, "no name for a server"),
        ("-a", {"command": "x"}, "no name for a server"),
        ("a", {}, "needs a command or a url"),
        ("a", {"command": "x", "url": "https://e.test"}, "not both"),
        ("a", {"url": "ftp://e.test"}, "no http or https URL"),
        ("a", {"comand": "x"}, "did you mean command"),
        ("a", {"command": "x", "args": "y"}, "args: must be a list"),
        ("a", {"command": "x", "env": {"A": 1}}, "env: must be a table"),
        ("a", {"command": "x", "timeout": 0}, "timeout: must be more than 0"),
        ("a", {"command": "x", "transport": "http"}, "does not go with a command"),
        ("a", {"url": "https://e.test", "oauth": {"scopes": "x"}}, "oauth: must be"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line_that_names_the_place(name: str, table: dict[str, Any], said: str):
    with pytest.raises(ConfigError) as caught:
        read_server(name, table, "config.toml:3")
    assert said in caught.value.line()
    assert caught.value.message.startswith("config.toml:3: ")


def test_the_transport_is_told_from_the_url_and_can_be_said():
    assert read_server("a", {"command": "x"}, "").transport == "stdio"
    assert read_server("a", {"url": "https://e.test/mcp"}, "").transport == "http"
    assert read_server("a", {"url": "https://e.test/sse"}, "").transport == "sse"
    assert not read_server("a", {"url": "https://e.test/mcp", "transport": "sse"}, "").guessed


def test_globs_choose_the_tools_that_are_offered():
    spec = read_server("a", {"command": "x", "enabled_tools": ["read_*"], "disabled_tools": ["*_secret"]}, "")
    assert [name for name in ("read_file", "read_secret", "write") if spec.offers(name)] == ["read_file"]


def test_variables_and_keys_are_filled_in_when_a_server_is_started():
    table = {
        "command": "${HOME}/bin/x",
        "args": ["^a$", "${N:-7}", "$$"],
        "env": {"TOKEN": "$SECRET", "B": "${env:SECRET}"},
        "cwd": "${workspaceFolder}/sub",
    }
    filler = Filler({"HOME": "/h", "SECRET": "s3"}, lambda name: None, "/work")
    filled = fill(read_server("a", table, ""), filler)
    assert (filled.command, filled.args, filled.cwd) == ("/h/bin/x", ("^a$", "7", "$"), "/work/sub")
    assert filled.env == {"TOKEN": "s3", "B": "s3"}
    keyed = read_server("a", {"url": "https://e.test", "headers": {"Authorization": "Bearer ${key:mcp/a}"}}, "")
    assert fill(keyed, Filler({}, lambda name: f"<{name}>", "/")).headers == {"Authorization": "Bearer <mcp/a>"}
    assert references(keyed) == ["${key:mcp/a}"]


@pytest.mark.parametrize(
    ("value", "said"),
    [("$NOT_THERE", "NOT_THERE is not set"), ("${key:mcp/x}", "rig keys set mcp/x"), ("${a b}", "cannot read ${a b}")],
)
def test_a_value_that_is_not_there_says_how_to_give_it(value: str, said: str):
    spec = read_server("a", {"command": "x", "env": {"T": value}}, "")
    with pytest.raises(ConfigError) as caught:
        fill(spec, Filler({}, lambda name: None, "/"))
    assert said in caught.value.line()


def test_a_projects_server_gets_no_variable_and_no_key_and_loosens_nothing():
    table = {"command": "x", "env": {"T": "$OPENAI_API_KEY"}, "private": False, "sends": False}
    spec = read_server("a", table, "p", own=False)
    assert spec.private
    assert spec.sends
    with pytest.raises(ConfigError, match="a project's server may not use"):
        fill(spec, Filler({"OPENAI_API_KEY": "k"}, lambda name: "k", "/"))
