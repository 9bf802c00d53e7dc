"""`rig models refresh`: newer prices and context windows than those that came with rig, on request only."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from rigcli.cli import flags as f
from rigcli.cli.plain import ListFormatFlag, put_json, read_settings, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit, ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rigcli.home.settings import Settings

SECONDS = 30.0


def refresh(
    reset: Annotated[bool, typer.Option("--reset", help="Go back to the prices that came with rig.")] = False,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Fetch from here instead of the setting prices.url.")
    ] = None,
    format_: ListFormatFlag = "text",
    offline: f.OfflineFlag = False,
) -> int:
    """Fetch newer prices and context windows of models.

    They come from genai-prices, once, now; nothing is fetched unless you ask. What cannot be fetched or read changes
    nothing.
    """
    from rigcli.home.paths import write_private
    from rigcli.providers.prices import forget, renewed_folder, shipped_tables

    world = World.real()
    settings = read_settings(world, offline=offline)
    folder = renewed_folder(settings.folders.data)
    if reset:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)
        forget()
        if format_ == "json":
            put_json(world, {"models": None, "providers": None, "fetched": None, "source": "shipped"})
        else:
            say(world, "the prices are those that came with rig")
        return Exit.OK
    place = url or settings.get("prices.url")
    found = _read(_fetch(world.env, settings, place), place, shipped_tables())
    day = time.strftime("%Y-%m-%d", time.gmtime())
    source = f"genai-prices as of {day} from {urlsplit(place).hostname}, MIT License"
    for name, models in found.items():
        table = {"source": source, "fetched": day, "models": models}
        write_private(folder / f"{name}.json", json.dumps(table, separators=(",", ":")).encode())
    for path in folder.glob("*.json"):
        if path.stem not in found:  # the newer document no longer tells about it
            path.unlink(missing_ok=True)
    forget()
    models = sum(map(len, found.values()))
    if format_ == "json":
        put_json(world, {"models": models, "providers": len(found), "fetched": day, "source": source})
    else:
        say(world, f"{models:,} models of {len(found)} providers: {source.partition(',')[0]}")
    return Exit.OK


def _fetch(env: Mapping[str, str], settings: Settings, url: str) -> bytes:
    """Return what is published there. Raises RigError."""
    from rigcli.cli.aio import run_async
    from rigcli.core.requests import Prepared
    from rigcli.net.client import HttpTransport
    from rigcli.net.endpoint import Limits
    from rigcli.net.reach import endpoint

    there = endpoint(url, "prices", env=env, ca_file=settings.get("net.ca_file"), proxy=settings.get("net.proxy"))
    door = HttpTransport(there, Limits(total=SECONDS), offline=settings.get("offline"))

    async def get() -> bytes:
        async with door.open(Prepared("", {}, method="GET"), stream=False) as answer:
            body = b"".join([piece async for piece in answer.chunks()])
        if answer.status != 200:  # noqa: PLR2004  the one word for "here it is"
            raise ProviderError(f"prices: {there.origin} answered {answer.status}", hint=_KEPT, status=answer.status)
        return body

    return run_async(get())


def _read(body: bytes, url: str, shipped: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    from rigcli.providers.published import UnreadableError, tables

    try:
        return tables(json.loads(body), shipped)
    except (UnreadableError, ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, UnreadableError) else "it is not JSON"
        raise ProviderError(f"prices: {url} holds no prices that rig can read: {why}", hint=_KEPT) from None


_KEPT = "the prices are as they were; see prices.url"
