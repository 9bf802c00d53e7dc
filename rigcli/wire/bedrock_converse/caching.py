"""Prompt caching in the words of Converse: a `cachePoint` is a block of its own, behind what is to be kept.

Rules: docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html. Nova takes none behind tools, and none in a
message that holds the result of a tool; none may follow a document, a sound or a film.
"""

from __future__ import annotations

import re
from typing import Any

from rigcli.wire.caching import LEAST, last_two, leave_out_cache, weight
from rigcli.wire.outgoing import Draft
from rigcli.wire.shapes import Json, as_dict, as_list

_NOVA = r"amazon\.nova"
_NOT_AFTER = frozenset(("document", "audio", "video", "reasoningContent"))


def mark(row: Draft, body: Json, models: str) -> None:
    """Put cache points into a body for a model that knows them (`models` is a regex)."""
    cache = row.options.cache
    if not re.search(models, row.model):
        leave_out_cache(row, "this model keeps no prompts, or its name does not say that it does (quirk cache_models)")
        return
    if cache == "off":
        return
    point: Json = {"cachePoint": {"type": "default", "ttl": "1h"} if cache == "1h" else {"type": "default"}}
    nova = bool(re.search(_NOVA, row.model))
    config = as_dict(body.get("toolConfig"))
    before = weight(config)
    if config and before >= LEAST and not nova:
        body["toolConfig"] = {**config, "tools": [*as_list(config.get("tools")), point]}
    before += weight(body.get("system"))
    if body.get("system") and before >= LEAST:
        body["system"] = [*body["system"], point]
    messages = as_list(body.get("messages"))
    if before + weight(messages) >= LEAST:
        for number in last_two(messages):
            messages[number] = _with_point(as_dict(messages[number]), point, nova=nova)


def _with_point(message: Json, point: Json, *, nova: bool) -> Json:
    blocks: list[Any] = as_list(message.get("content"))
    if nova and any("toolResult" in as_dict(block) for block in blocks):
        return message
    for number in range(len(blocks), 0, -1):
        if not as_dict(blocks[number - 1]).keys() & _NOT_AFTER:
            return {**message, "content": [*blocks[:number], point, *blocks[number:]]}
    return message
