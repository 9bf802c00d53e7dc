"""Responses over a real WebSocket on loopback: one connection for many answers, and all that holds over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rigcli import Agent, Model, tool
from rigcli.core.errors import AuthError, ConfigError, IncompleteError, ProviderError, StalledError
from rigcli.testing import FakeServer

pytest.importorskip("wsproto", reason="the extra `websocket` is not installed")
from wsproto import ConnectionType, WSConnection, events

KEY = "sk-canary-0123456789abcdef"
Script = Callable[["Peer", dict[str, Any]], None]


class Peer:
    """The server's end of one WebSocket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self.ws = connection, WSConnection(ConnectionType.SERVER)

    def say(self, event: dict[str, Any]) -> None:
        self.connection.sendall(self.ws.send(events.TextMessage(json.dumps(event))))

    def answer(self, text: str, id_: str, call: dict[str, Any] | None = None) -> None:
        self.connection.sendall(self.ws.send(events.Ping(b"still there?")))
        self.say({"type": "response.created", "response": {"id": id_, "model": "gpt-5"}})
        message = {
            "type": "message",
            "id": "m" + id_,
            "role": "assistant",
            "content": [{"type": "output_text", "text": text}],
        }
        item = call or message
        if not call:
            self.say({"type": "response.output_text.delta", "output_index": 0, "item_id": "m" + id_, "delta": text})
        self.say({"type": "response.output_item.done", "output_index": 0, "item": item})
        usage = {"input_tokens": 1, "output_tokens": 1}
        done = {"id": id_, "model": "gpt-5", "status": "completed", "output": [item], "usage": usage}
        self.say({"type": "response.completed", "response": done})


class WebSocketServer:
    """Each connection speaks WebSocket; `script` answers each `response.create`. `reject`: a status instead of 101."""

    def __init__(self, script: Script, reject: int = 0) -> None:
        self.script, self.reject = script, reject
        self.asked: list[tuple[int, dict[str, Any]]] = []
        self.headers: dict[str, str] = {}
        self.gone = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection, len(self._connections)), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        peer = Peer(connection)
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                peer.ws.receive_data(data)
                for event in peer.ws.events():
                    self._take(peer, event, number)
        self.gone.set()
        connection.close()

    def _take(self, peer: Peer, event: Any, number: int) -> None:
        if isinstance(event, events.Request):
            self.headers = {name.decode().lower(): value.decode() for name, value in event.extra_headers}
            if self.reject < 0:
                peer.connection.sendall(b"220 mail.example ready\r\n\r\n")
            elif self.reject:
                body = json.dumps({"error": {"message": f"bad key {KEY}"}}).encode()
                head = [(b"content-length", str(len(body)).encode())]
                peer.connection.sendall(
                    peer.ws.send(events.RejectConnection(status_code=self.reject, headers=head, has_body=True))
                )
                peer.connection.sendall(peer.ws.send(events.RejectData(data=body)))
            else:
                peer.connection.sendall(peer.ws.send(events.AcceptConnection()))
        elif isinstance(event, events.TextMessage):
            asked = json.loads(event.data)
            self.asked.append((number, asked))
            self.script(peer, asked)

    def close(self) -> None:
        self._listener.close()
        for connection in self._connections:
            connection.close()


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WebSocketServer]]:
    servers: list[WebSocketServer] = []

    def start(script: Script, reject: int = 0) -> WebSocketServer:
        servers.append(WebSocketServer(script, reject))
        monkeypatch.setenv("OPENAI_BASE_URL", servers[-1].url)
        return servers[-1]

    monkeypatch.setenv("RIG_NET_WEBSOCKET", "true")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield start
    for server in servers:
        server.close()


def test_an_answer_comes_over_the_socket(serve) -> None:
    server = serve(lambda peer, asked: peer.answer("Grüße", "r1"))
    answer = Model("openai/gpt-5").ask_sync("Hello")
    assert answer.text == "Grüße"
    _, asked = server.asked[0]
    assert (asked["type"], asked["model"]) == ("response.create", "gpt-5")
    assert "stream" not in asked
    assert server.headers["authorization"] == f"Bearer {KEY}"
    assert server.gone.wait(5), "the connection ends with the loop"


def test_a_tool_loop_keeps_one_connection_and_says_only_what_is_new(serve) -> None:
    @tool
    def weather(city: str) -> str:
        """Tell the weather."""
        return f"warm in {city}"

    def script(peer: Peer, asked: dict[str, Any]) -> None:
        if "previous_response_id" in asked:
            return peer.answer("It is warm.", "r2")
        call = {
            "type": "function_call",
            "id": "f1",
            "call_id": "c1",
            "name": "weather",
            "arguments": '{"city": "Rome"}',
            "status": "completed",
        }
        return peer.answer("", "r1", call)

    server = serve(script)
    assert Agent(Model("openai/gpt-5"), tools=[weather]).ask_sync("?").text == "It is warm."
    assert [number for number, _ in server.asked] == [1, 1]
    second = server.asked[1][1]
    assert second["previous_response_id"] == "r1"
    assert [item["type"] for item in second["input"]] == ["function_call_output"]


