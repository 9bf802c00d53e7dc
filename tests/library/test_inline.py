"""Files at an address become bytes where the server takes nothing else; what cannot be had is said and left out."""

from __future__ import annotations

import asyncio

import pytest

from rigcli.core.errors import NetworkError
from rigcli.core.messages import MediaPart, Message, assistant, user
from rigcli.core.ports import BytesOnly
from rigcli.core.requests import Request
from rigcli.library.inline import addresses, with_bytes
from rigcli.wire import WIRES, load_wire
from tests.support.pictures import png

PNG = png(4, 2)
URL = "https://example.org/a.png"
PICTURE = MediaPart("image", "image/jpeg", url=URL)


def run(request: Request, answers: dict[str, bytes], held: dict[str, bytes]) -> tuple[Request, list[str], list[str]]:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        if url not in answers:
            raise NetworkError("no such host")
        return answers[url]

    made, notices = asyncio.run(with_bytes(request, ("image",), fetch, held))
    return made, notices, asked


def test_a_picture_is_fetched_once_and_its_type_is_that_of_its_bytes() -> None:
    held: dict[str, bytes] = {}
    request = Request("m", (user("one", PICTURE), user("two", PICTURE)))
    made, notices, asked = run(request, {URL: PNG}, held)
    assert asked == [URL]
    assert notices == [f"{URL}: fetched here, 0 KB: this server takes bytes only"]
    for message in made.messages:
        assert message.parts[0] == MediaPart("image", "image/png", data=PNG, url=URL)
    assert run(request, {}, held)[1:] == ([], [])


@pytest.mark.parametrize(("data", "said"), [(None, "not fetched: no such host"), (b"<html>", "what came is no image")])
def test_what_cannot_be_had_is_said_and_stays_an_address(data: bytes | None, said: str) -> None:
    request = Request("m", (user("one", PICTURE),))
    made, notices, _ = run(request, {} if data is None else {URL: data}, {})
    assert made == request
    assert f"{URL}: {said}" in notices


def test_only_addresses_of_the_user_are_asked() -> None:
    """A model or a tool that names an address could send data out with it."""
    told = (Message("assistant", (PICTURE,)), Message("tool", (PICTURE,)), assistant("hi"))
    document = MediaPart("document", "application/pdf", url="https://example.org/a.pdf")
    kept = MediaPart("image", "image/png", url="s3://bucket/a.png")
    assert addresses(Request("m", (*told, user("x", document, kept, PICTURE))), ("image",)) == [URL]


def test_wires_that_take_bytes_only_say_so() -> None:
    found = {name for name in WIRES if isinstance(load_wire(name), BytesOnly)}
    assert found == {"ollama", "bedrock-converse", "bedrock-invoke-anthropic"}
