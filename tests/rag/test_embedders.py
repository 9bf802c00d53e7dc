"""The embedder in the package, and those behind HTTP."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rigcli.rag.embedders
from rigcli.core.errors import ProviderError
from rigcli.rag.embedders.minilm import WIDTH, MiniLM
from rigcli.rag.embedders.remote import RemoteEmbedder

DATA = Path(rigcli.rag.embedders.__file__).parent / "data"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def test_the_files_are_those_that_their_notes_describe() -> None:
    notes = (DATA / "MODEL.md").read_text(encoding="utf-8")
    for name in ("model.onnx", "tokenizer.json"):
        digest = hashlib.sha256((DATA / name).read_bytes()).hexdigest()
        assert re.search(rf"\| {re.escape(name)} \| \d+ \| `{digest}` \|", notes)
    assert (DATA / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")


def test_vectors_have_unit_length_and_the_order_of_the_texts(minilm: MiniLM) -> None:
    texts = ["A dog barks.", "Interest rates rose. " * 60, "", "A puppy is barking loudly."]
    vectors = minilm.embed(texts)
    assert vectors.shape == (4, WIDTH)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[3] > 0.6
    assert vectors[0] @ vectors[1] < 0.3


def test_a_text_has_the_same_vector_in_any_company(minilm: MiniLM) -> None:
    text = "Rotate the signing keys."
    alone = minilm.embed([text])[0]
    together = minilm.embed([text, "x " * 200, "short", *["filler text here"] * 40])[0]
    assert alone @ together > 0.98  # int8 rounds a whole batch with one scale


def test_no_text_is_no_work(minilm: MiniLM) -> None:
    assert minilm.embed([]).shape == (0, WIDTH)


def test_nothing_heavy_is_imported_before_the_first_text() -> None:
    code = "import sys, rigcli.rag.search, rigcli.rag.build; from rigcli.rag.embedders.minilm import MiniLM; MiniLM()\n"
    code += "print([m for m in ('numpy', 'onnxruntime', 'tokenizers', 'selectolax', 'pypdfium2') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def vectors_of(texts: Sequence[str], purpose: str = "document") -> list[list[float]]:
    """A server whose vectors tell which text they are for."""
    assert "" not in texts
    return [[float(len(text)), 1.0, 0.0] for text in texts]


def test_a_servers_vectors_get_unit_length_and_keep_their_order() -> None:
    embedder = RemoteEmbedder("p/m", vectors_of)
    vectors = embedder.embed(["x" * n for n in range(150)])
    assert embedder.width == 3
    assert np.allclose(vectors[1:, 0] / vectors[1:, 1], np.arange(1, 150), rtol=1e-4)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert embedder.embed([]).shape == (0, 3)


def test_another_width_than_the_index_has_is_an_error() -> None:
    with pytest.raises(ProviderError, match=r"width \[3\] where 768 was expected"):
        RemoteEmbedder("p/m", vectors_of, width=768).embed(["text"])


@pytest.mark.parametrize("provider", ["openai-compatible", "ollama"])
def test_an_index_is_made_with_a_servers_vectors(provider: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Each server in the format of its own row, in requests of the size that it takes."""
    from rigcli.home.settings import load
    from rigcli.library.embedding import embedder_named
    from rigcli.testing import FakeServer

    with FakeServer(width=8) as server:
        settings = load(os.environ, tmp_path)
        monkeypatch.setenv("RIG_API_KEY", "k")
        monkeypatch.setenv("RIG_BASE_URL", server.url)
        embedder = embedder_named(settings, os.environ, f"{provider}/m")
        vectors = embedder.embed([f"word {number}" for number in range(150)])
    assert vectors.shape == (150, 8)
    assert sorted(len(request.json["input"]) for request in server.requests) == [22, 64, 64]
    assert {request.path for request in server.requests} == {"/api/embed" if provider == "ollama" else "/embeddings"}
