"""`rig models count`: the provider counts where it can, and elsewhere the number is called an estimate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program

COUNT = ("models", "count")


def test_the_provider_counts_and_stdout_is_the_number(rig: Program, server: FakeServer, here: Path) -> None:
    server.beside["POST /v1/messages/count_tokens"] = (200, {"input_tokens": 1234})
    tools = [{"type": "function", "function": {"name": "look", "description": "", "parameters": {"type": "object"}}}]
    (here / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    (here / "a.txt").write_text("from the file", encoding="utf-8")
    at = ["-m", "anthropic/claude-sonnet-4-6", "--base-url", server.url]
    result = rig(*COUNT, *at, "-s", "Be kind.", "-f", "a.txt", "--tools-file", "tools.json", "hi", stdin=b"piped in")
    assert (result.code, result.out, result.err) == (0, "1234\n", "")
    sent = json.dumps(server.requests[-1].json)
    assert all(word in sent for word in ("Be kind.", "from the file", "piped in", "look", "hi"))
    assert server.requests[-1].headers["anthropic-version"]


def test_json_says_who_counted(rig: Program, server: FakeServer) -> None:
    server.beside["POST /tokenize"] = (200, {"count": 7, "tokens": []})
    told = rig(*COUNT, "-m", "vllm/m", "--base-url", f"{server.url}/v1", "--format", "json", "hi").json
    assert (told["v"], told["input_tokens"], told["exact"], told["method"]) == (1, 7, True, "provider")
    assert (told["provider"], told["model"], told["input_cost_usd"], told["notices"]) == ("vllm", "m", None, [])


def test_a_tokenizer_counts_the_text_only(rig: Program, server: FakeServer) -> None:
    server.beside["POST /tokenize"] = (200, {"tokens": [1, 2]})
    told = rig(*COUNT, "-m", "llamacpp/m", "--base-url", server.url, "--format", "json", "hi").json
    assert (told["input_tokens"], told["exact"], told["method"]) == (2, False, "tokenizer")
    assert server.requests[-1].json["content"] == "hi"


def test_where_nobody_counts_it_is_called_an_estimate(rig: Program, server: FakeServer) -> None:
    result = rig(*COUNT, "-m", "ollama/m", "--base-url", server.url, "x" * 400)
    assert (result.code, result.out) == (0, "100\n")
    assert "this is an estimate" in result.err
    assert server.requests == []


def test_a_server_without_the_path_leaves_an_estimate(rig: Program, server: FakeServer) -> None:
    server.beside["POST /v1/messages/count_tokens"] = (404, {"error": {"message": "no such path"}})
    told = rig(*COUNT, "-m", "anthropic/m", "--base-url", server.url, "--format", "json", "x" * 400).json
    assert (told["input_tokens"], told["method"]) == (100, "estimate")
    assert "404" in told["notices"][0]


def test_a_refused_key_is_no_estimate(rig: Program, server: FakeServer) -> None:
    server.beside["POST /v1/messages/count_tokens"] = (401, {"error": {"message": "bad key"}})
    result = rig(*COUNT, "-m", "anthropic/m", "--base-url", server.url, "hi")
    assert (result.code, result.out) == (4, "")


def test_estimate_asks_nobody_and_needs_no_model(rig: Program) -> None:
    result = rig(*COUNT, "--estimate", "--format", "json", "x" * 40)
    assert (result.code, result.json["input_tokens"], result.json["model"]) == (0, 10, None)
    assert rig(*COUNT, "--estimate", stdin=b"y" * 40).out == "10\n"


@pytest.mark.parametrize("words", [(), ("--estimate",)])
def test_nothing_to_count_is_an_error(rig: Program, words: tuple[str, ...]) -> None:
    result = rig(*COUNT, *words)
    assert (result.code, result.out) == (2, "")
    assert "nothing to count" in result.err


def test_a_missing_key_says_how_to_do_without(rig: Program) -> None:
    result = rig(*COUNT, "-m", "anthropic/m", "hi")
    assert (result.code, "--estimate" in result.err) == (4, True)
