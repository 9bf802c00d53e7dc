"""Which server is asked, and with which key. A key is bound to its host. Pure: environment and keys are handed in.

    base URL: --base-url > RIG_BASE_URL > the row's own variable (OPENAI_BASE_URL) > [providers.NAME] > the row

A provider's key goes to the hosts that the user's own settings name for it: the row's, that of `[providers.NAME]`, that
of the row's variable. To any other host only RIG_API_KEY goes, which the user sets for the server of this command.
So nothing that a command line copied from the web, or a project's file, says can carry a stored key away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

from rigcli.core.errors import AuthError, ConfigError, UsageError
from rigcli.providers.rows import ProviderRow
from rigcli.providers.variables import value_of

WIRE_AUTH = {
    "anthropic-messages": "x-api-key",
    **dict.fromkeys(
        ("gemini", "gemini-embed", "gemini-speech", "gemini-transcription", "gemini-images", "imagen", "vertex-embed"),
        "x-goog-api-key",
    ),
}
"""The header that holds the key where a row names none; every other wire says `Authorization: Bearer`."""
EXPLICIT = "RIG_API_KEY"
LOGIN = "login"
"""Origin of a token that the provider's own login gave."""
SIGNED = "sigv4/"
"""Begins the `auth` of a row whose requests are signed for the AWS service that it goes on to name."""
SCHEME = "scheme/"
"""Begins the `auth` of a row whose keys stand behind another word than Bearer, which it goes on to name."""
_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_PORTS = {"http": 80, "https": 443}


class Key(Protocol):
    @property
    def value(self) -> str: ...
    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature of AWS is made for."""

    service: str
    region: str


@dataclass(frozen=True, slots=True)
class Access:
    """How a provider is reached. `headers` hold the key and stay out of the repr; `notices` are for stderr.

    `signing` is set where each request must be signed instead of carrying a key.
    """

    row: ProviderRow
    base_url: str
    base_url_origin: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    key_origin: str | None = None
    local: bool = False
    signing: Signing | None = None
    notices: tuple[str, ...] = ()


def access(
    row: ProviderRow,
    *,
    env: Mapping[str, str],
    find_key: Callable[[ProviderRow], Key | None],
    base_url: str | None = None,
    is_loopback: Callable[[str], bool],
    trim: Callable[[str, str], str] = lambda _, url: url,
) -> Access:
    """Return how to reach a provider (`row` already in the wire it is asked in); `base_url` is the flag.

    `trim` is the wire room's: (wire, URL) -> the URL without what the wire's own paths add.
    `find_key` is asked only where the provider's own key may go. Raises AuthError where a key is needed and there is
    none that may be sent there, UsageError where nobody named a server.
    """
    text, origin = _server(row, env, base_url)
    url = mend(trim(row.wire, text), row)
    bound = _origin(url) in _own_origins(row, env)
    local = is_loopback(_host(url))
    key = _key_for(row, env, find_key, bound=bound)
    signing = _signing(row, env) if key is None and bound else None
    if key is None and signing is None:
        _without_key(row, url, bound=bound, local=local)
    own = bound or row.origin != "config"  # what the user wrote into a row of theirs may hold a secret too
    return Access(
        row=row,
        base_url=url,
        base_url_origin=origin,
        headers={**(row.headers if own else {}), **(auth_header(row, key) if key else {})},
        query=row.query if own else {},
        key_origin=key.origin if key else None,
        local=local,
        signing=signing,
        notices=tuple(_notices(row, url, key, bound=bound, local=local)),
    )


def auth_header(row: ProviderRow, key: Key) -> dict[str, str]:
    """Return the header that carries the key; a token is sent as one, whatever the header for keys is."""
    auth = row.auth or WIRE_AUTH.get(row.wire, "bearer")
    if auth.lower() == "bearer" or auth.startswith(SIGNED) or key.origin in (*row.bearer_env, LOGIN):
        return {"authorization": f"Bearer {key.value}"}
    if auth.startswith(SCHEME):
        return {"authorization": f"{auth.removeprefix(SCHEME)} {key.value}"}
    return {auth.lower(): key.value}


def key_variable(row: ProviderRow) -> str:
    """Return the variable to name in a hint."""
    return row.key_env[0] if row.key_env else EXPLICIT


def mend(url: str, row: ProviderRow) -> str:
    """Return a base URL as the row wants it.

    A bare `host:port` of a local server gets its scheme and port, `/v1` is added where the row says so.
    """
    text = url.strip().rstrip("/")
    if "://" not in text:
        if not row.local or row.base_url is None:
            raise ConfigError(f"{row.name}: {url!r} is no base URL", hint="it must begin with http:// or https://")
        text = _local_url(text, row.base_url)
    parts = _split(text, row)
    path = parts.path.rstrip("/")
    if row.base_url_append and not path.endswith(row.base_url_append):
        path += row.base_url_append
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def _split(url: str, row: ProviderRow) -> SplitResult:
    """Return the parts of a URL that every reader takes for the same; what two could read differently is refused."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(f"{row.name}: {url!r} is no base URL: {error}") from None
    if "@" in parts.netloc or "\\" in url:
        raise ConfigError(
            f"{row.name}: the base URL holds a user name or a backslash", hint="keys go to `rig keys set`"
        )
    return parts


