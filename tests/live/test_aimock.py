"""The real program against aimock, on every wire that it speaks; README.md tells where aimock is not like the providers."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.answers import HELLO, LONG, WIRES
from tests.live.conftest import Mock
from tests.support.program import Result, process

ROWS = {
    "openai-chat": ("openai/gpt-4.1", "/v1"),
    "openai-responses": ("openai/gpt-4.1", "/v1"),
    "anthropic-messages": ("anthropic/claude-sonnet-4-5", ""),
    "gemini": ("gemini/gemini-2.5-flash", ""),
    "vertex": ("vertexai/gemini-2.5-flash", ""),
    "azure": ("azure/gpt-4.1", ""),
    "cohere-v2": ("cohere/command-a-03-2025", ""),
    "ollama": ("ollama/llama3.2", ""),
    "bedrock-converse": ("bedrock/anthropic.claude-3-7-sonnet-v1:0", ""),
    "bedrock-invoke-anthropic": ("bedrock/anthropic.claude-3-7-sonnet-v1:0", ""),
}
NAMES = {"vertex": "gemini", "azure": "openai-chat"}
WHOLE_ONLY = ("bedrock-invoke-anthropic",)
STREAMED = [wire for wire in WIRES if wire not in WHOLE_ONLY]
VERTEX = """
[providers.vertexai.quirks]
path = "/v1/projects/p/locations/global/publishers/google/models/{model}:{method}"
"""
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Rig:
    """`rig ask` in a folder with two files, its key in the environment."""

    def __init__(self, mock: Mock, folder: Path) -> None:
        self._mock, self._folder = mock, folder
        (folder / "notes.txt").write_text("violet\n", encoding="utf-8")
        (folder / "more.txt").write_text("green\n", encoding="utf-8")
        settings = Path(os.environ["RIG_HOME"]) / "config"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "config.toml").write_text(VERTEX, encoding="utf-8")

    def ask(self, wire: str, question: str, *flags: str) -> Result:
        model, below = ROWS[wire]
        whole = ("--no-stream",) if wire in WHOLE_ONLY else ()
        line = ["ask", "-m", model, "--wire", NAMES.get(wire, wire), *whole, "--no-session", *flags, question]
        return self.run(*line, below=below)

    def run(self, *line: str, below: str = "") -> Result:
        env = {"RIG_API_KEY": "k", "AWS_REGION": "us-east-1", "GOOGLE_CLOUD_PROJECT": "p"}
        running = process(line[0], "--base-url", self._mock.url + below, *line[1:], env=env, cwd=self._folder)
        out, err = running.communicate(timeout=60)
        return Result(running.returncode, out.decode(), err.decode())


@pytest.fixture
def rig(aimock: Mock, tmp_path: Path) -> Rig:
    return Rig(aimock, tmp_path)


@pytest.mark.parametrize("wire", STREAMED)
def test_an_answer_streams(rig: Rig, wire: str) -> None:
    got = rig.ask(wire, "say hello", "--format", "jsonl")
    pieces = [event["text"] for event in got.lines if event["type"] == "text"]
    assert (got.code, "".join(pieces)) == (0, HELLO), got.err
    assert len(pieces) > 1
    end = got.lines[-1]
    assert end["finish_reason"] == "stop"


@pytest.mark.parametrize("wire", WIRES)
def test_an_answer_comes_whole(rig: Rig, wire: str) -> None:
    got = rig.ask(wire, "say hello", "--no-stream", "--format", "json")
    assert (got.code, got.json["text"], got.json["finish_reason"]) == (0, HELLO, "stop"), got.err


@pytest.mark.parametrize("question", ["read one", "read two"])
@pytest.mark.parametrize("wire", WIRES)
def test_tools_run_and_their_results_arrive(rig: Rig, wire: str, question: str) -> None:
    """Aimock answers the second request by what the last result in it says."""
    got = rig.ask(wire, question, "--tool", "read_file", "--format", "json")
    want = {"read one": "It says violet.", "read two": "They say violet and green."}[question]
    assert (got.code, got.json["text"].split("\n")[-1].endswith(want)) == (0, True), got


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire not in ("cohere-v2", "ollama")])
def test_thoughts_are_kept_apart_from_the_answer(rig: Rig, wire: str) -> None:
    got = rig.ask(wire, "think first", "--format", "json")
    assert (got.code, got.json["text"], got.json["reasoning"]) == (0, "42", "Six times seven."), got


@pytest.mark.parametrize("wire", WIRES)
def test_a_server_that_is_busy_is_asked_again_when_it_said(rig: Rig, wire: str) -> None:
    began = time.monotonic()
    got = rig.ask(wire, f"busy for {wire}.")
    assert (got.code, got.out) == (0, "Now there is time.\n"), got.err
    assert "again in 1.0 s" in got.err
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize(
    ("question", "code", "status", "words"),
    [("always busy", 3, 429, "Too fast"), ("fail", 3, 500, "It broke"), ("refuse", 7, 400, "No such thing")],
)
@pytest.mark.parametrize("wire", WIRES)
def test_an_error_says_what_the_provider_said(
    rig: Rig, wire: str, question: str, code: int, status: int, words: str
) -> None:
    got = rig.ask(wire, question, "--retries", "0", "--format", "json")
    error: dict[str, Any] = json.loads(got.out)["error"]
    assert (got.code, error["status"]) == (code, status), got
    assert words in error["message"]
    assert got.err.count("\n") == 1


@pytest.mark.parametrize("question", ["vanish", "break off"])
@pytest.mark.parametrize("wire", STREAMED)
def test_an_answer_that_breaks_off_is_never_called_whole(rig: Rig, wire: str, question: str) -> None:
    got = rig.ask(wire, question, "--retries", "0")
    shown = got.out.rstrip("\n")
    assert LONG.startswith(shown), got
    assert shown != LONG
    assert got.code == (7 if shown else 3)
    assert "ended" in got.err


@pytest.mark.parametrize("wire", [wire for wire in WIRES if wire != "ollama"])
def test_an_answer_cut_by_the_limit_says_so(rig: Rig, wire: str) -> None:
    got = rig.ask(wire, "to the limit", "--format", "json")
    reasons = ("length", "incomplete") if wire == "openai-responses" else ("length",)
    assert (got.code, got.json["text"]) == (7, "As long as it may be"), got
    assert got.json["finish_reason"] in reasons


@pytest.mark.parametrize("model", ["openai/text-embedding-3-small", "cohere/embed-v4.0"])
def test_vectors_come_one_a_text(rig: Rig, model: str) -> None:
    """Aimock makes a vector from the text: the same text, the same vector."""
    got = rig.run(
        "embed", "-m", model, "--format", "json", "one", "two", "one", below="/v1" * model.startswith("openai")
    )
    assert got.code == 0, got.err
    first, second, third = got.json["vectors"]
    assert first == third != second
