"""Rules about tool calls: deny beats ask beats allow, and nothing slips past by another spelling."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import ConfigError
from rigcli.home.permits import Permits
from rigcli.home.rules import Place, parse_rule, quote
from rigcli.home.settings import load


@pytest.fixture
def place(tmp_path):
    root = tmp_path / "work"
    for name in ("docs/deep", "secret", ".git/hooks"):
        (root / name).mkdir(parents=True)
    (tmp_path / "rig").mkdir()
    (root / "link").symlink_to(tmp_path)
    (root / "docs" / "passwd").symlink_to("/etc/passwd")
    (root / "inside").symlink_to(root / "docs")
    return root


def permits(place, **rules):
    lists = {name: tuple(parse_rule(text) for text in texts) for name, texts in rules.items()}
    return Permits(place, own=(place.parent / "rig",), **lists)


def decide(rules, name, read_only=False, origin="built-in", approve="rules", **arguments):
    return rules.decide(name, arguments, read_only=read_only, origin=origin, approve=approve).decision


def test_built_in_readers_are_allowed_inside_the_working_folder_and_nothing_else_is(place):
    rules = permits(place)
    inside = ["a.txt", "docs/deep/x", ".", "docs/../a", "./x", str(place / "x"), "inside/x"]
    outside = ["..", "../x", "/etc/passwd", "docs/../../x", "link/x", "docs/passwd", "~/x", f"{place}2/x"]
    assert {decide(rules, "read_file", read_only=True, path=path) for path in inside} == {"allow"}
    assert {decide(rules, "read_file", read_only=True, path=path) for path in outside} == {"ask"}
    assert decide(rules, "grep", read_only=True, pattern="x", paths=["docs", "../x"]) == "ask"
    assert decide(rules, "write_file", path="a.txt") == "ask"
    assert decide(rules, "read_file", read_only=True, origin="plug-in x", path="a.txt") == "ask"


def test_deny_beats_ask_beats_allow(place):
    rules = permits(place, allow=["*"], ask=["write_file"], deny=["write_file(path=secret/**)"])
    assert decide(rules, "shell", command="ls") == "allow"
    assert decide(rules, "write_file", path="a") == "ask"
    assert decide(rules, "write_file", path="secret/a") == "deny"


@pytest.mark.parametrize(
    "path", ["secret/x", "./secret/x", "docs/../secret/x", "secret", "link/work/secret/x", "SELF/secret/x", "secret//x"]
)
def test_a_denied_folder_is_denied_by_any_spelling(place, path):
    rules = permits(place, allow=["*"], deny=["*(path=secret/**)"])
    assert decide(rules, "read_file", read_only=True, path=path.replace("SELF", str(place))) == "deny"


def test_one_bad_path_of_several_is_enough_to_deny_and_too_few_to_allow(place):
    rules = permits(place, allow=["copy(paths=docs/**)"], deny=["copy(paths=secret/**)"])
    assert decide(rules, "copy", paths=["docs/a", "docs/b"]) == "allow"
    assert decide(rules, "copy", paths=["docs/a", "b"]) == "ask"
    assert decide(rules, "copy", paths=["docs/a", "secret/b"]) == "deny"
    assert decide(rules, "copy", paths=[]) == "ask"


def test_what_a_link_leads_to_is_what_must_be_allowed(place):
    rules = permits(place, allow=["read_file(path=docs/**)"])
    assert decide(rules, "read_file", path="docs/deep/x") == "allow"
    assert decide(rules, "read_file", path="inside/deep/x") == "allow"
    assert decide(rules, "read_file", path="docs/passwd") == "ask"
    assert decide(permits(place, allow=["read_file(path=link/**)"]), "read_file", path="link/x") == "ask"


def test_stars_and_folders(place):
    rules = permits(place, allow=["t(path=docs/*.md)", "u(path=**/*.py)", "v(path=a?[bc].txt)", "w(path=../x/**)"])
    assert decide(rules, "t", path="docs/a.md") == "allow"
    assert decide(rules, "t", path="docs/deep/a.md") == "ask"
    assert decide(rules, "u", path="a.py") == "allow"
    assert decide(rules, "u", path="docs/deep/a.py") == "allow"
    assert decide(rules, "v", path="axb.txt") == "allow"
    assert decide(rules, "v", path="a/b.txt") == "ask"
    assert decide(rules, "w", path="../x/y") == "allow"
    assert decide(rules, "w", path="x/y") == "ask"


@pytest.mark.parametrize(
    "command",
    [
        "git log; rm -rf ~", "git log && x", "git log | sh", "git log\nrm x", "git $(rm x)", "git `rm x`", "git log > x",
        "git log & x", "git <(x)", "git {a,b}", "git *", "git $HOME", "git -c a=b log", "git 'log",
    ],
)  # fmt: skip
def test_a_glob_on_commands_allows_plain_words_only(place, command):
    rules = permits(place, allow=["shell(command=git *)"])
    assert decide(rules, "shell", command="git log --oneline") == "allow"
    assert decide(rules, "shell", command=command) == "ask"
    exact = rules.decide("shell", {"command": command}).rule
    rules.always(exact)
    assert decide(rules, "shell", command=command) == "allow"
    assert decide(rules, "shell", command=command + "x") == "ask"


def test_a_deny_rule_on_commands_needs_no_plain_words(place):
    rules = permits(place, allow=["*"], deny=["shell(command=*rm -rf*)"])
    assert decide(rules, "shell", command="true; rm -rf /") == "deny"


def test_rigs_own_files_are_out_of_reach_whatever_is_allowed(place):
    rules = permits(place, allow=["*"])
    for path in ("../rig/data/keys.json", "../rig", "link/rig/x", str(place.parent / "rig" / "x")):
        for approve in ("rules", "all"):
            assert decide(rules, "read_file", read_only=True, path=path, approve=approve) == "deny"


@pytest.mark.parametrize(
    "path", [".git/hooks/pre-commit", ".rig/config.toml", "a/.GIT/config", ".bashrc", "docs/.envrc"]
)
def test_what_runs_later_by_itself_is_asked_about_each_time(place, path):
    rules = permits(place, allow=["*"])
    found = rules.decide("write_file", {"path": path}, approve="all")
    assert (found.decision, found.floor) == ("ask", True)
    assert decide(rules, "write_file", path=path, approve="never") == "deny"
    rules.always(found.rule)
    assert decide(rules, "write_file", path=path) == "ask"
    assert decide(rules, "read_file", read_only=True, path=path) == "allow"


def test_approve_all_and_never(place):
    rules = permits(place, deny=["bad"])
    assert decide(rules, "write_file", path="a", approve="all") == "allow"
    assert decide(rules, "write_file", path="a", approve="never") == "deny"
    assert decide(rules, "bad", approve="all") == "deny"
    assert decide(rules, "read_file", read_only=True, path="a", approve="never") == "allow"


@pytest.mark.parametrize(
    ("name", "arguments", "rule"),
    [
        ("write_file", {"path": "docs/../a b.md", "content": "x"}, "write_file(path=a b.md)"),
        ("shell", {"command": 'ls "a, b"'}, 'shell(command="ls \\"a, b\\"")'),
        ("weather", {"city": "Paris"}, "weather"),
        ("mcp.x.y", {}, "mcp.x.y"),
        ("read_file", {"path": "/etc/hosts"}, "read_file(path=/etc/hosts)"),
        ("read_file", {"path": "/nowhere/a*b"}, "read_file(path=/nowhere/a[*]b)"),
    ],
)
def test_ask_names_the_narrowest_rule_that_would_allow_it(place, name, arguments, rule):
    rules = permits(place)
    found = rules.decide(name, arguments)
    assert (found.decision, found.rule) == ("ask", rule)
    rules.always(found.rule)
    assert rules.decide(name, arguments).decision == "allow"


@given(st.text(max_size=30))
def test_a_quoted_value_fits_itself_and_is_read_back(value):
    rule = parse_rule(f"t(x={quote(value)})")
    here = Place(Path("/"))
    assert rule.fits("t", {"x": value}, here, wary=False)
    assert not rule.fits("t", {"x": value + "!"}, here, wary=False)


@given(st.text(max_size=30))
def test_any_text_is_a_rule_or_a_clear_mistake(text):
    said = "rule"
    try:
        rule = parse_rule(text)
        assert rule.fits("\0", {"path": text}, Place(Path("/")), wary=True) in (True, False)
    except ConfigError as error:
        said = error.message
    assert "rule" in said


@pytest.mark.parametrize("text", ["", "(x=1)", "a(b=c", "a(b)", "a(=c)", "two words", "a(b=c)d", "a(b=c d=e)x"])
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ConfigError):
        parse_rule(text)


@pytest.mark.parametrize("path", ["a\x00b", "x" * 5000, "", "\udcff"])
def test_a_path_that_no_system_takes_is_asked_about_or_harmless(place, path):
    assert decide(permits(place, deny=["*(path=secret/**)"]), "write_file", path=path) == "ask"


def test_rules_come_from_the_settings(tmp_path):
    env = {"HOME": str(tmp_path), "RIG_HOME": str(tmp_path / "rig"), "RIG_PERMITS_DENY": "shell,mcp.*"}
    rules = Permits.of(load(env, tmp_path), tmp_path)
    assert decide(rules, "shell") == "deny"
    assert decide(rules, "mcp.files.read") == "deny"
    assert decide(rules, "read_file", read_only=True, path=os.fspath(tmp_path / "rig" / "data")) == "deny"
    with pytest.raises(ConfigError, match=r"permits\.deny"):
        Permits.of(load({**env, "RIG_PERMITS_DENY": "(x"}, tmp_path), tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        *(
            ".git/hooks/pre-commit",
            ".GIT/config",
            "sub/.git/x",
            ".git./x",
            ".git /x",
            "git~1/config",
            ".g\u200cit/config",
        ),
        *(".git::$INDEX_ALLOCATION/x", ".rig/config.toml", ".bashrc", ".vscode/tasks.json", ".venv/lib/x.pth", "x.pth"),
    ],
)
def test_one_path_among_many_that_runs_later_is_asked_about(tmp_path, path):
    rules = Permits(tmp_path, allow=(parse_rule("edit_file"),))
    for paths in ([path], ["a.txt", path], path):
        decided = rules.decide("edit_file", {"path": paths}, approve="all")
        assert (decided.decision, decided.floor) == ("ask", True)
    assert rules.decide("edit_file", {"path": ["a.txt", "b.txt"]}).decision == "allow"


def test_rules_are_held_against_each_path_of_a_call(tmp_path):
    rules = Permits(
        tmp_path, allow=(parse_rule("edit_file(path=src/**)"),), deny=(parse_rule("edit_file(path=*.key)"),)
    )
    assert rules.decide("edit_file", {"path": ["src/a", "src/b"]}).decision == "allow"
    asked = rules.decide("edit_file", {"path": ["src/a", "lib/b"]})
    assert (asked.decision, asked.rule) == ("ask", "edit_file(path=**)")
    assert rules.decide("edit_file", {"path": ["lib/a", "lib/b c"]}).rule == "edit_file(path=lib/**)"
    assert rules.decide("edit_file", {"path": ["src/a", "x.key"]}).decision == "deny"
