"""Pictures out of a chat model: `/chat/completions` with `modalities`, as routers of models have it.

Formats: openrouter.ai/docs (image generation), vercel.com/docs/ai-gateway (image generation).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.images.asked import Asked, Picture, Pictures, no_edit, picture_of, refused
from rigcli.wire.images.sizes import as_shape
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first

PATH = "/chat/completions"
_LENGTH = 200


class ChatImages:
    """The wire `openai-chat-images`: one picture a request."""

    name: str = "openai-chat-images"
    at_once: int = 1

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        if asked.mask:
            raise no_edit("--mask")
        content: list[Json] = [{"type": "text", "text": asked.prompt}]
        content += [{"type": "image_url", "image_url": {"url": source.url}} for source in asked.images]
        alone = re.search(str(self._quirks.get("image_only_models", r"(?!)")), asked.model)
        body: Json = {
            "model": asked.model,
            "messages": [{"role": "user", "content": content if asked.images else asked.prompt}],
            "modalities": ["image"] if alone else ["image", "text"],
            "stream": False,
        }
        config, notices = _config(asked)
        if config:
            body["image_config"] = config
        return Prepared(str(self._quirks.get("path") or PATH), {**body, **asked.extra}, notices=notices)

    def read(self, body: Any) -> Pictures:
        document = as_dict(body)
        if document.get("error"):
            raise failures.from_event(document)
        choice = as_dict(next(iter(as_list(document.get("choices"))), None))
        message = as_dict(choice.get("message"))
        images = tuple(found for row in as_list(message.get("images")) if (found := _picture(as_dict(row))))
        if not images:
            raise _nothing(choice, message)
        return Pictures(images, usage_of(as_dict(document.get("usage"))) or Usage())

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


def _config(asked: Asked) -> tuple[Json, tuple[str, ...]]:
    config: Json = {}
    notices: tuple[str, ...] = ()
    if asked.size:
        shape, notices = as_shape(asked.size)
        config |= {"aspect_ratio": shape} if shape else {"image_size": asked.size.text}
    if asked.quality:
        config["quality"] = asked.quality
    return config, notices


def _picture(row: Json) -> Picture | None:
    held = first(row, "image_url", "url", "b64_json")
    value = as_text(held) or as_text(as_dict(held).get("url"))
    return picture_of(value) if value else None


def _nothing(choice: Json, message: Json) -> RigError:
    said = " ".join((as_text(message.get("refusal")) or as_text(message.get("content"))).split())[:_LENGTH]
    if choice.get("finish_reason") == "content_filter" or message.get("refusal"):
        return refused(said or "a content filter")
    if said:
        return refused(f"it answered in words: {said}")
    return failures.unreadable("no picture in it")
