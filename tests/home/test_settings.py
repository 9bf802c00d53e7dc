"""Settings: one table, five layers, and every mistake with its place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import BugError, ConfigError
from rigcli.home.settings import load, stray_variables
from rigcli.home.settings_check import check_all
from rigcli.home.settings_edit import add_to_list, set_value, unset
from rigcli.home.settings_file import locate, parse_file, problems
from rigcli.home.settings_schema import markdown, schema
from rigcli.home.settings_table import TABLE, check, find, read_text, split


@pytest.fixture
def env(tmp_path):
    return {"HOME": str(tmp_path), "RIG_HOME": str(tmp_path / "rig")}


@pytest.fixture
def write(tmp_path):
    file = tmp_path / "rig" / "config" / "config.toml"
    file.parent.mkdir(parents=True)

    def put(text):
        file.write_text(text, encoding="utf-8")
        return file

    return put


def test_without_any_file_the_defaults_count_and_nothing_is_made(env, tmp_path):
    settings = load(env, tmp_path)
    assert [settings.get(row.key) for row in TABLE if not row.is_pattern] == [
        row.default for row in TABLE if not row.is_pattern
    ]
    assert settings.origin("net.retries") == "default"
    assert list(tmp_path.iterdir()) == []


def test_flag_beats_environment_beats_file_beats_default(env, tmp_path, write):
    file = write('[net]\nretries = 1\n\n# more\n[ui]\ntheme = "dark"\n')
    env["RIG_NET_RETRIES"] = "2"
    settings = load(env, tmp_path, {"net.retries": 4, "model": None})
    assert [tuple(found) for found in settings.trail("net.retries")] == [
        (4, "flag"),
        (2, "RIG_NET_RETRIES"),
        (1, f"{file}:2"),
        (3, "default"),
    ]
    assert (settings.get("net.retries"), settings.origin("ui.theme")) == (4, f"{file}:6")
    assert settings.origin("model") == "default"


def test_every_setting_can_be_set_by_its_variable(env, tmp_path):
    words = {"str": "x", "int": "7", "float": "7.5", "bool": "true", "list": "a,b", "scalar": "0.5", "any": "x"}
    for row in TABLE:
        if row.key == "providers.*.*":
            name, key, word = "RIG_PROVIDERS_MY_SERVER_BASE_URL", "providers.my-server.base_url", "http://x"
        elif row.key == "routers.*.*":
            name, key, word = "RIG_ROUTERS_MINE_STRATEGY", "routers.mine.strategy", "cost"
        elif row.key == "mcp.*.*":
            name, key, word = "RIG_MCP_MINE_URL", "mcp.mine.url", "http://x"
        else:
            name, key = row.env.replace("<NAME>", "MINE"), row.key.replace("*", "mine")
            word = row.choices[0] if row.choices else words[row.kind]
        settings = load({**env, name: word}, tmp_path)
        assert settings.origin(key) == name
        assert stray_variables({name: word}) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[net]\nretires = 1\n", ":2: unknown setting 'net.retires'"),
        ("modle = 'x'\n", ":1: unknown setting 'modle'"),
        ("[net]\nretries = 'x'\n", ":2: net.retries must be a whole number, not 'x'"),
        ("[net]\nretries = true\n", ":2: net.retries must be a whole number, not True"),
        ("[net]\nretries = -1\n", ":2: net.retries must be at least 0, not -1"),
        ("[net]\nidle_timeout = nan\n", ":2: net.idle_timeout must be a number, not nan"),
        ("[ui]\nkeys = 'nano'\n", ":2: ui.keys must be one of emacs, vi, not 'nano'"),
        ("[tools]\nenabled = 'x'\n", ":2: tools.enabled must be a list of texts, not 'x'"),
        ("model = 3\n", ":1: model must be text, not 3"),
        ("net = 3\n", ":1: net is a table: write [net]"),
        ("[model]\nname = 'x'\n", ":1: model must be text, not {'name': 'x'}"),
        ("[keys]\nopenai = 'sk-x'\n", ":2: keys.openai is a table: write [keys.openai]"),
        ("a = \n", ":1:5: invalid value"),
        ("x = [1,\n", ":1:8: "),
        ('model = "a\n', ":1:"),
        ("a = 1\na = 2\n", ":2:"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(env, tmp_path, write, text, said):
    file = write(text)
    with pytest.raises(ConfigError) as raised:
        load(env, tmp_path)
    assert raised.value.message.startswith(f"{file}{said}")


def test_a_near_name_is_suggested(env, tmp_path, write):
    for wrong, right in (("[net]\nidle_timout = 1", "net.idle_timeout"), ("idle_timeout = 1", "net.idle_timeout")):
        write(wrong)
        with pytest.raises(ConfigError) as raised:
            load(env, tmp_path)
        assert raised.value.hint == f"did you mean {right}?"


def test_a_file_that_is_not_utf8_names_the_place(env, tmp_path, write):
    file = write("")
    file.write_bytes(b'system = "a"\nmodel = "\xff"\n')
    with pytest.raises(ConfigError, match=r"config\.toml:2:10: is not UTF-8"):
        load(env, tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_read(env, tmp_path, write):
    write("").write_bytes(b'\xef\xbb\xbfmodel = "a/b"\r\n[net]\r\nretries = 1\r\n')
    settings = load(env, tmp_path)
    assert (settings.get("model"), settings.get("net.retries")) == ("a/b", 1)
    assert settings.origin("net.retries").endswith(":3")


def test_a_variable_with_a_bad_value_is_named(env, tmp_path):
    with pytest.raises(ConfigError, match="RIG_NET_TIMEOUT must be a number, not 'soon'"):
        load({**env, "RIG_NET_TIMEOUT": "soon"}, tmp_path)


def test_an_empty_variable_counts_as_not_set(env, tmp_path):
    assert load({**env, "RIG_MODEL": ""}, tmp_path).get("model") is None


def test_a_key_that_no_row_has_is_a_bug_of_the_caller(env, tmp_path):
    with pytest.raises(BugError):
        load(env, tmp_path).get("no.such")


def test_names_of_the_users_own_may_hold_dots(env, tmp_path, write):
    file = write('[aliases]\n"gpt-4.1" = "openai/gpt-4.1"\n[providers.my]\nbase_url = "http://x"\nquirks = {a = 1}\n')
    settings = load({**env, "RIG_ALIASES_FAST": "a/b"}, tmp_path)
    assert settings.section("aliases") == {"gpt-4.1": "openai/gpt-4.1", "fast": "a/b"}
    assert settings.section("providers") == {"my": {"base_url": "http://x", "quirks": {"a": 1}}}
    assert (settings.get("aliases.gpt-4.1"), settings.origin("aliases.gpt-4.1")) == ("openai/gpt-4.1", f"{file}:2")
    assert "aliases.gpt-4.1" in settings.names()


def test_rules_of_all_layers_are_joined(env, tmp_path, write):
    write('[permits]\nallow = ["a"]\n')
    settings = load({**env, "RIG_PERMITS_ALLOW": "b"}, tmp_path)
    assert settings.get("permits.allow") == ["b", "a"]


def test_without_a_settings_file_no_toml_reader_and_no_pydantic_is_imported(env, tmp_path):
    program = (
        "import sys; from pathlib import Path; from rigcli.home.settings import load; from rigcli.home.secrets import find_key\n"
        f"env = {env!r} | {{'X_KEY': 'k'}}\n"
        "settings = load(env, Path('/')); find_key('x', ['X_KEY'], settings=settings, env=env)\n"
        "print([n for n in ('tomllib', 'pydantic', 'tomlkit', 'keyring', 'platformdirs', 'subprocess', 'hashlib', 'difflib')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@given(st.sampled_from(TABLE), st.text(max_size=30))
def test_any_word_is_a_value_or_a_clear_mistake(row, text):
    said = ""
    try:
        value = read_text(row, text)
    except ValueError as error:
        said = str(error)
    assert said.startswith(("must be", "cannot be read")) if said else check(row, value) == value


@given(st.text(max_size=80))
def test_any_text_is_a_settings_file_or_a_clear_mistake(text):
    file = Path("config.toml")
    said = "config.toml"
    try:
        parse_file(file, text)
    except ConfigError as error:
        said = error.message
    assert said.startswith("config.toml")
    assert (locate(text, ("net", "retries")) or 1) <= len(text.splitlines()) + 1


def test_all_problems_of_a_file_are_found_at_once():
    found = problems(Path("c.toml"), "modle = 1\n[net]\nretries = 'x'\nproxy = 3\n")
    assert [error.message.partition(":")[2][0] for error in found] == ["1", "3", "4"]


def test_the_schema_says_what_the_table_says():
    text = (Path(__file__).parents[2] / "docs" / "config.schema.json").read_text("utf-8")
    assert json.loads(text) == schema(), "make it anew: rig config schema > docs/config.schema.json"
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    good = {
        "model": "a/b",
        "net": {"retries": 1},
        "aliases": {"x": "y"},
        "keys": {"openai": {"key_cmd": "pass"}},
        "providers": {"my": {"quirks": {}}},
        "options": {"stop": ["a"]},
    }
    validator.validate(good)
    for bad in ({"modle": 1}, {"net": {"retries": "x"}}, {"net": {"retires": 1}}, {"keys": {"openai": {"key": "x"}}}):
        assert not validator.is_valid(bad), bad


def test_a_dotted_key_is_cut_where_the_table_says():
    assert split("providers.my.server.base_url") == ("providers", "my.server", "base_url")
    assert split("net.retries") == ("net", "retries")
    assert find("aliases") is None
    assert find("aliases.*") is not None
    assert find("") is None


def test_setting_a_value_keeps_comments_order_and_mode(tmp_path):
    file = tmp_path / "config" / "config.toml"
    set_value(file, "net.retries", ["2"])
    file.write_text('# mine\nmodel = "a/b"  # why\n\n[net]\n# slow line\nidle_timeout = 9\n')
    set_value(file, "net.retries", ["5"])
    set_value(file, "tools.enabled", ["a", "b"])
    set_value(file, "aliases.gpt-4.1", ["openai/gpt-4.1"])
    text = file.read_text()
    assert text.startswith('# mine\nmodel = "a/b"  # why\n\n[net]\n# slow line\nidle_timeout = 9\nretries = 5\n')
    values = parse_file(file, text).values
    assert values[("tools", "enabled")] == ["a", "b"]
    assert values[("aliases", "gpt-4.1")] == "openai/gpt-4.1"
    assert file.stat().st_mode & 0o077 == 0
    assert unset(file, "aliases.gpt-4.1")
    assert not unset(file, "aliases.gpt-4.1")
    assert add_to_list(file, "permits.allow", "shell(command=ls)")
    assert not add_to_list(file, "permits.allow", "shell(command=ls)")


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("net.retires", ["1"]),
        ("net.retries", ["x"]),
        ("net.retries", ["1", "2"]),
        ("net", ["1"]),
        ("keys.openai", ["sk-x"]),
        ("providers.my.key_env", ["sk-canary"]),
    ],
)
def test_a_mistake_changes_nothing(tmp_path, key, words):
    file = tmp_path / "config.toml"
    file.write_text('model = "a/b"\n')
    with pytest.raises(ConfigError):
        set_value(file, key, words)
    assert file.read_text() == 'model = "a/b"\n'


def test_a_file_with_a_mistake_in_it_is_not_edited(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("broken\n")
    with pytest.raises(ConfigError):
        set_value(file, "model", ["a/b"])
    assert file.read_text() == "broken\n"


def test_a_settings_file_that_is_a_link_stays_one(tmp_path):
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    (tmp_path / "config.toml").symlink_to(real)
    set_value(tmp_path / "config.toml", "model", ["a/b"])
    assert (tmp_path / "config.toml").is_symlink()
    assert real.read_text() == 'model = "a/b"\n'


def test_check_looks_at_meaning_too(env, tmp_path, write):
    write(
        'model = "nobody/m"\n[aliases]\na = "b"\nb = "a"\n[permits]\ndeny = ["(x"]\n[providers.my]\nwire = "openai-chat"\n'
    )
    found = check_all({**env, "RIG_MODLE": "x"}, tmp_path)
    said = " / ".join(error.message for error in found.problems)
    for word in ("nobody", "circle", "permits.deny", "providers.my"):
        assert word in said
    assert any("RIG_MODEL" in note for note in found.notes)


def test_the_page_about_settings_holds_the_table():
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
    assert markdown() in text, "put rigcli.home.settings_schema.markdown() between the marks"
