"""Bedrock Converse: `/model/MODEL/converse` and `…/converse-stream`, the latter an AWS event stream.

Format: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and …_ConverseStream.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.ports import Framing
from rigcli.core.requests import Prepared, Request
from rigcli.wire import failures
from rigcli.wire.bedrock_converse import request as requests
from rigcli.wire.bedrock_converse.answer import ConverseReader, read_whole

NAME = "bedrock-converse"


class BedrockConverse:
    """The wire `bedrock-converse`."""

    name: str = NAME
    framing: Framing = "aws"
    bytes_only: tuple[str, ...] = ("image", "document")

    def prepare(self, request: Request) -> Prepared:
        return requests.prepare(request)

    def reader(self, request: Request) -> ConverseReader:
        return ConverseReader(request)

    def read_whole(self, body: Any, request: Request) -> Iterable[Event]:
        return read_whole(body, request)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
