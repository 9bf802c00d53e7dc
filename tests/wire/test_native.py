"""The provider's own tools in the request of each wire."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rigcli.core.errors import ConfigError
from rigcli.core.messages import user
from rigcli.core.requests import NativeTool, Options, Prepared, Request, ToolSpec
from rigcli.providers.rows import Rows
from rigcli.wire import load_wire
from rigcli.wire.native import FORMS, form_of, native_names
from rigcli.wire.quirks import check

ROWS = Rows()


def prepared(name: str, model: str, *tools: NativeTool, wire: str | None = None, **more: Any) -> Prepared:
    row = ROWS.get(name).in_wire(wire)
    return load_wire(row.wire).prepare(Request(model, (user("hi"),), quirks=row.quirks, native=tools, **more))


def tool(name: str, **parameters: Any) -> NativeTool:
    return NativeTool(name, parameters)


@pytest.mark.parametrize(
    ("row", "model", "asked", "body"),
    [
        ("openai", "gpt-5.4", tool("web_search", allowed_domains="a.org", max_uses=2), {"max_tool_calls": 2, "tools": [{"type": "web_search", "filters": {"allowed_domains": ["a.org"]}}]}),
        ("openai", "gpt-5.4", tool("code_execution"), {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
        ("openai", "gpt-5.4", tool("file_search", stores="vs_1"), {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}),
        ("openai", "gpt-5.4", tool("image_generation", size="1024x1024"), {"tools": [{"type": "image_generation", "size": "1024x1024"}]}),
        ("anthropic", "claude", tool("web_search", max_uses=3), {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]}),
        ("anthropic", "claude", tool("url_context"), {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch", "citations": {"enabled": True}}]}),
        ("gemini", "gemini-2.5-flash", tool("web_search"), {"tools": [{"googleSearch": {}}]}),
        ("gemini", "gemini-2.5-flash", tool("code_execution"), {"tools": [{"codeExecution": {}}]}),
        ("gemini", "gemini-2.5-flash", tool("maps", latitude=1, longitude=2), {"tools": [{"googleMaps": {}}], "toolConfig": {"retrievalConfig": {"latLng": {"latitude": 1, "longitude": 2}}}}),
        ("gemini", "gemini-2.5-flash", tool("file_search", stores=["a", "b"]), {"tools": [{"fileSearch": {"fileSearchStoreNames": ["a", "b"]}}]}),
        ("gemini", "gemini-2.5-flash-image", tool("image_generation"), {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}),
        ("vertexai", "gemini-2.5-flash", tool("url_context"), {"tools": [{"urlContext": {}}]}),
        ("groq", "groq/compound", tool("web_search", allowed_domains=["a.org"]), {"compound_custom": {"tools": {"enabled_tools": ["web_search"]}}, "search_settings": {"include_domains": ["a.org"]}}),
        ("groq", "openai/gpt-oss-20b", tool("web_search"), {"tools": [{"type": "browser_search"}]}),
        ("openrouter", "x/y", tool("web_search", max_results=3, engine="exa"), {"tools": [{"type": "openrouter:web_search", "parameters": {"max_results": 3, "engine": "exa"}}]}),
        ("openrouter", "google/gemini-image", tool("image_generation"), {"modalities": ["image", "text"]}),
        ("venice", "m", tool("web_search"), {"venice_parameters": {"enable_web_search": "on", "enable_web_citations": True}}),
        ("perplexity", "sonar", tool("web_search", context_size="high"), {"web_search_options": {"search_context_size": "high"}}),
        ("xai", "grok-4", tool("x_search", from_date="2026-01-01"), {"tools": [{"type": "x_search", "from_date": "2026-01-01"}]}),
        ("zai", "glm-4.6", tool("web_search"), {"tools": [{"type": "web_search", "web_search": {"enable": True, "search_engine": "search-prime", "search_result": True}}]}),
        ("dashscope", "qwen3-max", tool("web_search"), {"enable_search": True, "search_options": {"search_strategy": "agent"}}),
    ],
)  # fmt: skip
def test_a_row_asks_for_a_tool_in_its_providers_words(row: str, model: str, asked: NativeTool, body: dict) -> None:
    made = prepared(row, model, asked)
    assert {key: made.body[key] for key in body} == body
    assert made.notices == ()


def test_search_models_of_the_older_wire_take_options_and_no_others_do() -> None:
    asked = tool("web_search", context_size="low")
    made = prepared("openai", "gpt-4o-search-preview", asked, wire="openai-chat")
    assert made.body["web_search_options"] == {"search_context_size": "low"}
    assert "web_search" in prepared("openai", "gpt-4o", asked, wire="openai-chat").notices[0]


def test_beta_headers_are_sent_once_each_with_those_of_the_row() -> None:
    quirks = {"native": {"code_execution": True, "url_context": True}, "beta": ["mine", "code-execution-2025-08-25"]}
    request = Request("claude", (user("hi"),), quirks=quirks, native=(tool("code_execution"), tool("url_context")))
    made = load_wire("anthropic-messages").prepare(request)
    assert made.headers["anthropic-beta"] == "mine,code-execution-2025-08-25,web-fetch-2025-09-10"
    invoked = load_wire("bedrock-invoke-anthropic").prepare(request)
    assert invoked.body["anthropic_beta"] == ["mine", "code-execution-2025-08-25", "web-fetch-2025-09-10"]


def test_functions_and_native_tools_stand_side_by_side_and_the_users_own_body_stays() -> None:
    function = ToolSpec("f", "", {"type": "object", "properties": {}})
    extra = {"include": ["mine"], "max_tool_calls": 9}
    made = prepared(
        "openai", "gpt-5.4", tool("web_search", max_uses=1), tools=(function,), options=Options(extra=extra)
    )
    assert [each["type"] for each in made.body["tools"]] == ["function", "web_search"]
    assert "mine" in made.body["include"]
    assert "web_search_call.action.sources" in made.body["include"]


@pytest.mark.parametrize("row", ["cohere", "ollama", "bedrock", "mistral", "deepseek"])
def test_a_provider_without_the_tool_leaves_it_out_and_says_so(row: str) -> None:
    made = prepared(row, "m", tool("web_search"))
    assert "the native tool web_search was left out: this provider or model has none" in made.notices


def test_a_setting_that_the_provider_has_not_is_a_notice() -> None:
    made = prepared("anthropic", "claude", tool("web_search", context_size="high"))
    assert "context_size" in made.notices[0]
    assert "high" not in str(made.body)


def test_a_row_of_the_users_own_may_bring_a_form() -> None:
    check({"native": {"web_search": {"at": "search", "send": {"on": True}}}}, "providers.mine")
    quirks = {"native": {"web_search": {"at": "search", "send": {"on": True}}, "maps": False}}
    request = Request("m", (user("hi"),), quirks=quirks, native=(tool("web_search", days=3),))
    assert load_wire("ollama").prepare(request).body["search"] == {"on": True, "days": 3}
    assert native_names("ollama", None, quirks) == ("web_search",)


@pytest.mark.parametrize("bad", [{"web_search": 3}, {"web_search": {"sendd": {}}}, {"web_search": ["x"]}, True])
def test_a_bad_form_is_told_when_the_row_is_read(bad: Any) -> None:
    with pytest.raises(ConfigError):
        check({"native": bad}, "providers.mine")


def test_every_native_tool_of_every_row_has_a_form() -> None:
    for row in ROWS.all():
        for wire in (row.wire, *row.wires):
            there = row.in_wire(wire)
            check(there.quirks, f"{row.name} {wire}")
            for name, said in there.quirks.get("native", {}).items():
                assert said is not True or name in FORMS[wire], (row.name, wire, name)
                models = said.get("models", "") if isinstance(said, dict) else ""
                assert form_of(name, wire, re.sub(r"\\", "", models) or "image compound", there.quirks), (
                    row.name,
                    wire,
                    name,
                )
