"""`rig models` and `rig providers` against a server on loopback."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from rigcli.testing import FakeServer

KEY = "sk-canary-0123456789"


@pytest.fixture(autouse=True)
def _no_local_server(monkeypatch):
    """Whatever this machine runs on the usual ports must not be found: the local rows point at a port nobody holds."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    for name in ("OLLAMA_HOST", "LMSTUDIO_BASE_URL", "LLAMACPP_API_BASE_URL", "VLLM_BASE_URL"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    for name in ("HF_TOKEN", "DEEPINFRA_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def openai(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.models[:] = ["gpt-4o", "other"]
    return server


def lists(server: FakeServer) -> int:
    return sum(request.method == "GET" for request in server.requests)


def test_models_of_all_ready_providers_are_listed(rig, openai, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", openai.url.removeprefix("http://"))
    result = rig("models")
    assert result.code == 0
    assert result.out.splitlines() == ["openai/gpt-4o", "openai/other", "ollama/gpt-4o", "ollama/other"]


def test_a_list_is_kept_and_asked_for_again_on_demand(rig, openai):
    rig("models", "openai")
    openai.models.append("new")
    assert "new" not in rig("models", "openai").out
    assert lists(openai) == 1
    assert "openai/new" in rig("models", "openai", "--refresh").out
    assert lists(openai) == 2


def test_an_old_list_stands_in_where_the_server_is_down_and_says_so(rig, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeServer(models=("m",)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        rig("models", "openai")
    kept = Path(os.environ["RIG_HOME"], "cache", "models", "openai.json")
    table = json.loads(kept.read_text(encoding="utf-8"))
    table["fetched"] -= 3 * 86400
    kept.write_text(json.dumps(table), encoding="utf-8")
    result = rig("models", "openai")
    assert (result.code, result.out) == (0, "openai/m\n")
    assert "this list is 3 days old: openai at 127.0.0.1" in result.err
    assert "connection refused" in result.err
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    assert rig("models", "openai").code == 3, "a list belongs to its server"


def test_the_json_is_one_object(rig, openai):
    found = rig("models", "openai", "--format", "json").json
    assert (found["v"], found["error"], found["errors"], found["aliases"]) == (1, None, [], {})
    assert [model["name"] for model in found["models"]] == ["openai/gpt-4o", "openai/other"]
    assert found["models"][0]["input_usd_per_million"] is None, "another server has prices of its own"


def test_one_provider_that_fails_does_not_hide_the_others(rig, openai, monkeypatch):
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9/v1")
    result = rig("models")
    assert result.code == 0
    assert "openai/gpt-4o" in result.out
    assert "no list: groq at 127.0.0.1:9: connection refused" in result.err
    assert KEY not in result.out + result.err


def test_with_no_provider_ready_the_next_step_is_named(rig):
    result = rig("models")
    assert (result.code, result.out) == (1, "")
    assert "rig keys set" in result.err


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("models", "opnai"), 2, "did you mean openai?"),
        (("models", "openai"), 4, "rig keys set openai"),
        (("models", "perplexity"), 4, "no key"),
        (("models", "openai-compatible"), 2, "--base-url URL"),
        (("models", "--base-url", "http://127.0.0.1:9"), 2, "needs a provider"),
        (("models", "openai", "--base-url", "https://192.0.2.1/v1"), 4, "not its own host"),
        (("models", "openai", "--wire", "opneai-chat"), 2, "no wire"),
        (("providers", "show", "opnai"), 2, "did you mean openai?"),
        (("providers", "check", "ollama"), 3, "nothing listens there"),
        (("providers", "check", "openai"), 4, "no key"),
        (("providers", "check", "perplexity"), 1, "rig ask -m perplexity/sonar"),
    ],
)
def test_what_cannot_be_done_gets_one_clear_line(rig, argv, code, words):
    result = rig(*argv)
    assert result.code == code
    assert result.out == ""
    assert words in result.err
    assert len(result.err.splitlines()) == 1


def test_a_page_instead_of_a_list_is_named(rig, server, monkeypatch):
    monkeypatch.setattr("rigcli.testing.server._Handler._json", lambda self, *_: self._stream_html())
    monkeypatch.setattr(
        "rigcli.testing.server._Handler._stream_html",
        lambda self: (
            self.send_response(200),
            self.send_header("Content-Length", "6"),
            self.end_headers(),
            self.wfile.write(b"<html>"),
        ),
        raising=False,
    )
    result = rig("models", "openai-compatible", "--base-url", server.url)
    assert result.code == 7
    assert "is the base URL that of an API?" in result.err


def test_an_alias_can_be_made_used_and_removed(rig, server):
    server.reply(text="hi")
    assert rig("models", "alias", "mine", "openai-compatible/fake-model").code == 0
    assert rig("models", "aliases").out == "mine  = openai-compatible/fake-model\n"
    answer = rig("ask", "-m", "mine", "--base-url", server.url, "--no-session", "hello")
    assert answer.out.strip() == "hi"
    assert rig("models", "unalias", "mine").code == 0
    assert rig("models", "aliases", "--format", "json").json["aliases"] == {}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("alias", "openai", "groq/x"), "a provider has this name"),
        (("alias", "a/b", "groq/x"), "holds no"),
        (("alias", "fast", "goq/x"), "did you mean groq?"),
        (("unalias", "nothing"), "no alias 'nothing'"),
    ],
)
def test_an_alias_that_could_not_be_used_is_refused(rig, argv, words):
    result = rig("models", *argv)
    assert result.code == 2
    assert words in result.err
    assert rig("models", "aliases").out == ""


def test_providers_say_what_is_ready_and_what_is_missing(rig, openai):
    result = rig("providers", "list")
    lines = {line.removeprefix("ready").split()[0]: line for line in result.out.splitlines()}
    assert lines["openai"].startswith("ready")
    assert "key from OPENAI_API_KEY" in lines["openai"]
    assert "rig keys set anthropic, or ANTHROPIC_API_KEY" in lines["anthropic"]
    assert "start it: ollama serve" in lines["ollama"]
    assert lists(openai) == 0, "nobody is asked"
    ready = rig("providers", "list", "--ready", "--format", "json").json["providers"]
    assert [row["name"] for row in ready] == ["openai"]


def test_a_provider_is_shown_with_all_that_is_known(rig):
    shown = rig("providers", "show", "anthropic").out
    assert "https://api.anthropic.com" in shown
    assert "ANTHROPIC_API_KEY" in shown
    assert rig("providers", "show", "anthropic", "--format", "json").json["provider"]["wire"] == "anthropic-messages"


def test_secrets_in_a_row_of_ones_own_are_not_shown(rig):
    rig("config", "set", "providers.mine.wire", "openai-chat")
    rig("config", "set", "providers.mine.base_url", "http://127.0.0.1:9")
    rig("config", "set", "providers.mine.headers", f'{{"x-secret" = "{KEY}"}}')
    result = rig("providers", "show", "mine", "--format", "json")
    assert result.code == 0
    assert result.json["provider"]["headers"] == ["x-secret"]
    assert KEY not in result.out


def test_a_check_says_that_the_server_answers(rig, openai):
    result = rig("providers", "check", "openai")
    assert result.code == 0
    assert f"openai: {openai.url}/v1 answers, 2 models, " in result.out
    assert openai.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "words", [("models", "anthropic"), ("providers", "check", "anthropic"), ("models", "pull", "x")]
)
def test_offline_is_a_flag_of_all_that_asks_a_server(rig, monkeypatch, words):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary-0123456789")
    result = rig(*words, "--offline")
    assert (result.code, "offline is set" in result.err) == (2, True)
