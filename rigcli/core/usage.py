"""Token counts of one answer, or of several added up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the provider counted them; None where it did not say.

    `input_tokens` counts the whole prompt, cached and cache-written tokens included; `output_tokens` includes
    reasoning tokens. `cache_write_1h_tokens` are those of the cache-written ones that are kept for an hour, which costs
    more. `cost_usd` is None where the price is unknown, never 0. `raw` is the provider's own object.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    raw: dict[str, Any] = field(default_factory=dict[str, Any])
    cache_write_1h_tokens: int | None = None
    type: Literal["usage"] = "usage"

    def __add__(self, other: Usage) -> Usage:
        """Add two counts; what neither said stays None, a cost is known only if both are."""
        return Usage(
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
            cached_input_tokens=_sum(self.cached_input_tokens, other.cached_input_tokens),
            cache_write_tokens=_sum(self.cache_write_tokens, other.cache_write_tokens),
            cache_write_1h_tokens=_sum(self.cache_write_1h_tokens, other.cache_write_1h_tokens),
            reasoning_tokens=_sum(self.reasoning_tokens, other.reasoning_tokens),
            cost_usd=_both(self.cost_usd, other.cost_usd),
            raw=other.raw or self.raw,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the `usage` object of `--format json`: counts are 0 where the provider was silent."""
        return {
            "input_tokens": self.input_tokens or 0,
            "output_tokens": self.output_tokens or 0,
            "cached_input_tokens": self.cached_input_tokens or 0,
            "cache_write_tokens": self.cache_write_tokens or 0,
            "reasoning_tokens": self.reasoning_tokens or 0,
            "cost_usd": self.cost_usd,
            "raw": self.raw,
        }


def _sum(one: int | None, two: int | None) -> int | None:
    return two if one is None else one if two is None else one + two


def _both(one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else one + two
