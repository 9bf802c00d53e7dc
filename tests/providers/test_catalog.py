"""Lists of models as servers write them, and as they are kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.providers.catalog import FRESH, Catalog, ListedModel, decode, encode, list_path, read_models


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"object": "list", "data": [{"id": "gpt-4o", "object": "model"}]}, [ListedModel("gpt-4o")]),
        ({"data": [{"id": "claude", "display_name": "Claude"}], "has_more": False}, [ListedModel("claude", "Claude")]),
        ({"data": [{"id": "m", "name": "M", "context_length": 4096}]}, [ListedModel("m", "M", 4096)]),
        ({"data": [{"id": "m", "context_window": 8192}]}, [ListedModel("m", None, 8192)]),
        (
            {"models": [{"name": "llama3.2:3b", "model": "llama3.2:3b", "size": 2_000_000_000}]},
            [ListedModel("llama3.2:3b", size=2_000_000_000)],
        ),
        ([{"id": "meta-llama/Llama-3", "display_name": "Llama 3"}], [ListedModel("meta-llama/Llama-3", "Llama 3")]),
        (
            {"models": [{"name": "models/gemini-x", "displayName": "Gemini X", "inputTokenLimit": 1_048_576}]},
            [ListedModel("gemini-x", "Gemini X", 1_048_576)],
        ),
        (
            {"models": [{"name": "command-x", "endpoints": ["chat"], "context_length": 128_000}]},
            [ListedModel("command-x", None, 128_000)],
        ),
        ({"models": [{"name": "a.gguf"}], "data": [{"id": "a.gguf"}]}, [ListedModel("a.gguf")]),
        ({"data": ["a", "b", "a"]}, [ListedModel("a"), ListedModel("b")]),
        ({"data": [{"id": "a"}, {"id": ""}, {}, None, 3, {"id": 5}]}, [ListedModel("a")]),
        ({"data": [{"id": "a", "context_length": "big", "size": True}]}, [ListedModel("a")]),
        ({"data": []}, []),
        ({"models": []}, []),
    ],
)
def test_the_dialects_of_a_listing(document, expected):
    assert list(read_models(document) or ()) == expected


@pytest.mark.parametrize("document", [{}, {"data": None}, {"error": "x"}, "x", 3, None, {"data": {"id": "x"}}])
def test_what_is_no_listing_is_told_apart_from_an_empty_one(document):
    assert read_models(document) is None


def test_a_kept_list_comes_back_for_its_own_server_only():
    catalog = Catalog("openai", "https://a.example", 100.0, (ListedModel("m", "M", 5, 6),))
    data = encode(catalog)
    assert decode(data, "openai", "https://a.example") == catalog
    assert decode(data, "openai", "https://b.example") is None
    assert decode(data, "groq", "https://a.example") is None


@given(
    st.binary(max_size=60)
    | st.builds(
        lambda value: json.dumps(value).encode(),
        st.dictionaries(st.sampled_from(["v", "provider", "models"]), st.integers() | st.text()),
    )
)
def test_a_damaged_file_is_no_list_and_no_crash(data):
    assert decode(data, "p", "u") is None


def test_a_list_is_fresh_for_a_day_and_never_from_the_future():
    catalog = Catalog("p", "u", 1000.0, ())
    assert catalog.is_fresh(1000.0)
    assert not catalog.is_fresh(1000.0 + FRESH)
    assert not catalog.is_fresh(999.0)


def test_where_models_are_listed():
    assert list_path("openai-chat", None) == "/models"
    assert list_path("ollama", None) == "/api/tags"
    assert list_path("openai-chat", "/v2/models") == "/v2/models"
    assert list_path("openai-chat", "") is None


def test_lists_of_those_who_speak_and_hear_are_understood():
    spoken = {"name": "thalia", "canonical_name": "aura-2-thalia-en"}
    heard = {"name": "general", "canonical_name": "nova-3-general"}
    found = read_models({"stt": [heard], "tts": [spoken]})
    assert [model.id for model in found or ()] == ["nova-3-general", "aura-2-thalia-en"]
    (model,) = read_models([{"model_id": "eleven_v3", "name": "Eleven v3"}]) or ()
    assert (model.id, model.title) == ("eleven_v3", "Eleven v3")
