"""The official conformance suite: all core scenarios of the client, the whole active suite of the server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.mcp.conftest import Node
from tests.support.program import process

CORE = (
    *("initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry"),
    *(f"auth/{name}" for name in ("metadata-default", "metadata-var1", "metadata-var2", "metadata-var3", "basic-cimd")),
    *(f"auth/scope-{name}" for name in ("from-www-authenticate", "from-scopes-supported", "omitted-when-undefined")),
    *("auth/scope-step-up", "auth/scope-retry-limit", "auth/pre-registration"),
    *(f"auth/token-endpoint-auth-{name}" for name in ("basic", "post", "none")),
)
OWN = ("server-initialize", "ping", "completion-complete", "tools-list", "resources-list", "prompts-list",
       "server-sse-multiple-streams", "dns-rebinding-protection")  # fmt: skip
"""What asks for nothing but what every server has: held against `rig mcp serve` itself."""


def conformance(node: Node, folder: Path, *arguments: str) -> str:
    script = f"{node.package('conformance')}/dist/index.js"
    done = subprocess.run([node.program, script, *arguments, "-o", str(folder)], env=node.env, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stderr + done.stdout


@pytest.mark.parametrize("scenario", CORE)
def test_the_client_conforms(node: Node, tmp_path: Path, scenario: str):
    command = f"{sys.executable} -m tests.mcp.conformance_client"
    said = conformance(node, tmp_path, "client", "--command", command, "--scenario", scenario)
    assert "0 failed, 0 warnings" in said


def test_these_are_all_core_scenarios_of_the_client(node: Node):
    script = Path(node.package("conformance"), "dist", "index.js").read_text(encoding="utf-8")
    listed = subprocess.run([node.program, Path(node.package("conformance"), "dist", "index.js"), "list", "--client"], env=node.env, capture_output=True, text=True, check=True)  # fmt: skip
    dated = re.findall(r"- (\S+) \[(20[^\]]*)\]", listed.stdout)
    assert script
    assert {name for name, versions in dated if "2025-11-25" in versions} == set(CORE)


@contextmanager
def listening(*argv: str, module: bool = False) -> Iterator[str]:
    """Yield the URL of a server that is started, once it says where it listens."""
    if module:
        run = subprocess.Popen([sys.executable, "-m", *argv], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    else:
        run = process(*argv)
    try:
        stream = run.stdout if module else run.stderr
        assert stream is not None
        port = re.search(rb"(\d+)(?:/mcp|\n)", stream.readline())
        assert port
        yield f"http://127.0.0.1:{port[1].decode()}/mcp"
    finally:
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=20)


def test_rigs_http_face_conforms_with_everything_behind_it(node: Node, tmp_path: Path):
    with listening("tests.mcp.conformance_server", module=True) as url:
        said = conformance(node, tmp_path, "server", "--url", url, "--suite", "active")
    passed = re.findall(r"^✓ (\S+):", said, re.MULTILINE)
    assert "0 failed" in said.splitlines()[-1]
    assert len(passed) >= 30


def test_rig_mcp_serve_conforms_in_what_needs_no_fixture(node: Node, tmp_path: Path):
    with listening("mcp", "serve", "--http", "127.0.0.1:0", "--no-token") as url:
        for scenario in OWN:
            conformance(node, tmp_path, "server", "--url", url, "--scenario", scenario)
