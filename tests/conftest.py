"""Shared by all tests: where the check data lies, and a home that is nobody's."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.environment import is_ours

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts this in the background ignores SIGINT for everybody below; the tests of Ctrl-C need it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Both measure the machine: in a fresh checkout Hypothesis builds its table of Unicode inside the first test that draws
# text, and that alone takes more than the second that the health check allows where the machine is busy.
settings.register_profile("rig", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rig")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded exchanges and evaluation sets: RIG_SHARED, or ../shared beside the project."""
    folder = Path(os.environ.get("RIG_SHARED", ROOT.parent / "shared"))
    if not (folder / "wire").is_dir():
        pytest.skip(f"no recorded exchanges at {folder} (set RIG_SHARED)")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the home, the keys or the settings of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in filter(is_ours, list(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RIG_HOME", str(home / "rig"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
