"""Which MCP servers there are: `[mcp.NAME]` of the settings, `mcp.json` beside them, and a trusted project's.

The user's own server goes before a project's of the same name: rules that the user wrote for a server must not come to
speak of another one. A `.mcp.json` in a folder counts for nothing here; `rig mcp import` reads one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rigcli.core.errors import ConfigError
from rigcli.home.paths import read_private
from rigcli.home.settings import Layer, Settings
from rigcli.tools.mcp.formats import read_servers
from rigcli.tools.mcp.spec import ServerSpec, read_server

FILE = "mcp.json"


def configured(settings: Settings) -> dict[str, ServerSpec]:
    """Return all servers by name. Raises ConfigError for one that cannot be read."""
    found: dict[str, ServerSpec] = {}
    for name, table, origin, own in _rows(settings):
        if name not in found:
            found[name] = read_server(name, table, origin, own=own)
    return dict(sorted(found.items()))


def has_servers(settings: Settings) -> bool:
    """Tell whether any server may be configured, without reading one."""
    return (
        any(parts[0] == "mcp" for layer in settings.layers for parts in layer.values)
        or (settings.folders.config / FILE).exists()
        or (settings.project is not None and FILE in settings.project.files)
    )


def _rows(settings: Settings) -> Iterator[tuple[str, Any, str, bool]]:
    """Yield name, table, origin and whether it is the user's own; what goes before comes first."""
    path = settings.folders.config / FILE
    data = read_private(path)
    kept = read_servers(_text(data, str(path)), str(path)) if data is not None else {}
    yield from _together([each for each in settings.layers if each.name != "project"], kept, str(path), own=True)
    kept, origin = {}, ""
    if settings.project is not None and (data := settings.project.files.get(FILE)) is not None:
        origin = str(settings.project.folder / FILE)
        kept = read_servers(_text(data, origin), origin)
    yield from _together([each for each in settings.layers if each.name == "project"], kept, origin, own=False)


def _together(
    layers: Sequence[Layer], kept: dict[str, dict[str, Any]], origin: str, *, own: bool
) -> Iterator[tuple[str, Any, str, bool]]:
    """Yield the servers of `mcp.json` with what these layers say over it, the strongest layer first, key by key."""
    tables = {name: dict(table) for name, table in kept.items()}
    origins = dict.fromkeys(kept, origin)
    for layer in reversed(layers):
        for parts, value in layer.values.items():
            if parts[0] == "mcp":
                tables.setdefault(parts[1], {})[parts[2]] = value
                origins.setdefault(parts[1], layer.origin(parts))
    for name, table in tables.items():
        yield name, table, origins[name], own


def _text(data: bytes, origin: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{origin}: is not UTF-8") from None
