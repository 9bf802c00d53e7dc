"""Anthropic Messages behind Bedrock's InvokeModel: `/model/MODEL/invoke` and `…/invoke-with-response-stream`.

The body is that of the wire anthropic-messages, with its version inside and the model in the path; a stream is an AWS
event stream whose chunks hold Anthropic's events as base64. So thinking that one of the two wires was given goes back
through the other. Format: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.events import Event
from rigcli.core.messages import MediaPart, Message
from rigcli.core.ports import Frame, Framing
from rigcli.core.requests import Prepared, Request
from rigcli.wire import failures
from rigcli.wire.anthropic_messages import request as requests
from rigcli.wire.anthropic_messages.answer import MessagesReader, read_whole
from rigcli.wire.bedrock_converse.exceptions import raised
from rigcli.wire.bedrock_converse.request import model_path
from rigcli.wire.caching import BEDROCK_MODELS
from rigcli.wire.jsontext import read_json
from rigcli.wire.media import cannot
from rigcli.wire.shapes import as_dict, as_text

NAME = "bedrock-invoke-anthropic"
PATH = "/model/{model}/invoke"
VERSION = "bedrock-2023-05-31"


class BedrockAnthropic:
    """The wire `bedrock-invoke-anthropic`."""

    name: str = NAME
    framing: Framing = "aws"
    bytes_only: tuple[str, ...] = ("image", "document")

    def prepare(self, request: Request) -> Prepared:
        """Return path and body. Pure; what the wire cannot carry is a notice."""
        notices: list[str] = []
        messages = tuple(_without_urls(message, notices) for message in request.messages)
        request = _with_cache(request, notices)
        prepared = requests.prepare(replace(request, messages=messages))
        body = {"anthropic_version": VERSION, **prepared.body}
        for name in ("model", "stream"):  # the path says both
            body.pop(name, None)
        if beta := prepared.headers.get("anthropic-beta"):
            body["anthropic_beta"] = beta.split(",")
        path = model_path(request, PATH) + "-with-response-stream" * request.stream
        return Prepared(path, body, notices=(*notices, *prepared.notices))

    def reader(self, request: Request) -> ChunkReader:
        return ChunkReader(request)

    def read_whole(self, body: Any, request: Request) -> Iterable[Event]:
        return read_whole(body, request)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


class ChunkReader:
    """One streamed answer: Anthropic's events, each in a chunk of its own."""

    def __init__(self, request: Request) -> None:
        self._messages = MessagesReader(request)

    def read(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one chunk. Raises what an exception says, ProviderError for an unreadable chunk."""
        if error := raised(frame):
            raise error
        chunk = as_text(as_dict(read_json(frame.data, frame.offset)).get("bytes"))
        if not chunk:
            return ()
        try:
            text = a2b_base64(chunk, strict_mode=True).decode("utf-8", "replace")
        except (Base64Error, ValueError):
            raise failures.unreadable(f"the chunk at byte {frame.offset} is no base64") from None
        return self._messages.read(Frame(text, None, frame.offset))

    def end(self) -> Iterator[Event]:
        """Yield the last events. Raises IncompleteError where neither a stop reason nor message_stop came."""
        return self._messages.end()


def _with_cache(request: Request, notices: list[str]) -> Request:
    """Older models here refuse a mark on what to keep."""
    if re.search(str(request.quirks.get("cache_models", BEDROCK_MODELS)), request.model):
        return request
    if request.options.cache not in (None, "auto"):
        notices.append("the option cache was left out: this model keeps no prompts, or its name does not say so")
    return replace(request, options=replace(request.options, cache="off"))


def _without_urls(message: Message, notices: list[str]) -> Message:
    """Bedrock fetches nothing: media must come as bytes."""
    remote = [part for part in message.parts if isinstance(part, MediaPart) and part.data is None]
    if not remote:
        return message
    notices += [cannot(part, "this wire takes bytes, no URL") for part in remote]
    return replace(message, parts=tuple(part for part in message.parts if part not in remote))
