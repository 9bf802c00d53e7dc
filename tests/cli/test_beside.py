"""`rig embed`, `rig rerank`, `rig transcribe` from outside, against a server on loopback."""

from __future__ import annotations

import json
import os
import signal
import sys

import pytest

from rigcli.testing import FakeServer
from rigcli.testing.server import hashed_vector
from tests.support.pictures import png
from tests.support.program import Program, process

MODEL = ("-m", "openai-compatible/m", "--retries", "0")


@pytest.fixture
def base(server: FakeServer, here) -> tuple[str, ...]:
    return (*MODEL, "--base-url", server.url)


def rounded(vectors):
    return [[round(number, 9) for number in vector] for vector in vectors]


# --- embed


def test_vectors_come_as_one_object(rig: Program, server, base):
    result = rig("embed", *base, "--format", "json", "red", "green blue")
    assert (result.code, result.err) == (0, "")
    assert rounded(result.json["vectors"]) == rounded([hashed_vector("red", 16), hashed_vector("green blue", 16)])
    assert (result.json["v"], result.json["dimensions"], result.json["error"]) == (1, 16, None)
    assert (result.json["model"], result.json["usage"]["input_tokens"]) == ("m", 2)
    assert server.requests[0].json == {"model": "m", "input": ["red", "green blue"]}


def test_lines_of_stdin_are_texts_and_keep_their_order(rig: Program, server, base):
    texts = [f"text {number}" for number in range(700)]
    result = rig("embed", *base, "--format", "jsonl", "first", "-", stdin=("\n".join(texts) + "\n \n").encode())
    *lines, end = result.lines
    assert [line["index"] for line in lines] == list(range(701))
    expected = rounded(hashed_vector(text, 16) for text in ("first", *texts))
    assert rounded(line["vector"] for line in lines) == expected
    assert (end["type"], end["count"], end["dimensions"], end["usage"]["input_tokens"]) == ("end", 701, 16, 701)
    assert len(server.requests) == 11
    assert "1 blank line left out" in result.err


def test_a_plain_run_prints_a_list_a_line(rig: Program, base):
    result = rig("embed", *base, "red")
    assert rounded([json.loads(result.out)]) == rounded([hashed_vector("red", 16)])


def test_flags_go_into_the_request(rig: Program, server, base):
    server.beside["POST /v2/embed"] = (200, {"embeddings": {"float": [[1, 2]]}, "meta": {}})
    flags = ("--wire", "cohere-embed", "--dimensions", "2", "--purpose", "query", "-o", "truncate=END")
    result = rig("embed", *base, *flags, "--format", "json", "red")
    assert result.json["vectors"] == [[1.0, 2.0]]
    body = server.requests[0].json
    assert (body["output_dimension"], body["input_type"], body["truncate"]) == (2, "search_query", "END")


def test_a_failure_after_some_vectors_is_still_one_object(rig: Program, server, base, monkeypatch):
    """The second request asks for more vectors than the server has."""
    server.beside["POST /embeddings"] = (200, {"data": [{"index": 0, "embedding": [1.0]}]})
    monkeypatch.setattr("rigcli.cli.embed_run.AIM", 1)
    one = rig("embed", *base, "--format", "json", "red", "green")
    assert (one.code, one.json["vectors"], one.json["error"]) == (0, [[1.0], [1.0]], None)
    monkeypatch.setattr("rigcli.cli.embed_run.AIM", 2)
    result = rig("embed", *base, "--format", "json", "red", "green", "blue")
    assert result.code == 7
    assert "1 vectors for 2 texts" in result.json["error"]["message"]
    assert len(result.out.splitlines()) == 1


def test_what_came_before_a_failure_is_kept(rig: Program, server, base, monkeypatch):
    answers = iter([[[1.0]], [[1.0, 2.0]]])

    class Growing(dict):
        def get(self, key, default=None):
            return (200, {"data": [{"embedding": vector} for vector in next(answers)]})

    server.beside = Growing()
    monkeypatch.setattr("rigcli.cli.embed_run.AIM", 1)
    monkeypatch.setattr("rigcli.cli.embed_run.IN_FLIGHT", 1)
    result = rig("embed", *base, "--format", "json", "red", "green")
    assert (result.code, result.json["vectors"]) == (7, [[1.0]])
    assert "vectors of width 2 where those before had 1" in result.json["error"]["message"]


