"""HTTP/2 against a real server on loopback: one connection for many requests, and all that holds over HTTP/1.1."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from typing import Any

import pytest
import trustme

from rigcli import Model
from rigcli.core.errors import ConfigError, LimitError, NetworkError, ProviderError, RigError, StalledError
from rigcli.core.requests import Prepared
from rigcli.net.client import HttpTransport
from rigcli.net.endpoint import Endpoint, Limits
from tests.net.conftest import whole
from tests.support.program import process

pytest.importorskip("h2", reason="the extra `http2` is not installed")
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from tests.net.h2_server import Asked, H2Server, Peer, offering

KEY = "sk-canary-0123456789"
AUTHORITY = trustme.CA()
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1", "models.example")


@pytest.fixture
def ca_file(tmp_path):
    path = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def start():
    servers: list[H2Server] = []

    def make(script, settings=None) -> H2Server:
        servers.append(H2Server(script, offering(CERTIFICATE, "h2", "http/1.1"), settings))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def door(url: str, ca_file: str, **limits: Any) -> HttpTransport:
    proxy = limits.pop("proxy", None)
    end = Endpoint(url, "test", headers={"authorization": f"Bearer {KEY}"}, ca_file=ca_file, proxy=proxy)
    return HttpTransport(end, Limits(**limits), http2=True)


async def fetch(transport: HttpTransport, payload: Any = "hi", *, stream: bool = True) -> bytes:
    text = b""
    async with transport.open(Prepared("/v1/chat", {"say": payload}), stream=stream) as answer:
        async for piece in answer.chunks():
            text += piece
    return text


async def broken(transport: HttpTransport) -> tuple[bytes, RigError | None]:
    """Return what came and the error behind it."""
    text = b""
    try:
        async with transport.open(Prepared("/", {}), stream=True) as answer:
            async for piece in answer.chunks():
                text += piece
    except RigError as error:
        return text, error
    return text, None


def echo(peer: Peer, asked: Asked) -> None:
    peer.answer(asked.stream, asked.body)


def test_a_question_goes_over_http2_and_says_what_http_1_says(start, ca_file):
    server = start(lambda peer, asked: peer.answer(asked.stream, b"hello", ("X-Two".lower(), "a")))
    assert asyncio.run(fetch(door(server.url, ca_file))) == b"hello"
    headers = server.asked[0].headers
    assert headers[":path"] == "/v1/chat"
    assert headers[":authority"] == f"127.0.0.1:{server.port}"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert not headers.keys() & {"host", "connection"}
    assert server.asked[0].body == b'{"say":"hi"}'


def test_many_at_once_share_one_connection(start, ca_file):
    server = start(echo)

    async def run() -> list[bytes]:
        one, other = door(server.url, ca_file), door(server.url, ca_file)
        return await asyncio.gather(*(fetch(one if at % 2 else other, at) for at in range(20)))

    assert [json.loads(text)["say"] for text in asyncio.run(run())] == list(range(20))
    assert server.lines == 1


def test_no_more_are_sent_at_once_than_the_server_takes(start, ca_file):
    """Its own h2 ends the connection where one too many comes."""
    held: list[Asked] = []

    def pairs(peer: Peer, asked: Asked) -> None:
        held.append(asked)
        if len(held) == 2:
            for one in held:
                echo(peer, one)
            held.clear()

    server = start(pairs, {SettingCodes.MAX_CONCURRENT_STREAMS: 2})

    async def run() -> list[bytes]:
        transport = door(server.url, ca_file)
        return await asyncio.gather(*(fetch(transport, at) for at in range(10)))

    assert len(asyncio.run(run())) == 10
    assert (server.lines, len(server.asked)) == (1, 10)


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)])
def test_a_server_without_http2_is_asked_over_http_1(serve, ca_file, protocols):
    one = serve(lambda peer: peer.sendall(whole(b"old")), offering(CERTIFICATE, *protocols))

    async def run() -> list[bytes]:
        transport = door(one.url, ca_file)
        return await asyncio.gather(*(fetch(transport) for _ in range(3)))

    assert asyncio.run(run()) == [b"old"] * 3
    assert all(head.startswith(b"POST /v1/chat HTTP/1.1\r\n") for head in one.requests)


def test_without_tls_it_is_http_1(serve):
    one = serve(lambda peer: peer.sendall(whole(b"plain")))
    assert asyncio.run(fetch(HttpTransport(Endpoint(one.url), http2=True))) == b"plain"


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch, ca_file):
    monkeypatch.setitem(__import__("sys").modules, "h2.config", None)
    with pytest.raises(ConfigError) as caught:
        asyncio.run(fetch(door("https://127.0.0.1:1", ca_file)))
    assert 'pip install "rigcli[http2]"' in caught.value.line()


def test_what_came_before_a_reset_is_shown(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.head(asked.stream)
        peer.say(asked.stream, b"half a")
        peer.http.reset_stream(asked.stream, ErrorCodes.INTERNAL_ERROR)
        peer.flush()

    server = start(script)
    text, error = asyncio.run(broken(door(server.url, ca_file)))
    assert text == b"half a"
    assert type(error) is NetworkError
    assert error.message.endswith("the server broke the answer off (INTERNAL_ERROR)")


def test_what_came_before_the_connection_broke_is_shown(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.head(asked.stream)
        peer.say(asked.stream, b"half a")
        peer.cut()

    server = start(script)
    text, error = asyncio.run(broken(door(server.url, ca_file)))
    assert text == b"half a"
    assert type(error) is NetworkError


def test_a_refused_request_is_sent_again(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        if len(server.asked) == 1:
            peer.http.reset_stream(asked.stream, ErrorCodes.REFUSED_STREAM)
            peer.flush()
        else:
            echo(peer, asked)

    server = start(script)
    assert asyncio.run(fetch(door(server.url, ca_file))) == b'{"say":"hi"}'
    assert len(server.asked) == 2


def test_one_that_is_refused_always_is_an_error_that_may_be_tried_later(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.http.reset_stream(asked.stream, ErrorCodes.REFUSED_STREAM)
        peer.flush()

    server = start(script)
    _, error = asyncio.run(broken(door(server.url, ca_file)))
    assert type(error) is NetworkError
    assert not error.final
    assert len(server.asked) == 2


def goaway(peer: Peer, last: int) -> None:
    """Send the frame itself: h2 would take the connection for closed."""
    frame = b"\0\0\x08\x07\0\0\0\0\0" + last.to_bytes(4, "big") + b"\0\0\0\0"
    peer.socket.sendall(frame)


def test_what_a_leaving_server_did_not_read_goes_over_a_new_connection(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        if asked.line == 1:
            goaway(peer, 0)
        else:
            echo(peer, asked)

    server = start(script)
    assert asyncio.run(fetch(door(server.url, ca_file))) == b'{"say":"hi"}'
    assert server.lines == 2


def test_a_leaving_server_finishes_its_answer(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.head(asked.stream)
        goaway(peer, asked.stream)
        peer.say(asked.stream, b"to the end", end=True)

    server = start(script)

    async def run() -> list[bytes]:
        transport = door(server.url, ca_file)
        return [await fetch(transport), await fetch(transport)]

    assert asyncio.run(run()) == [b"to the end"] * 2
    assert [asked.line for asked in server.asked] == [1, 2]


def test_a_connection_that_was_closed_while_nobody_used_it_is_opened_anew(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        if len(server.asked) == 2:
            peer.cut()
            return
        echo(peer, asked)

    server = start(script)

    async def run() -> list[bytes]:
        transport = door(server.url, ca_file)
        return [await fetch(transport), await fetch(transport)]

    assert len(asyncio.run(run())) == 2
    assert [asked.line for asked in server.asked] == [1, 1, 2]


def test_a_server_that_wants_http_1_for_this_gets_it(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.http.reset_stream(asked.stream, ErrorCodes.HTTP_1_1_REQUIRED)
        peer.flush()

    server = start(script)
    assert asyncio.run(fetch(door(server.url, ca_file))) == b"over http/1.1"


def test_a_server_that_takes_no_more_of_the_question_is_noticed(start, ca_file):
    server = start(echo, {SettingCodes.INITIAL_WINDOW_SIZE: 0})

    async def run() -> tuple[bytes, RigError | None]:
        transport = door(server.url, ca_file, idle=0.2)
        async with asyncio.timeout(20):
            warm = Prepared("/", {}, method="GET")  # after this answer the client knows the window
            async with transport.open(warm, stream=True) as answer:
                async for _ in answer.chunks():
                    pass
            return await broken(transport)

    _, error = asyncio.run(run())
    assert type(error) is StalledError


def test_large_questions_and_answers_go_through_small_windows(start, ca_file):
    server = start(echo)
    text = "x" * 3_000_000
    assert (
        asyncio.run(fetch(door(server.url, ca_file), text)) == json.dumps({"say": text}, separators=(",", ":")).encode()
    )


def test_a_slow_reader_holds_up_nobody_else(start, ca_file):
    """The first answer is larger than its window; it is read only once the second is through."""

    def script(peer: Peer, asked: Asked) -> None:
        if b"large" in asked.body:
            peer.head(asked.stream)
            for _ in range(64):
                peer.say(asked.stream, b"x" * 16_000)
            large.append(asked.stream)
        else:
            echo(peer, asked)
            peer.say(large[0], b"x" * 16_000, end=True)

    large: list[int] = []
    server = start(script)

    async def run() -> tuple[int, bytes]:
        transport = door(server.url, ca_file)
        async with transport.open(Prepared("/", {"say": "large"}), stream=True) as answer:
            other = await fetch(transport)
            return sum([len(piece) async for piece in answer.chunks()]), other

    assert asyncio.run(run()) == (65 * 16_000, b'{"say":"hi"}')


def test_endless_headers_are_refused(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        peer.head(asked.stream, *((f"x-{at}", "y" * 1000) for at in range(200)))

    server = start(script)
    _, error = asyncio.run(broken(door(server.url, ca_file)))
    assert type(error) is LimitError
    assert "headers are endless" in error.message


def test_few_bytes_that_stand_for_many_headers_are_refused(start, ca_file):
    """One header of 4,000 bytes in the table, and then its number a thousand times."""

    def script(peer: Peer, asked: Asked) -> None:
        literal = b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000
        block = b"\x88" + literal + b"\xbe" * 1000
        head = len(block).to_bytes(3, "big") + b"\x01\x04" + asked.stream.to_bytes(4, "big")
        peer.socket.sendall(head + block)

    server = start(script)
    _, error = asyncio.run(broken(door(server.url, ca_file)))
    assert type(error) is LimitError


def test_a_bomb_stops_at_the_cap(start, ca_file):
    body = gzip.compress(b"\0" * 5_000_000)
    server = start(lambda peer, asked: peer.answer(asked.stream, body, ("content-encoding", "gzip")))
    _, error = asyncio.run(broken(door(server.url, ca_file, body=1_000_000)))
    assert type(error) is LimitError


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 200 OK\r\n\r\n", b"\xff" * 64, b"\0\0\x01\x00\0\0\0\0\0x"])
def test_what_is_no_http2_is_one_clear_error(start, ca_file, garbage):
    server = start(lambda peer, _: peer.socket.sendall(garbage))
    _, error = asyncio.run(broken(door(server.url, ca_file)))
    assert type(error) is ProviderError
    assert "does not speak HTTP" in error.message


def test_leaving_early_tells_the_server_and_keeps_the_connection(start, ca_file):
    def script(peer: Peer, asked: Asked) -> None:
        if len(server.asked) > 1:
            echo(peer, asked)
            return
        peer.head(asked.stream)
        peer.say(asked.stream, b"much ")

    server = start(script)

    async def run() -> bytes:
        transport = door(server.url, ca_file)
        async with transport.open(Prepared("/", {}), stream=True) as answer:
            async for _ in answer.chunks():
                break
        return await fetch(transport)

    assert asyncio.run(run()) == b'{"say":"hi"}'
    assert server.resets == [1]
    assert server.lines == 1


def test_signs_of_life_are_no_answer(start, ca_file):
    """Pings come and go; the silence of the answer itself counts."""

    def script(peer: Peer, asked: Asked) -> None:
        peer.head(asked.stream)
        for _ in range(50):
            peer.http.ping(b"12345678")
            peer.flush()
            peer.listen()

    server = start(script)
    _, error = asyncio.run(broken(door(server.url, ca_file, idle=0.2)))
    assert type(error) is StalledError


def test_the_connection_ends_with_the_event_loop(start, ca_file):
    server = start(echo)
    asyncio.run(fetch(door(server.url, ca_file)))
    assert server.gone.wait(5)


def test_a_proxy_is_asked_for_a_tunnel_first(start, serve, ca_file):
    server = start(echo)

    def tunnel(peer: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            pump(peer, there)

    proxy = serve(tunnel)
    url = f"https://models.example:{server.port}"
    assert asyncio.run(fetch(door(url, ca_file, proxy=proxy.url))) == b'{"say":"hi"}'
    assert proxy.requests[0].startswith(b"CONNECT models.example:")
    assert server.asked[0].headers[":authority"] == f"models.example:{server.port}"


def pump(one: socket.socket, other: socket.socket) -> None:
    import select

    ways = {one: other, other: one}
    while True:
        for ready in select.select(list(ways), [], [], 5)[0]:
            data = ready.recv(65536)
            if not data:
                return
            ways[ready].sendall(data)


def test_rig_embed_shares_one_connection(start, ca_file, tmp_path):
    def script(peer: Peer, asked: Asked) -> None:
        texts = json.loads(asked.body)["input"]
        data = [{"index": at, "embedding": [float(len(text)), 1.0]} for at, text in enumerate(texts)]
        peer.answer(asked.stream, json.dumps({"data": data, "model": "e", "usage": {"prompt_tokens": 1}}).encode())

    server = start(script)
    texts = tmp_path / "texts.txt"
    texts.write_text("".join(f"text {at}\n" for at in range(700)), encoding="utf-8")
    env = {"SSL_CERT_FILE": ca_file, "RIG_NET_HTTP2": "true"}
    words = ["embed", "-m", "openai-compatible/e", "--base-url", f"{server.url}/v1", "--format", "jsonl", "-"]
    with texts.open("rb") as stdin:
        out, err = process(*words, env=env, stdin=stdin).communicate(timeout=60)
    assert len(out.splitlines()) == 701, err  # the last says that it is the end
    assert server.lines == 1
    assert len(server.asked) > 5


def test_a_streamed_answer_is_the_same(start, ca_file, monkeypatch):
    def script(peer: Peer, asked: Asked) -> None:
        peer.http.send_headers(asked.stream, [(":status", "200"), ("content-type", "text/event-stream")])
        for word in ("Hello", ", ", "world"):
            chunk = {"model": "m", "choices": [{"index": 0, "delta": {"content": word}}]}
            peer.say(asked.stream, f"data: {json.dumps(chunk)}\n\n".encode())
        last = {"model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        peer.say(asked.stream, f"data: {json.dumps(last)}\n\ndata: [DONE]\n\n".encode(), end=True)

    server = start(script)
    monkeypatch.setenv("RIG_NET_HTTP2", "true")
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    assert Model("openai-compatible/m", base_url=f"{server.url}/v1").ask_sync("hi").text == "Hello, world"
    assert server.asked[0].headers[":path"] == "/v1/chat/completions"
