"""`--explain`: what would be sent, where settings come from, the request as a redacted `curl`. Sends nothing."""

from __future__ import annotations

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
    from rigcli.cli.question import read_argument
    from rigcli.net.redact import curl

    text = ask.settings.get("system")
    messages = (
        *((system(read_argument(text, ask.world)),) if text else ()),
        *history,
        *((prompt,) if prompt else ()),
    )
    request = Request(
        target.model,
        messages,
        declared,
        options,
        stream=not ask.shared.no_stream,
        quirks=target.choice.row.quirks,
        native=native,
    )
    prepared = target.wire.prepare(request)
    rows = [
        ("model", f"{target.choice.full_name}  ({target.why})"),
        ("wire", target.wire.name),
        ("server", f"{target.access.base_url}  ({target.access.base_url_origin})"),
        ("key", target.access.key_origin or "none"),
        *((key, f"{ask.settings.get(key)}  ({ask.settings.origin(key)})") for key in _SHOWN),
        *(("tokens", f"{role}: about {count}") for role, count in _sizes(messages)),
        *(("notice", notice) for notice in prepared.notices),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {value}" for name, value in rows]
    signing = target.access.signing
    signed = f"aws:amz:{signing.region}:{signing.service}" if signing else None
    lines += ["", curl(transport(target, ask.settings).endpoint, prepared, signed)]
    ask.world.stdout.write(clean("\n".join(lines)) + "\n")
    return Exit.OK


_SHOWN = ("net.timeout", "net.idle_timeout", "net.retries", "tools.max_turns", "offline")


def _sizes(messages: tuple[Message, ...]) -> list[tuple[str, int]]:
    sizes: dict[str, int] = {}
    for message in messages:
        sizes[message.role] = sizes.get(message.role, 0) + len(message.text) // CHARACTERS_A_TOKEN + 1
    return list(sizes.items())
