"""`rig plugins`: whose code it is and whether it changed, without running any of it."""

from __future__ import annotations

import hashlib
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.fixture
def dice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution with its list of files; importing it would leave a mark."""
    site = tmp_path / "site"
    info = site / "dice_tools-1.5.dist-info"
    info.mkdir(parents=True)
    module = site / "dice_tools.py"
    module.write_text("raise RuntimeError('imported')\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dice-tools\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[rigcli.tools.v1]\ndice = dice_tools:DICE\n")
    digest = urlsafe_b64encode(hashlib.sha256(module.read_bytes()).digest()).rstrip(b"=").decode()
    names = "dice_tools-1.5.dist-info/METADATA,,\ndice_tools-1.5.dist-info/entry_points.txt,,\n"
    (info / "RECORD").write_text(f"dice_tools.py,sha256={digest},{module.stat().st_size}\n{names}")
    monkeypatch.syspath_prepend(str(site))
    return module


def about(found: list[dict]) -> dict:
    (row,) = [each for each in found if each["distribution"] == "dice-tools"]
    return row


@pytest.mark.usefixtures("dice")
def test_they_are_listed_and_not_imported(rig: Program) -> None:
    assert "tools: dice  (dice-tools 1.5, dice_tools:DICE)\n" in rig("plugins", "list").out
    rows = rig("plugins", "list", "--format", "json").json["plugins"]
    assert about(rows)["target"] == "dice_tools:DICE"
    assert "dice_tools" not in sys.modules


def test_an_audit_shows_version_and_hash_and_what_changed_since(rig: Program, dice: Path) -> None:
    ran = rig("plugins", "audit", "--format", "json")
    before = about(ran.json["distributions"])
    assert (ran.code, before["version"], before["changed"]) == (0, "1.5", [])
    assert f"dice-tools 1.5  sha256 {before['sha256']}\n" in rig("plugins", "audit").out
    dice.write_text("import os\n")
    ran = rig("plugins", "audit")
    assert ran.code == 1
    assert "changed since it was installed: dice_tools.py" in ran.out
    after = about(rig("plugins", "audit", "--format", "json").json["distributions"])
    assert after["sha256"] != before["sha256"]
    dice.unlink()
    assert rig("plugins", "audit").code == 1


@pytest.mark.usefixtures("dice")
def test_those_that_are_turned_off_are_audited_all_the_same(rig: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_NO_PLUGINS", "1")
    ran = rig("plugins", "audit")
    assert "dice-tools 1.5" in ran.out
    assert "RIG_NO_PLUGINS is set: none of them is used" in ran.err
