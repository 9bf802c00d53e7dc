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
    layers = settings.layers
    yield from _of_layers([each for each in layers if each.name != "project"], own=True)
    path = settings.folders.config / FILE
    if (data := read_private(path)) is not None:
        for name, table in read_servers(_text(data, str(path)), str(path)).items():
            yield name, table, str(path), True
    yield from _of_layers([each for each in layers if each.name == "project"], own=False)
    if settings.project is not None and (data := settings.project.files.get(FILE)) is not None:
        origin = str(settings.project.folder / FILE)
        for name, table in read_servers(_text(data, origin), origin).items():
            yield name, table, origin, False


def _of_layers(layers: Sequence[Layer], *, own: bool) -> Iterator[tuple[str, Any, str, bool]]:
    """Yield the servers that these layers say together, the strongest layer first; a variable may set one key."""
    tables: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
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
