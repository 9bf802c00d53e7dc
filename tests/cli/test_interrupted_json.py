"""Ctrl-C where JSON was asked for: stdout has its one object all the same, stderr no line, and no half file is left."""

from __future__ import annotations

import json
import signal
import socket
import sys

import pytest

from tests.support.program import process


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("ask", "-m", "openai-compatible/m", "--no-session", "hi"), {"text": "", "finish_reason": "incomplete"}),
        (("embed", "-m", "openai-compatible/m", "hi"), {}),
        (("rerank", "-m", "jina/m", "question", "one", "two"), {}),
        (("transcribe", "-m", "openai-compatible/m", "../said.mp3"), {}),
        (("speak", "-m", "openai-compatible/m", "hi"), {}),
        (("image", "-m", "openai-compatible/m", "cat"), {"images": []}),
        (("models", "count", "-m", "anthropic/m", "hi"), {}),
    ],
)
def test_an_interrupted_run_says_so_in_one_object(here, monkeypatch, words, more):
    """The server never answers; whatever the command, its object has the error `interrupted`."""
    monkeypatch.setenv("RIG_API_KEY", "none")
    (here.parent / "said.mp3").write_bytes(b"ID3" + bytes(40))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        # A shell that starts it in the background would have it ignore SIGINT.
        with process(*words, "--base-url", url, "--format", "json", cwd=here, preexec_fn=_heed_interrupts) as run:
            silent.settimeout(30)
            connection, _ = silent.accept()
            connection.recv(1)
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=30)
            connection.close()
    assert (run.returncode, err) == (130, b"")
    said = json.loads(out)
    assert (said["v"], said["error"]["kind"], said["error"]["message"]) == (1, "interrupted", "interrupted")
    assert said | more == said
    assert list(here.iterdir()) == []


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
