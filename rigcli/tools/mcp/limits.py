"""A server's HTTP answer may not be endless: beyond the limit the reading of its body fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of one answer. A stream of events is cut by the SDK, event by event, and lives as long as it likes."""


async def capped(response: Any) -> None:
    """Bound an answer of httpx2 that has just come: an event hook for its client."""
    import httpx2  # noqa: PLC0415  comes with the SDK

    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return
    inner = response.stream

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = BODY_LIMIT
            async for chunk in inner:
                left -= len(chunk)
                if left < 0:
                    raise httpx2.ReadError(f"more than {BODY_LIMIT >> 20} MiB in one answer")
                yield chunk

        async def aclose(self) -> None:
            await inner.aclose()

    response.stream = Bounded()
