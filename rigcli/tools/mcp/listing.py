"""Ask a server for all it offers: tools, prompts, resources, templates, page by page, each bounded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import ProviderError
from rigcli.tools.mcp.definition import Listing
from rigcli.tools.mcp.spec import ServerSpec

if TYPE_CHECKING:
    from mcp import Client

MOST = 5000
"""Items of one kind; a server that has more is not meant for people."""
PAGES = 200


async def read_listing(client: Client, spec: ServerSpec) -> Listing:
    """Return everything on offer. Raises ProviderError for a listing that has no end, and what the SDK raises."""
    able = client.server_capabilities
    about = client.server_info
    return Listing(
        tools=await _all(spec, client.list_tools, "tools") if able.tools else (),
        prompts=await _all(spec, client.list_prompts, "prompts") if able.prompts else (),
        resources=await _all(spec, client.list_resources, "resources") if able.resources else (),
        templates=await _templates(client, spec) if able.resources else (),
        server={
            "name": about.name if about else "",
            "title": about.title if about else None,
            "version": about.version if about else "",
            "protocol": client.protocol_version,
            "instructions": client.instructions,
        },
    )


async def _templates(client: Client, spec: ServerSpec) -> tuple[dict[str, Any], ...]:
    from mcp import MCPError  # noqa: PLC0415  comes with the SDK

    try:
        return await _all(spec, client.list_resource_templates, "resource_templates")
    except MCPError:  # many servers with resources know no templates, and say so by an error
        return ()


async def _all(spec: ServerSpec, ask: Callable[..., Awaitable[Any]], what: str) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = await ask(cursor=cursor, cache_mode="refresh")
        found += [item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in getattr(page, what)]
        cursor = page.next_cursor
        if cursor is None:
            return tuple(found)
        if len(found) > MOST:
            break
    raise ProviderError(f"mcp {spec.name}: lists more than {MOST} {what}, or never ends")
