"""Results at addresses: only where the public network is, without a key, never further than asked."""

from __future__ import annotations

import asyncio

import pytest

from rigcli.core.errors import LimitError, ProviderError, UsageError
from rigcli.net.download import Downloads
from rigcli.net.endpoint import Limits
from rigcli.testing import FakeServer


def fetch(url: str, **options):
    limits = Limits(connect=2, idle=2, whole=2, total=5, body=1000)
    return asyncio.run(Downloads("shop", limits, {}, **options).fetch(url))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "https://127.0.0.1/a",
        "https://localhost/a",
        "https://[::1]/a",
        "https://10.1.2.3/a",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:192.168.0.1]/a",
        "https://100.64.0.1/a",
        "https://user:pass@example.com/a",
        "https://example.com/a b",
        "https://[bad/a",
        "https:///a",
        "",
    ],
)
def test_an_address_that_leads_elsewhere_is_not_asked(url):
    with pytest.raises(ProviderError, match="nothing was fetched"):
        fetch(url)


def test_a_name_that_leads_to_this_machine_is_found_out_before_anything_is_sent(monkeypatch):
    """The check is made on the connection itself: a name may be looked up differently a moment later."""
    with FakeServer() as server:
        port = server.url.rpartition(":")[2]
        found = Downloads("shop", Limits(connect=2), {})
        monkeypatch.setattr(Downloads, "_checked", lambda self, url: __import__("urllib.parse").parse.urlsplit(url))
        with pytest.raises(ProviderError, match="is this machine"):
            asyncio.run(found.fetch(f"http://localhost:{port}/a.png"))
        assert server.requests == []


def test_a_redirect_is_not_followed_and_the_size_is_capped():
    with FakeServer() as server:
        server.beside["GET /moved"] = (302, b"")
        with pytest.raises(ProviderError, match="redirects"):
            fetch(server.url + "/moved", local=True)
        server.beside["GET /big"] = (200, b"x" * 2000)
        with pytest.raises(LimitError):
            fetch(server.url + "/big", local=True)
        with pytest.raises(ProviderError, match="404"):
            fetch(server.url + "/gone", local=True)
        server.beside["GET /a"] = (200, b"bytes")
        assert fetch(server.url + "/a", local=True)[1] == b"bytes"


def test_offline_means_offline():
    with pytest.raises(UsageError, match="offline"):
        fetch("https://example.com/a.png", offline=True)
