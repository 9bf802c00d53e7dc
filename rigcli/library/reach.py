"""A model and the way to it: row, key, server, wire and door, from a name, the settings and the environment.

The command line and the library both come through here; neither flags nor a terminal are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from rigcli.core.errors import DeniedError, UsageError
from rigcli.core.ports import BytesOnly, Sockets, Transport, Wire
from rigcli.core.usage import Usage
from rigcli.engine.naming import Naming
from rigcli.engine.turn import Caller
from rigcli.providers.access import EXPLICIT, Access, access
from rigcli.providers.lookup import Choice
from rigcli.providers.rows import ProviderRow, Rows
from rigcli.providers.variables import filled

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn
    from rigcli.engine.deadline import Deadline
    from rigcli.home.secrets import Key
    from rigcli.home.settings import Settings
    from rigcli.net.door import Door
    from rigcli.providers.router import Router

STAND_IN = "a-recording-needs-no-key"
ENDLESS = 365 * 86400.0
"""Seconds; stands for a timeout of 0, which means none."""


class Way(Protocol):
    """What a door needs to know of whatever is asked: for chat a Target, for the rest what `beside.py` returns."""

    @property
    def choice(self) -> Choice: ...
    @property
    def access(self) -> Access: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    @property
    def provider(self) -> str: ...


@dataclass(frozen=True)
class Target:
    """A model and the way to it. `wire_log` is told each line that goes over the wire: --debug.

    `router` is set where a router chose the model, and chooses again for the next question.
    """

    choice: Choice
    wire: Wire
    access: Access
    why: str
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    wire_log: Callable[[str], None] | None = None
    router: Router | None = None

    @property
    def provider(self) -> str:
        return self.choice.row.name

    @property
    def model(self) -> str:
        return self.choice.model

    def price(self, usage: Usage) -> Usage:
        """Return the usage with its cost, where the price of this model at this provider is known."""
        return priced(self, usage)


def priced(way: Way, usage: Usage) -> Usage:
    """Return the usage with its cost, where the price of the model at this provider is known."""
    from rigcli.home.paths import folders
    from rigcli.providers.prices import cost, find_model, renewed_folder

    if usage.cost_usd is not None or way.access.base_url_origin != "built-in":
        return usage
    renewed = renewed_folder(folders(way.env).data)
    return replace(usage, cost_usd=cost(usage, find_model(way.provider, way.choice.model, renewed=renewed)))


def rows_of(settings: Settings) -> Rows:
    from rigcli.wire.quirks import check

    return Rows(settings.section("providers"), check)


def key_finder(
    settings: Settings, env: Mapping[str, str], *, stored: bool = True
) -> Callable[[ProviderRow], Key | None]:
    """Return what finds a provider's key: in the environment, from a command, where it is stored, by its own login.

    Without `stored` neither commands nor stored keys count.
    """
    from rigcli.home.secrets import find_key, key_in

    def find(row: ProviderRow) -> Key | None:
        key = find_key(row.name, row.key_env, settings=settings, env=env) if stored else key_in(env, row.key_env)
        return log_in(row, settings, env) if key is None and row.login else key

    return find


def log_in(row: ProviderRow, settings: Settings, env: Mapping[str, str]) -> Key:
    """Return a token from the provider's own login. Raises AuthError, UsageError where rig is to stay offline."""
    from rigcli.home.secrets import Key
    from rigcli.net.google_login import access_token
    from rigcli.providers.access import LOGIN

    if settings.get("offline"):
        raise UsageError(f"{row.name}: offline is set, and a token must be asked for", hint="leave out --offline")
    return Key(access_token(row.name, env), LOGIN)


def reach(
    choice: Choice,
    settings: Settings,
    env: Mapping[str, str],
    *,
    base_url: str | None = None,
    wire: str | None = None,
    why: str = "",
    wire_log: Callable[[str], None] | None = None,
    stored: bool = True,
) -> Target:
    """Return the way to a model that was chosen; `base_url` and `wire` go before everything else.

    Without `stored` only keys of the environment count.

    Raises UsageError, AuthError.
    """
    from rigcli.net.endpoint import is_loopback
    from rigcli.wire import load_wire
    from rigcli.wire.urls import base_url as trim

    env = with_stand_in(settings, env)
    row = filled(choice.row.in_wire(wire or choice.row.wire_for(choice.model)), env)
    spoken = load_wire(row.wire)
    way = access(
        row,
        env=env,
        find_key=key_finder(settings, env, stored=stored),
        base_url=base_url,
        is_loopback=is_loopback,
        trim=trim,
    )
    if "cache_key" in row.quirks and row.base_url and way.base_url_origin != "built-in":  # others may refuse the field
        row = replace(row, quirks={name: value for name, value in row.quirks.items() if name != "cache_key"})
    return Target(replace(choice, row=row), spoken, way, why, env, wire_log)


