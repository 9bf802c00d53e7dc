"""No wire drops an option in silence: it is sent, or a notice names it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from rigcli.core.messages import user
from rigcli.core.requests import Options, Prepared, Request, ToolSpec
from rigcli.wire import WIRES, load_wire

TOOLS = tuple(ToolSpec(name, "does it", {"type": "object", "properties": {}}) for name in ("one", "two"))
MODELS = {
    "openai-chat": ["gpt-5.4", "any"],
    "openai-responses": ["gpt-5.4", "gpt-4o"],
    "anthropic-messages": ["claude-opus-4-7", "claude-sonnet-4-5", "claude-3-5-haiku"],
    "bedrock-invoke-anthropic": ["anthropic.claude-opus-4-7", "anthropic.claude-sonnet-4-5"],
    "gemini": ["gemini-2.5-pro", "gemini-3-pro"],
    "ollama": ["qwen3"],
    "cohere-v2": ["command-a-reasoning-08-2025"],
    "bedrock-converse": [
        "anthropic.claude-opus-4-7",
        "anthropic.claude-sonnet-4-5",
        "amazon.nova-2-lite",
        "meta.llama",
    ],
}
VALUES: list[tuple[str, Any]] = [
    ("temperature", 0.0),
    ("temperature", 0.7),
    ("top_p", 0.9),
    ("max_tokens", 77),
    ("stop", ("END",)),
    ("seed", 0),
    ("seed", 7),
    ("reasoning_effort", "low"),
    ("reasoning_effort", "high"),
    ("thinking_budget", 2000),
    ("thinking_budget", 200),
    ("verbosity", "low"),
    ("tool_choice", "none"),
    ("tool_choice", "required"),
    ("tool_choice", "two"),
    ("parallel_tool_calls", False),
    ("parallel_tool_calls", True),
    ("cache", "off"),
    ("cache", "1h"),
    ("logprobs", True),
    ("top_logprobs", 3),
    ("n", 3),
]
CASES = [(wire, model) for wire in WIRES for model in MODELS[wire]]


def prepare(wire: str, model: str, quirks: dict[str, Any] | None = None, **options: Any) -> Prepared:
    given = Options(**options)
    asked = user("How long is a piece of string? " * 200)  # long enough to be kept in a cache
    return load_wire(wire).prepare(Request(model, (asked,), TOOLS, given, quirks=quirks or {}))


def test_every_option_there_is_has_values_here() -> None:
    assert {name for name, _ in VALUES} == {field.name for field in fields(Options)} - {"extra"}


@pytest.mark.parametrize(("name", "value"), VALUES)
@pytest.mark.parametrize(("wire", "model"), CASES)
def test_an_option_is_sent_or_named(wire: str, model: str, name: str, value: Any) -> None:
    plain, prepared = prepare(wire, model), prepare(wire, model, **{name: value})
    named = any(name in notice for notice in prepared.notices)
    assert prepared.body != plain.body or named


@pytest.mark.parametrize(("name", "value"), VALUES)
@pytest.mark.parametrize("wire", WIRES)
def test_an_option_that_the_server_refuses_is_named_and_not_sent(wire: str, name: str, value: Any) -> None:
    model = MODELS[wire][0]
    prepared = prepare(wire, model, {"refused_options": [name]}, **{name: value})
    assert prepared.body == prepare(wire, model, {"refused_options": [name]}).body
    assert any(name in notice for notice in prepared.notices)


@pytest.mark.parametrize("wire", WIRES)
def test_a_name_that_looks_like_a_slip_is_named_and_passed_on(wire: str) -> None:
    model = MODELS[wire][0]
    prepared = prepare(wire, model, extra={"temprature": 1})
    assert "temprature" in str(prepared.body)
    assert any("did you mean temperature?" in notice for notice in prepared.notices)
    known_elsewhere = dict.fromkeys(("top_k", "min_p", "topP", "think", "num_ctx", "max_completion_tokens", "user"), 1)
    assert not any("did you mean" in notice for notice in prepare(wire, model, extra=known_elsewhere).notices)


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_without_options_has_no_notices(wire: str) -> None:
    assert [prepare(wire, model).notices for model in MODELS[wire]] == [()] * len(MODELS[wire])


@pytest.mark.parametrize(
    ("wire", "model", "path"),
    [
        ("anthropic-messages", "claude-sonnet-4-5", ("thinking", "budget_tokens")),
        (
            "bedrock-converse",
            "anthropic.claude-sonnet-4-5",
            ("additionalModelRequestFields", "thinking", "budget_tokens"),
        ),
        ("gemini", "gemini-2.5-pro", ("generationConfig", "thinkingConfig", "thinkingBudget")),
        ("cohere-v2", "command-a", ("thinking", "token_budget")),
    ],
)
def test_a_budget_goes_before_an_effort(wire: str, model: str, path: tuple[str, ...]) -> None:
    prepared = prepare(wire, model, thinking_budget=3000, reasoning_effort="high")
    found: Any = prepared.body
    for name in path:
        found = found[name]
    assert found == 3000
    assert "the option reasoning_effort was left out: thinking_budget goes before it" in prepared.notices


def test_a_budget_stands_where_the_row_says() -> None:
    assert prepare("openai-chat", "m", {"thinking_budget_field": "budget"}, thinking_budget=5).body["budget"] == 5
    nested = prepare("openai-chat", "m", {"thinking_budget_field": "reasoning.max_tokens"}, thinking_budget=5)
    assert nested.body["reasoning"] == {"max_tokens": 5}


def test_a_budget_below_nothing_is_geminis_own_choice() -> None:
    body = prepare("gemini", "gemini-2.5-pro", thinking_budget=-1).body
    assert body["generationConfig"]["thinkingConfig"]["thinkingBudget"] == -1
