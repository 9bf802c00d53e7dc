"""One request, one answer: statuses become errors, what may help is done again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from rigcli.core.errors import NetworkError, ProviderError, RigError, ServerError
from rigcli.core.requests import Prepared
from rigcli.engine.exchange import Exchange
from rigcli.engine.naming import Naming


@dataclass
class Answer:
    status: int
    body: bytes
    retry_after: float | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def chunks(self) -> AsyncIterator[bytes]:
        for place in range(0, len(self.body), 1000):
            yield self.body[place : place + 1000]


class Door:
    """Gives these answers in turn; one that is an error is raised."""

    def __init__(self, *answers: Answer | RigError) -> None:
        self.answers = list(answers)
        self.lefts: list[float | None] = []

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncIterator[Answer]:
        self.lefts.append(left)
        answer = self.answers.pop(0)
        if isinstance(answer, RigError):
            raise answer
        yield answer


class Twice:
    """Again after 7 seconds, or after what the server wishes, once."""

    def delay(self, attempt: int, error: RigError, elapsed: float) -> float | None:
        return (error.retry_after or 7.0) if attempt == 0 and isinstance(error, NetworkError) else None


def ask(door: Door, **fields: Any) -> tuple[Any, list[float], list[str]]:
    slept: list[float] = []
    told: list[str] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    exchange = Exchange(
        door,
        named=Naming("acme"),
        retry=Twice(),
        told=lambda attempt, wait, error: told.append(f"{attempt} {wait} {error.message}"),
        sleep=sleep,
        **fields,
    )

    def read_error(status: int, body: str) -> RigError:
        return ServerError(f"status {status} {body[:5]} {len(body)}", status=status)

    return asyncio.run(exchange.json(Prepared("/x", {}), read_error, lambda body: body["a"])), slept, told


def test_what_is_read_of_the_document_comes_back():
    door = Door(Answer(200, b'{"a": 1}'))
    assert ask(door, timeout=5.0) == (1, [], [])
    assert door.lefts == [5.0]


def test_a_status_is_an_error_and_what_may_help_is_done_again():
    door = Door(Answer(503, b"busy", retry_after=2.0), Answer(200, b'{"a": 1}'))
    assert ask(door) == (1, [2.0], ["1 2.0 acme: status 503 busy 4"])


def test_a_connection_that_fails_is_tried_again_and_then_named():
    with pytest.raises(NetworkError) as caught:
        ask(Door(NetworkError("gone"), NetworkError("gone")))
    assert (caught.value.message, caught.value.provider) == ("acme: gone", "acme")


def test_of_an_errors_body_only_the_beginning_is_read():
    with pytest.raises(ServerError, match="status 500 xxxxx 65536"):
        ask(Door(Answer(500, b"x" * 200_000), Answer(500, b"x" * 200_000)))


def test_what_is_no_json_is_unreadable_and_not_asked_for_again():
    door = Door(Answer(200, b"<html>"))
    with pytest.raises(ProviderError) as caught:
        ask(door)
    assert caught.value.message == "acme: unreadable answer: it is not JSON at byte 0"
    assert door.answers == []
