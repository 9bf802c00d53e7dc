"""What a run may cost: held against each model call before it is made, and what came of it noted.

A call's worst case is its whole prompt (an estimate, rounded up) and the longest answer. Where nobody limits the answer
and the longest one of the model could cost more than is left, its length is limited to what is left.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from rigcli.core.errors import BudgetError, StorageError
from rigcli.core.events import Event, Finish, Notice, Start, Text
from rigcli.core.requests import Request
from rigcli.core.usage import Usage

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn
    from rigcli.home.usage import Ledger
    from rigcli.library.reach import Target

MILLION = 1_000_000
MARGIN = 4 / 3
"""An estimate of tokens may be a quarter too low."""
SHORTEST = 64
"""An answer limited to fewer tokens than this is worth nothing: the budget is spent."""


@dataclass
class Budget:
    """Limits in US dollars, None for none: `run` of this run, `day` of all runs of today. `session` is where it stands.

    `ledger` keeps every call; None: nothing is kept.
    """

    run: float | None = None
    day: float | None = None
    ledger: Ledger | None = None
    session: str | None = None
    spent: float = 0.0
    told: set[str] = field(default_factory=set[str])

    def metered(self, turn: Turn, target: Callable[[], Target]) -> Turn:
        """Return the same way of one model call, checked before and noted after. Raises BudgetError."""

        async def call(request: Request) -> AsyncGenerator[Event]:
            request, notices = self.check(request, target())
            for notice in notices:
                yield Notice(notice)
            usage: Usage | None = None
            began = False
            try:
                async with aclosing(cast("AsyncGenerator[Event]", turn(request))) as events:
                    async for event in events:
                        began = began or isinstance(event, Start | Text | Finish)
                        usage = event if isinstance(event, Usage) else usage
                        yield event
            finally:
                if began or usage:
                    self.note(target(), usage or Usage())

        return call

    def check(self, request: Request, target: Target) -> tuple[Request, list[str]]:
        """Return the request, its answer limited where that must be, and what the user should know of it.

        Raises BudgetError where even the prompt, or the answer that is asked for, could cost more than is left;
        StorageError where a daily limit is set and nobody can say what was spent.
        """
        if self.run is None and self.day is None:
            return request, []
        left, limit = self._left()
        row = _row(target)
        if row is None or row.input is None or row.output is None:
            return request, self._once(f"the price of {target.choice.full_name} is unknown: {limit} cannot count it")
        from rigcli.providers.context import estimate

        tokens = int(estimate(request) * MARGIN) + 1
        prompt = tokens * _price(row, "input", tokens) / MILLION
        each = _price(row, "output", tokens) / MILLION
        wanted = request.options.max_tokens
        if wanted is not None:
            if prompt + wanted * each > left:
                raise _spent(limit, left, prompt + wanted * each, "lower -o max_tokens or ")
            return request, []
        room = int((left - prompt) / each) if each else MILLION
        if left <= 0 or prompt > left or room < SHORTEST:
            raise _spent(limit, left, prompt + SHORTEST * each)
        if row.max_output is not None and row.max_output <= room:
            return request, []
        if room >= (row.max_output or MILLION):
            return request, []
        limited = replace(request, options=replace(request.options, max_tokens=room))
        return limited, self._once(f"answers are limited to what is left of {limit}: about {room:,} tokens now")

    def note(self, target: Target, usage: Usage) -> None:
        """Count a call that was made; what cannot be kept on disk is still counted in this run."""
        priced = target.price(usage)
        self.spent += priced.cost_usd or 0.0
        if self.ledger:
            with suppress(StorageError):
                self.ledger.note(target.provider, target.model, priced, self.session)

    def _left(self) -> tuple[float, str]:
        """Return what is left of the tighter limit, and the limit's name."""
        lefts: list[tuple[float, str]] = []
        if self.run is not None:
            lefts.append((self.run - self.spent, f"--max-cost ${self.run:g}"))
        if self.day is not None:
            today = self.ledger.spent_today()[0] if self.ledger else self.spent
            lefts.append((self.day - today, f"budget.daily ${self.day:g}"))
        return min(lefts)

    def _once(self, notice: str) -> list[str]:
        key = notice.partition(":")[0]
        if key in self.told:
            return []
        self.told.add(key)
        return [notice]


def _row(target: Target) -> Any:
    if target.access.base_url_origin != "built-in":
        return None
    from rigcli.home.paths import folders
    from rigcli.providers.prices import find_model, renewed_folder

    return find_model(target.provider, target.model, renewed=renewed_folder(folders(target.env).data))


def _price(row: Any, kind: str, tokens: int) -> float:
    """Return dollars a million tokens; a long prompt may have a price of its own."""
    price = getattr(row, kind)
    for tier in row.tiers:
        if tokens > tier.above and getattr(tier, kind) is not None:
            price = getattr(tier, kind)
    return price


def _spent(limit: str, left: float, worst: float, more: str = "") -> BudgetError:
    return BudgetError(
        f"budget: the next call could cost ${worst:.4f}, and ${max(left, 0):.4f} is left of {limit}",
        hint=f"{more}raise the limit; the session goes on with -c",
    )
