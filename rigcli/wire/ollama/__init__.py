"""Ollama's own chat: `/api/chat`, NDJSON ended by a line with `"done": true`.

Format: github.com/ollama/ollama/blob/main/docs/api.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.ports import Framing
from rigcli.core.requests import Prepared, Request
from rigcli.wire import failures
from rigcli.wire.ollama import request as requests
from rigcli.wire.ollama.answer import OllamaReader, read_whole

NAME = "ollama"


class Ollama:
    """The wire `ollama`."""

    name: str = NAME
    framing: Framing = "ndjson"
    bytes_only: tuple[str, ...] = ("image",)

    def prepare(self, request: Request) -> Prepared:
        return requests.prepare(request)

    def reader(self, request: Request) -> OllamaReader:
        return OllamaReader(request)

    def read_whole(self, body: Any, request: Request) -> Iterable[Event]:
        return read_whole(body, request)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
