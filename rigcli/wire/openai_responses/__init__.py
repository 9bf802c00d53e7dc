"""OpenAI Responses: `/responses`, SSE of typed events ended by `response.completed` (or incomplete, or failed).

Format: platform.openai.com/docs/api-reference/responses and …/responses-streaming. Requests are stateless unless the
user says otherwise (`-o store=true`, `-o previous_response_id=…`): nothing is kept by the server, and what the model
thought goes back to it encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.ports import Framing, SocketTalk
from rigcli.core.requests import Prepared, Request
from rigcli.wire import failures
from rigcli.wire.openai_responses import request as requests
from rigcli.wire.openai_responses.answer import ResponsesReader, read_whole

NAME = "openai-responses"
_NO_SUCH_PATH = (404, 405, 501)


class OpenAIResponses:
    """The wire `openai-responses`."""

    name: str = NAME
    framing: Framing = "sse"

    def prepare(self, request: Request) -> Prepared:
        return requests.prepare(request)

    def reader(self, request: Request) -> ResponsesReader:
        return ResponsesReader(request)

    def socket(self) -> SocketTalk:
        """Return the talk of a new connection (core.ports.Sockets)."""
        from rigcli.wire.openai_responses.socket import Chain  # noqa: PLC0415  where a WebSocket is wanted

        return Chain()

    def read_whole(self, body: Any, request: Request) -> Iterable[Event]:
        return read_whole(body, request)

    def read_error(self, status: int, body: str) -> RigError:
        error = failures.from_status(status, body)
        if status in _NO_SUCH_PATH and error.hint is None:
            error.hint = "a server without /responses may speak --wire openai-chat"
        return error
