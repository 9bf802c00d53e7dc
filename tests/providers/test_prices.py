"""What an answer cost; what nobody knows is None, never 0."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from rigcli.core.usage import Usage
from rigcli.providers.prices import FOLDER, ModelRow, Tier, _price_of, cost, find_model, providers_of
from rigcli.providers.rows import Rows

M = ModelRow("m", input=3.0, output=15.0, cached_input=0.3, cache_write=3.75)


def test_the_four_kinds_of_tokens_have_their_own_price():
    usage = Usage(
        input_tokens=1_000_000, output_tokens=100_000, cached_input_tokens=600_000, cache_write_tokens=100_000
    )
    assert cost(usage, M) == pytest.approx(0.3 * 3 + 0.6 * 0.3 + 0.1 * 3.75 + 0.1 * 15)


def test_what_is_kept_for_an_hour_costs_twice_the_input():
    usage = Usage(input_tokens=300_000, output_tokens=0, cache_write_tokens=300_000, cache_write_1h_tokens=200_000)
    assert cost(usage, M) == pytest.approx(0.1 * 3.75 + 0.2 * 6)


@pytest.mark.parametrize(
    ("usage", "model"),
    [
        (Usage(input_tokens=1, output_tokens=1), None),
        (Usage(input_tokens=1, output_tokens=1), ModelRow("m", context=10)),
        (Usage(input_tokens=1), M),
        (Usage(), M),
        (Usage(input_tokens=5, output_tokens=1, cached_input_tokens=1), ModelRow("m", input=1.0, output=1.0)),
        (Usage(input_tokens=5, output_tokens=1, cache_write_tokens=1), ModelRow("m", input=1.0, output=1.0)),
    ],
)
def test_an_unknown_price_is_none(usage, model):
    assert cost(usage, model) is None


def test_a_count_that_makes_no_sense_costs_no_negative_amount():
    assert cost(Usage(input_tokens=1, output_tokens=0, cached_input_tokens=10), M) == pytest.approx(10 * 0.3 / 1e6)


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-audio", None),
        ("gpt-4o-12-34-56", None),
        ("x-20251001", None),
    ],
)
def test_a_snapshot_counts_as_its_model_and_nothing_else_does(model, found):
    row = find_model("openai", model)
    assert (row.id if row else None) == found


def test_a_dated_name_of_anthropic_is_found():
    row = find_model("anthropic", "claude-haiku-4-5-20251001")
    assert row is not None
    assert row.id == "claude-haiku-4-5"


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.json")), ids=lambda path: path.stem)
def test_every_table_belongs_to_a_row_and_holds_sensible_numbers(path):
    assert path.stem in Rows()
    table = json.loads(path.read_text(encoding="utf-8"))
    assert "MIT License" in table["source"]
    for name in table["models"]:
        row = find_model(path.stem, name)
        assert row is not None
        assert row.source == table["source"]
        assert row.input is None or 0 <= row.input < 1000
        assert row.output is None or 0 <= row.output < 1000
        assert row.context is None or row.context > 100
        assert [tier.above for tier in row.tiers] == sorted(tier.above for tier in row.tiers)


def test_a_long_request_has_prices_of_its_own():
    model = ModelRow(
        "m", input=1.0, output=2.0, cached_input=0.1, tiers=(Tier(1000, input=4.0), Tier(5000, output=9.0))
    )
    assert cost(Usage(input_tokens=1000, output_tokens=10), model) == pytest.approx((1000 * 1 + 10 * 2) / 1e6)
    assert cost(Usage(input_tokens=1001, output_tokens=10), model) == pytest.approx((1001 * 4 + 10 * 2) / 1e6)
    long = Usage(input_tokens=6000, output_tokens=10, cached_input_tokens=5000)
    assert cost(long, model) == pytest.approx((1000 * 4 + 5000 * 0.1 + 10 * 9) / 1e6)


@pytest.mark.parametrize(
    ("minute", "day", "price"),
    [(0, "2026-01-01", 1), (90, "2026-01-01", 3), (120, "2026-02-01", 2), (1430, "2026-02-01", 4)],
)
def test_prices_begin_on_a_day_or_hold_for_some_hours(minute, day, price):
    prices = [
        {"input": 1},
        {"input": 2, "from": "2026-02-01"},
        {"input": 3, "daily": [60, 120]},
        {"input": 4, "daily": [1425, 30]},
    ]
    if minute == 0:
        prices = prices[:3]
    now = datetime.fromisoformat(day + "T00:00:00+00:00").timestamp() + 60 * minute
    assert _price_of(prices, now) == next(one for one in prices if one["input"] == price)


@pytest.mark.parametrize(
    ("provider", "model", "found"),
    [
        ("gemini", "gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini", "gemini-2.5-pro-preview-06-05", "gemini-2.5-pro"),
        ("anthropic", "Claude-Sonnet-4-6", "claude-sonnet-4-6"),
        ("bedrock", "us.anthropic.claude-sonnet-4-6-v1:0", "regional.anthropic.claude-sonnet-4-6-v1:0"),
        ("gemini", "claude-sonnet-4-6", None),
        ("nobody", "gpt-4o", None),
    ],
)
def test_a_name_is_found_as_the_source_would_find_it(provider, model, found):
    row = find_model(provider, model)
    assert (found is None) == (row is None)
    assert row is None or row.id.endswith(found)


def test_a_bare_name_finds_its_provider():
    assert providers_of("gpt-4o") == ["openai"]
    assert providers_of("nobody-has-this") == []


def test_every_default_model_of_a_priced_provider_is_priced():
    for name in ("openai", "anthropic"):
        default = Rows().get(name).default_model
        assert default
        assert find_model(name, default)
