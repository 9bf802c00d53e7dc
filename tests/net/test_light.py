"""What a request costs in modules; compared as a set, never with a stopwatch."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, sys
from rigcli.core.requests import Prepared
from rigcli.net.client import HttpTransport
from rigcli.net.endpoint import Endpoint
async def main():
    try:
        async with HttpTransport(Endpoint("http://127.0.0.1:1")).open(Prepared("/", {{}}), stream=True): pass
    except Exception as error: assert "refused" in str(error), error
{run}
print(*sorted(name for name in sys.modules if sys.modules[name]))
"""


def modules(run: str = "asyncio.run(main())") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(run=run)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()} | set(done.stdout.split())


def test_a_request_needs_nothing_heavy():
    loaded = modules()
    assert "h11" in loaded
    assert not loaded & {
        "httpx",
        "httpcore",
        "h2",
        "rigcli.net.http2",
        "anyio",
        "certifi",
        "rigcli.net.redact",
        "email",
        "http",
        "urllib.request",
        "rich",
        "click",
        "typer",
        "pydantic",
    }
