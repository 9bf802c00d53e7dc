"""Which of several models is asked, and which are left alone for a while. Pure: facts, time and vectors are handed in.

    [routers.smart]
    models = ["ollama/qwen3:8b", "anthropic/claude-sonnet-4-6"]
    strategy = "keyword"
    [routers.smart.rules]
    "anthropic/claude-sonnet-4-6" = ["prove", "refactor"]

A model is ranked or left out, each with its reason, so that the choice can be explained without asking anybody.
`Health` is the breaker of one model: open after 3 failures in a row, for 30 s, then one probe may pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias, cast

from rigcli.core.errors import ConfigError
from rigcli.core.requests import Request

Strategy: TypeAlias = Literal["order", "keyword", "embedding", "capability", "cost", "latency"]
STRATEGIES: tuple[Strategy, ...] = ("order", "keyword", "embedding", "capability", "cost", "latency")
OPENS_AT = 3
"""Failures in a row until a model is left alone."""
OPEN_SECONDS = 30.0
"""Seconds it is left alone, and seconds a probe may take before another one is let through."""
CHARACTERS_A_TOKEN = 4
"""A rough rule; a prompt that is near a context's end is not worth the risk, so what is needed is rounded up."""
ANSWER_TOKENS = 1024
"""Tokens kept free for an answer where the request names no limit; also what `cost` reckons with."""
_MEDIA = {"image": "images", "document": "documents", "audio": "audio"}

Similar: TypeAlias = Callable[[str, Sequence[str]], Sequence[float]]
"""A prompt and examples to their cosine similarities, in the order of the examples."""


@dataclass(frozen=True, slots=True)
class Router:
    """One `[routers.NAME]`. `rules` are words (keyword) or examples (embedding) by model, as `models` names them."""

    name: str
    models: tuple[str, ...]
    strategy: Strategy = "order"
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    local_only: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """How a model did lately. Times are Unix seconds; `latency` is the usual time to the first token in seconds."""

    failures: int = 0
    failed_at: float = 0.0
    probed_at: float = 0.0
    latency: float | None = None

    def is_open(self, now: float) -> bool:
        """Tell whether the model is to be left alone; a clock that was set back counts as time that has passed."""
        if self.failures < OPENS_AT:
            return False
        return 0 <= now - self.failed_at < OPEN_SECONDS or 0 <= now - self.probed_at < OPEN_SECONDS

    def tried(self, now: float) -> Health:
        """Return the state once a request is on its way: of a breaker that was open, it is the one probe."""
        return replace(self, probed_at=now) if self.failures >= OPENS_AT else self

    def failed(self, now: float) -> Health:
        return replace(self, failures=self.failures + 1, failed_at=now, probed_at=0.0)

    def answered(self, seconds: float) -> Health:
        """Return the state after a first token that took so many seconds; a later one counts for a third."""
        usual = seconds if self.latency is None else (2 * self.latency + seconds) / 3
        return Health(latency=usual)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of one model of a router.

    `abilities` are its provider's, as rows name them; None where nobody knows. `cost` is what this request would cost
    in US dollars, None where no price is known. `obstacle` is why it cannot be asked at all: no key, no server.
    """

    name: str
    abilities: frozenset[str] | None = None
    context: int | None = None
    cost: float | None = None
    local: bool = False
    health: Health = field(default_factory=Health)
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What a request asks of a model. `text` is the latest of the user; `tokens` is a guess at all that is sent."""

    text: str = ""
    abilities: frozenset[str] = frozenset()
    tokens: int = 0
    answer: int = ANSWER_TOKENS
    local_only: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """A model and why it stands where it stands, or why it is left out."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Models in the order in which they are asked, and those that are not."""

    order: tuple[Ranked, ...]
    left_out: tuple[Ranked, ...] = ()


