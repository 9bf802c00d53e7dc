"""A word before a prompt is cut: what a server of one's own reads at once is asked of it, where its row says how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from rigcli.core.errors import RigError
from rigcli.core.events import Event, Notice
from rigcli.core.requests import Prepared, Request
from rigcli.library.reach import Target, transport
from rigcli.providers.context import SMALL, Window, asked_window, estimate, questions, read_window, warning

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn
    from rigcli.home.settings import Settings
    from rigcli.net.door import Door

SECONDS = 3.0
"""A server that needs longer to say how it is set up is not waited for."""


def watched(turn: Turn, target: Target, settings: Settings) -> Turn:
    """Return the same way of one model call with a notice before a request that is too long for the server."""
    probe = target.choice.row.context_probe
    if probe is None:
        return turn
    known: list[Window] = []

    async def call(request: Request) -> AsyncGenerator[Event]:
        tokens = estimate(request)
        if tokens > SMALL:
            known[:] = known or [await window_of(target, settings)]
            if text := _words(tokens, known[0], request, target):
                yield Notice(text)
        async with aclosing(cast("AsyncGenerator[Event]", turn(request))) as events:
            async for event in events:
                yield event

    return call


async def window_of(target: Target, settings: Settings) -> Window:
    """Return what the server says about its model; an empty one where it does not answer as expected."""
    probe = target.choice.row.context_probe
    if probe is None:
        return Window()
    door = root_door(target, settings).within(SECONDS)
    asked = questions(probe, target.model)
    answers = await asyncio.gather(*(_answer(door, question) for question in asked))
    return Window() if answers[0] is None else read_window(probe, target.model, tuple(answers))


def root_door(target: Target, settings: Settings) -> Door:
    """Return the door to what a server has beside the wire's own paths: the base URL without what was appended."""
    door = transport(target, settings)
    base, appended = door.endpoint.base_url, target.choice.row.base_url_append
    door.endpoint = replace(door.endpoint, base_url=base.removesuffix(appended) if appended else base)
    return door


def _words(tokens: int, window: Window, request: Request, target: Target) -> str | None:
    row = target.choice.row
    settable = row.context_probe == "show" and row.wire == "ollama"
    if settable and (own := asked_window(request)):
        window = replace(window, held=own, assumed=False)
    return warning(tokens, window, settable=settable, start=row.context_start)


async def _answer(door: Door, question: Prepared) -> Any:
    try:
        async with door.open(question, stream=False) as answer:
            if answer.status != 200:  # noqa: PLR2004  the one word for "here it is"
                return None
            return json.loads(b"".join([chunk async for chunk in answer.chunks()]))
    except (RigError, ValueError, RecursionError):
        return None  # the question itself will say what is wrong with the server
