"""Files that the user names by address, fetched here for servers that take bytes only.

Over https, from the public network, with nothing of the user's sent along. What cannot be had so is said, and the wire
names it as left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, MutableMapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard, cast

from rigcli.core.errors import RigError
from rigcli.core.events import Event, Notice
from rigcli.core.messages import MediaPart, Message, Part
from rigcli.core.requests import Request

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn
    from rigcli.home.settings import Settings
    from rigcli.library.reach import Way

Fetch = Callable[[str], Awaitable[bytes]]


def inlined(turn: Turn, kinds: Collection[str], way: Way, settings: Settings) -> Turn:
    """Return the same way of one model call, before which files of these kinds at an address become bytes."""
    held: MutableMapping[str, bytes] = settings.held.setdefault("fetched", {})

    async def call(request: Request) -> AsyncGenerator[Event]:
        if addresses(request, kinds):
            request, notices = await with_bytes(request, kinds, _fetch(way, settings), held)
            for notice in notices:
                yield Notice(notice)
        async with aclosing(cast("AsyncGenerator[Event]", turn(request))) as events:
            async for event in events:
                yield event

    return call


def addresses(request: Request, kinds: Collection[str]) -> list[str]:
    """Return the addresses of files that are fetched here: those in messages of the user, nobody else's."""
    parts = (part for message in request.messages if message.role == "user" for part in message.parts)
    return [part.url for part in parts if _is_there(part, kinds) and part.url]


async def with_bytes(
    request: Request, kinds: Collection[str], fetch: Fetch, held: MutableMapping[str, bytes]
) -> tuple[Request, list[str]]:
    """Return the request with the bytes of what could be fetched, and what there is to say.

    What is in `held` is not asked for again; `fetch` raises RigError for what cannot be had.
    """
    notices: list[str] = []
    for url in dict.fromkeys(addresses(request, kinds)):
        if url in held:
            continue
        try:
            held[url] = await fetch(url)
        except RigError as error:
            notices.append(f"{url}: not fetched: {error.message}")
        else:
            notices.append(f"{url}: fetched here, {len(held[url]) / 1000:,.0f} KB: this server takes bytes only")
    messages = tuple(_with(message, kinds, held, notices) for message in request.messages)
    return replace(request, messages=messages), notices


def _with(message: Message, kinds: Collection[str], held: MutableMapping[str, bytes], notices: list[str]) -> Message:
    if message.role != "user":
        return message
    return replace(message, parts=tuple(_bytes_of(part, kinds, held, notices) for part in message.parts))


def _bytes_of(part: Part, kinds: Collection[str], held: MutableMapping[str, bytes], notices: list[str]) -> Part:
    from rigcli.inputs.kinds import media_kind

    if not _is_there(part, kinds) or (data := held.get(part.url or "")) is None:
        return part
    kind = media_kind(data[:16])
    if kind is None or kind.kind != part.kind:
        notices.append(f"{part.url}: what came is no {part.kind}")
        return part
    return replace(part, data=data, media_type=kind.media_type)


def _is_there(part: Part, kinds: Collection[str]) -> TypeGuard[MediaPart]:
    return (
        isinstance(part, MediaPart)
        and part.data is None
        and part.kind in kinds
        and (part.url or "").startswith(("https://", "http://"))
    )


def _fetch(way: Way, settings: Settings) -> Fetch:
    from rigcli.core.errors import DeniedError, NetworkError, ProviderError, UsageError

    async def fetch(url: str) -> bytes:
        from rigcli.library.reach import taped
        from rigcli.net.fetch import Fetcher
        from rigcli.net.vetting import Refused

        if settings.get("local_only") or settings.held.get("local_only"):
            raise DeniedError("the content is local-only")
        if not url.startswith("https://"):
            raise UsageError("only https is fetched")
        fetcher = Fetcher(
            env=way.env,
            offline=settings.get("offline"),
            ca_file=settings.get("net.ca_file"),
            proxy=settings.get("net.proxy"),
            through=lambda door: taped(door, settings),
        )
        try:
            return (await fetcher.fetch(url)).data
        except Refused as error:
            raise ProviderError(str(error)) from None
        except OSError as error:
            raise NetworkError(error.strerror or "no such host") from None

    return fetch
