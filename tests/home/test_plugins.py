"""Plug-ins are found by name without being imported, and a broken one is one line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rigcli.core.errors import ConfigError
from rigcli.home.plugins import KINDS, chosen, group, plugins


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Two distributions on the path: modules that misbehave in each way when they are imported."""
    modules = {
        "good_plugin": "VALUE = 42\nprint('noise on stdout')\n",
        "raising_plugin": "raise RuntimeError('it\\nbroke')\n",
        "leaving_plugin": "import sys; sys.exit(3)\n",
        "empty_plugin": "",
        "hanging_plugin": "import threading\nthreading.Event().wait()\n",
        "busy_plugin": "while True: pass\n",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    lines = ["[rigcli.tools.v1]"]
    lines += ["good = good_plugin:VALUE", "raising = raising_plugin:X", "leaving = leaving_plugin:X"]
    lines += ["missing = empty_plugin:X", "absent = no_such_module:X"]
    lines += ["hanging = hanging_plugin:X", "busy = busy_plugin:X"]
    info = tmp_path / "misc_tools-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misc-tools\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in modules:
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("installed")
def test_names_are_read_and_nothing_is_imported():
    found = plugins("tools", {})
    assert {"good", "raising", "leaving", "missing", "absent"} <= set(found)
    assert (found["good"].distribution, found["good"].version) == ("misc-tools", "1.5")
    assert "good_plugin" not in sys.modules
    assert "raising_plugin" not in sys.modules


@pytest.mark.usefixtures("installed")
def test_the_chosen_one_is_loaded_and_its_noise_stays_off_stdout(capsys):
    assert chosen("tools", "good", {}).load() == 42
    out, err = capsys.readouterr()
    assert (out, err) == ("", "noise on stdout\n")
    assert "raising_plugin" not in sys.modules


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["raising", "leaving", "missing", "absent"])
def test_a_broken_one_is_one_line_that_names_its_distribution(name):
    with pytest.raises(ConfigError) as raised:
        chosen("tools", name, {}).load()
    assert "misc-tools 1.5" in raised.value.message
    assert "\n" not in raised.value.line()


@pytest.mark.usefixtures("installed")
def test_one_that_hangs_is_given_up_and_named(monkeypatch):
    monkeypatch.setattr("rigcli.home.plugins.LOAD_SECONDS", 0.05)
    with pytest.raises(ConfigError, match=r"plug-in hanging of misc-tools 1.5: its import did not end within 0.05 s"):
        chosen("tools", "hanging", {}).load()


@pytest.mark.usefixtures("installed")
def test_a_program_ends_though_a_plug_in_never_does(tmp_path):
    """A process of its own: what hangs here is busy, and must not hold up the end."""
    code = (
        "from rigcli.home import plugins\nplugins.LOAD_SECONDS = 0.05\n"
        "try: plugins.chosen('tools', 'busy', {}).load()\nexcept Exception as error: print(error)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "plug-in busy of misc-tools" in ran.stdout


@pytest.mark.usefixtures("installed")
def test_all_of_them_can_be_turned_off():
    assert plugins("tools", {"RIG_NO_PLUGINS": "1"}) == {}
    assert plugins("tools", {"RIG_NO_PLUGINS": "0"}) != {}


@pytest.mark.usefixtures("installed")
def test_a_slip_gets_the_near_name():
    with pytest.raises(ConfigError) as raised:
        chosen("tools", "goood", {})
    assert raised.value.hint == "did you mean good?"


def test_every_kind_has_a_versioned_group():
    assert {group(kind) for kind in KINDS} == {
        f"rigcli.{kind}.v1" for kind in ("tools", "providers", "wires", "stores", "loaders", "embedders", "commands")
    }
