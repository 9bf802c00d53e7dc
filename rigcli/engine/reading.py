"""What one HTTP answer says, whichever verb asked for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rigcli.core.errors import ProviderError, RigError
from rigcli.core.ports import Answer

ReadError = Callable[[int, str], RigError]
"""Status and body to the error that they stand for."""
ERROR_BODY_LIMIT = 64 * 1024
"""Bytes of an error's body that are read; no message of a provider is longer."""


async def succeeded(answer: Answer, read_error: ReadError) -> None:
    """Raise what the answer says unless its status is a success."""
    if answer.status // 100 == 2:  # noqa: PLR2004  2xx is the word for "it worked"
        return
    body = await read_all(answer, limit=ERROR_BODY_LIMIT)
    error = read_error(answer.status, body.decode("utf-8", "replace"))
    error.status = answer.status
    error.retry_after = error.retry_after if answer.retry_after is None else answer.retry_after
    raise error


async def read_all(answer: Answer, limit: int | None = None) -> bytes:
    """Return the body, or as much of it as the limit allows."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in answer.chunks():
        pieces.append(chunk)
        size += len(chunk)
        if limit is not None and size >= limit:
            break
    return b"".join(pieces)[:limit]


def decode(body: bytes) -> Any:
    """Return a JSON document. Raises ProviderError."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        where = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ProviderError(
            f"unreadable answer: it is not JSON{where}", hint="is the base URL that of an API?"
        ) from None