@pytest.mark.parametrize("format_", ["json", "jsonl", "text"])
def test_a_refused_key_is_one_error(rig: Program, server, base, format_):
    server.beside["POST /embeddings"] = (401, {"error": {"message": "bad key"}})
    result = rig("embed", *base, "--format", format_, "red")
    assert (result.code, result.err.count("\n")) == (4, 1)
    assert "bad key" in result.err
    assert [line["error"]["status"] for line in result.lines] == [401] * (format_ != "text")


@pytest.mark.parametrize(
    ("words", "message"),
    [((), "no text"), (("a", " "), "text 2 is empty"), (("-", "-"), "stands twice"), (("-",), "stdin: empty")],
)
def test_texts_that_cannot_be_used(rig: Program, base, words, message):
    result = rig("embed", *base, *words)
    assert (result.code, message in result.err) == (2, True)


def test_a_line_that_is_no_utf8_is_named(rig: Program, base):
    result = rig("embed", *base, "-", stdin=b"good\n\xff\xfe\n")
    assert result.code == 2
    assert "line 2 is no UTF-8" in result.err


def test_rigs_own_model_needs_no_server(rig: Program, here):
    result = rig("embed", "--format", "json", "red", "green")
    assert (result.code, result.json["dimensions"], len(result.json["vectors"])) == (0, 384, 2)
    assert result.json["provider"] is None
    assert rig("embed", "--dimensions", "8", "red").code == 2


def test_a_providers_name_stands_for_its_model(rig: Program, server, here, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    assert rig("embed", "-m", "openai", "red").code == 0
    assert server.requests[0].json["model"] == "text-embedding-3-small"
    assert server.requests[0].headers["authorization"] == "Bearer sk-canary-0123456789"
    assert "which model?" in rig("embed", "-m", "doubleword", "red").err


def test_a_provider_without_vectors_says_so(rig: Program, here):
    result = rig("embed", "-m", "anthropic/claude", "red")
    assert (result.code, "knows no way to make vectors there" in result.err) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupt_ends_a_run_that_waits_for_stdin(server, here, base):
    """The thread that reads ahead must not hold the process."""
    reading, writing = os.pipe()
    os.write(writing, b"one\n" * 64 + b"two\n")
    running = process("embed", *base, "--format", "json", "-", stdin=reading, cwd=here)
    os.close(reading)
    assert running.stdout is not None
    first = os.read(running.stdout.fileno(), 1)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=20)
    os.close(writing)
    document = json.loads(first + out)
    assert (running.returncode, document["error"]["message"], len(document["vectors"])) == (130, "interrupted", 64)


# --- rerank


