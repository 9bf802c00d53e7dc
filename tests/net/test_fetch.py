"""Pages at addresses that a model names: where they may not lead, however they are written, nothing is asked."""

from __future__ import annotations

import asyncio
import itertools
import re
import ssl

import pytest
import trustme

from rigcli.core.errors import LimitError, NetworkError, ProviderError, RigError, StalledError, UsageError
from rigcli.net.fetch import Fetched, Fetcher
from rigcli.net.pipe import Pipe
from rigcli.net.vetting import Refused, Vetting
from tests.net.conftest import whole

PRIVATE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3"),
    *("127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170"),
    *("192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "100::1"),
    *("2001::1", "2001:0:53aa:64c:0:7fff:80ff:fffe", "2001:db8::1", "2002:7f00:1::", "2002:c0a8:101::1", "2002:808:808::"),
    *("fc00::1", "fd12:3456:789a::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff05::2", "3fff::1"),
    *("2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1", "5f00::1"),
]  # fmt: skip
ODD = [
    *("http://2130706433/", "http://0x7f000001/", "http://0x7F.0x0.0x0.0x1/", "http://0177.0.0.1/", "http://0177.0.0.01/"),
    *("http://017700000001/", "http://127.1/", "http://127.0.1/", "http://0/", "http://0x0/", "http://00000000/"),
    *("http://127.0.0.1.1/", "http://127.0.0.256/", "http://1.2.3.0x04/", "http://08.8.8.8/", "http://010.8.8.8/"),
    *("http://4294967297/", "http://0xa9fea9fe/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://169.254.43518/"),
    *("http://127.0.0.1./", "http://127\u30020\u30020\u30021/", "http://127\uff0e0\uff0e0\uff0e1/"),
    *("http://\uff11\uff12\uff17.0.0.1/", "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/"),
    *("http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/", "http://localhost:8080/x"),
    *("http://[::1%25lo]/", "http://[fe80::1%25eth0]/", "http://[::ffff:7f00:1]/", "http://[0:0:0:0:0:0:0:1]/"),
    *("http://user@example.com/", "http://user:pass@example.com/", "http://@example.com/", "http://a@127.0.0.1/"),
    *("http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://example.com\\.evil.com/", "http:\\\\127.0.0.1/"),
    *("http://example.com /", "http://exa\tmple.com/", "http://example.com/\r\nHost: x", "http://exam\nple.com/", "\x00http://x.com"),
    *("file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:25/_x", "dict://127.0.0.1:11211/", "ldap://example.com"),
    *("data:text/html,x", "javascript:alert(1)", "jar:http://x!/", "ws://example.com/", "unix:///var/run/docker.sock"),
    *("//example.com/", "example.com", "/etc/passwd", "", "http://", "http:///x", "https:example.com", "http://?x", "http://#x"),
    *("http://[::1/", "http://::1/", "http://[example.com]/", "http://[127.0.0.1]/", "http://example.com:0/", "http://x.com:99999/"),
    *("http://example.com:80a/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%2f@example.com/", "http://exa%6dple.com/"),
    *("http://ex ample.com/", "http://-/", "http://./", "http://.../", "http://a..b/", "http://" + "a." * 130 + "com/"),
    *("http://example.com/" + "x" * 9000, "http://ip6-localhost/", "http://exam*ple.com/", "http://example.com,127.0.0.1/"),
]  # fmt: skip
NAMED = [f"http://at-{number}.example/" for number in range(len(PRIVATE))]
URLS = [*(f"http://[{a}]/" if ":" in a else f"https://{a}:8443/x" for a in PRIVATE), *ODD, *NAMED]


class NoRoad:
    """Stands in for the connection: keeps what was asked for, connects to nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, int, str | None]] = []

        async def to(host: str, port: int, trust: object, name: str | None = None) -> Pipe:
            self.asked.append((host, port, name))
            raise ConnectionRefusedError(111, "refused")

        monkeypatch.setattr(Pipe, "to", to)


@pytest.fixture
def road(monkeypatch: pytest.MonkeyPatch) -> NoRoad:
    return NoRoad(monkeypatch)


class Names:
    """A resolver of the test's own; the n-th question gets the n-th answer, the last one ever after."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.asked: list[str] = []
        self.answers = answers

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        rest = self.answers.get(host.partition(".")[0].replace("-", "_"), [["93.184.215.14"]])
        return rest.pop(0) if len(rest) > 1 else rest[0]


