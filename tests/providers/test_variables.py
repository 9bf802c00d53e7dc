"""Rows with places to fill: each from the environment, none left over."""

from __future__ import annotations

import pytest

from rigcli.core.errors import ConfigError
from rigcli.providers.access import LOGIN, access, auth_header
from rigcli.providers.rows import Rows
from rigcli.providers.variables import filled, value_of


class Key:
    def __init__(self, value, origin):
        self.value, self.origin = value, origin


def row(name, wire=None, own=None, **env):
    return filled(Rows(own or {}).get(name).in_wire(wire), env)


def reach(row, env, key=None):
    def find_key(_row):
        return key

    return access(row, env=env, find_key=find_key, is_loopback=lambda host: host == "127.0.0.1")


def test_the_first_variable_that_is_set_counts_and_then_the_default():
    assert value_of(("A", "B", "=c"), {"A": " ", "B": "b"}) == "b"
    assert value_of(("A", "=c"), {}) == "c"
    assert value_of(("A",), {}) is None


def test_a_row_without_variables_is_as_it_was():
    plain = Rows().get("groq")
    assert filled(plain, {}) is plain


def test_an_azure_deployment_has_its_name_and_the_api_version_in_the_path():
    path = "/openai/deployments/{model}/chat/completions?api-version="
    assert row("azure").quirks["path"] == path + "2024-10-21"
    assert row("azure", AZURE_API_VERSION="2025-01-01-preview").quirks["path"] == path + "2025-01-01-preview"
    assert row("azure", AZURE_API_VERSION="a&b=c").quirks["path"] == path + "a%26b%3Dc"


def test_azure_answers_by_responses_under_another_path():
    way = reach(
        row("azure", "openai-responses"), {"AZURE_ENDPOINT": "https://x.openai.azure.com/"}, Key("k", "AZURE_API_KEY")
    )
    assert (way.base_url, way.headers) == ("https://x.openai.azure.com/openai/v1", {"api-key": "k"})


@pytest.mark.parametrize(
    ("origin", "header"),
    [("AZURE_API_KEY", "api-key"), ("keyring", "api-key"), ("AZURE_TOKEN", "authorization"), (LOGIN, "authorization")],
)
def test_a_token_is_sent_as_bearer_and_a_key_in_its_own_header(origin, header):
    assert list(auth_header(Rows().get("azure"), Key("k", origin))) == [header]


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (None, "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
    ],
)
def test_vertex_is_asked_where_the_location_is(location, host):
    env = {"GOOGLE_CLOUD_PROJECT": "p", **({"GOOGLE_CLOUD_LOCATION": location} if location else {})}
    vertex = row("vertexai", **env)
    assert reach(vertex, env, Key("t", "VERTEX_ACCESS_TOKEN")).base_url == f"https://{host}"
    assert f"/projects/p/locations/{location or 'global'}/publishers/google/models/" in vertex.quirks["path"]


def test_a_path_that_wants_what_nobody_gave_is_an_error_that_says_how():
    with pytest.raises(ConfigError, match="vertexai: no project named") as caught:
        row("vertexai")
    assert "GOOGLE_CLOUD_PROJECT" in (caught.value.hint or "")


def test_the_settings_may_hold_the_value():
    own = {"vertexai": {"variables": {"project": ["=mine"]}}}
    assert "/projects/mine/" in row("vertexai", own=own).quirks["path"]


def test_a_header_that_nobody_can_fill_is_left_out():
    assert row("chatgpt").headers == {}
    assert row("chatgpt", CHATGPT_ACCOUNT_ID="acc").headers == {"chatgpt-account-id": "acc"}


def test_places_of_the_wire_stay():
    assert "{model}:{method}" in row("vertexai", GOOGLE_CLOUD_PROJECT="p").quirks["path"]


@pytest.mark.parametrize(
    ("model", "wire"), [("gpt-5.3-codex", "openai-responses"), ("gpt-5.5", "openai-chat"), ("claude", "openai-chat")]
)
def test_a_row_may_ask_some_models_in_another_wire(model, wire):
    assert Rows().get("copilot").wire_for(model) == wire


def test_a_shipped_row_in_another_wire_by_the_settings_has_the_quirks_of_that_wire():
    changed = Rows({"openai": {"wire": "openai-chat"}}).get("openai")
    assert (changed.wire, set(changed.quirks)) == (
        "openai-chat",
        {"max_completion_tokens_models", "cache_key", "native", "count"},
    )
    assert changed.base_url == "https://api.openai.com/v1"


def test_a_login_that_nobody_knows_is_an_error():
    with pytest.raises(ConfigError, match="must be google"):
        Rows({"mine": {"wire": "gemini", "base_url": "https://x", "login": "magic"}}).get("mine")