RANKED = {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": -0.5}], "model": "r"}


def test_documents_are_ranked(rig: Program, server, base):
    server.beside["POST /rerank"] = (200, RANKED)
    result = rig("rerank", *base, "--format", "json", "question", "one", "two", "--top", "5")
    assert server.requests[0].json == {"model": "m", "query": "question", "documents": ["one", "two"], "top_n": 5}
    assert result.json["results"] == [
        {"index": 1, "score": 0.9, "text": "two"},
        {"index": 0, "score": -0.5, "text": "one"},
    ]
    assert (result.json["model"], result.json["error"]) == ("r", None)


def test_documents_are_lines_of_stdin_too(rig: Program, server, base):
    server.beside["POST /rerank"] = (200, RANKED)
    assert rig("rerank", *base, "q", "-", stdin=b"one\ntwo  words\n").out == "0.9000\t1\ttwo words\n-0.5000\t0\tone\n"
    *lines, end = rig("rerank", *base, "--format", "jsonl", "--top", "1", "q", "one", "two").lines
    assert [line["index"] for line in lines] == [1]
    assert end["type"] == "end"


def test_a_provider_of_vectors_ranks_too(rig: Program, server, here, monkeypatch):
    """Its row is in the format of vectors, the ranking has one of its own."""
    monkeypatch.setenv("JINA_BASE_URL", server.url)
    monkeypatch.setenv("JINA_API_KEY", "jina-canary-0123456789")
    server.beside["POST /rerank"] = (200, RANKED)
    assert rig("rerank", "-m", "jina", "q", "one", "two").code == 0
    assert server.requests[0].json["model"] == "jina-reranker-v2-base-multilingual"


def test_a_ranking_needs_documents_and_a_model(rig: Program, base, here):
    assert "no documents" in rig("rerank", *base, "q").err
    assert "which model" in rig("rerank", "q", "one").err


# --- transcribe


WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "


@pytest.fixture
def sound(here):
    (here / "talk.wav").write_bytes(WAV)
    return "talk.wav"


def test_speech_is_written_down(rig: Program, server, base, sound):
    segment = {"start": 0.0, "end": 1.0, "text": " Hello"}
    server.beside["POST /audio/transcriptions"] = (200, {"text": " Hello", "segments": [segment], "language": "en"})
    result = rig("transcribe", *base, "--format", "json", "--language", "en", "--segments", sound)
    assert (result.code, result.json["text"], result.json["segments"]) == (0, " Hello", [segment])
    assert (result.json["v"], result.json["error"]) == (1, None)
    sent = server.requests[0].body
    assert all(word in sent for word in (WAV, b'filename="talk.wav"', b"audio/wav", b"verbose_json", b"\r\n\r\nen\r\n"))


def test_a_recording_may_come_from_stdin(rig: Program, server, base):
    server.beside["POST /audio/transcriptions"] = (200, {"text": "Hi"})
    assert rig("transcribe", *base, "-", stdin=WAV).out == "Hi\n"
    assert b'filename="stdin.wav"' in server.requests[0].body


def test_an_error_has_the_providers_words(rig: Program, server, base, sound):
    server.beside["POST /audio/transcriptions"] = (501, {"error": {"message": "no audio input"}})
    result = rig("transcribe", *base, "--format", "json", sound)
    assert (result.code, result.json["error"]["status"]) == (3, 501)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("none.wav", None, "no such file"),
        ("empty.wav", b"", "empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "is no recording"),
    ],
)
def test_what_is_no_recording_is_refused_before_it_is_sent(rig: Program, server, base, here, name, data, message):
    if data is not None:
        (here / name).write_bytes(data)
    result = rig("transcribe", *base, name)
    assert (result.code, message in result.err, server.requests) == (2, True, [])


def test_speech_needs_a_model(rig: Program, sound):
    assert "which model" in rig("transcribe", sound).err


# --- vectors of pictures


def test_texts_and_pictures_have_vectors_in_their_order(rig: Program, server, here, monkeypatch):
    monkeypatch.setenv("RIG_API_KEY", "k")
    (here / "a.png").write_bytes(png(2, 2))
    (here / "b.png").write_bytes(png(3, 3))
    rows = [{"index": number, "embedding": [number, 1]} for number in range(3)]
    server.beside["POST /multimodalembeddings"] = (200, {"data": rows, "usage": {"total_tokens": 9}})
    flags = ("-m", "voyageai/voyage-multimodal-3.5", "--base-url", server.url, "--retries", "0", "--format", "json")
    result = rig("embed", *flags, "--purpose", "document", "-f", "a.png", "-f", "b.png", "a fox")
    assert (result.code, result.json["vectors"]) == (0, [[0, 1], [1, 1], [2, 1]])
    (asked,) = server.requests
    assert asked.json["input_type"] == "document"
    kinds = [[piece["type"] for piece in one["content"]] for one in asked.json["inputs"]]
    assert kinds == [["text"], ["image_base64"], ["image_base64"]]


def test_together_they_have_one(rig: Program, server, here, monkeypatch):
    monkeypatch.setenv("RIG_API_KEY", "k")
    (here / "a.png").write_bytes(png(2, 2))
    server.beside["POST /v2/embed"] = (200, {"embeddings": {"float": [[1, 2]]}})
    flags = ("-m", "cohere", "--base-url", server.url, "--retries", "0")
    result = rig("embed", *flags, "--together", "-f", "a.png", "a fox")
    assert (result.code, result.out) == (0, "[1.0,2.0]\n")
    assert len(server.requests[0].json["inputs"][0]["content"]) == 2