def fetch(url: str, **options: object) -> Fetched:
    return asyncio.run(Fetcher(**options).fetch(url))  # type: ignore[arg-type]


def test_the_table_is_as_long_as_it_says() -> None:
    assert len(set(URLS)) == len(URLS)
    assert len(URLS) >= 200


@pytest.mark.parametrize("url", URLS)
def test_what_is_not_on_the_public_network_is_never_connected_to(url: str, road: NoRoad) -> None:
    """Addresses in every form, and names that a resolver says are there."""
    names = Names(**{f"at_{number}": [[address]] for number, address in enumerate(PRIVATE)})
    with pytest.raises((Refused, RigError)):
        fetch(url, resolve=names)
    assert road.asked == []


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_is_enough(address: str, road: NoRoad) -> None:
    with pytest.raises(Refused):
        fetch("https://mixed.example/", resolve=Names(mixed=[["93.184.215.14", address]]))
    assert road.asked == []


def test_a_name_is_looked_up_once_and_only_that_answer_is_connected_to(road: NoRoad) -> None:
    """DNS rebinding: the second answer would be this machine."""
    names = Names(rebind=[["93.184.215.14"], ["127.0.0.1"]])
    with pytest.raises(NetworkError):
        fetch("https://rebind.example/", resolve=names)
    assert names.asked == ["rebind.example"]
    assert road.asked == [("93.184.215.14", 443, "rebind.example")]


def test_the_next_address_is_tried_where_one_does_not_answer(road: NoRoad) -> None:
    with pytest.raises(NetworkError):
        fetch("http://two.example/", resolve=Names(two=[["2606:4700::1", "93.184.215.14"]]))
    assert [host for host, _, _ in road.asked] == ["93.184.215.14", "2606:4700::1"]


@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "socks5://proxy.example", "https://proxy.example"])
def test_a_proxy_changes_nothing(proxy: str, road: NoRoad) -> None:
    for url, host in itertools.product(("http", "https"), ("127.0.0.1", "[::1]", "at-4.example", "169.254.169.254")):
        with pytest.raises(Refused):
            fetch(f"{url}://{host}/", env={"ALL_PROXY": proxy}, proxy=proxy, resolve=Names(at_4=[["10.0.0.1"]]))
    assert road.asked == []


