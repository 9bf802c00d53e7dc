"""`--explain`: what would be sent, where settings come from, the request as a redacted `curl`. Sends nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rigcli.cli.target import Target, transport
from rigcli.core.errors import Exit
from rigcli.core.messages import Message, system
from rigcli.core.requests import NativeTool, Options, Request, ToolSpec
from rigcli.core.text_filter import clean

if TYPE_CHECKING:
    from rigcli.cli.ask_run import Ask

CHARACTERS_A_TOKEN = 4
"""A rough rule for English text; the provider's own count comes with the answer."""


def explain(
    ask: Ask,
    target: Target,
    options: Options,
    history: tuple[Message, ...],
    prompt: Message | None,
    declared: tuple[ToolSpec, ...],
    native: tuple[NativeTool, ...] = (),
) -> int:
    """Print where the answer would come from and the request itself; return exit code 0."""
    from rigcli.cli.ask_run import wanted_of
    from rigcli.cli.question import read_argument
    from rigcli.net.redact import curl

    text = ask.settings.get("system")
    messages = (
        *((system(read_argument(text, ask.world)),) if text else ()),
        *history,
        *((prompt,) if prompt else ()),
    )
    request = Request(target.model, messages, declared, options, stream=not ask.shared.no_stream, native=native)
    target, others = _ranked(ask, target, request)
    request = replace(request, model=target.model, quirks=target.choice.row.quirks)
    if goal := wanted_of(ask.world, ask.shared, ask.settings):
        request = replace(request, schema=goal.output)
    from rigcli.wire.structured import prepare

    _, prepared = prepare(target.wire, request)
    rows = [
        ("model", f"{target.choice.full_name}  ({target.why})"),
        *others,
        ("wire", target.wire.name),
        ("server", f"{target.access.base_url}  ({target.access.base_url_origin})"),
        ("key", target.access.key_origin or "none"),
        *((key, f"{ask.settings.get(key)}  ({ask.settings.origin(key)})") for key in _SHOWN),
        *(("tokens", f"{role}: about {count}") for role, count in _sizes(messages)),
        *(("notice", notice) for notice in prepared.notices),
        *(
            ("fetch", f"{url}: asked for first when the question is, and sent as bytes")
            for url in _there(target, request)
        ),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {value}" for name, value in rows]
    signing = target.access.signing
    signed = f"aws:amz:{signing.region}:{signing.service}" if signing else None
    lines += ["", curl(transport(target, ask.settings).endpoint, prepared, signed)]
    ask.world.stdout.write(clean("\n".join(lines)) + "\n")
    return Exit.OK


_SHOWN = ("net.timeout", "net.idle_timeout", "net.retries", "tools.max_turns", "offline")


def _ranked(ask: Ask, target: Target, request: Request) -> tuple[Target, list[tuple[str, str]]]:
    """Return the model that is asked first and, of a router, what comes after it and what does not."""
    if target.router is None:
        return target, []
    from rigcli.library.routing import Routing

    target, made = Routing(target.router, ask.settings, ask.world.env, wire_log=target.wire_log).best(request)
    after = [("then", each) for each in made.order[1:]] + [("left out", each) for each in made.left_out]
    return target, [(label, f"{each.name}  ({each.why})") for label, each in after]


def _there(target: Target, request: Request) -> list[str]:
    """Return the addresses that are fetched here: what they hold is not in the request that is shown."""
    from rigcli.core.ports import BytesOnly

    if not isinstance(target.wire, BytesOnly):
        return []
    from rigcli.library.inline import addresses

    return addresses(request, target.wire.bytes_only)


def _sizes(messages: tuple[Message, ...]) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for message in messages:
        sizes[message.role] = sizes.get(message.role, 0) + len(message.text) // CHARACTERS_A_TOKEN + 1
    return list(sizes.items())
