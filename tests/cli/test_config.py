"""`rig config` from the outside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


@pytest.fixture
def file():
    return Path(os.environ["RIG_HOME"]) / "config" / "config.toml"


def test_set_get_explain_unset(rig, file, monkeypatch):
    assert rig("config", "get", "net.retries").out == "3\n"
    assert rig("config", "set", "net.retries", "5").code == 0
    assert rig("config", "get", "net.retries").out == "5\n"
    monkeypatch.setenv("RIG_NET_RETRIES", "7")
    explained = rig("config", "explain", "net.retries").out
    for words in (
        "How often",
        "7",
        "from       RIG_NET_RETRIES",
        f"overrides  5  ({file}:2)",
        "overrides  3  (default)",
    ):
        assert words in explained
    found = json.loads(rig("config", "explain", "net.retries", "--format", "json").out)
    assert (found["value"], found["origin"], found["env"]) == (7, "RIG_NET_RETRIES", "RIG_NET_RETRIES")
    assert "counts more" in rig("config", "set", "net.retries", "6").err
    assert rig("config", "unset", "net.retries").code == 0
    assert rig("config", "unset", "net.retries").code == 1


def test_a_setting_without_a_value_is_exit_1_and_no_output(rig):
    ran = rig("config", "get", "model")
    assert (ran.code, ran.out) == (1, "")


def test_values_come_out_as_a_script_wants_them(rig):
    rig("config", "set", "tools.enabled", "a", "b c")
    rig("config", "set", "model", "ollama/x")
    rig("config", "set", "offline", "yes")
    assert rig("config", "get", "tools.enabled").out == "a\nb c\n"
    assert rig("config", "get", "model").out == "ollama/x\n"
    assert rig("config", "get", "offline").out == "true\n"


def test_list_shows_every_setting_with_its_origin(rig, file):
    rig("config", "set", "aliases.fast", "ollama/x")
    lines = [line.split() for line in rig("config", "list").out.splitlines()]
    assert ["aliases.fast", '"ollama/x"', f"({file}:2)"] in lines
    rows = {row["key"]: row for row in json.loads(rig("config", "list", "--format", "json").out)["settings"]}
    assert rows["net.idle_timeout"] == {"key": "net.idle_timeout", "value": 60.0, "origin": "default"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "net.retires"), "did you mean net.retries?"),
        (("get", "net"), "is a table"),
        (("set", "net.retries", "many"), "must be a whole number"),
        (("set", "keys.openai", "sk-x"), "rig keys set"),
        (("explain", "nonsense"), "unknown setting"),
        (("trust", "nowhere"), "neither .rig nor AGENTS.md"),
    ],
)
def test_a_slip_is_one_line_and_changes_nothing(rig, file, words, said):
    ran = rig("config", *words)
    assert ran.code == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not file.exists()


def test_check_says_everything_that_is_wrong_and_exits_1(rig, file):
    assert rig("config", "check").code == 0
    file.parent.mkdir(parents=True)
    file.write_text("modle = 1\n[net]\nretries = 'x'\n")
    ran = rig("config", "check")
    assert ran.code == 1
    assert [line.partition(": ")[0] for line in ran.out.splitlines()] == [f"{file}:1", f"{file}:3"]
    assert rig("config", "list").code == 2


def test_edit_opens_the_editor_and_checks_what_it_left(rig, file, tmp_path, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    assert "neither VISUAL nor EDITOR is set" in rig("config", "edit").err
    editor = tmp_path / "my editor"
    editor.write_text("#!/bin/sh\necho 'modle = 1' >> \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"'{editor}'")
    ran = rig("config", "edit")
    assert ran.code == 1
    assert "did you mean model?" in ran.out
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("VISUAL", "false")
    assert "ended with exit 1" in rig("config", "edit").err
    monkeypatch.setenv("VISUAL", "/no/such/editor")
    assert rig("config", "edit").code == 2


def test_a_project_is_ignored_until_it_is_trusted(rig, tmp_path, monkeypatch):
    (tmp_path / ".rig").mkdir()
    (tmp_path / ".rig" / "config.toml").write_text('model = "ollama/x"\n')
    monkeypatch.chdir(tmp_path)
    ran = rig("config", "get", "model")
    assert ran.code == 1
    assert f"rig config trust {tmp_path}" in ran.err
    assert rig("config", "trust").out == f"{tmp_path / '.rig' / 'config.toml'}\n"
    assert rig("config", "get", "model").out == "ollama/x\n"
    assert rig("config", "untrust").code == 0
    assert rig("config", "get", "model").code == 1


def test_path_and_schema(rig, file):
    assert rig("config", "path").out == f"{file}\n"
    assert json.loads(rig("config", "schema").out)["type"] == "object"


def test_alone_it_says_what_there_is(rig):
    ran = rig("config")
    assert ran.code == 0
    assert "explain" in ran.out
