"""Provider rows: read by name, so that one question reads one small file.

A user's `[providers.NAME]` in config.toml has the same fields; it changes a row that is here or adds one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from rigcli.core.errors import ConfigError, UsageError

FOLDER = Path(__file__).parent / "rows"  # not importlib.resources: it costs 9 ms to import, as much as all the rest
LOGINS = ("google",)
"""Ways to get a token where there is no key; the command line knows how each is done."""
PROBES = ("show", "props")
"""Ways to ask a server of one's own how much it reads at once: see context.py."""
Check = Callable[[Mapping[str, Any], str], None]


@dataclass(frozen=True, slots=True)
class OtherWire:
    """What changes where a provider is asked in another of its wires."""

    base_url: str | None = None
    base_url_env: tuple[str, ...] = ()
    base_url_append: str = ""
    auth: str | None = None
    models_path: str | None = None
    quirks: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider. Every field but `name`, `origin` can stand in a row file or in `[providers.NAME]`.

    `base_url` is None where only the user can know it. `key` tells whether a server answers without one. `auth` is
    `bearer`, a header's name, `scheme/WORD` (that word instead of Bearer), `sigv4/SERVICE` (requests are signed for
    that AWS service where there is no key), or None for what the wire usually has. `variables` fill `{NAME}` in
    `base_url`, path, query and headers (see variables.py): names of environment variables, the first that is set
    counts, and a default written `=VALUE`. `base_url_for` has other base URLs for values of a variable, as
    `NAME=VALUE`. `base_url_append` is added to a base URL that does not end with it. `bearer_env` are those of
    `key_env` that hold a token, which is always sent as Bearer. `login` names a way to get one where there is no key.
    `wire_models` are the models (regex) that are asked in another wire. `rank` orders providers where no model is named
    (0: never chosen by itself). `websocket`: its wire is also spoken over a WebSocket at the same path. `otel_name` is
    what OpenTelemetry calls the provider. `idle` is the silence in seconds allowed where the user set none.
    `context_probe` is how the server is asked how much it reads at once, `context_start` how it is started to read
    `{tokens}`. `origin` is `built-in` or `config`.
    """

    name: str
    title: str
    wire: str
    base_url: str | None = None
    base_url_env: tuple[str, ...] = ()
    base_url_append: str = ""
    base_url_for: Mapping[str, str] = field(default_factory=dict[str, str])
    key: Literal["required", "optional"] = "required"
    key_env: tuple[str, ...] = ()
    bearer_env: tuple[str, ...] = ()
    login: Literal["google"] | None = None
    websocket: bool = False
    otel_name: str | None = None
    auth: str | None = None
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    quirks: Mapping[str, Any] = field(default_factory=dict[str, Any])
    models_path: str | None = None
    default_model: str | None = None
    local: bool = False
    rank: int = 0
    idle: float | None = None
    context_probe: Literal["show", "props"] | None = None
    context_start: str | None = None
    docs: str | None = None
    key_url: str | None = None
    start: str | None = None
    abilities: tuple[str, ...] = ()
    wire_models: Mapping[str, str] = field(default_factory=dict[str, str])
    wires: Mapping[str, OtherWire] = field(default_factory=dict[str, OtherWire])
    origin: str = "built-in"

    def wire_for(self, model: str) -> str:
        """Return the wire that a model is asked in where the user names none."""
        return next((wire for wire, models in self.wire_models.items() if re.search(models, model)), self.wire)

    def in_wire(self, wire: str | None) -> ProviderRow:
        """Return the row as it is asked in a wire; quirks of another wire stay behind."""
        if wire is None or wire == self.wire:
            return self
        other = self.wires.get(wire)
        if other is None:
            return replace(self, wire=wire, base_url_append="", quirks={}, auth=None, models_path=None)
        return replace(
            self,
            wire=wire,
            base_url=other.base_url or self.base_url,
            base_url_env=other.base_url_env or self.base_url_env,
            base_url_append=other.base_url_append,
            auth=other.auth,
            models_path=other.models_path,
            quirks=other.quirks,
        )


def beside(row: ProviderRow, wire: str, family: str) -> ProviderRow:
    """Return the row as it is asked for something beside chat, in a wire of its own.

    Where the row does not name that wire, it is asked at the door of the chat wire `family`, without its quirks; where
    it names the wire but no `auth` for it, that of the same door counts.
    """
    if wire == row.wire:
        return row
    there = row.in_wire(family) if family in row.wires else row
    if wire in row.wires:
        named = row.in_wire(wire)
        return replace(named, auth=named.auth or there.auth)
    return replace(there, wire=wire, quirks={}, models_path=None)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows there are: those shipped, and the user's own (tables as they stand in the settings).

    `check_quirks` is the wire room's `check`; it is handed in because rooms on one floor do not know each other.
    """

    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    check_quirks: Check | None = None

    def names(self) -> list[str]:
        return sorted({*_shipped_names(), *self.own})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self.own or name in _shipped_names())

    def get(self, name: str) -> ProviderRow:
        """Return a row. Raises UsageError for an unknown name, with the near ones; ConfigError for a bad row."""
        shipped = _shipped(name) if name in _shipped_names() else None
        mine = self.own.get(name)
        if mine is None:
            if shipped is None:
                raise unknown_provider(name, self.names())
            return shipped
        return self._merged(name, shipped, mine)

    def all(self) -> list[ProviderRow]:
        """Return every row, those that may be chosen by themselves first, by rank, then the others by name."""
        return sorted(map(self.get, self.names()), key=lambda row: (not row.rank, row.rank, row.name))

    def _merged(self, name: str, shipped: ProviderRow | None, mine: Mapping[str, Any]) -> ProviderRow:
        where = f"providers.{name}"
        values = _read_fields(mine, where)
        if shipped is None:
            row = ProviderRow(name=name, **_completed(name, values), origin="config")
        else:
            there = shipped.in_wire(values.get("wire"))
            row = replace(there, **_over(there, values), origin="config")
        if self.check_quirks:
            self.check_quirks(row.quirks, where)
        return row


