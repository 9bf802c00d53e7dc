"""A router at work: fallback before the first token, a breaker that outlives the process, content that stays here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigcli.home.paths import folders
from rigcli.testing import FakeServer


def configure(text: str) -> None:
    file = folders(os.environ).config_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def second() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def pair(server: FakeServer, second: FakeServer) -> tuple[FakeServer, FakeServer]:
    configure(f"""
[net]
retries = 0
[providers.one]
wire = "openai-chat"
base_url = "{server.url}"
[providers.two]
wire = "ollama"
base_url = "{second.url}"
key = "optional"
[providers.far]
wire = "openai-chat"
base_url = "https://192.0.2.1/v1"
key_env = ["FAR_API_KEY"]
[routers.both]
models = ["one/a", "two/b"]
[routers.words]
models = ["one/a", "two/b"]
strategy = "keyword"
[routers.words.rules]
"two/b" = ["translate"]
[routers.mixed]
models = ["far/x", "two/b"]
""")
    return server, second


def test_a_failure_before_the_first_token_falls_to_the_next_model(rig, pair) -> None:
    one, two = pair
    one.reply(status=503, error="too busy")
    two.reply("hello")
    result = rig("ask", "-m", "both", "hi")
    assert (result.code, result.out) == (0, "hello\n")
    assert "too busy; asking two/b instead" in result.err
    assert two.chats[0]["model"] == "b"


def test_json_says_who_answered(rig, pair) -> None:
    one, two = pair
    one.reply(status=429, error="slow down")
    two.reply("hello")
    found = rig("ask", "-m", "both", "--format", "json", "hi").json
    assert (found["provider"], found["model"], found["text"]) == ("two", "b", "hello")


def test_after_the_first_token_nobody_else_is_asked(rig, pair) -> None:
    one, two = pair
    one.reply("one two three", cut=3)
    result = rig("ask", "-m", "both", "hi")
    assert result.code == 7
    assert result.out.startswith("one")
    assert two.requests == []


@pytest.mark.parametrize(("status", "code"), [(400, 7), (401, 4)])
def test_an_error_of_the_request_returns_at_once_and_leaves_the_breaker_alone(rig, pair, status, code) -> None:
    one, two = pair
    one.reply(status=status, error="no", times=4)
    for _ in range(4):
        assert rig("ask", "-m", "both", "--no-session", "hi").code == code
    assert two.requests == []


def test_the_last_model_is_asked_again_as_any_other(rig, pair) -> None:
    one, two = pair
    one.reply(status=503)
    two.reply(status=503, headers={"Retry-After": "0.01"}).reply("at last")
    assert rig("ask", "-m", "both", "--retries", "1", "hi").out == "at last\n"
    assert len(one.chats) == 1


def test_an_explicit_model_has_no_fallback(rig, pair) -> None:
    one, two = pair
    one.reply(status=503, error="busy")
    assert rig("ask", "-m", "one/a", "hi").code == 3
    assert two.requests == []


def test_after_three_failures_the_next_process_leaves_the_model_alone(rig, pair) -> None:
    one, two = pair
    one.reply(status=503, times=3)
    two.reply("x", times=5)
    for _ in range(4):
        assert rig("ask", "-m", "both", "--no-session", "hi").code == 0
    assert len(one.chats) == 3
    assert "failed 3 times in a row" in rig("models", "route", "-m", "both", "hi").out
    state = folders(os.environ).state / "routers.json"
    table = json.loads(state.read_text(encoding="utf-8"))
    assert table["models"]["one/a"]["failures"] == 3
    table["models"]["one/a"]["failed_at"] -= 31
    state.write_text(json.dumps(table), encoding="utf-8")
    one.reply("back")
    assert rig("ask", "-m", "both", "--no-session", "hi").out == "back\n", "one probe is let through"
    assert json.loads(state.read_text(encoding="utf-8"))["models"]["one/a"]["failures"] == 0


@pytest.mark.parametrize("damage", ["{", "[]", '{"models": {"one/a": {"nothing": 1}}}', '{"models": 3}'])
def test_a_damaged_account_is_no_reason_to_fail(rig, pair, damage) -> None:
    state = folders(os.environ).state / "routers.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text(damage, encoding="utf-8")
    pair[0].reply("x")
    assert rig("ask", "-m", "both", "hi").out == "x\n"


def test_the_prompt_chooses_the_model(rig, pair) -> None:
    one, two = pair
    two.reply("uno")
    assert rig("ask", "-m", "words", "Translate: one").out == "uno\n"
    one.reply("1")
    assert rig("ask", "-m", "words", "count").out == "1\n"


def test_the_session_keeps_who_answered(rig, pair) -> None:
    one, two = pair
    one.reply(status=503)
    two.reply("hello")
    rig("ask", "-m", "both", "hi")
    exported = rig("sessions", "export", rig("sessions", "list", "--format", "json").json["sessions"][0]["id"]).out
    assert '"provider": "two"' in exported


def test_route_explains_the_choice_and_asks_nobody(rig, pair) -> None:
    shown = rig("models", "route", "-m", "words", "please translate").out
    assert shown.splitlines() == [
        "router words: keyword",
        "1. two/b  the prompt says translate",
        "2. one/a  none of its words",
    ]
    found = rig("models", "route", "-m", "mixed", "x", "--format", "json").json
    assert [each["model"] for each in found["order"]] == ["two/b"]
    assert "far: no key" in found["left_out"][0]["why"]
    assert pair[0].requests == pair[1].requests == []


def test_explain_shows_the_model_that_the_question_ranks_first_and_why(rig, pair) -> None:
    lines = rig("ask", "-m", "words", "--explain", "please translate").out.splitlines()
    assert lines[0].split(maxsplit=1)[1] == "two/b  (router words: the prompt says translate)"
    assert lines[1].split(maxsplit=1) == ["then", "one/a  (none of its words)"]
    assert '"model": "b"' in lines[-1]
    assert f"{pair[1].url}/api/chat" in lines[-1]
    left = rig("ask", "-m", "mixed", "--explain", "x").out
    assert "left out" in left
    assert "far: no key" in left
    assert pair[0].requests == pair[1].requests == []


def test_verbose_names_the_model_that_answered_and_why(rig, pair) -> None:
    pair[1].reply("uno")
    assert "two/b (router words: the prompt says translate)" in rig("ask", "-v", "-m", "words", "translate: one").err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("models", "route", "x"), "which router?"),
        (("models", "route", "-m", "bth", "x"), "did you mean both?"),
        (("ask", "-m", "both", "--base-url", "http://127.0.0.1:9", "x"), "a router has several"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(rig, pair, argv, words) -> None:
    result = rig(*argv)
    assert result.code == 2
    assert words in result.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[routers.r]\nmodels = ["one/a"]\nstrategy = "best"', "must be one of order"),
        ('[routers.openai]\nmodels = ["openai/x"]', "a provider has this name"),
        ('[routers.r]\nmodels = ["q"]\n[routers.q]\nmodels = ["openai/x"]', "is a router itself"),
        ('[routers.r]\nmodels = ["opnai/x"]', "did you mean openai?"),
    ],
)
def test_a_bad_router_is_named_where_it_is_used(rig, text, words) -> None:
    configure(text)
    result = rig("ask", "-m", "openai" if "openai]" in text else "r", "x")
    assert result.code == 2
    assert words in result.err


def test_config_check_looks_at_routers(rig) -> None:
    configure('model = "r"\n[routers.r]\nmodels = ["opnai/x"]')
    result = rig("config", "check")
    assert result.code == 1
    assert "opnai" in result.out + result.err
    configure('model = "r"\n[routers.r]\nmodels = ["openai/x"]')
    assert rig("config", "check").code == 0


def test_local_only_content_stays_on_this_machine(rig, pair, monkeypatch) -> None:
    monkeypatch.setenv("FAR_API_KEY", "k")
    result = rig("ask", "-m", "far/x", "--local-only", "--no-session", "secret")
    assert result.code == 5
    assert "local-only" in result.err
    pair[1].reply("stays")
    assert rig("ask", "-m", "mixed", "--local-only", "secret").out == "stays\n"
    assert "left out: local-only" in rig("models", "route", "-m", "mixed", "--local-only", "x").out


def test_what_was_local_only_once_stays_so_when_the_session_goes_on(rig, pair, monkeypatch) -> None:
    monkeypatch.setenv("FAR_API_KEY", "k")
    pair[1].reply("noted", times=2)
    assert rig("ask", "-m", "two/b", "--local-only", "my secret").code == 0
    assert rig("ask", "-m", "far/x", "-c", "what was it?").code == 5
    assert rig("ask", "-m", "mixed", "-c", "what was it?").out == "noted\n"


def test_the_setting_says_the_same_for_everything(rig, pair, monkeypatch, here: Path) -> None:
    monkeypatch.setenv("FAR_API_KEY", "k")
    monkeypatch.setenv("RIG_LOCAL_ONLY", "true")
    assert rig("ask", "-m", "far/x", "secret").code == 5
    (here / "a.md").write_text("secret words", encoding="utf-8")
    assert rig("index", "a.md", "--embedder", "far/embed").code == 5
