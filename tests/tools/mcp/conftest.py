from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rigcli.home.settings import load
from rigcli.library.mcp import make_hub
from rigcli.tools.mcp.hub import Hub
from rigcli.tools.mcp.spec import read_server
from tests.support.mcp import FakeMcp


@pytest.fixture
def fake(tmp_path: Path) -> FakeMcp:
    return FakeMcp(tmp_path / "fake")


@pytest.fixture
def hub_of(tmp_path: Path) -> Callable[..., Hub]:
    """A hub over tables of servers, as the program makes it; `said` is what it would tell its user."""
    (tmp_path / "work").mkdir(exist_ok=True)

    def make(servers: dict[str, dict[str, Any]], said: list[str] | None = None, **options: Any) -> Hub:
        specs = {name: read_server(name, table, "a test") for name, table in servers.items()}
        settings = load(os.environ, tmp_path, options.pop("settings", None))
        heard = said if said is not None else []
        return make_hub(settings, os.environ, tmp_path / "work", servers=specs, warn=heard.append, **options)

    return make