def needs_of(request: Request, *, local_only: bool = False) -> Needs:
    """Return what a request needs."""
    spoken = [message for message in request.messages if message.role == "user" and message.text]
    media = {part.kind for message in request.messages for part in message.parts if part.type == "media"}
    length = sum(len(message.text) + len(message.reasoning) for message in request.messages)
    length += sum(len(spec.description) + len(str(spec.parameters)) for spec in request.tools)
    wanted = {_MEDIA[kind] for kind in media} | ({"tools"} if request.tools else set[str]())
    wanted |= {tool.name for tool in request.native}
    return Needs(
        text=spoken[-1].text if spoken else "",
        abilities=frozenset(wanted),
        tokens=-(-length // CHARACTERS_A_TOKEN),
        answer=request.options.max_tokens or ANSWER_TOKENS,
        local_only=local_only,
    )


def plan(
    router: Router, candidates: Sequence[Candidate], needs: Needs, now: float, similar: Similar | None = None
) -> Plan:
    """Return which models to ask in which order. `similar` is needed by the strategy `embedding` alone.

    A model whose breaker is open comes last; where all are open, the one whose failure is oldest comes first.
    """
    left_out = [Ranked(each.name, why) for each in candidates if (why := _why_not(router, each, needs))]
    out = {each.name for each in left_out}
    able = [each for each in candidates if each.name not in out]
    ranked = _RANK[router.strategy](router, able, needs, similar)
    health = {each.name: each.health for each in able}
    ready = [each for each in ranked if not health[each.name].is_open(now)]
    resting = sorted(
        (each for each in ranked if health[each.name].is_open(now)), key=lambda each: health[each.name].failed_at
    )
    tail = [Ranked(each.name, f"{each.why}; {_resting(health[each.name], now)}") for each in resting]
    return Plan((*ready, *tail), tuple(left_out))


def read_router(name: str, table: Mapping[str, Any]) -> Router:
    """Return the router that a table of the settings says. Raises ConfigError that names the key."""
    where = f"routers.{name}"
    for key in table:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            raise ConfigError(f"{where}: unknown key {key!r}", hint=f"did you mean {near[0]}?" if near else None)
    models = _texts(table.get("models"), f"{where}.models")
    strategy = table.get("strategy", "order")
    if strategy not in STRATEGIES:
        raise ConfigError(f"{where}.strategy: must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    local_only = table.get("local_only", False)
    if not isinstance(local_only, bool):
        raise ConfigError(f"{where}.local_only: must be true or false, not {local_only!r}")
    rules = _rules(table.get("rules", {}), models, f"{where}.rules")
    if strategy in ("keyword", "embedding") and not rules:
        raise ConfigError(
            f"{where}: the strategy {strategy} needs rules", hint=f'[{where}.rules] "{models[0]}" = ["…"]'
        )
    return Router(name, models, strategy, rules, local_only)


_KEYS = ("models", "strategy", "rules", "local_only")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    items = cast("list[Any]", value) if isinstance(value, list) else []
    texts = [item.strip() for item in items if isinstance(item, str) and item.strip()]
    if not texts or len(texts) != len(items):
        raise ConfigError(f"{where}: must be a list of texts, and not empty")
    if len(set(texts)) != len(texts):
        raise ConfigError(f"{where}: names one twice")
    return tuple(texts)


def _rules(value: Any, models: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where}: must be a table: "PROVIDER/MODEL" = ["…"]')
    table = cast("Mapping[str, Any]", value)
    for model in table:
        if model not in models:
            near = get_close_matches(model, models, n=1, cutoff=0.4)
            raise ConfigError(
                f"{where}: {model!r} is none of its models", hint=f"did you mean {near[0]}?" if near else None
            )
    return {model: _texts(texts, f'{where}."{model}"') for model, texts in table.items()}


def _why_not(router: Router, model: Candidate, needs: Needs) -> str | None:
    if (needs.local_only or router.local_only) and not model.local:
        return "local-only content, and its server is not on this machine"
    if model.obstacle:
        return model.obstacle
    if router.strategy not in ("capability", "cost"):
        return None
    if model.abilities is not None and (missing := sorted(needs.abilities - model.abilities)):
        return f"takes no {' and no '.join(missing)}"
    if model.context is not None and needs.tokens + needs.answer > model.context:
        return f"about {needs.tokens:,} tokens and an answer do not fit into its {model.context:,}"
    return None


def _resting(health: Health, now: float) -> str:
    return f"failed {health.failures} times in a row, {max(now - health.failed_at, 0):.0f} s ago: asked last"


def _by_order(_: Router, able: Sequence[Candidate], __: Needs, ___: Similar | None) -> list[Ranked]:
    return [Ranked(each.name, f"number {number} in the list") for number, each in enumerate(able, 1)]


def _by_keyword(router: Router, able: Sequence[Candidate], needs: Needs, _: Similar | None) -> list[Ranked]:
    hits = {each.name: [word for word in router.rules.get(each.name, ()) if _says(needs.text, word)] for each in able}
    ranked = sorted(able, key=lambda each: -len(hits[each.name]))
    return [
        Ranked(each.name, f"the prompt says {', '.join(words)}" if (words := hits[each.name]) else "none of its words")
        for each in ranked
    ]


def _says(text: str, word: str) -> bool:
    """Tell whether a text holds a word or phrase, whatever the case, not in the middle of a longer word."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def _by_embedding(router: Router, able: Sequence[Candidate], needs: Needs, similar: Similar | None) -> list[Ranked]:
    if similar is None:
        raise ConfigError(f"routers.{router.name}: the strategy embedding needs an embedder")
    owners = [(each.name, example) for each in able for example in router.rules.get(each.name, ())]
    scores = similar(needs.text, [example for _, example in owners])
    best: dict[str, tuple[float, str]] = {}
    for (name, example), score in zip(owners, scores, strict=True):
        best[name] = max(best.get(name, (-2.0, "")), (score, example))
    ranked = sorted(able, key=lambda each: -best.get(each.name, (-2.0, ""))[0])
    return [Ranked(each.name, _nearest(best.get(each.name))) for each in ranked]


def _nearest(found: tuple[float, str] | None) -> str:
    return f"nearest example, {found[0]:.2f}: {found[1][:60]}" if found else "has no examples"


def _by_capability(_: Router, able: Sequence[Candidate], needs: Needs, __: Similar | None) -> list[Ranked]:
    what = ", ".join([*sorted(needs.abilities), f"about {needs.tokens:,} tokens"])
    return [Ranked(each.name, f"can take {what}" + _unknown(each)) for each in able]


def _unknown(model: Candidate) -> str:
    return "" if model.context is not None else " (its context is not known)"


def _by_cost(_: Router, able: Sequence[Candidate], __: Needs, ___: Similar | None) -> list[Ranked]:
    """The cheapest first; a model of this machine costs nothing, an unknown price comes last."""
    price = {each.name: 0.0 if each.local and each.cost is None else each.cost for each in able}
    ranked = sorted(able, key=lambda each: (price[each.name] is None, price[each.name] or 0.0))
    return [Ranked(each.name, _reckoned(price[each.name], local=each.local)) for each in ranked]


def _reckoned(cost: float | None, *, local: bool) -> str:
    if cost is None:
        return "its price is not known"
    return "on this machine, no price" if local and not cost else f"about ${cost:.4f}"


def _by_latency(_: Router, able: Sequence[Candidate], __: Needs, ___: Similar | None) -> list[Ranked]:
    """The quickest first; one that was never measured goes before, so that it gets a figure."""
    ranked = sorted(able, key=lambda each: -1.0 if each.health.latency is None else each.health.latency)
    return [
        Ranked(each.name, "never measured" if usual is None else f"first token after {usual:.2f} s")
        for each in ranked
        for usual in (each.health.latency,)
    ]


_RANK: dict[Strategy, Callable[[Router, Sequence[Candidate], Needs, Similar | None], list[Ranked]]] = {
    "order": _by_order,
    "keyword": _by_keyword,
    "embedding": _by_embedding,
    "capability": _by_capability,
    "cost": _by_cost,
    "latency": _by_latency,
}
