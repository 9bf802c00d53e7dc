"""What providers have beside chat - vectors, ranking, speech, pictures: the row, the wire and the way to it.

The command line and the library both come through here; neither flags nor a terminal are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import RigError, UsageError
from rigcli.engine.exchange import Exchange
from rigcli.library.reach import key_finder, naming, priced, rows_of, transport, with_stand_in
from rigcli.providers.access import Access, access
from rigcli.providers.lookup import Choice, resolve
from rigcli.providers.rows import ProviderRow, Rows, beside
from rigcli.providers.variables import filled

if TYPE_CHECKING:
    from rigcli.core.ports import Transport
    from rigcli.core.usage import Usage
    from rigcli.engine.embed import Batching
    from rigcli.home.settings import Settings
    from rigcli.wire.beside import Ability

_NEVER = r"(?!)"
Told = Callable[[int, float, RigError], None]


def _untold(attempt: int, wait: float, error: RigError) -> None:
    """Nobody wants to know of a retry."""


@dataclass(frozen=True)
class Helper:
    """A model that does something beside chat, and the way to it. `wire` is the wire for what it does."""

    choice: Choice
    wire: Any
    access: Access
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    wire_log: Callable[[str], None] | None = None

    @property
    def provider(self) -> str:
        return self.choice.row.name

    @property
    def model(self) -> str:
        return self.choice.model

    def batching(self, most: int) -> Batching:
        """Return how much one request for vectors takes, as the row says, and no more than `most` texts."""
        from rigcli.engine.embed import Batching

        quirks, usual = self.choice.row.quirks, Batching()
        texts = min(int(quirks.get("batch", usual.texts)), most)
        if re.search(str(quirks.get("single_models", _NEVER)), self.model):
            texts = 1
        return Batching(
            texts,
            int(quirks.get("batch_chars", usual.characters)),
            int(quirks.get("batch_images", usual.images)),
        )

    @property
    def takes_pictures(self) -> bool:
        """Whether this model makes vectors of pictures too."""
        return bool(re.search(str(self.choice.row.quirks.get("image_vector_models", _NEVER)), self.model))

    def price(self, usage: Usage) -> Usage:
        return priced(self, usage)

    def exchange(self, settings: Settings, told: Told = _untold) -> Exchange:
        """Return the way of one request: door, names for errors, retries. The time limit is that of each request."""
        from rigcli.net.retry import RetryPolicy

        timeout = settings.get("net.timeout") or None
        way = transport(self, settings)
        door: Transport = way
        if self.wire_log:
            from rigcli.net.wirelog import LoggedTransport

            door = LoggedTransport(way, self.wire_log)
        policy = RetryPolicy(retries=settings.get("net.retries"), deadline=timeout)
        return Exchange(door, naming(self, way), policy, timeout, told)


def reach(
    ability: Ability,
    name: str,
    settings: Settings,
    env: Mapping[str, str],
    *,
    base_url: str | None = None,
    wire: str | None = None,
    wire_log: Callable[[str], None] | None = None,
) -> Helper:
    """Return the way to the model that `name` (PROVIDER/MODEL, a provider, an alias) stands for.

    `base_url` and `wire` go before everything else. Raises UsageError, AuthError.
    """
    from rigcli.net.endpoint import is_loopback
    from rigcli.wire.beside import BESIDE, load_beside, wire_beside
    from rigcli.wire.urls import base_url as trim

    env = with_stand_in(settings, env)
    choice = _choose(name, rows_of(settings), settings.section("aliases"))
    named = wire or choice.row.wire_for(choice.model)
    spoken = wire if wire in BESIDE else wire_beside(ability, named, choice.row.wires)
    if spoken is None:
        raise _cannot(ability, choice.row, rows_of(settings))
    row = filled(beside(choice.row, spoken, BESIDE[spoken].family), env)
    format_ = load_beside(ability, spoken, row.quirks)
    model = choice.model or str(row.quirks.get("default_model", ""))
    if not model:
        raise UsageError(
            f"{row.name}: which model?", hint=f"write {row.name}/MODEL; `rig models {row.name}` lists them"
        )
    way = access(
        row, env=env, find_key=key_finder(settings, env), base_url=base_url, is_loopback=is_loopback, trim=trim
    )
    return Helper(replace(choice, row=row, model=model), format_, way, env, wire_log)


def _choose(name: str, rows: Rows, aliases: Mapping[str, str]) -> Choice:
    """A provider's bare name stands for its model for this, not for chat, which the row of that wire knows."""
    text = name.strip()
    if text in rows and text not in aliases:
        return Choice(rows.get(text), "")
    return resolve(text, rows, aliases)


def _cannot(ability: Ability, row: ProviderRow, rows: Rows) -> UsageError:
    done = {
        "embed": "make vectors",
        "rerank": "rank documents",
        "transcribe": "write down speech",
        "speak": "speak",
        "image": "make pictures",
    }[ability]
    who = ", ".join(other.name for other in rows.all() if ability in other.abilities)
    return UsageError(f"{row.name}: rig knows no way to {done} there", hint=f"these can: {who}")
