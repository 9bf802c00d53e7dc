"""Newer prices on request, and never half of them."""

from __future__ import annotations

import json

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program


def provider(id_: str, *models: dict[str, object]) -> dict[str, object]:
    return {"id": id_, "name": id_, "models": list(models)}


def model(id_: str, prices: object, **more: object) -> dict[str, object]:
    return {"id": id_, "match": {"equals": id_}, "prices": prices, **more}


PLAIN = {"input_mtok": 1, "output_mtok": 2}
OTHERS = [
    provider(name, model("m", PLAIN)) for name in ("anthropic", "cohere", "deepseek", "google", "mistral", "x-ai")
]
DOCUMENT = [
    *OTHERS,
    provider(
        "openai",
        model(
            "gpt-next",
            {"input_mtok": {"base": 3, "tiers": [{"start": 1000, "price": 6}]}, "output_mtok": "4.5"},
            context_window=777000,
        ),
        model("gpt-4o", {"input_mtok": 77, "output_mtok": 88}),
        {"id": "odd", "match": {"sounds_like": "x"}, "prices": PLAIN},
        model(
            "by-day",
            [
                {"prices": PLAIN},
                {"constraint": {"start_date": "2020-01-01"}, "prices": {"input_mtok": 9, "output_mtok": 9}},
            ],
        ),
    ),
]


@pytest.fixture(autouse=True)
def published(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    monkeypatch.setenv("RIG_PRICES_URL", server.url + "/prices.json")
    server.beside["GET /prices.json"] = (200, DOCUMENT)
    return server


def facts(rig: Program, name: str) -> dict[str, object]:
    return rig("models", "show", name, "--format", "json").json["model"]


def test_newer_prices_count_until_they_are_reset(rig: Program) -> None:
    before = facts(rig, "openai/gpt-4o")
    result = rig("models", "refresh")
    assert result.code == 0, result.err
    assert "genai-prices as of 20" in result.err
    after = facts(rig, "openai/gpt-4o")
    assert after["usd_per_million"] == {"input": 77, "cached_input": None, "cache_write": None, "output": 88}
    assert "as of 20" in str(after["sources"])
    assert "from 127.0.0.1" in str(after["sources"])
    new = facts(rig, "openai/gpt-next")
    assert (new["context"], new["tiers"][0]["above"]) == (777000, 1000)
    assert facts(rig, "openai/by-day")["usd_per_million"]["input"] == 9
    assert facts(rig, "openai/odd")["usd_per_million"] is None
    assert rig("models", "refresh", "--reset").code == 0
    assert facts(rig, "openai/gpt-4o") == before


@pytest.mark.parametrize(
    ("status", "document", "said"),
    [
        (200, b"<html>", "it is not JSON"),
        (200, {"v": 1}, "the document is no list"),
        (200, [*OTHERS, provider("openai", model("x", {"input_mtok": -1, "output_mtok": 1}))], "x: '-1' is no price"),
        (200, [*OTHERS, provider("openai", model("x", {"input_mtok": True, "output_mtok": 1}))], "is no price"),
        (200, [provider("openai", model("x", PLAIN))], "only 1 of the providers"),
        (404, {"error": "gone"}, "answered 404"),
    ],
)
def test_what_cannot_be_read_changes_nothing(
    rig: Program, published: FakeServer, status: int, document: object, said: str
) -> None:
    rig("models", "refresh")
    before = facts(rig, "openai/gpt-4o")
    published.beside["GET /prices.json"] = (status, document)
    result = rig("models", "refresh")
    assert result.code == 7
    assert said in result.err
    assert "the prices are as they were" in result.err
    assert facts(rig, "openai/gpt-4o") == before


def test_offline_fetches_nothing(rig: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("models", "refresh", "--url", "https://prices.example/data.json")
    flag = rig(*words, "--offline")
    monkeypatch.setenv("RIG_OFFLINE", "true")
    for result in (flag, rig(*words)):
        assert result.code == 2
        assert "offline" in result.err


def test_the_object_says_what_came(rig: Program, published: FakeServer) -> None:
    said = rig("models", "refresh", "--format", "json").json
    assert (said["v"], said["models"] > 0, said["providers"] > 0, said["error"]) == (1, True, True, None)
    assert said["fetched"] in said["source"]
    assert rig("models", "refresh", "--reset", "--format", "json").json["source"] == "shipped"


def test_a_cost_is_reckoned_from_newer_prices(rig: Program, server: FakeServer) -> None:
    import os

    from rigcli.core.usage import Usage
    from rigcli.home.paths import folders
    from rigcli.providers.prices import cost, find_model, renewed_folder

    rig("models", "refresh")
    row = find_model("openai", "gpt-4o", renewed=renewed_folder(folders(os.environ).data))
    assert cost(Usage(input_tokens=1_000_000, output_tokens=0), row) == 77
    assert json.loads((renewed_folder(folders(os.environ).data) / "openai.json").read_text("utf-8"))["fetched"]