def _server(row: ProviderRow, env: Mapping[str, str], flag: str | None) -> tuple[str, str]:
    if flag:
        return flag.strip(), "--base-url"
    for name in ("RIG_BASE_URL", *row.base_url_env):
        if value := env.get(name, "").strip():
            return value, name
    if row.base_url:
        return _filled(row.base_url, row, env), f"providers.{row.name}" if row.origin == "config" else "built-in"
    raise UsageError(
        f"{row.name}: no server named", hint=f"--base-url URL, or: rig config set providers.{row.name}.base_url URL"
    )


def _filled(url: str, row: ProviderRow, env: Mapping[str, str]) -> str:
    """Return the row's base URL with its variables filled in. Raises ConfigError where one is missing or no plain word.

    A value that held a slash or a dot at the wrong place would lead the key to another host.
    """
    for name, sources in row.variables.items():
        place = "{" + name + "}"
        if place not in url:
            continue
        value = value_of(sources, env)
        if value is None:
            raise ConfigError(f"{row.name}: {sources[0]} is not set", hint=f"it fills {place} in {row.base_url}")
        if not _PLAIN.fullmatch(value):
            raise ConfigError(f"{row.name}: {value!r} cannot stand for {place} in {row.base_url}")
        url = url.replace(place, value)
    return url


def _signing(row: ProviderRow, env: Mapping[str, str]) -> Signing | None:
    if not (row.auth or "").startswith(SIGNED):
        return None
    region = value_of(row.variables.get("region", ()), env)
    if region is None:
        raise ConfigError(f"{row.name}: no region to sign for", hint="set AWS_REGION")
    return Signing((row.auth or "").removeprefix(SIGNED), region)


def _key_for(
    row: ProviderRow, env: Mapping[str, str], find_key: Callable[[ProviderRow], Key | None], *, bound: bool
) -> Key | None:
    if not bound and not env.get(EXPLICIT, "").strip():
        return None  # nothing is asked for, run or unlocked that may not be sent
    key = find_key(row)
    return key if bound or key is None or key.origin == EXPLICIT else None


def _notices(row: ProviderRow, url: str, key: Key | None, *, bound: bool, local: bool) -> Iterator[str]:
    if key is None and not bound and row.key == "required":
        yield f"no key is sent to {_host(url)}: that of {row.name} is bound to its own host; set {EXPLICIT} to send one"
    if key is not None and not local and url.startswith("http:"):
        yield f"the key from {key.origin} goes to {_host(url)} unencrypted: the base URL says http://"


def _own_origins(row: ProviderRow, env: Mapping[str, str]) -> set[tuple[str, str, int | None]]:
    found: set[tuple[str, str, int | None]] = set()
    own = row.base_url or ""
    for url in (*(env.get(name, "").strip() for name in row.base_url_env), own):
        with suppress(ConfigError):  # one that cannot be read binds nothing; using it says what is wrong
            if url:
                found.add(_origin(mend(_filled(url, row, env) if url is own else url, row)))
    return found


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.scheme, (parts.hostname or "").rstrip("."), port or _PORTS.get(parts.scheme)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _without_key(row: ProviderRow, url: str, *, bound: bool, local: bool) -> None:
    if row.key == "optional" or local:
        return
    if bound:
        raise AuthError(
            f"{row.name}: no key", hint=f"rig keys set {row.name}, or set {key_variable(row)}", provider=row.name
        )
    raise AuthError(
        f"{row.name}: its key is not sent to {_host(url)}, which is not its own host",
        hint=f"set {EXPLICIT} to the key for that server, or use -m openai-compatible/MODEL",
        provider=row.name,
    )


def _local_url(text: str, default: str) -> str:
    """`0.0.0.0` and `host:port`, as OLLAMA_HOST is written for the server, become what a client can use."""
    host, _, port = text.partition(":") if text.count(":") <= 1 else (text, "", "")
    shown = "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104  read from the user's variable, not bound to
    return f"http://{shown}:{port or urlsplit(default).port or _PORTS['http']}"
