"""The official servers, inspector and conformance suite, from npm; `.ci/run` installs them.

RIG_MCP_NODE names a `node_modules` folder with node (22), @modelcontextprotocol/server-everything, server-filesystem,
inspector and conformance in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.program import Program


@dataclass(frozen=True)
class Node:
    """A folder of packages and the node that runs them."""

    modules: Path

    @property
    def program(self) -> str:
        own = self.modules / "node" / "bin" / "node"
        return str(own) if own.exists() else str(shutil.which("node"))

    def package(self, name: str) -> str:
        return str(self.modules / "@modelcontextprotocol" / name)

    @property
    def env(self) -> Mapping[str, str]:
        return {**os.environ, "PATH": f"{Path(self.program).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="session")
def node() -> Node:
    folder = os.environ.get("RIG_MCP_NODE")
    if not folder or not (Path(folder) / "@modelcontextprotocol" / "conformance").is_dir():
        pytest.skip("no MCP packages from npm (set RIG_MCP_NODE)")
    return Node(Path(folder))


@pytest.fixture
def rig(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    return Program(capsys, monkeypatch)
