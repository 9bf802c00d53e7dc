"""Where a server listens, and whether it may listen there without a token."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from rigcli.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    @property
    def loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def names(self) -> frozenset[str]:
        """The names under which a client on the right machine may call this server."""
        own = {f"[{self.host}]" if ":" in self.host else self.host.lower()}
        if self.loopback:
            own |= {"127.0.0.1", "localhost", "[::1]"}
        if self.host in ("0.0.0.0", "::"):  # noqa: S104  compared, not bound
            own |= {"127.0.0.1", "localhost", "[::1]", socket.gethostname().lower(), socket.getfqdn().lower()}
        return frozenset(own)

    def listen(self) -> socket.socket:
        """Return a listening socket; port 0 takes a free one. Raises UsageError where the address cannot be had."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            raise UsageError(f"{self.host}:{self.port}: {cause}", hint="choose another with --http HOST:PORT") from None


def read_address(text: str) -> Address:
    """Return what HOST:PORT says; a bare port means 127.0.0.1. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:  # noqa: PLR2004  ports have 16 bits
        raise UsageError(f"--http {text!r}: no HOST:PORT", hint="for example 127.0.0.1:8765")
    return Address(host.strip("[]") if colon and host else "127.0.0.1", int(port))
