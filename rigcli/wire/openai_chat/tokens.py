"""Token counts and costs in the many forms of this family."""

from __future__ import annotations

from typing import Any

from rigcli.core.usage import Usage
from rigcli.wire.shapes import Json, as_count, as_dict, first

_WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens")
_XAI_TICKS_PER_USD = 1e10  # docs.x.ai: cost_in_usd_ticks


def usage_of(row: Json, cost: Any = None) -> Usage | None:
    """Return the counts of the last usage object; None where the server sent none. `cost` is what stood beside it."""
    if not row:
        return None
    prompt = as_dict(first(row, "prompt_tokens_details", "input_tokens_details"))
    answer = as_dict(first(row, "completion_tokens_details", "output_tokens_details"))
    return Usage(
        input_tokens=as_count(first(row, "prompt_tokens", "input_tokens")),
        output_tokens=as_count(first(row, "completion_tokens", "output_tokens")),
        cached_input_tokens=as_count(
            first(
                {**row, **{key: value for key, value in prompt.items() if value is not None}},
                "cached_tokens",
                "prompt_cache_hit_tokens",
                "cache_read_input_tokens",
                "num_cached_tokens",
            )
        ),
        cache_write_tokens=as_count(
            first(prompt, *_WRITTEN)
            or first(row, *_WRITTEN)
            or first(row, "cache_creation_input_tokens", "cache_write_tokens")
        ),
        reasoning_tokens=as_count(first(answer, "reasoning_tokens") or first(row, "reasoning_tokens")),
        cost_usd=_cost(row, cost),
        raw=row,
    )


def _cost(row: Json, beside: Any) -> float | None:
    """Return US dollars where the server says them (OpenRouter, Perplexity, Venice, xAI)."""
    said = row.get("cost")
    inner = as_dict(said)
    if row.get("is_byok"):  # OpenRouter charged nothing, the provider behind it did
        said = as_dict(row.get("cost_details")).get("upstream_inference_cost")
    candidates = (said, inner.get("total_cost"), as_dict(beside).get("usd"))
    for value in candidates:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    ticks = row.get("cost_in_usd_ticks")
    return ticks / _XAI_TICKS_PER_USD if isinstance(ticks, int) and ticks > 0 else None
