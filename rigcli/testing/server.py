"""A loopback server that answers as providers do, from a script, and keeps what it was asked."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from rigcli.testing import sound
from rigcli.testing.more_replies import ALL
from rigcli.testing.replies import Dialect, Reply, openai_error

HTTP_ERROR = 400


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came; header names are lower case; `json` is {} where the body was not JSON."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        try:
            value: Any = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class FakeServer:
    """Speak openai-chat, openai-responses, anthropic-messages, gemini and ollama on 127.0.0.1, told apart by the path.

    with FakeServer() as server:
        server.reply(text="Hello")
        …  # --base-url server.url

    Replies are taken in the order they were given; when none is left the answer is status 418 that says so, so that a
    test never passes by accident. `/models` and `/api/tags` list `models`; `/embeddings` and `/api/embed` answer with
    vectors made from a hash of the words, `/audio/speech` with sound that can be read
    back (rigcli.testing.sound). `hold` (an Event) makes a reply wait before its last piece until it is set.
    """

    def __init__(self, models: Sequence[str] = ("fake-model",), width: int = 16) -> None:
        self.models = list(models)
        self.width = width
        self.requests: list[Received] = []
        self.left: int = 0
        """How many clients went away before their answer ended."""
        self.script: deque[tuple[Reply, threading.Event | None]] = deque()
        self.beside: dict[str, tuple[int, Any] | tuple[int, Any, dict[str, str]]] = {}
        """`METHOD /path` -> status, answer (a JSON value, or bytes as they are) and headers for all other paths."""
        self.always: Reply | None = None
        """What is answered when the script is empty, instead of 418."""
        self.started = threading.Event()
        """Set when the first piece of a streamed answer has left."""
        self._holds: list[threading.Event] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The base URL for every wire, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def chats(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests, without model lists and embeddings."""
        return [request.json for request in self.requests if dialect_of(request.path)]

    def reply(
        self, text: str = "", *, times: int = 1, hold: threading.Event | None = None, **fields: Any
    ) -> FakeServer:
        """Add a reply to the script, `times` times; `fields` are those of Reply. Returns the server, for chaining."""
        self.script.extend([(Reply(text=text, **fields), hold)] * times)
        if hold:
            self._holds.append(hold)
        return self

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hold in self._holds:
            hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: FakeServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Count clients that left; anything else is a fault of the fake and is shown."""
        import sys  # noqa: PLC0415  needed here only

        if isinstance(sys.exc_info()[1], ConnectionError):
            self.owner.left += 1
        else:
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]  only our own server uses this handler

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Say nothing: requests are in `FakeServer.requests`."""

    def do_GET(self) -> None:
        self._note(b"")
        if self._beside():
            return
        models = self.server.owner.models
        if self.path.endswith("/api/tags"):
            self._json(200, {"models": [{"name": name, "model": name} for name in models]})
        elif self.path.endswith("/models"):
            self._json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in models]})
        else:
            self._json(404, {"error": {"message": f"no such path: {self.path}"}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = self._note(body)
        dialect = dialect_of(self.path)
        if self._beside():
            return
        if dialect:
            self._chat(asked.json, dialect)
        elif self.path.endswith(("/embeddings", "/api/embed")):
            self._embed(asked.json)
        elif self.path.endswith("/audio/speech"):
            self._speak(asked.json)
        else:
            self._json(404, {"error": {"message": f"no such path: {self.path}"}})

    def do_DELETE(self) -> None:
        self._note(self.rfile.read(int(self.headers.get("content-length", 0))))
        if not self._beside():
            self._json(404, {"error": {"message": f"no such path: {self.path}"}})

    def _beside(self) -> bool:
        status, answer, *rest = self.server.owner.beside.get(f"{self.command} {self.path}", (0, None))
        if not status:
            return False
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for headers in rest:
            for name, value in headers.items():
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return True

    def _note(self, body: bytes) -> Received:
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, self.path, headers, body)
        self.server.owner.requests.append(received)
        return received

    def _chat(self, asked: dict[str, Any], dialect: Dialect) -> None:
        reply, hold = self._next()
        model = str(asked.get("model", "fake-model"))
        streamed = asked.get("stream", dialect.streams)
        if reply.status >= HTTP_ERROR and reply.body is None:
            self._json(reply.status, dialect.error(reply), reply)
        elif reply.body is None and not streamed:
            self._json(reply.status, dialect.whole(reply, model), reply)
        else:
            pieces = dialect.stream(reply, model) if reply.body is None else list(reply.body)
            self._stream(dialect.media_type, pieces, reply, hold)

    def _next(self) -> tuple[Reply, threading.Event | None]:
        owner = self.server.owner
        if owner.script:
            return owner.script.popleft()
        missing = Reply(status=418, error=f"FakeServer has no reply left for request {len(owner.requests)}")
        return owner.always or missing, None

    def _stream(self, media_type: str, pieces: list[bytes], reply: Reply, hold: threading.Event | None) -> None:
        self.send_response(reply.status)
        for name, value in ({"Content-Type": media_type, "Transfer-Encoding": "chunked"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        for number, piece in enumerate(pieces):
            if reply.cut is not None and number >= reply.cut:
                self._reset()
                return
            if hold and number == len(pieces) - 1:
                hold.wait()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
            self.server.owner.started.set()
        self.wfile.write(b"0\r\n\r\n")

    def _reset(self) -> None:
        """End as a broken network does: a TCP reset instead of an end mark."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _embed(self, asked: dict[str, Any]) -> None:
        given: Any = asked.get("input", [])
        texts = [given] if isinstance(given, str) else cast("list[str]", given)
        vectors = [hashed_vector(text, self.server.owner.width) for text in texts]
        if self.path.endswith("/api/embed"):
            self._json(200, {"model": asked.get("model"), "embeddings": vectors, "prompt_eval_count": len(texts)})
            return
        rows = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        self._json(200, {"object": "list", "data": rows, "model": asked.get("model"), "usage": usage})

    def _speak(self, asked: dict[str, Any]) -> None:
        """Say the input; a reply of the script says something else, breaks off or fails."""
        reply, hold = self._next() if self.server.owner.script else (Reply(), None)
        if reply.status >= HTTP_ERROR:
            self._json(reply.status, openai_error(reply), reply)
            return
        kind = str(asked.get("response_format", "mp3"))
        made = {"mp3": sound.mp3, "wav": sound.wav, "pcm": sound.pcm}.get(kind)
        if made is None:
            self._json(400, openai_error(Reply(error=f"the fake makes no {kind}")))
            return
        data = made(reply.whole or str(asked.get("input", "")))
        pieces = [data[:1000], data[1000:]] if reply.body is None else list(reply.body)
        types = {"mp3": "audio/mpeg", "wav": "audio/wav", "pcm": "audio/pcm"}
        self._stream(types[kind], [piece for piece in pieces if piece], reply, hold)

    def _json(self, status: int, document: dict[str, Any], reply: Reply | None = None) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (headers | dict(reply.headers if reply else {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def dialect_of(path: str) -> Dialect | None:
    """Return the wire that is spoken at a request path."""
    plain = path.partition("?")[0]
    return next((dialect for end, dialect in ALL.items() if plain.endswith(end)), None)


def hashed_vector(text: str, width: int) -> list[float]:
    """Return a unit vector that is the same for the same words, so that nearness means shared words."""
    vector = [0.0] * width
    for word in text.lower().split() or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        vector[digest[0] % width] += 1.0 if digest[1] % 2 else -1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / length for value in vector]
