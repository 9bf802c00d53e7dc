"""A picture by its address for a server that takes bytes only: what may not be fetched is said, and not fetched."""

from __future__ import annotations

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program

URL = "https://example.org/a.png"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "https://127.0.0.1/a.png"), "not fetched: 127.0.0.1 is this machine"),
        (("-f", "http://example.org/a.png"), "not fetched: only https is fetched"),
        (("-f", URL, "--offline"), "not fetched: fetch: offline is set"),
        (("-f", URL, "--local-only"), "not fetched: the content is local-only"),
    ],
)
def test_nothing_is_fetched_that_may_not_be(
    rig: Program, server: FakeServer, words: tuple[str, ...], said: str
) -> None:
    server.reply(text="I see nothing")
    result = rig("ask", "-m", "ollama/m", "--base-url", server.url, *words, "What is it?")
    assert (result.code, result.out) == (0, "I see nothing\n")
    assert said in result.err
    assert "an image was left out" in result.err
    assert "images" not in server.chats[0]["messages"][0]


def test_explain_fetches_nothing_and_says_what_would_be(rig: Program, server: FakeServer) -> None:
    result = rig("ask", "-m", "ollama/m", "--base-url", server.url, "-f", URL, "--explain", "What is it?")
    assert f"fetch             {URL}: asked for first when the question is, and sent as bytes" in result.out
    assert server.requests == []
