"""A provider on a known wire is added by configuration alone, its dialect included."""

from __future__ import annotations

import os
from pathlib import Path

CONFIG = """
[providers.work]
wire = "openai-chat"
base_url = "{url}/v9"
key_env = ["WORK_KEY"]
auth = "x-work-key"
default_model = "big"
headers = {{ x-team = "blue" }}
models_path = "/catalog"

[providers.work.quirks]
no_stream_options = true
max_tokens_field = "max_new_tokens"
path = "/chat/{{model}}"
thinking_budget_field = "think.tokens"
"""


def test_a_provider_of_ones_own_is_asked_in_its_dialect(rig, server, monkeypatch):
    folder = Path(os.environ["RIG_HOME"]) / "config"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(url=server.url), encoding="utf-8")
    monkeypatch.setenv("WORK_KEY", "k-123")
    server.beside["POST /v9/chat/big"] = (
        200,
        {"choices": [{"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]},
    )
    server.beside["GET /v9/catalog"] = (200, {"data": [{"id": "big"}, {"id": "small"}]})
    result = rig(
        "ask", "-m", "work", "--no-session", "--no-stream", "-o", "max_tokens=9", "-o", "thinking_budget=5", "hello"
    )
    assert (result.code, result.out, result.err) == (0, "hi\n", "")
    asked = server.requests[0]
    assert (asked.headers["x-work-key"], asked.headers["x-team"]) == ("k-123", "blue")
    assert "authorization" not in asked.headers
    assert (asked.json["max_new_tokens"], asked.json["think"]) == (9, {"tokens": 5})
    assert "stream_options" not in asked.json
    assert rig("models", "work").out == "work/big\nwork/small\n"
    assert "ready" in next(line for line in rig("providers", "list").out.splitlines() if "work" in line)


BESIDE = """
[providers.work]
wire = "openai-chat"
base_url = "{url}/v9"
key_env = ["WORK_KEY"]
auth = "x-work-key"

[providers.work.wires.openai-embeddings.quirks]
path = "/vectors/{{model}}"
default_model = "small"
dimensions_field = "width"

[providers.work.wires.jina-rerank.quirks]
path = "/order"
default_model = "judge"
top_field = "best"

[providers.work.wires.openai-transcription.quirks]
path = "/hear"
default_model = "ear"
times_field = "times"
"""


def test_its_vectors_rankings_and_transcripts_are_in_its_dialect_too(rig, server, monkeypatch, tmp_path):
    folder = Path(os.environ["RIG_HOME"]) / "config"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(BESIDE.format(url=server.url), encoding="utf-8")
    monkeypatch.setenv("WORK_KEY", "k-123")
    server.beside["POST /v9/vectors/small"] = (200, {"data": [{"index": 0, "embedding": [1.0, 2.0]}]})
    server.beside["POST /v9/order"] = (200, {"results": [{"index": 0, "relevance_score": 0.5}]})
    server.beside["POST /v9/hear"] = (200, {"text": "Hello"})
    sound = tmp_path / "talk.wav"
    sound.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    vectors = rig("embed", "-m", "work", "--dimensions", "2", "--format", "json", "hi")
    assert (vectors.code, vectors.json["vectors"]) == (0, [[1.0, 2.0]]), vectors.err
    ranking = rig("rerank", "-m", "work", "--top", "1", "--format", "json", "q", "one")
    assert (ranking.code, ranking.json["results"][0]["score"]) == (0, 0.5), ranking.err
    heard = rig("transcribe", "-m", "work", "--segments", str(sound))
    assert (heard.code, heard.out) == (0, "Hello\n"), heard.err
    embed, rerank, transcribe = server.requests
    assert {request.headers["x-work-key"] for request in server.requests} == {"k-123"}
    assert (embed.json["width"], rerank.json["best"], rerank.json["model"]) == (2, 1, "judge")
    assert b'name="times"' in transcribe.body
    assert b"response_format" not in transcribe.body
