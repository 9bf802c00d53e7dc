"""What a server's tools were when the user first met them, and what was last heard of each server.

Trust on first use: a definition's hash is kept with the definition. One that changed is off until the user takes
exactly the definition that was shown: it waits here as `pending`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rigcli.core.errors import StorageError
from rigcli.home.lock import acquire
from rigcli.home.paths import Folders, read_private, write_private
from rigcli.tools.mcp.definition import Judged, Listing, digest
from rigcli.tools.mcp.spec import ServerSpec

FRESH_SECONDS = 24 * 3600.0
"""How long a listing stands in for a server that is not running."""
_KINDS = ("tools", "prompts", "resources", "templates")


@dataclass(frozen=True, slots=True)
class Pin:
    """One tool as it is trusted, and as it is now where that is something else."""

    definition: dict[str, Any]
    pending: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class McpShelf:
    """The files behind it: pins in the state folder, listings in the cache."""

    homes: Folders
    clock: Callable[[], float] = time.time

    def listing(self, spec: ServerSpec) -> Listing | None:
        """Return a listing of exactly this server that is not too old; a damaged one is none."""
        kept = self.last_listing(spec)
        return kept[1] if kept and 0 <= self.clock() - kept[0] <= FRESH_SECONDS else None

    def last_listing(self, spec: ServerSpec) -> tuple[float, Listing] | None:
        """Return when this server was last asked (seconds since 1970), and what it offered then."""
        try:
            document: dict[str, Any] = json.loads(read_private(self._listing_file(spec)) or b"null") or {}
            if document.get("of") != spec.fingerprint:
                return None
            lists = {kind: tuple(cast("list[dict[str, Any]]", document[kind])) for kind in _KINDS}
            return float(document["at"]), Listing(**lists, server=dict(document["server"]))
        except (StorageError, ValueError, KeyError, TypeError):
            return None

    def keep(self, spec: ServerSpec, listing: Listing) -> None:
        """Write what a server offers; a disk that does not take it costs the next run a start of the server."""
        lists = {kind: getattr(listing, kind) for kind in _KINDS}
        document = {"v": 1, "of": spec.fingerprint, "at": self.clock(), "server": listing.server, **lists}
        try:
            write_private(self._listing_file(spec), json.dumps(document).encode(), durable=False)
        except StorageError:
            return

    def judge(self, server: str, tools: Iterable[dict[str, Any]]) -> Judged:
        """Hold definitions against those first seen; one never seen before is trusted from now on."""
        offered = {str(tool.get("name")): tool for tool in tools}
        with acquire(self.homes.state / ".mcp-pins.lock", str(self._pins_file)):
            pins = self._load()
            mine = pins.get(server, {})
            known = server in pins
            new = tuple(name for name in offered if name not in mine)
            after = {name: _held(mine.get(name), tool) for name, tool in offered.items()}
            after = {**mine, **after}
            if after != mine or not known:
                self._save({**pins, server: after})
        changed = tuple(name for name in offered if after[name].pending is not None)
        return Judged(frozenset(offered) - frozenset(changed), new, changed, known)

    def pins(self, server: str) -> dict[str, Pin]:
        """Return the tools of a server that the user has met."""
        return self._load().get(server, {})

    def trust(self, server: str, tools: Iterable[str] | None = None) -> list[str]:
        """Take the changed definitions that wait, all or those named; return the names taken."""
        with acquire(self.homes.state / ".mcp-pins.lock", str(self._pins_file)):
            pins = self._load()
            mine = pins.get(server, {})
            taken = [
                name for name, pin in mine.items() if pin.pending is not None and (tools is None or name in set(tools))
            ]
            fresh = {name: Pin(pin.pending) for name, pin in mine.items() if name in taken and pin.pending is not None}
            self._save({**pins, server: {**mine, **fresh}})
        return taken

    def forget(self, server: str) -> None:
        """Forget a server: its pins and its listing. What comes under its name later is met for the first time."""
        with acquire(self.homes.state / ".mcp-pins.lock", str(self._pins_file)):
            pins = self._load()
            if pins.pop(server, None) is not None:
                self._save(pins)
        (self.homes.cache / "mcp" / f"{server}.json").unlink(missing_ok=True)

    @property
    def _pins_file(self) -> Path:
        return self.homes.state / "mcp-pins.json"

    def _listing_file(self, spec: ServerSpec) -> Path:
        return self.homes.cache / "mcp" / f"{spec.name}.json"

    def _load(self) -> dict[str, dict[str, Pin]]:
        data = read_private(self._pins_file)
        if data is None:
            return {}
        try:
            servers = cast("dict[str, dict[str, Any]]", json.loads(data)["servers"])
            return {
                server: {name: Pin(dict(row["is"]), row.get("pending")) for name, row in tools.items()}
                for server, tools in servers.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            hint = "move it away; the tools of MCP servers must then be looked at again"
            raise StorageError(f"{self._pins_file}: damaged", hint=hint) from None

    def _save(self, pins: dict[str, dict[str, Pin]]) -> None:
        servers = {
            server: {name: _row(pin) for name, pin in sorted(tools.items())} for server, tools in sorted(pins.items())
        }
        write_private(self._pins_file, json.dumps({"v": 1, "servers": servers}, indent=1).encode() + b"\n")


def _held(pin: Pin | None, tool: dict[str, Any]) -> Pin:
    """Return the pin of a tool after it was seen like this."""
    if pin is None:
        return Pin(_essence(tool))
    if digest(pin.definition) == digest(tool):
        return Pin(pin.definition)
    return Pin(pin.definition, _essence(tool))


def _essence(tool: dict[str, Any]) -> dict[str, Any]:
    """Return what the hash is made of, and nothing else: that is what a person looks at."""
    return {key: tool[key] for key in ("name", "description", "inputSchema") if key in tool}


def _row(pin: Pin) -> dict[str, Any]:
    return {"is": pin.definition, **({"pending": pin.pending} if pin.pending is not None else {})}
