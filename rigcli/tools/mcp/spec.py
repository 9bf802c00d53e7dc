"""What one server is: a command to start or a URL to reach, as a table of the settings says it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, cast

from rigcli.core.errors import ConfigError

Transport = Literal["stdio", "http", "sse"]
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]|_(?!_)){0,30}[A-Za-z0-9]|[A-Za-z0-9]")
CALL_SECONDS = 300.0
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "command": (str, "text"),
    "args": (list, "a list of texts"),
    "env": (dict, "a table of texts"),
    "cwd": (str, "text"),
    "url": (str, "text"),
    "headers": (dict, "a table of texts"),
    "transport": (str, "stdio, http or sse"),
    "timeout": ((int, float), "a number of seconds"),
    "enabled_tools": (list, "a list of globs"),
    "disabled_tools": (list, "a list of globs"),
    "enabled": (bool, "true or false"),
    "private": (bool, "true or false"),
    "sends": (bool, "true or false"),
    "roots": (list, "a list of folders"),
    "oauth": (dict, "a table: client_id, client_secret, scopes"),
}


@dataclass(frozen=True, slots=True)
class OAuth:
    """A client that was registered beforehand, and the scopes to ask for. Values may hold `${key:NAME}`."""

    client_id: str | None = None
    client_secret: str | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """One server as it is configured; `${…}` in its texts is filled in when it is started.

    `timeout` is for one call, in seconds. `private` and `sends` are what is thought of all its tools (core/ports
    Traits). `origin` says where it is written down; with `own` that is the user's own settings, not a project's.
    """

    name: str
    transport: Transport
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    cwd: str | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = CALL_SECONDS
    enabled_tools: tuple[str, ...] = ("*",)
    disabled_tools: tuple[str, ...] = ()
    enabled: bool = True
    private: bool = False
    sends: bool = True
    roots: tuple[str, ...] | None = None
    """Folders that the server is told of; None: the working folder. Some servers keep to these."""
    oauth: OAuth = field(default_factory=OAuth)
    guessed: bool = False
    """The transport is a guess from the URL: one that speaks only the older one is tried again with that."""
    origin: str = ""
    own: bool = True

    def offers(self, tool: str) -> bool:
        """Tell whether the globs let a tool of this server through; `tool` is the server's own name for it."""
        allowed = any(fnmatchcase(tool, glob) for glob in self.enabled_tools)
        return allowed and not any(fnmatchcase(tool, glob) for glob in self.disabled_tools)

    @property
    def fingerprint(self) -> str:
        """A hash of what is started or reached: a listing that is kept holds for exactly this."""
        what = [self.transport, self.command, self.args, dict(self.env), self.cwd, self.url, dict(self.headers)]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    @property
    def target(self) -> str:
        """What is started or reached, for a person to read; no value of a variable or header is in it."""
        return self.url or " ".join([self.command, *self.args])


def read_server(name: str, table: Any, origin: str, *, own: bool = True) -> ServerSpec:
    """Return the server that a table says. Raises ConfigError that names `origin` and the key."""
    where = f"{origin}: mcp.{name}"
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{where}: {name!r} is no name for a server", hint="letters, digits, - and single _, at most 32"
        )
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: a table expected")
    values = cast("dict[str, Any]", table)
    for key, value in values.items():
        _check(where, key, value)
    return _spec(name, values, where, origin, own=own)


def _check(where: str, key: str, value: Any) -> None:
    if key not in _KINDS:
        from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

        near = get_close_matches(key, _KINDS, n=1)
        raise ConfigError(
            f"{where}: unknown key {key!r}", hint=f"did you mean {near[0]}?" if near else f"known: {', '.join(_KINDS)}"
        )
    kind, said = _KINDS[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or not _texts(key, value):
        raise ConfigError(f"{where}.{key}: must be {said}")
    if key == "timeout" and cast("float", value) <= 0:
        raise ConfigError(f"{where}.{key}: must be more than 0")


def _texts(key: str, value: Any) -> bool:
    """Tell whether lists and tables hold texts only."""
    if isinstance(value, list):
        return all(isinstance(item, str) for item in cast("list[Any]", value))
    if isinstance(value, dict) and key != "oauth":
        return all(isinstance(item, str) for item in cast("dict[str, Any]", value).values())
    return True


def _spec(name: str, table: dict[str, Any], where: str, origin: str, *, own: bool) -> ServerSpec:
    command, url = table.get("command", ""), table.get("url", "")
    if bool(command) == bool(url):
        raise ConfigError(f"{where}: needs a command or a url" + ", not both" * bool(command))
    if url and not re.match(r"https?://[^/\s]", url) and "${" not in url:
        raise ConfigError(f"{where}.url: {url!r} is no http or https URL")
    said = table.get("transport")
    if said is not None and said not in (("http", "sse") if url else ("stdio",)):
        raise ConfigError(f"{where}.transport: {said!r} does not go with a {'url' if url else 'command'}")
    guess: Transport = "stdio" if command else "sse" if url.rstrip("/").endswith("/sse") else "http"
    return ServerSpec(
        name,
        said or guess,
        command,
        tuple(table.get("args", ())),
        dict(table.get("env", {})),
        table.get("cwd"),
        url,
        dict(table.get("headers", {})),
        float(table.get("timeout", CALL_SECONDS)),
        tuple(table.get("enabled_tools", ("*",))),
        tuple(table.get("disabled_tools", ())),
        table.get("enabled", True),
        # What a project says of its own servers must not loosen what the user is asked about.
        table.get("private", not own) or not own,
        table.get("sends", True) or not own,
        tuple(table["roots"]) if "roots" in table else None,
        _oauth(table.get("oauth", {}), where),
        guessed=said is None and bool(url),
        origin=origin,
        own=own,
    )


def _oauth(table: dict[str, Any], where: str) -> OAuth:
    scopes: Any = table.get("scopes", [])
    texts = [table.get("client_id"), table.get("client_secret")]
    wrong = not isinstance(scopes, list) or not all(isinstance(text, str | None) for text in texts)
    wrong = wrong or not all(isinstance(scope, str) for scope in cast("list[Any]", scopes))
    if wrong or set(table) - {"client_id", "client_secret", "scopes"}:
        raise ConfigError(f"{where}.oauth: must be {_KINDS['oauth'][1]}")
    return OAuth(texts[0], texts[1], tuple(cast("list[str]", scopes)))