@pytest.mark.parametrize("model", [(), ("-m", "openai/text-embedding-3-small"), ("-m", "cohere/embed-v2")])
def test_who_has_no_vectors_of_pictures_says_who_has(rig: Program, server, here, monkeypatch, model):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("COHERE_API_KEY", "k")
    (here / "a.png").write_bytes(png(2, 2))
    result = rig("embed", *model, "-f", "a.png")
    assert result.code == 2
    assert "these can: " in result.err
    assert "voyageai" in result.err
    assert server.requests == []


# --- subtitles, several recordings, doors


SPOKEN = {"text": "Hello", "segments": [{"start": 0.0, "end": 1.0, "text": "Hello"}]}


def test_subtitles_come_out_and_times_are_asked_for(rig: Program, server, base, sound):
    server.beside["POST /audio/transcriptions"] = (200, SPOKEN)
    result = rig("transcribe", *base, "--format", "srt", sound)
    assert result.out == "1\n00:00:00,000 --> 00:00:01,000\nHello\n"
    assert b"verbose_json" in server.requests[0].body


def test_where_there_are_no_times_the_text_is_not_lost(rig: Program, server, base, sound):
    server.beside["POST /audio/transcriptions"] = (200, {"text": "Hello"})
    result = rig("transcribe", *base, "--format", "vtt", sound)
    assert (result.code, result.out) == (7, "")
    assert ("what was said: Hello" in result.err, "no times" in result.err) == (True, True)


def test_several_recordings(rig: Program, server, base, here):
    for name in ("a.wav", "b.wav"):
        (here / name).write_bytes(WAV)
    server.beside["POST /audio/transcriptions"] = (200, SPOKEN)
    assert rig("transcribe", *base, "a.wav", "b.wav").out == "==> a.wav <==\nHello\n\n==> b.wav <==\nHello\n"
    files = rig("transcribe", *base, "--format", "json", "a.wav", "b.wav").json["files"]
    assert [one["path"] for one in files] == ["a.wav", "b.wav"]
    assert "-O DIR/" in rig("transcribe", *base, "--format", "srt", "a.wav", "b.wav").err
    (here / "out").mkdir()
    result = rig("transcribe", *base, "--format", "srt", "-O", "out", "a.wav", "b.wav")
    assert (result.out.splitlines(), result.code) == ([os.path.join("out", name) for name in ("a.srt", "b.srt")], 0)  # noqa: PTH118  as printed
    assert (here / "out" / "b.srt").read_text().startswith("1\n00:00:00,000")


def test_what_was_written_down_before_a_failure_is_kept(rig: Program, server, base, here):
    (here / "a.wav").write_bytes(WAV)
    server.beside["POST /audio/transcriptions"] = (200, SPOKEN)
    result = rig("transcribe", *base, "--format", "json", "a.wav", "none.wav")
    assert (result.code, result.json["files"][0]["text"], result.json["error"]["kind"]) == (2, "Hello", "usage")


def test_a_recording_that_is_too_large_is_not_sent(rig: Program, here, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    (here / "long.wav").write_bytes(WAV + bytes(26_000_000))
    result = rig("transcribe", "-m", "openai", "--offline", "long.wav")
    assert (result.code, "26 MB, and openai takes 25 MB" in result.err, "ffmpeg" in result.err) == (2, True, True)


def test_a_recording_goes_to_a_providers_own_door(rig: Program, server, sound, monkeypatch):
    monkeypatch.setenv("DEEPGRAM_BASE_URL", server.url)
    monkeypatch.setenv("DEEPGRAM_API_KEY", "dg-canary-0123456789")
    path = "/v1/listen?model=nova-3&smart_format=true&detect_language=true"
    answer = {"results": {"channels": [{"alternatives": [{"transcript": "Hello", "words": []}]}]}}
    server.beside[f"POST {path}"] = (200, answer)
    assert rig("transcribe", "-m", "deepgram", sound).out == "Hello\n"
    assert server.requests[0].headers["authorization"] == "Token dg-canary-0123456789"
    assert server.requests[0].body == WAV


def test_a_file_that_cannot_be_is_told_before_the_recording_is_sent(rig: Program, server, here):
    (here / "said.mp3").write_bytes(b"ID3" + bytes(40))
    flags = ("-m", "openai-compatible/m", "--base-url", server.url, "-O", "missing/said.txt")
    result = rig("transcribe", *flags, "said.mp3")
    assert (result.code, "mkdir -p" in result.err, server.requests) == (2, True, [])
