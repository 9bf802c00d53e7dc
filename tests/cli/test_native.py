"""--native as a user says it: sent where the provider has the tool, refused with the way out where it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rigcli import Model
from rigcli.core.errors import UsageError
from rigcli.testing import FakeServer
from tests.cli.test_router import configure
from tests.support.program import Program


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COHERE", "OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_API_KEY", "k")


def test_the_flag_goes_into_the_request_and_settings_do_too(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("one").reply("two")
    at = ["ask", "-m", "openai/gpt-5.4", "--base-url", server.url, "--no-session"]
    assert rig(*at, "--native", "web_search:max_uses=2,code_execution", "hi").code == 0
    configure('[tools]\nnative = ["image_generation"]\n')
    assert rig(*at, "hi").code == 0
    said = [[tool["type"] for tool in body["tools"]] for body in server.chats]
    assert said == [["web_search", "code_interpreter"], ["image_generation"]]


def test_a_tool_that_the_provider_lacks_ends_with_exit_2_and_who_has_it(rig: Program, here: Path) -> None:
    result = rig("ask", "-m", "cohere/command-a", "--native", "web_search", "hi")
    assert result.code == 2
    assert "cohere has no such tool" in result.err
    assert "openai" in result.err
    assert "gemini" in result.err


def test_a_setting_that_the_provider_cannot_do_is_a_notice_and_the_answer_comes(
    rig: Program, server: FakeServer, here: Path
) -> None:
    configure('[tools]\nnative = ["web_search"]\n')
    server.reply("fine")
    result = rig("ask", "-m", "openai-compatible/m", "--base-url", server.url, "hi")
    assert (result.code, result.out) == (0, "fine\n")
    assert "the native tool web_search was left out" in result.err


@pytest.mark.parametrize(
    ("word", "said"),
    [("file_search", "file_search:ID"), ("web_serch", "did you mean web_search"), ("maps", "gemini, vertexai")],
)
def test_what_cannot_be_done_names_the_next_step(rig: Program, here: Path, word: str, said: str) -> None:
    result = rig("ask", "-m", "openai/gpt-5.4", "--native", word, "hi")
    assert result.code == 2
    assert said in result.err


def test_a_router_asks_a_model_that_has_the_tool(rig: Program, server: FakeServer, here: Path) -> None:
    configure(f"""
[providers.searching]
wire = "openai-chat"
base_url = "{server.url}"
abilities = ["chat"]
quirks = {{ native = {{ web_search = true }} }}
[providers.plain2]
wire = "openai-chat"
base_url = "{server.url}"
abilities = ["chat"]
[routers.both]
models = ["plain2/a", "searching/b"]
strategy = "capability"
[routers.none]
models = ["plain2/a"]
""")
    server.reply("found")
    assert rig("ask", "-m", "both", "--native", "web_search", "hi").out == "found\n"
    assert server.chats[-1]["model"] == "b"
    refused = rig("ask", "-m", "none", "--native", "web_search", "hi")
    assert refused.code == 2
    assert "web_search" in refused.err


def test_explain_shows_the_tool(rig: Program, here: Path) -> None:
    result = rig("ask", "-m", "anthropic/c", "--native", "url_context", "--explain", "hi")
    assert "web_fetch_20250910" in result.out
    assert "web-fetch-2025-09-10" in result.out


def test_providers_show_and_completion_name_the_tools(rig: Program) -> None:
    shown = rig("providers", "show", "groq").out
    assert "native tools" in shown
    assert "url_context (models compound)" in shown
    assert "image_generation" in rig("completions", "bash").out


def test_the_library_sends_them_and_refuses_early() -> None:
    model = Model("gemini/gemini-2.5-flash", api_key="k", native="web_search,maps")
    assert [tool.name for tool in model.with_options(seed=1).request("hi").native] == ["web_search", "maps"]
    with pytest.raises(UsageError, match="no such tool"):
        Model("cohere/command-a", api_key="k", native=["web_search"])
