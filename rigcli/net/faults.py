"""The one door through which the exceptions of sockets, TLS, the resolver and h11 become ours.

A foreign message is never handed on: h11 quotes the header it refuses, key and all. Only words chosen here, the host,
and what OpenSSL and the resolver say about themselves get through.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import h11

from rigcli.core.errors import (
    ConfigError,
    LimitError,
    NetworkError,
    ProviderError,
    RigError,
    StalledError,
)
from rigcli.net.endpoint import Endpoint, Limits, is_loopback, shown_origin


@dataclass(frozen=True, slots=True)
class Place:
    """What an error may say about where it happened: `label` is `openai at api.openai.com`."""

    endpoint: Endpoint
    limits: Limits
    streamed: bool = True

    @property
    def label(self) -> str:
        origin = self.endpoint.origin.partition("://")[2]
        return f"{self.endpoint.name} at {origin}"

    @property
    def connected(self) -> str:
        """Whom the socket is meant to reach: the proxy, where there is one."""
        return (
            f"{self.label}, through the proxy {shown_origin(proxy)}" if (proxy := self.endpoint.proxy) else self.label
        )

    @property
    def silence(self) -> float:
        return self.limits.idle if self.streamed else max(self.limits.idle, self.limits.whole)


_UNREAD = ("REFUSED_STREAM", "HTTP_1_1_REQUIRED")


class StreamError(Exception):
    """What ended one exchange of several on an HTTP/2 connection; `code` is the protocol's name for a reset.

    `refused`: the server has done nothing with the request, which may be sent again on another connection.
    """

    def __init__(self, what: Literal["refused", "reset", "ended", "endless", "foreign"], code: str = "") -> None:
        super().__init__(what, code)
        self.what = "refused" if code in _UNREAD else what
        self.code = code


@contextmanager
def foreign_errors(place: Place) -> Generator[None]:
    """Turn whatever the network raises inside into a RigError. Errors of our own pass."""
    try:
        yield
    except (
        OSError,
        UnicodeError,
        h11.ProtocolError,
        StreamError,
    ) as error:  # ssl.SSLError and socket.gaierror are OSErrors
        raise translate(error, place) from error


def translate(error: Exception, place: Place) -> RigError:
    """Return our error for a foreign one, by the first line of the table that fits."""
    for kind, named in _TABLE:
        if isinstance(error, kind):
            return named(error, place)
    return NetworkError(f"{place.connected}: the connection broke")


def no_connection(place: Place) -> StalledError:
    return StalledError(f"{place.connected}: no connection within {place.limits.connect:g} s", hint=_REACH)


def silence(place: Place) -> StalledError:
    error = StalledError(f"{place.label}: nothing came for {place.silence:g} s", hint="the setting is net.idle_timeout")
    error.final = True  # the user has waited that long once already
    return error


def _protocol(error: h11.RemoteProtocolError, place: Place) -> RigError:
    text = str(error).lower()
    if "peer" in text and "closed connection" in text:
        return _ended(place)
    return _endless(place) if "too long" in text else _no_http(place)


def _ended(place: Place) -> RigError:
    return NetworkError(f"{place.label}: the connection ended before the answer did")


def _endless(place: Place) -> RigError:
    return LimitError(f"{place.label}: the answer's headers are endless")


def _no_http(place: Place) -> RigError:
    return ProviderError(f"{place.label}: the server does not speak HTTP", hint=_BASE_URL)


def _stream(error: StreamError, place: Place) -> RigError:
    match error.what:
        case "reset":
            return NetworkError(f"{place.label}: the server broke the answer off ({error.code})")
        case "refused":
            return NetworkError(f"{place.label}: the server takes no request on this connection")
        case "endless":
            return _endless(place)
        case "foreign":
            return _no_http(place)
        case _:
            return _ended(place)


def _unsendable(_: Exception, place: Place) -> RigError:
    return ConfigError(f"{place.label}: the request cannot be sent: a header or the URL is malformed", hint=_BASE_URL)


_BASE_URL = "is the base URL right?"
_REACH = "is the network up, and the base URL right?"


def _certificate(error: ssl.SSLCertVerificationError, place: Place) -> RigError:
    found = NetworkError(
        f"{place.connected}: the certificate is refused: {_said(error, 'verify_message') or 'not trusted'}",
        hint="if a company proxy or a server of your own signs it: rig config set net.ca_file FILE.pem",
    )
    found.final = True
    return found


def _handshake(error: ssl.SSLError, place: Place) -> RigError:
    reason = (_said(error, "reason") or "no common protocol").replace("_", " ").lower()
    plain = "wrong version" in reason or "record layer" in reason
    hint = "it may speak plain http: try http:// in the base URL" if plain else None
    found = NetworkError(f"{place.connected}: TLS failed: {reason}", hint=hint)
    found.final = plain
    return found


def _said(error: ssl.SSLError, name: str) -> str:
    """OpenSSL's own word; an error that Python raised in its stead has none, not even the attribute."""
    return str(getattr(error, name, None) or "")


def _unresolved(error: socket.gaierror, place: Place) -> RigError:
    temporary = error.errno == socket.EAI_AGAIN
    reason = "the name cannot be looked up" if temporary else "no such host"
    found = NetworkError(f"{place.connected}: {reason}", hint=_REACH)
    found.final = not temporary
    return found


def _refused(_: OSError, place: Place) -> RigError:
    here = place.endpoint.proxy is None and is_loopback(place.endpoint.host)
    hint = "nothing listens there: start the server" if here else _REACH
    found = NetworkError(f"{place.connected}: connection refused", hint=hint)
    found.final = here  # on this machine the answer is certain
    return found


def _reset(_: ConnectionError, place: Place) -> RigError:
    return NetworkError(f"{place.connected}: connection reset")


def _timed_out(_: TimeoutError, place: Place) -> RigError:
    return StalledError(f"{place.connected}: the connection timed out", hint=_REACH)


def _system(error: OSError, place: Place) -> RigError:
    """Name what the operating system said; several addresses of a host fail as one error that quotes them all."""
    number = error.errno or next((int(found) for found in _ERRNO.findall(str(error))), None)
    if number == errno.ECONNREFUSED:
        return _refused(error, place)
    words = os.strerror(number).lower() if number else "cannot connect"
    return NetworkError(f"{place.connected}: {words}", hint=_REACH)


_ERRNO = re.compile(r"\[Errno (\d+)\]")
_TABLE: tuple[tuple[type[Exception], Callable[[Any, Place], RigError]], ...] = (
    (h11.RemoteProtocolError, _protocol),
    (h11.ProtocolError, _unsendable),
    (StreamError, _stream),
    (UnicodeError, _unsendable),
    (ssl.SSLCertVerificationError, _certificate),
    (ssl.SSLError, _handshake),
    (socket.gaierror, _unresolved),
    (ConnectionRefusedError, _refused),
    (ConnectionResetError, _reset),
    (ConnectionAbortedError, _reset),
    (BrokenPipeError, _reset),
    (TimeoutError, _timed_out),
    (OSError, _system),
)
"""Each stands before the classes it is a kind of."""
