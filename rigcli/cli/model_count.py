"""`rig models count`: how many tokens a prompt is, before anything is paid for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rigcli.cli import flags as f
from rigcli.cli.plain import ListFormatFlag, put, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from rigcli.cli.target import Target
    from rigcli.core.requests import Request
    from rigcli.home.settings import Settings
    from rigcli.library.counting import TokenCount


def count(
    text: Annotated[list[str] | None, typer.Argument(metavar="TEXT|-", help="The prompt; - is stdin.")] = None,
    model: f.ModelFlag = None,
    file: f.FilesFlag = None,
    system: f.SystemFlag = None,
    messages: f.MessagesFlag = None,
    tools_file: Annotated[
        str | None, typer.Option("--tools-file", metavar="FILE", help="Tools declared as JSON, counted with it.")
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Ask nobody: a quarter of the bytes, which is no more than a guess.")
    ] = False,
    format_: ListFormatFlag = "text",
    quiet: f.QuietFlag = False,
    debug: f.DebugFlag = False,
    base_url: f.BaseUrlFlag = None,
    wire: f.WireFlag = None,
    timeout: f.TimeoutFlag = None,
    retries: f.RetriesFlag = None,
    offline: f.OfflineFlag = False,
    local_only: f.LocalOnlyFlag = False,
    record: f.RecordFlag = None,
    replay: f.ReplayFlag = None,
) -> int:
    """Count the tokens of a prompt as MODEL would read it, files, system prompt and tools included.

    The provider counts where it can; elsewhere the number is an estimate, and is called one.
    """
    from rigcli.cli.flag_table import ModelFlags
    from rigcli.cli.target import open_settings

    world = World.real()
    flags = ModelFlags(
        model=model, system=system, base_url=base_url, wire=wire, tools_file=tools_file, timeout=timeout,
        retries=retries, offline=offline, local_only=local_only, quiet=quiet, debug=debug, record=record, replay=replay,
    )  # fmt: skip
    settings = open_settings(world, flags)
    if not quiet:
        for notice in settings.notices:
            say(world, notice)
    request = _request(world, settings, flags, text or [], file or [], messages)
    target = None if estimate else _target(world, settings, flags)
    found = _count(world, settings, target, request, quiet=quiet)
    _put(world, found, target, format_, quiet=quiet)
    return Exit.OK


def _request(
    world: World, settings: Settings, flags: Any, words: list[str], files: list[str], messages: str | None
) -> Request:
    from rigcli.cli.ask_run import declared_tools, history_of
    from rigcli.cli.question import compose, read_argument
    from rigcli.core.messages import system as system_message
    from rigcli.core.requests import Request

    asked = compose(world, words, files, use_stdin=messages != "-", stdin_wait=settings.get("input.stdin_wait"))
    told = settings.get("system")
    conversation = (
        *((system_message(read_argument(told, world)),) if told else ()),
        *history_of(world, messages),
        *((asked,) if asked else ()),
    )
    if not conversation:
        raise UsageError("models count: nothing to count", hint='rig models count "a text", -f FILE, or pipe it in')
    return Request("", conversation, declared_tools(world, flags))


def _target(world: World, settings: Settings, flags: Any) -> Target:
    from rigcli.cli.target import choose, no_model
    from rigcli.core.errors import AuthError

    try:
        target = choose(world, settings, flags)
    except AuthError as error:
        error.hint = f"{error.hint}; or --estimate asks nobody" if error.hint else "--estimate asks nobody"
        raise
    if target is None:
        raise no_model()
    return target


def _count(world: World, settings: Settings, target: Target | None, request: Request, *, quiet: bool) -> TokenCount:
    from dataclasses import replace

    from rigcli.cli.aio import run_async
    from rigcli.library.counting import count as count_at
    from rigcli.library.counting import estimated

    if target is None:
        return estimated(request, "nobody was asked: this is an estimate")

    def told(attempt: int, wait: float, error: Any) -> None:
        if not quiet:
            say(world, f"{error.message}; attempt {attempt + 1} in {wait:.1f} s")

    asked = replace(request, model=target.model, quirks=target.choice.row.quirks)
    return run_async(count_at(target, settings, asked, told))


def _put(world: World, found: TokenCount, target: Target | None, format_: str, *, quiet: bool) -> None:
    if not quiet:
        for notice in found.notices:
            say(world, notice)
    if format_ == "text":
        put(world, str(found.tokens))
        return
    about: dict[str, Any] = {"model": None, "provider": None, "context": None, "input_cost_usd": None}
    if target:
        about = _about(target, found.tokens)
    row = {"input_tokens": found.tokens, "exact": found.exact, "method": found.method, **about}
    world.stdout.write(json.dumps({"v": 1, **row, "notices": list(found.notices), "error": None}) + "\n")


def _about(target: Target, tokens: int) -> dict[str, Any]:
    from rigcli.core.usage import Usage
    from rigcli.providers.prices import find_model

    row = find_model(target.provider, target.model)
    price = target.price(Usage(input_tokens=tokens, output_tokens=0)).cost_usd
    return {
        "model": target.model,
        "provider": target.provider,
        "context": row.context if row else None,
        "input_cost_usd": price,
    }