def test_turns_of_one_conversation_share_the_connection_and_another_one_is_whole(serve) -> None:
    count = iter(range(1, 9))
    server = serve(lambda peer, asked: peer.answer("yes", f"r{next(count)}"))
    model = Model("openai/gpt-5")

    async def talk() -> None:
        first = await model.ask("one")
        await model.ask([*first.messages, {"role": "user", "content": "two"}])
        await model.ask("another")

    asyncio.run(talk())
    assert [number for number, _ in server.asked] == [1, 1, 1]
    bodies = [body for _, body in server.asked]
    assert bodies[1]["previous_response_id"] == "r1"
    assert len(bodies[1]["input"]) == 1
    assert "previous_response_id" not in bodies[2]


@pytest.mark.parametrize("code", ["previous_response_not_found", "websocket_connection_limit_reached"])
def test_what_the_server_forgot_is_sent_whole_on_a_new_connection(serve, code: str) -> None:
    def script(peer: Peer, asked: dict[str, Any]) -> None:
        if "previous_response_id" in asked:
            return peer.say({"type": "error", "status": 400, "error": {"code": code, "message": "no"}})
        return peer.answer("yes", "r1")

    server = serve(script)
    model = Model("openai/gpt-5")

    async def talk() -> str:
        first = await model.ask("one")
        return (await model.ask([*first.messages, {"role": "user", "content": "two"}])).text

    assert asyncio.run(talk()) == "yes"
    assert [number for number, _ in server.asked] == [1, 1, 2]
    assert len(server.asked[2][1]["input"]) == 3


def test_a_refused_key_is_an_auth_error_without_the_key(serve) -> None:
    serve(lambda peer, asked: None, reject=401)
    with pytest.raises(AuthError) as caught:
        Model("openai/gpt-5").ask_sync("Hello")
    assert KEY not in caught.value.line()


def test_a_connection_that_breaks_after_the_first_word_is_incomplete(serve) -> None:
    def script(peer: Peer, asked: dict[str, Any]) -> None:
        peer.say({"type": "response.output_text.delta", "output_index": 0, "delta": "half"})
        peer.connection.shutdown(socket.SHUT_RDWR)

    server = serve(script)
    with pytest.raises(IncompleteError):
        Model("openai/gpt-5").ask_sync("Hello")
    assert len(server.asked) == 1


def test_before_the_first_word_it_is_tried_again(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rigcli.net.retry._random", lambda: 0.0)

    def script(peer: Peer, asked: dict[str, Any]) -> None:
        if len(server.asked) == 1:
            return peer.connection.shutdown(socket.SHUT_RDWR)
        return peer.answer("yes", "r1")

    server = serve(script)
    assert Model("openai/gpt-5").ask_sync("Hello").text == "yes"
    assert len(server.asked) == 2


def test_what_is_no_websocket_is_an_error_of_the_provider(serve) -> None:
    serve(lambda peer, asked: None, reject=-1)
    with pytest.raises(ProviderError, match="does not speak WebSocket"):
        Model("openai/gpt-5").ask_sync("Hello")


def test_silence_is_a_timeout(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_NET_IDLE_TIMEOUT", "0.1")
    serve(lambda peer, asked: None)
    with pytest.raises(StalledError, match=r"nothing came for 0\.1 s"):
        Model("openai/gpt-5", retries=0).ask_sync("Hello")


def test_leaving_early_closes_the_connection(serve) -> None:
    server = serve(
        lambda peer, asked: peer.say({"type": "response.output_text.delta", "output_index": 0, "delta": "a"})
    )

    async def leave() -> None:
        stream = Model("openai/gpt-5").text_stream("Hello")
        assert await anext(stream) == "a"
        await stream.aclose()
        assert await asyncio.to_thread(server.gone.wait, 5)

    asyncio.run(leave())


def test_without_the_extra_the_error_says_how_to_get_it(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wsproto", None)
    with pytest.raises(ConfigError) as caught:
        Model("openai/gpt-5")
    assert 'pip install "rigcli[websocket]"' in caught.value.line()


def test_a_provider_without_one_is_asked_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_NET_WEBSOCKET", "true")
    with FakeServer() as server:
        server.reply("over http")
        assert Model("openai-compatible/m", base_url=server.url).ask_sync("?").text == "over http"
