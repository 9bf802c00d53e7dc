"""Vectors of pictures, purposes, and Vertex: the requests of each format, and the answers that only they have."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from rigcli.core.errors import UsageError
from rigcli.engine.embed import Batching, batches
from rigcli.providers.rows import Rows, beside
from rigcli.wire.beside import BESIDE
from rigcli.wire.embeddings import Image, load_embeddings
from tests.support.pictures import png

PNG = png(2, 2)
B64 = b64encode(PNG).decode()
URL = f"data:image/png;base64,{B64}"
PICTURE = Image(PNG, "image/png")


def wire_of(provider: str, name: str) -> Any:
    row = beside(Rows().get(provider), name, BESIDE[name].family)
    return load_embeddings(name, row.quirks)


@pytest.mark.parametrize(
    ("provider", "name", "model", "inputs", "path", "body"),
    [
        (
            "cohere",
            "cohere-embed",
            "embed-v4.0",
            ["fox", PICTURE, ("a", PICTURE)],
            "/v2/embed",
            {
                "model": "embed-v4.0",
                "input_type": "search_document",
                "inputs": [
                    {"content": [{"type": "text", "text": "fox"}]},
                    {"content": [{"type": "image_url", "image_url": {"url": URL}}]},
                    {
                        "content": [
                            {"type": "text", "text": "a"},
                            {"type": "image_url", "image_url": {"url": URL}},
                        ]
                    },
                ],
                "embedding_types": ["float"],
            },
        ),
        (
            "cohere",
            "cohere-embed",
            "embed-english-v3.0",
            [PICTURE],
            "/v2/embed",
            {"model": "embed-english-v3.0", "input_type": "image", "images": [URL], "embedding_types": ["float"]},
        ),
        (
            "bedrock",
            "cohere-embed",
            "cohere.embed-v4:0",
            [PICTURE],
            "/model/cohere.embed-v4%3A0/invoke",
            {
                "input_type": "search_document",
                "inputs": [{"content": [{"type": "image_url", "image_url": URL}]}],
                "embedding_types": ["float"],
            },
        ),
        (
            "voyageai",
            "voyage",
            "voyage-multimodal-3.5",
            ["fox", PICTURE],
            "/multimodalembeddings",
            {
                "model": "voyage-multimodal-3.5",
                "inputs": [
                    {"content": [{"type": "text", "text": "fox"}]},
                    {"content": [{"type": "image_base64", "image_base64": URL}]},
                ],
            },
        ),
        (
            "jina",
            "openai-embeddings",
            "jina-clip-v2",
            ["fox", PICTURE],
            "/embeddings",
            {"model": "jina-clip-v2", "input": [{"text": "fox"}, {"image": B64}]},
        ),
        (
            "vllm",
            "openai-embeddings",
            "m",
            [("fox", PICTURE)],
            "/embeddings",
            {
                "model": "m",
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "fox"},
                            {"type": "image_url", "image_url": {"url": URL}},
                        ],
                    }
                ],
            },
        ),
        (
            "gemini",
            "gemini-embed",
            "gemini-embedding-2",
            [PICTURE, ("fox", PICTURE)],
            "/v1beta/models/gemini-embedding-2:batchEmbedContents",
            {
                "requests": [
                    {
                        "model": "models/gemini-embedding-2",
                        "content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": B64}}]},
                    },
                    {
                        "model": "models/gemini-embedding-2",
                        "content": {"parts": [{"text": "fox"}, {"inlineData": {"mimeType": "image/png", "data": B64}}]},
                    },
                ]
            },
        ),
        (
            "bedrock",
            "titan-embed",
            "amazon.titan-embed-image-v1",
            [("fox", PICTURE)],
            "/model/amazon.titan-embed-image-v1/invoke",
            {"inputText": "fox", "inputImage": B64},
        ),
    ],
)
def test_pictures_are_sent_as_each_format_wants_them(provider, name, model, inputs, path, body):
    prepared = wire_of(provider, name).prepare(inputs, model)
    assert (prepared.path, prepared.body) == (path, body)


@pytest.mark.parametrize("name", ["ollama-embed", "openai-embeddings", "vertex-embed"])
def test_a_format_without_pictures_says_so(name):
    with pytest.raises(UsageError, match="pictures"):
        load_embeddings(name).prepare([PICTURE], "m")


def test_vertex_is_asked_by_predict_with_the_task_of_each_text():
    wire = wire_of("vertexai", "vertex-embed")
    prepared = wire.prepare(["a", "b"], "text-embedding-005", dimensions=64, purpose="query")
    assert prepared.path.endswith("/publishers/google/models/text-embedding-005:predict")
    assert prepared.body == {
        "instances": [
            {"content": "a", "task_type": "RETRIEVAL_QUERY"},
            {"content": "b", "task_type": "RETRIEVAL_QUERY"},
        ],
        "parameters": {"outputDimensionality": 64},
    }
    rows = [{"embeddings": {"values": [1, 2], "statistics": {"token_count": 3}}} for _ in range(2)]
    made = wire.read({"predictions": rows}, 2)
    assert (made.vectors, made.usage.input_tokens) == ([[1.0, 2.0], [1.0, 2.0]], 6)


def test_vertex_has_a_model_for_texts_and_pictures():
    wire = wire_of("vertexai", "vertex-embed")
    assert wire.prepare([PICTURE], "multimodalembedding@001", dimensions=128).body == {
        "instances": [{"image": {"bytesBase64Encoded": B64}}],
        "parameters": {"dimension": 128},
    }
    assert wire.read({"predictions": [{"imageEmbedding": [0.5]}]}, 1).vectors == [[0.5]]


def test_a_path_that_takes_one_content_gets_one_and_its_answer_is_read():
    wire = wire_of("vertexai", "gemini-embed")
    prepared = wire.prepare(["fox"], "gemini-embedding-2", purpose="query", dimensions=8)
    assert prepared.path.endswith("/models/gemini-embedding-2:embedContent")
    assert prepared.body == {
        "content": {"parts": [{"text": "task: search result | query: fox"}]},
        "outputDimensionality": 8,
    }
    assert wire.read({"embedding": {"values": [1, 0]}}, 1).vectors == [[1.0, 0.0]]


@pytest.mark.parametrize(("purpose", "before"), [("query", "task: search result | query: "), (None, "")])
def test_a_model_that_wants_its_purpose_in_the_text_gets_it_there(purpose, before):
    prepared = wire_of("ollama", "ollama-embed").prepare(["fox"], "embeddinggemma", purpose=purpose)
    assert prepared.body["input"] == [f"{before}fox"]
    assert wire_of("ollama", "ollama-embed").prepare(["fox"], "nomic", purpose=purpose).body["input"] == ["fox"]


def test_a_request_holds_so_many_pictures_and_the_order_stays():
    inputs = ["a", PICTURE, "b", PICTURE, PICTURE, "c"]
    parts = list(batches(inputs, Batching(10, 1_000_000, 2)))
    assert [len(part) for part in parts] == [4, 2]
    assert [one for part in parts for one in part] == inputs
    big = Image(b"x" * 6_000_000, "image/png")
    assert [len(part) for part in batches([big, big, big], Batching(10, 300_000, 9))] == [1, 1, 1]
