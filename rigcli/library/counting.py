"""How many tokens a request is: asked of the server where it can say, else estimated, and called that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rigcli.core.errors import ProviderError, RigError
from rigcli.core.requests import Request
from rigcli.providers.context import estimate

if TYPE_CHECKING:
    from rigcli.home.settings import Settings
    from rigcli.library.reach import Target

_NO_SUCH_PATH = (404, 405, 501)
_REFUSED = 400


def _untold(attempt: int, wait: float, error: RigError) -> None:
    """Nobody wants to know of a retry."""


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of one request. `method` says who counted.

    `provider`: the server, as it would read the request; `tokenizer`: the server, the bare text of it; `estimate`: rig,
    a quarter of the bytes, which may be a third off, and more in other languages than English. `notices` say what is
    not in it, and why it is an estimate.
    """

    tokens: int
    method: Literal["provider", "tokenizer", "estimate"]
    notices: tuple[str, ...] = ()

    def __int__(self) -> int:
        return self.tokens

    @property
    def exact(self) -> bool:
        return self.method == "provider"


def estimated(request: Request, why: str) -> TokenCount:
    """Return an estimate; `why` is told."""
    return TokenCount(estimate(request), "estimate", (why,))


async def count(
    target: Target,
    settings: Settings,
    request: Request,
    told: Callable[[int, float, RigError], None] = _untold,
) -> TokenCount:
    """Return how many tokens a request is for a model. `told` hears of each retry.

    Raises NetworkError and its leaves, AuthError; ProviderError where the server refuses the request itself.
    """
    from rigcli.engine.exchange import Exchange
    from rigcli.library.context import root_door
    from rigcli.library.reach import naming, transport
    from rigcli.net.retry import RetryPolicy
    from rigcli.wire import counting

    name = counting.way_of(target.wire.name, request.quirks)
    if name is None:
        return estimated(request, f"{target.provider} has no way to count that rig knows: this is an estimate")
    door = root_door(target, settings) if request.quirks.get("count_root") else transport(target, settings)
    timeout = settings.get("net.timeout") or None
    policy = RetryPolicy(retries=settings.get("net.retries"), deadline=timeout)
    way = door
    if target.wire_log:
        from rigcli.net.wirelog import LoggedTransport

        way = LoggedTransport(door, target.wire_log)
    exchange = Exchange(way, naming(target, door), policy, timeout, told)
    prepared = counting.prepare(name, request)
    try:
        found = await exchange.json(prepared, counting.read_error, lambda body: counting.read(name, body))
    except ProviderError as error:
        if error.status in _NO_SUCH_PATH or (error.status == _REFUSED and _cannot(error)):
            return estimated(request, f"{error.message}: this is an estimate")
        raise
    return TokenCount(found.tokens, "provider" if found.whole else "tokenizer", prepared.notices)


def _cannot(error: ProviderError) -> bool:
    """Bedrock refuses with 400 to count for the models that it does not count for."""
    return "support" in error.message and "count" in error.message