def _completed(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that only the user has. Where no variable holds a key, none is needed."""
    missing = [key for key in ("wire", "base_url") if key not in values]
    if missing:
        raise ConfigError(f"providers.{name}: {' and '.join(missing)} missing", hint="see docs/providers.md")
    key = "required" if "key_env" in values else "optional"
    return {"title": name, "key": key, **values}


def _over(row: ProviderRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's fields for a shipped row; tables (headers, quirks) are joined name by name."""
    return {
        key: {**cast("dict[str, Any]", getattr(row, key)), **value} if isinstance(value, dict) else value
        for key, value in values.items()
    }


def unknown_provider(name: str, known: Iterable[str]) -> UsageError:
    """Return the error for a provider that nobody knows, with the near names."""
    return UsageError(f"no provider {name!r}", hint=near(name, known) or "`rig providers list` shows them all")


def near(word: str, known: Iterable[str]) -> str | None:
    """Return `did you mean X or Y?` for a slip, or None."""
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    found = get_close_matches(word.lower(), list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(found)}?" if found else None


def parse(name: str, table: Mapping[str, Any]) -> ProviderRow:
    """Return the row of a TOML table. Raises ConfigError for a field that is unknown or of the wrong kind."""
    values = _read_fields(table, f"provider {name}")
    return ProviderRow(name=name, **values)


def read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  3 ms, only where a row is needed

    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _shipped_names() -> frozenset[str]:
    return frozenset(entry.removesuffix(".toml") for entry in os.listdir(FOLDER) if entry.endswith(".toml"))  # noqa: PTH208  no Path objects on the hot path


@cache
def _shipped(name: str) -> ProviderRow:
    return parse(name, read_toml(FOLDER / f"{name}.toml"))


def _read_fields(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in table.items():
        kind = _KINDS.get(key)
        if kind is None:
            raise ConfigError(
                f"{where}: unknown field {key!r}", hint=near(key, _KINDS) or f"there are {', '.join(sorted(_KINDS))}"
            )
        values[key] = _READ[kind](value, f"{where}.{key}")
    return values


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where}: must be text, not {value!r}")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    items = cast("list[Any]", [value] if isinstance(value, str) else value)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):  # pyright: ignore[reportUnnecessaryIsInstance]  the cast above is a hope
        raise ConfigError(f"{where}: must be a list of texts, not {value!r}")
    return tuple(items)


def _pairs(value: Any, where: str) -> dict[str, str]:
    return {name: _text(item, f"{where}.{name}") for name, item in _table(value, where).items()}


def _lists(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    return {name: _texts(item, f"{where}.{name}") for name, item in _table(value, where).items()}


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a table, not {value!r}")
    return cast("dict[str, Any]", value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: must be true or false, not {value!r}")
    return value


def _number(value: Any, where: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigError(f"{where}: must be a number from 0, not {value!r}")
    return value


def _key(value: Any, where: str) -> str:
    if value not in ("required", "optional"):
        raise ConfigError(f"{where}: must be required or optional, not {value!r}")
    return value


def _probe(value: Any, where: str) -> str:
    if value not in PROBES:
        raise ConfigError(f"{where}: must be {' or '.join(PROBES)}, not {value!r}")
    return value


def _login(value: Any, where: str) -> str:
    if value not in LOGINS:
        raise ConfigError(f"{where}: must be {' or '.join(LOGINS)}, not {value!r}")
    return value


def _other_wires(value: Any, where: str) -> dict[str, OtherWire]:
    known = {one.name for one in fields(OtherWire)}
    found: dict[str, OtherWire] = {}
    for wire, table in _table(value, where).items():
        for key in _table(table, f"{where}.{wire}"):
            if key not in known:
                raise ConfigError(f"{where}.{wire}: unknown field {key!r}", hint=near(key, known))
        found[wire] = OtherWire(**_read_fields(table, f"{where}.{wire}"))
    return found


_READ: dict[str, Callable[[Any, str], Any]] = {
    "text": _text,
    "texts": _texts,
    "pairs": _pairs,
    "lists": _lists,
    "table": _table,
    "flag": _flag,
    "number": _number,
    "key": _key,
    "login": _login,
    "probe": _probe,
    "wires": _other_wires,
}
_KINDS: dict[str, str] = {
    **dict.fromkeys(
        (
            "title",
            "wire",
            "base_url",
            "base_url_append",
            "auth",
            "models_path",
            "default_model",
            "docs",
            "key_url",
            "start",
            "context_start",
        ),
        "text",
    ),
    **dict.fromkeys(("base_url_env", "key_env", "bearer_env", "abilities"), "texts"),
    **dict.fromkeys(("headers", "query", "base_url_for", "wire_models"), "pairs"),
    "login": "login",
    "context_probe": "probe",
    "quirks": "table",
    "variables": "lists",
    "local": "flag",
    "websocket": "flag",
    "otel_name": "text",
    "rank": "number",
    "idle": "number",
    "key": "key",
    "wires": "wires",
}
"""What kind of value each field holds; a test holds it against the dataclass."""
