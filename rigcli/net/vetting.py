"""Which addresses a stranger's URL may lead to: those of the public network, and those that the user names. Pure.

The resolver is handed in and asked once; what it said is what is connected to, so that no second answer counts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

from rigcli.net.endpoint import is_loopback

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port to addresses as text. Raises OSError."""

_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("168.63.129.16/32", "::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32"),
        *("2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
"""IANA's special-purpose registries. Whole ranges that carry an IPv4 address inside (mapped, 6to4, NAT64, Teredo) are
closed, whatever they carry; 168.63.129.16 is a cloud's own service behind a public number."""
_NUMBERS = re.compile(r"(?:0[xX][0-9a-fA-F]*|\d+)")
_BAD = re.compile(r"[\x00-\x20\x7f\\]|\s")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PORTS = {"http": 80, "https": 443}
_LONGEST = 8192


class Refused(Exception):  # noqa: N818  not a fault: an address that is not asked; the message says why
    """An address that is not asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Vetting:
    """Who may be asked. `allow` and `deny` are globs on host names (`*.python.org` means python.org too).

    `private` names what may be asked although it is not public: `host`, `host:port`, an address, a network
    (`10.1.0.0/16`).
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    def url(self, text: str) -> SplitResult:
        """Return the parts of a URL that may be asked, as far as its text tells. Raises Refused."""
        if len(text) > _LONGEST:
            raise Refused("the URL is too long")
        if _BAD.search(text):
            raise Refused("the URL holds a space, a control character or a backslash")
        try:
            parts = urlsplit(text)
            port = parts.port
            host = name_of(parts.hostname or "")
        except ValueError:
            raise Refused("the URL cannot be read") from None
        if parts.scheme not in _PORTS:
            raise Refused(f"{parts.scheme or 'no scheme'}: only http and https are fetched")
        if parts.username is not None or parts.password is not None:
            raise Refused("the URL holds a user name or password")
        if port == 0:
            raise Refused("port 0")
        self._by_name(host, port or _PORTS[parts.scheme])
        there = f"[{host}]" if ":" in host else host
        return parts._replace(netloc=there if port is None else f"{there}:{port}", fragment="")

    async def addresses(self, host: str, port: int, resolve: Resolve) -> tuple[str, ...]:
        """Return the addresses of a host to connect to, the resolver asked once. Raises Refused, OSError."""
        host = name_of(host)
        self._by_name(host, port)
        if (literal := _literal(host)) is not None:
            return (str(literal),)
        found = tuple(dict.fromkeys(await resolve(host, port)))
        if not found:
            raise Refused(f"{host} has no address")
        if not self._named(host, port):
            for text in found:  # one of them is enough: a resolver that mixes them is up to something
                self._public(text, f"{host} is at {text}")
        return tuple(sorted(found, key=lambda text: ":" in text))

    def _by_name(self, host: str, port: int) -> None:
        """Raise Refused for what the name alone forbids."""
        if any(_covers(pattern, host) for pattern in self.deny):
            raise Refused(f"{host} is in tools.fetch.deny_hosts")
        if self.allow and not any(_covers(pattern, host) for pattern in self.allow):
            raise Refused(f"{host} is not in tools.fetch.allow_hosts")
        if self._named(host, port):
            return
        if is_loopback(host) or host in ("broadcasthost", "ip6-localhost", "ip6-loopback"):
            raise Refused(f"{host} is this machine")
        if _literal(host) is not None:
            self._public(host, host)

    def _named(self, host: str, port: int) -> bool:
        there = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return any(entry.lower().strip("[]") == host or entry.lower() == there for entry in self.private)

    def _public(self, text: str, said: str) -> None:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise Refused(f"{said}, which is no address") from None
        if not (is_public(address) or any(address in network for network in _networks(self.private))):
            raise Refused(f"{said}, which is not on the public network")


def name_of(host: str) -> str:
    """Return a host as it is asked for: ASCII, small letters, no dot at its end.

    Raises Refused for what is neither a name nor an address as they are usually written: a resolver may read
    `0x7f.1` or `2130706433` as an address, and this must read the same.
    """
    if not host:
        raise Refused("the URL names no host")
    try:
        text = (host if host.isascii() else host.encode("idna").decode("ascii")).lower().rstrip(".")
    except UnicodeError:
        raise Refused("the host is no name") from None
    if ":" in text:
        try:
            return str(ipaddress.IPv6Address(text))  # one with a zone passes here, and is local to this machine
        except ValueError:
            raise Refused("the host is no name and no address") from None
    if not _NAME.fullmatch(text) or len(text) > 253:  # noqa: PLR2004  RFC 1035
        raise Refused("the host is no name")
    if _NUMBERS.fullmatch(text.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(text))
        except ValueError:
            raise Refused(f"{text} is an address in an unusual form") from None
    return text


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public network, for one receiver."""
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or _isatap(address)):
        return False
    return address.is_global and not any(address.version == n.version and address in n for n in _CLOSED)


def _isatap(address: ipaddress.IPv6Address) -> bool:
    """RFC 5214: an IPv4 address behind ::0:5efe or ::200:5efe."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE  # noqa: PLR2004  as the RFC says


def _covers(pattern: str, host: str) -> bool:
    if not pattern.isascii():
        pattern = ".".join(label.encode("idna").decode() if label.strip("*") else label for label in pattern.split("."))
    pattern = pattern.lower().rstrip(".").strip("[]")
    return fnmatchcase(host, pattern) or (pattern.startswith("*.") and host == pattern[2:])


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _networks(entries: Sequence[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for entry in entries:
        try:
            found.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            continue  # a name
    return found
