from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.answers import fixtures

PACKAGE = os.environ.get("RIG_AIMOCK") or ""


@dataclass(frozen=True)
class Mock:
    url: str


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """The mock, on a port of its own; it ends with the tests."""
    node, program = shutil.which("node"), Path(PACKAGE) / "dist" / "cli.js"
    if node is None:
        pytest.skip("no node: aimock cannot run")
    if not PACKAGE or not program.is_file():
        pytest.skip("no aimock: set RIG_AIMOCK to the folder of the npm package @copilotkit/aimock")
    folder = tmp_path_factory.mktemp("aimock")
    (folder / "answers.json").write_text(json.dumps({"fixtures": fixtures()}), encoding="utf-8")
    with subprocess.Popen(
        [node, str(program), "-p", "0", "-f", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if "listening on" in line), "")
            assert line, "aimock ended before it listened"
            yield Mock(line.split()[-1])
        finally:
            process.terminate()
