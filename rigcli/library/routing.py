"""A router at work: facts about its models, the account of how they do, and the turn that tries them in order.

The account is a small file in the state folder, so that the next `rig ask` knows which model is down. Whoever cannot
write it keeps it in memory; two processes that write at once lose a count, never more.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rigcli.core.errors import AuthError, BugError, ConfigError, NetworkError, RigError, StorageError, UsageError
from rigcli.core.events import Event
from rigcli.core.requests import Request
from rigcli.core.usage import Usage
from rigcli.engine.fallback import Door, Fallback
from rigcli.library.reach import Target, caller, mindful, reach, rows_of
from rigcli.providers.lookup import Choice, resolve
from rigcli.providers.router import Candidate, Health, Needs, Plan, Ranked, Router, needs_of, plan, read_router

if TYPE_CHECKING:
    from rigcli.engine.deadline import Deadline
    from rigcli.home.settings import Settings
    from rigcli.providers.rows import ProviderRow


def find_router(name: str, settings: Settings) -> Router | None:
    """Return the router of that name, if there is one. Raises ConfigError (bad, or its name is taken)."""
    table = settings.section("routers").get(name)
    if table is None:
        return None
    if name in settings.section("aliases") or name in rows_of(settings):
        taken = "an alias" if name in settings.section("aliases") else "a provider"
        raise ConfigError(f"routers.{name}: {taken} has this name", hint="choose another")
    return read_router(name, table)


@dataclass
class Account:
    """How models did lately (the engine's Watch). `clock` gives Unix time; `timed` keeps latencies too."""

    path: Path
    clock: Callable[[], float] = time.time
    timed: bool = False
    _known: dict[str, Health] = field(default_factory=dict[str, Health])

    def read(self) -> Mapping[str, Health]:
        """Return what is known; a file that cannot be read says nothing."""
        from rigcli.home.paths import read_private

        with suppress(StorageError, ValueError, TypeError, AttributeError, KeyError):
            rows = json.loads(read_private(self.path) or b"{}").get("models", {})
            self._known |= {str(name): Health(**row) for name, row in rows.items()}
        return self._known

    def tried(self, name: str) -> None:
        self._note(name, lambda health: health.tried(self.clock()))

    def failed(self, name: str) -> None:
        self._note(name, lambda health: health.failed(self.clock()))

    def answered(self, name: str, seconds: float) -> None:
        def after(health: Health) -> Health:
            return health.answered(seconds) if self.timed else Health(latency=health.latency)

        self._note(name, after)

    def _note(self, name: str, change: Callable[[Health], Health]) -> None:
        before = self.read().get(name, Health())
        after = change(before)
        if after == before:
            return
        self._known[name] = after
        from rigcli.home.paths import write_private

        table = {"v": 1, "models": {key: asdict(health) for key, health in self._known.items()}}
        with suppress(StorageError):  # what cannot be kept is still known to this process
            write_private(self.path, json.dumps(table).encode() + b"\n", durable=False)


@dataclass(frozen=True)
class Routing:
    """A router with everything that a choice needs. `local_only` says so of the content at hand."""

    router: Router
    settings: Settings
    env: Mapping[str, str]
    local_only: bool = False
    wire_log: Callable[[str], None] | None = None
    clock: Callable[[], float] = time.time

    @property
    def account(self) -> Account:
        path = self.settings.folders.state / "routers.json"
        return Account(path, self.clock, timed=self.router.strategy == "latency")

    def choices(self) -> dict[str, Choice]:
        """Return what the router's models stand for. Raises UsageError, ConfigError."""
        rows, aliases = rows_of(self.settings), self.settings.section("aliases")
        for name in self.router.models:
            if name in self.settings.section("routers"):
                raise ConfigError(f"routers.{self.router.name}.models: {name} is a router itself")
        return {name: resolve(name, rows, aliases) for name in self.router.models}

    def plan(self, needs: Needs, account: Account | None = None) -> Plan:
        """Return which models would be asked, in which order and why; nobody is asked, no key is read."""
        health = (account or self.account).read()
        candidates = [
            self._candidate(name, choice, needs, health.get(choice.full_name, Health()))
            for name, choice in self.choices().items()
        ]
        needs = replace(needs, local_only=needs.local_only or self.local_only or self.settings.get("local_only"))
        return plan(self.router, candidates, needs, self.clock(), _similar)

    def first(self) -> Target:
        """Return a model that can be asked, for whoever must name one before there is a question.

        Raises UsageError where there is none.
        """
        return self._target(self._order(self.plan(Needs()))[0])

    def best(self, request: Request) -> tuple[Target, Plan]:
        """Return the model that would be asked first, and the whole plan; nobody is asked.

        Raises UsageError where none can be asked.
        """
        made = self.plan(needs_of(request))
        return self._target(self._order(made)[0]), made

    def turn(
        self, settled: Callable[[], None], chosen: Callable[[Target], None], deadline: Deadline | None = None
    ) -> Fallback:
        """Return the turn of one run within its deadline; `chosen` is told which model is asked."""
        account = self.account
        targets: dict[str, Target] = {}

        def door(ranked: Ranked) -> Door:
            target = targets[ranked.name] = self._target(ranked)
            call = partial(_call, target, self.settings, settled)
            return Door(target.choice.full_name, target.model, target.choice.row.quirks, call)

        def doors(request: Request) -> Sequence[Door]:
            return [door(ranked) for ranked in self._order(self.plan(needs_of(request), account))]

        def tell(door: Door) -> None:
            chosen(next(target for target in targets.values() if target.choice.full_name == door.name))

        timeout = self.settings.get("net.timeout") or None
        return Fallback(doors, account, another_may_do_better, tell, timeout, deadline)

    def _order(self, made: Plan) -> Sequence[Ranked]:
        if not made.order:
            why = "; ".join(f"{each.name}: {each.why}" for each in made.left_out)
            raise UsageError(f"router {self.router.name}: none of its models can be asked: {why}")
        return made.order

    def _target(self, ranked: Ranked) -> Target:
        why = f"router {self.router.name}: {ranked.why}"
        target = reach(self.choices()[ranked.name], self.settings, self.env, why=why, wire_log=self.wire_log)
        return replace(target, router=self.router)

    def _candidate(self, name: str, choice: Choice, needs: Needs, health: Health) -> Candidate:
        from rigcli.providers.prices import cost, find_model, renewed_folder

        local, official, obstacle = self._place(choice.row, choice.model)
        row = find_model(choice.row.name, choice.model, renewed=renewed_folder(self.settings.folders.data))
        reckoned = cost(Usage(input_tokens=needs.tokens, output_tokens=needs.answer), row) if official else None
        return Candidate(
            name,
            abilities=_abilities(choice),
            context=row.context if row else None,
            cost=reckoned,
            local=local,
            health=health,
            obstacle=obstacle,
        )

    def _place(self, row: ProviderRow, model: str) -> tuple[bool, bool, str | None]:
        """Return whether the server is on this machine, whether it is the row's own, and why it cannot be asked."""
        from rigcli.home.secrets import Key, where_key
        from rigcli.net.endpoint import is_loopback
        from rigcli.providers.access import access
        from rigcli.providers.variables import filled
        from rigcli.wire.urls import base_url

        def stand_in(row: ProviderRow) -> Key | None:
            place = where_key(row.name, row.key_env, settings=self.settings, env=self.env)
            return Key("not-read", place or "login") if place or row.login else None

        try:
            asked = filled(row.in_wire(row.wire_for(model)), self.env)
            way = access(asked, env=self.env, find_key=stand_in, is_loopback=is_loopback, trim=base_url)
        except (AuthError, UsageError) as error:
            return False, False, error.line()
        return way.local, way.base_url_origin == "built-in", None


def _abilities(choice: Choice) -> frozenset[str] | None:
    """Return what a model can, its provider's own tools included; None where the row does not say."""
    if not choice.row.abilities:
        return None
    from rigcli.wire.native import native_names

    row = choice.row.in_wire(choice.row.wire_for(choice.model))
    return frozenset((*row.abilities, *native_names(row.wire, choice.model, row.quirks)))


def another_may_do_better(error: RigError) -> bool:
    """Tell whether the failure is the server's or the network's, and not the request's."""
    from rigcli.net.retry import RETRYABLE, SERVER_ERRORS

    if error.status is not None:
        return error.status in RETRYABLE or error.status in SERVER_ERRORS
    return isinstance(error, NetworkError)


def routed_turn(
    target: Target,
    settings: Settings,
    settled: Callable[[], None],
    chosen: Callable[[Target], None],
    *,
    local_only: bool = False,
    deadline: Deadline | None = None,
) -> Fallback:
    """Return the turn of one run over the models of the target's router; `local_only` is said of the content."""
    if target.router is None:
        raise BugError("a bug in rig: a target without router")
    return Routing(target.router, settings, target.env, local_only, target.wire_log).turn(settled, chosen, deadline)


def _call(
    target: Target,
    settings: Settings,
    settled: Callable[[], None],
    request: Request,
    *,
    left: float | None,
    last: bool,
) -> AsyncGenerator[Event]:
    """Ask one model; only the last resort is asked again after a failure, the others have a next one."""
    from rigcli.net.retry import RetryPolicy

    retry = RetryPolicy(retries=settings.get("net.retries"), deadline=left) if last else None
    turn = replace(caller(target, settings, settled), retry=retry, timeout=left)
    return cast("AsyncGenerator[Event]", mindful(turn, target, settings)(request))


def _similar(prompt: str, examples: Sequence[str]) -> Sequence[float]:
    """Measured with the embedder in the package: nothing leaves this machine."""
    from rigcli.rag.embedders.minilm import MiniLM

    vectors: Any = MiniLM().embed([prompt, *examples])
    found: list[float] = (vectors[1:] @ vectors[0]).tolist()
    return found
