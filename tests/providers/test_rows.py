"""The rows shipped with rig, and those of the user's own."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rigcli.core.errors import ConfigError, UsageError
from rigcli.net.endpoint import Endpoint, is_loopback
from rigcli.providers.rows import _KINDS, FOLDER, OtherWire, ProviderRow, Rows
from rigcli.wire import WIRES
from rigcli.wire.beside import BESIDE
from rigcli.wire.quirks import QUIRKS, check

NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
ISSUE = {
    "openai",
    "anthropic",
    "ollama",
    "openrouter",
    "groq",
    "deepseek",
    "mistral",
    "xai",
    "together",
    "llamacpp",
    "lmstudio",
    "vllm",
    "openai-compatible",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_row_can_be_read_and_speaks_a_wire_there_is(name):
    row = Rows().get(name)
    assert row.name == name
    assert row.wire in {*WIRES, *BESIDE}
    assert set(row.wires) <= {*WIRES, *BESIDE}
    assert ("chat" in row.abilities) is (row.wire in WIRES)
    assert row.title
    assert row.abilities


@pytest.mark.parametrize("name", NAMES)
def test_every_quirk_is_one_that_its_wire_reads(name):
    row = Rows().get(name)
    for wire, quirks in [(row.wire, row.quirks), *((wire, other.quirks) for wire, other in row.wires.items())]:
        check(quirks, name)
        assert all(wire in QUIRKS[quirk].wires for quirk in quirks)


@pytest.mark.parametrize("name", NAMES)
def test_base_urls_are_https_or_of_this_machine(name):
    row = Rows().get(name)
    if row.base_url is None:
        assert name.endswith("-compatible") or row.base_url_env
        return
    Endpoint(row.base_url, name)
    host = urlsplit(row.base_url).hostname or ""
    assert is_loopback(host) is row.local
    assert row.local or row.base_url.startswith("https://")
    assert not row.base_url.endswith("/")
    assert row.local == (row.start is not None)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_may_be_chosen_by_itself_says_which_model(name):
    row = Rows().get(name)
    assert not row.rank or row.local or row.default_model
    assert row.key == "optional" or row.key_env


def test_the_rows_that_the_first_release_promises_are_there():
    assert set(NAMES) >= ISSUE


def test_no_two_rows_share_a_rank():
    ranks = [row.rank for row in Rows().all() if row.rank]
    assert len(ranks) == len(set(ranks))


def test_ranked_rows_come_first():
    names = [row.name for row in Rows().all()]
    assert names[:2] == ["openai", "anthropic"]
    assert [row.name for row in Rows().all() if not row.rank] == sorted(
        row.name for row in Rows().all() if not row.rank
    )


def test_the_kinds_cover_every_field_of_a_row():
    named = {one.name for one in fields(ProviderRow)} - {"name", "origin"}
    assert set(_KINDS) == named
    assert {one.name for one in fields(OtherWire)} <= named


def test_an_unknown_provider_is_answered_with_the_near_names():
    with pytest.raises(UsageError) as caught:
        Rows().get("opnai")
    assert "did you mean openai" in (caught.value.hint or "")


def test_the_user_adds_a_row():
    row = Rows({"mine": {"wire": "openai-chat", "base_url": "http://10.0.0.5:8000/v1"}}).get("mine")
    assert (row.title, row.key, row.origin) == ("mine", "optional", "config")


def test_a_row_with_a_key_variable_needs_a_key():
    row = Rows({"mine": {"wire": "openai-chat", "base_url": "https://x.example", "key_env": "MY_KEY"}}).get("mine")
    assert (row.key, row.key_env) == ("required", ("MY_KEY",))


def test_the_user_changes_a_shipped_row_field_by_field():
    own = {
        "openai": {
            "base_url": "https://gateway.example/v1",
            "headers": {"x-team": "a"},
            "wire": "openai-chat",
            "quirks": {"no_stream_options": True},
        }
    }
    row = Rows(own, check).get("openai")
    assert row.base_url == "https://gateway.example/v1"
    assert row.key_env == ("OPENAI_API_KEY",)
    assert set(row.quirks) == {"no_stream_options", "max_completion_tokens_models", "cache_key", "native", "count"}
    assert row.headers == {"x-team": "a"}
    assert set(Rows().get("openai").quirks) == {"cache_key", "native", "count"}, "the shipped row is as it was"
    assert Rows().get("openai").wire == "openai-responses"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "wire and base_url missing"),
        ({"wire": "openai-chat"}, "base_url missing"),
        ({"wire": "openai-chat", "base_url": "http://x", "bas_url": "y"}, "unknown field 'bas_url'"),
        ({"wire": 3, "base_url": "http://x"}, "must be text"),
        ({"wire": "openai-chat", "base_url": "http://x", "key_env": [1]}, "must be a list of texts"),
        ({"wire": "openai-chat", "base_url": "http://x", "key": "maybe"}, "must be required or optional"),
        ({"wire": "openai-chat", "base_url": "http://x", "local": "yes"}, "must be true or false"),
        ({"wire": "openai-chat", "base_url": "http://x", "idle": -1}, "must be a number from 0"),
        ({"wire": "openai-chat", "base_url": "http://x", "headers": {"a": 1}}, "must be text"),
        ({"wire": "openai-chat", "base_url": "http://x", "quirks": {"no_such": True}}, "no quirk"),
        ({"wire": "openai-chat", "base_url": "http://x", "wires": {"ollama": {"title": "x"}}}, "unknown field"),
    ],
)
def test_a_bad_row_of_the_users_is_named(table, words):
    with pytest.raises(ConfigError, match=words):
        Rows({"mine": table}, check).get("mine")


def test_one_bad_row_does_not_hide_the_others():
    rows = Rows({"mine": {}}, check)
    assert rows.get("openai").name == "openai"


def test_a_row_in_another_wire_takes_its_address_and_leaves_the_quirks():
    row = Rows().get("minimax").in_wire("anthropic-messages")
    assert (row.wire, row.base_url) == ("anthropic-messages", "https://api.minimax.io/anthropic")
    mistral = Rows().get("mistral").in_wire("ollama")
    assert (mistral.wire, mistral.quirks) == ("ollama", {})
    assert Rows().get("openai").in_wire(None) is Rows().get("openai")


def test_the_guide_names_every_field_and_every_quirk():
    guide = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
    fields_told = {*_KINDS, *QUIRKS} - {"rank", "wires"}
    assert sorted(name for name in fields_told if f"`{name}`" not in guide) == []


def guide_line(row: ProviderRow) -> str:
    keys = ", ".join(f"`{name}`" for name in row.key_env) or "none"
    return f"| `{row.name}` | {row.title} | {keys} | {row.docs or ''} |"


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_has_a_line_for_every_row(name):
    guide = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
    assert guide_line(Rows().get(name)) in guide.splitlines()