def with_stand_in(settings: Settings, env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with some key where a recording answers: nobody will see it, so nobody need have one."""
    return {EXPLICIT: STAND_IN, **env} if settings.get("net.replay") else env


def transport(target: Way, settings: Settings, *, content: bool = True, wire: Wire | None = None) -> Door:
    """Return the door to the target, with the timeouts, caps, proxy and CA file of the settings.

    `content` says that something of the user's goes through it. Raises DeniedError where that is local-only. With the
    `wire` that is spoken it is a WebSocket where the settings, the row and the wire say so.
    """
    if content and settings.get("local_only"):
        keep_local(target)
    from rigcli.net.client import HttpTransport
    from rigcli.net.endpoint import Limits
    from rigcli.net.reach import endpoint

    row, way = target.choice.row, target.access
    idle = settings.get("net.idle_timeout")
    if row.idle and settings.origin("net.idle_timeout") == "default":
        idle = row.idle
    total = min(settings.get("net.timeout") or ENDLESS, settings.get("run.timeout") or ENDLESS)
    limits = Limits(
        connect=settings.get("net.connect_timeout") or ENDLESS,
        idle=idle or ENDLESS,
        whole=total,
        total=total,
        body=int(settings.get("net.max_response_mb") * 1024 * 1024),
    )
    door = endpoint(
        way.base_url,
        row.name,
        env=target.env,
        headers=way.headers,
        query=way.query,
        ca_file=settings.get("net.ca_file"),
        proxy=settings.get("net.proxy"),
    )
    sign = None
    if way.signing and not settings.get("net.replay"):
        from rigcli.net.sigv4 import SigV4

        sign = SigV4(row.name, way.signing.service, way.signing.region, target.env)
    http = HttpTransport(door, limits, offline=settings.get("offline"), sign=sign, http2=settings.get("net.http2"))
    way_there: Door = http
    if wire is not None and row.websocket and settings.get("net.websocket") and isinstance(wire, Sockets):
        from rigcli.net.websocket import WebSocketDoor

        way_there = WebSocketDoor(http, wire.socket)
    return taped(way_there, settings)


def taped(door: Door, settings: Settings) -> Door:
    """Return the door behind which a recording is made or played, where the settings say so. Raises ConfigError."""
    record, replay = settings.get("net.record"), settings.get("net.replay")
    if not (record or replay):
        return door
    from rigcli.net.recording import door_of

    return door_of(door, settings.held, record, replay)


def keep_local(target: Way) -> None:
    """Raise DeniedError where the server is not on this machine: what is asked is local-only."""
    if not target.access.local:
        raise DeniedError(
            f"{target.choice.full_name}: the content is local-only, and this model's server is not on this machine",
            hint="name a model of this machine, such as one of Ollama's",
        )


def caller(target: Target, settings: Settings, settled: Callable[[], None], deadline: Deadline | None = None) -> Caller:
    """Return the way of one model call, retries included, within the run's deadline.

    Raises DeniedError (local-only content).
    """
    from rigcli.net.retry import RetryPolicy
    from rigcli.wire import decoder

    timeout = settings.get("net.timeout") or None
    way = transport(target, settings, wire=target.wire)
    door: Transport = way
    if target.wire_log:
        from rigcli.net.wirelog import LoggedTransport

        door = LoggedTransport(way, target.wire_log)
    return Caller(
        wire=target.wire,
        transport=door,
        decoder=decoder,
        named=naming(target, way),
        retry=RetryPolicy(retries=settings.get("net.retries"), deadline=timeout),
        timeout=timeout,
        deadline=deadline,
        settled=settled,
    )


def asking(target: Target, settings: Settings, settled: Callable[[], None], deadline: Deadline | None = None) -> Turn:
    """Return the way of one model call with a notice before a prompt that the server would cut. Raises as `caller`."""
    return mindful(caller(target, settings, settled, deadline), target, settings)


def mindful(turn: Turn, target: Target, settings: Settings) -> Turn:
    """Return a turn that says so before a prompt is cut, where the provider's row knows how to ask about it.

    Files at an address are fetched where the wire takes bytes only.
    """
    if isinstance(target.wire, BytesOnly):
        from rigcli.library.inline import inlined

        turn = inlined(turn, target.wire.bytes_only, target, settings)
    if target.choice.row.context_probe is None:
        return turn
    from rigcli.library.context import watched

    return watched(turn, target, settings)


def naming(target: Way, door: Door) -> Naming:
    """Return what puts the provider's name and the next step on its errors, and takes the key out of them."""

    def redact(text: str) -> str:
        from rigcli.net.redact import redact_text, secrets_of

        return redact_text(text, secrets_of(door.endpoint))

    words = target.provider
    if _elsewhere(target):
        words += f" --base-url {target.access.base_url.partition('?')[0]}"  # what follows may hold a key
    return Naming(target.provider, _key_hint(target), words, redact)


def _elsewhere(target: Way) -> bool:
    """Tell whether this command names the server: no stored key is sent there, and another command goes elsewhere."""
    return target.access.base_url_origin in ("--base-url", "RIG_BASE_URL")


def _key_hint(target: Way) -> str | None:
    """Return where a refused key is mended: one in the environment goes before a stored one."""
    way, store = target.access, f"rig keys set {target.provider}"
    if way.signing:
        return "the request was signed with your AWS credentials: may they use this model?"
    if way.key_origin is None:
        return f"no key was sent: {f'set {EXPLICIT}' if _elsewhere(target) else store}"
    if way.key_origin.isupper() or way.key_origin == "key_cmd":
        other = "" if way.key_origin == EXPLICIT else f", or remove it and: {store}"
        return f"the key came from {way.key_origin}: mend it there{other}"
    return None