def test_a_proxy_is_told_the_address_that_was_looked_at(serve) -> None:
    server = serve(lambda connection: connection.sendall(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n"))
    for url in ("http://named.example/x", "https://named.example/x"):
        with pytest.raises(NetworkError):
            fetch(url, proxy=server.url, resolve=Names())
    assert [request.split(b"\r\n")[0] for request in server.requests] == [
        b"CONNECT 93.184.215.14:80 HTTP/1.1", b"CONNECT 93.184.215.14:443 HTTP/1.1"
    ]  # fmt: skip


def local(server, **more: object) -> dict[str, object]:
    """Options with which the test's own server, and nothing else of this machine, may be asked."""
    return {"vetting": Vetting(private=(f"127.0.0.1:{server.port}", f"site.example:{server.port}")), **more}


def elsewhere(url: str) -> bool:
    """Tell whether a Location header can hold this, and it is another place than the one that says so."""
    return url.isprintable() and " " not in url and bool(re.match(r"\w+://[^/?#]", url)) and len(url) < 8000


REDIRECTS = [*filter(elsewhere, (*URLS[: len(PRIVATE)], *ODD)), "http://at-4.example/", "http://127.0.0.1:1/"]


@pytest.mark.parametrize("target", REDIRECTS)
def test_a_redirect_is_looked_at_like_any_other_address(target: str, serve) -> None:
    server = serve(lambda c: c.sendall(whole(b"", b"302 Found", b"Location: " + target.encode())))
    with pytest.raises((Refused, RigError)):
        fetch(f"http://127.0.0.1:{server.port}/", **local(server, resolve=Names(at_4=[["10.0.0.1"]])))
    assert len(server.requests) == 1


def test_redirects_are_followed_and_counted(serve) -> None:
    def answer(connection) -> None:
        number = int(server.requests[-1].split(b" ")[1].strip(b"/") or b"0")
        moved = number < 5 or number >= 100
        head = (b"302 Found", b"Location: /%d" % (number + 1)) if moved else (b"200 OK",)
        connection.sendall(whole(b"there", *head))

    server = serve(answer)
    found = fetch(f"{server.url}/0", **local(server))
    assert (found.data, found.url) == (b"there", f"{server.url}/5")
    with pytest.raises(LimitError, match="more than 5 redirects"):
        fetch(f"{server.url}/100", **local(server))


def test_the_host_is_asked_and_its_certificate_counts_though_the_address_is_connected_to(serve, tmp_path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("site.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = serve(lambda c: c.sendall(whole(b"page")), context)
    here = local(server, resolve=Names(site=[["127.0.0.1"]]), ca_file=str(tmp_path / "ca.pem"))
    assert fetch(f"https://site.example:{server.port}/a?b=c#d", **here).data == b"page"
    head = server.requests[0].decode().splitlines()
    assert head[0] == "GET /a?b=c HTTP/1.1"
    assert f"host: site.example:{server.port}" in [line.lower() for line in head]
    other = {**here, "vetting": Vetting(private=(f"other.example:{server.port}",))}
    with pytest.raises(NetworkError, match="certificate"):
        fetch(f"https://other.example:{server.port}/", **{**other, "resolve": Names(other=[["127.0.0.1"]])})


def test_nothing_of_the_users_is_sent(serve) -> None:
    server = serve(lambda c: c.sendall(whole(b"page", b"200 OK", b"Set-Cookie: a=b")))
    fetch(server.url, **local(server))
    fetch(server.url, **local(server))
    sent = b"\n".join(server.requests).lower()
    assert not any(name in sent for name in (b"cookie", b"authorization", b"referer"))


def test_size_time_and_offline_have_their_limits(serve) -> None:
    big = serve(lambda c: c.sendall(whole(b"x" * 5000)))
    with pytest.raises(LimitError):
        fetch(big.url, **local(big, size=1000))
    still = serve(lambda c: c.recv(1))
    with pytest.raises(StalledError, match=r"within 0.2 s"):
        fetch(still.url, **local(still, seconds=0.2))
    with pytest.raises(UsageError, match="offline"):
        fetch("https://example.com", offline=True, resolve=Names())
    gone = serve(lambda c: c.sendall(whole(b"no", b"404 Not Found")))
    with pytest.raises(ProviderError, match="404"):
        fetch(gone.url, **local(gone))


@pytest.mark.parametrize(
    ("allow", "deny", "host", "may"),
    [
        ((), (), "example.com", True),
        (("*.python.org",), (), "docs.python.org", True),
        (("*.python.org",), (), "python.org", True),
        (("*.python.org",), (), "evilpython.org", False),
        (("python.org",), (), "python.org.evil.com", False),
        (("*",), ("*.evil.com",), "a.evil.com", False),
        (("a.evil.com",), ("*.evil.com",), "a.evil.com", False),
        ((), ("*.bücher.example",), "a.xn--bcher-kva.example", False),
        ((), ("xn--bcher-kva.example",), "bücher.example", False),
        (("EXAMPLE.com",), (), "example.COM.", True),
    ],
)
def test_hosts_can_be_allowed_and_denied_by_name(allow, deny, host, may, road: NoRoad) -> None:
    with pytest.raises(NetworkError if may else Refused):
        fetch(f"http://{host}/", vetting=Vetting(allow, deny), resolve=Names())
    assert bool(road.asked) is may


@pytest.mark.parametrize(
    ("entry", "url", "may"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/", True),
        ("127.0.0.1:8000", "http://127.0.0.1:8001/", False),
        ("127.0.0.1", "http://127.0.0.1:8001/", True),
        ("wiki.internal", "http://wiki.internal/", True),
        ("wiki.internal", "http://other.internal/", False),
        ("10.1.0.0/16", "http://10.1.2.3/", True),
        ("10.1.0.0/16", "http://other.internal/", True),
        ("10.2.0.0/16", "http://other.internal/", False),
        ("[::1]:8000", "http://[::1]:8000/", True),
        ("::1", "http://[::1]:8000/", True),
        ("localhost", "http://localhost/", True),
        ("localhost", "http://127.0.0.1/", False),
    ],
)
def test_private_places_can_be_named(entry: str, url: str, may: bool, road: NoRoad) -> None:
    names = Names(wiki=[["10.1.0.5"]], other=[["10.1.0.6"]], localhost=[["127.0.0.1"]])
    with pytest.raises(NetworkError if may else Refused):
        fetch(url, vetting=Vetting(private=(entry,)), resolve=names)
    assert bool(road.asked) is may
