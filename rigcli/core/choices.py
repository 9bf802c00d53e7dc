"""Events that come on request only: how likely each token was, and the other answers to the same request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rigcli.core.messages import FinishReason, Message


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token and the natural logarithm of its probability; `bytes` are its own where it is a part of a letter.

    `top` are the likeliest tokens at its place, the likeliest first, each with its logarithm.
    """

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return an entry of `logprobs`."""
        top = [{"token": token, "logprob": logprob} for token, logprob in self.top]
        own = None if self.bytes is None else list(self.bytes)
        return {"token": self.token, "logprob": self.logprob, "bytes": own, "top_logprobs": top}


@dataclass(frozen=True, slots=True)
class Logprobs:
    """How likely the tokens of the answer were, in their order; they belong to the text that came last."""

    tokens: tuple[TokenLogprob, ...]
    type: Literal["logprobs"] = "logprobs"


@dataclass(frozen=True, slots=True)
class Choice:
    """Another answer to the same request, whole: the first one is told by the other events. Its calls are not run.

    `index` counts from the first answer's 0.
    """

    index: int
    message: Message
    reason: FinishReason
    raw_reason: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()
    type: Literal["choice"] = "choice"
