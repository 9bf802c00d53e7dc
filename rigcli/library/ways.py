"""From a name to the way a Model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rigcli.core.errors import AuthError, UsageError
from rigcli.core.events import Event
from rigcli.core.ports import Transport
from rigcli.core.usage import Usage
from rigcli.library.model import Way
from rigcli.library.reach import Target, asking, keep_local, reach, rows_of
from rigcli.library.telemetry import Spans, observer
from rigcli.providers.lookup import Choice, resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from rigcli.core.requests import NativeTool, Request
    from rigcli.engine.agent import Turn
    from rigcli.home.settings import Settings
    from rigcli.library.counting import TokenCount
    from rigcli.library.routing import Routing
    from rigcli.providers.rows import ProviderRow


def way_of(
    name: str,
    settings: Settings,
    env: Mapping[str, str],
    *,
    base_url: str | None = None,
    wire: str | None = None,
    stored: bool = True,
    transport: Transport | None = None,
) -> Way:
    """Return the way to PROVIDER/MODEL. Raises UsageError, AuthError, DeniedError (local-only content)."""
    choice = resolve(name, rows_of(settings), settings.section("aliases"))
    if transport is not None:
        return _without_network(choice, settings, env, wire, transport)
    try:
        target = reach(choice, settings, env, base_url=base_url, wire=wire, stored=stored)
    except AuthError as error:
        if not stored and error.hint:
            error.hint = f"pass api_key=…, or set {_variable(choice)}; Model.configured(…) reads stored keys too"
        raise
    return _to(target, settings)


def chosen_way(settings: Settings, env: Mapping[str, str]) -> Way:
    """Return the way to the model that the settings name, a router's included, or to the first that is ready."""
    from rigcli.library.routing import Routing, find_router

    name = settings.get("model")
    if name and (router := find_router(name, settings)):
        routing = Routing(router, settings, env)
        routing.choices()
        at_home = partial(_routed, replace(routing, local_only=True))

        def observed() -> tuple[Spans, Turn]:
            spans = observer(settings, None, env)
            return spans, _routed(routing, spans.chosen)

        observe = observed if settings.get("otel.enabled") else None
        return Way(_routed(routing), name, local_only=settings.get("local_only"), at_home=at_home, observe=observe)
    if name:
        return way_of(name, settings, env)
    from rigcli.home.defaults import default_model

    found = default_model(settings, rows_of(settings), env)
    if found is None:
        raise UsageError("no model: none is named, no provider has a key, and no local server answers")
    return _to(reach(found.choice, settings, env, why=found.why), settings)


def _to(target: Target, settings: Settings) -> Way:
    turn = asking(target, settings, _nothing)
    row = target.choice.row

    async def counted(request: Request) -> TokenCount:
        from rigcli.library.counting import count

        return await count(target, settings, request)

    def at_home() -> Turn:
        keep_local(target)
        return turn

    return Way(
        turn,
        target.model,
        row.name,
        row.quirks,
        target.price,
        target.access.notices,
        partial(_check_native, row, target.model, settings),
        counted,
        settings.get("local_only"),
        at_home,
        (lambda: (observer(settings, target, target.env), turn)) if settings.get("otel.enabled") else None,
    )


def _check_native(row: ProviderRow, model: str, settings: Settings, tools: Sequence[NativeTool]) -> None:
    if not tools:
        return
    from rigcli.library.native import check_native

    for tool in tools:
        check_native(tool, row, model, rows_of(settings))


def _routed(
    routing: Routing, told: Callable[[Target], None] = lambda _: None
) -> Callable[[Request], AsyncGenerator[Event]]:
    """Return the turn of a router; `told` hears which model is asked."""

    async def turn(request: Request) -> AsyncGenerator[Event]:
        asked: list[Target] = []

        def chosen(target: Target) -> None:
            asked.append(target)
            told(target)

        async with aclosing(routing.turn(_nothing, chosen)(request)) as events:
            async for event in events:
                yield asked[-1].price(event) if isinstance(event, Usage) else event

    return turn


def _without_network(
    choice: Choice, settings: Settings, env: Mapping[str, str], wire: str | None, transport: Transport
) -> Way:
    from rigcli.engine.naming import Naming
    from rigcli.engine.turn import Caller
    from rigcli.net.retry import RetryPolicy
    from rigcli.providers.variables import filled
    from rigcli.wire import decoder, load_wire

    row = filled(choice.row.in_wire(wire or choice.row.wire_for(choice.model)), env)
    timeout = settings.get("net.timeout") or None
    turn = Caller(
        wire=load_wire(row.wire),
        transport=transport,
        decoder=decoder,
        named=Naming(row.name),
        retry=RetryPolicy(retries=settings.get("net.retries"), deadline=timeout),
        timeout=timeout,
    )
    return Way(
        turn,
        choice.model,
        row.name,
        row.quirks,
        check_native=partial(_check_native, row, choice.model, settings),
        local_only=settings.get("local_only"),
    )


def _variable(choice: Choice) -> str:
    from rigcli.providers.access import key_variable

    return key_variable(choice.row)


def _nothing() -> None:
    """Nobody wants to know that a chunk is through."""
