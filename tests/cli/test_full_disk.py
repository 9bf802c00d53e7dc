"""A disk that is full: the warning is loud, the exit code says it, and what was there stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a file system of its own", allow_module_level=True)

from tests.support.person import CTRL_D, ENTER, Person

_MOUNT = 'mount -t tmpfs -o size=64k tmpfs "$RIG_HOME"'
_FILL = 'head -c 65536 /dev/zero > "$RIG_HOME/filler" 2>/dev/null'


def _may_mount(folder: Path) -> bool:
    """Tell whether an ordinary user may have a small disk of its own here; some systems forbid it."""
    if not shutil.which("unshare"):
        return False
    env = {**os.environ, "RIG_HOME": str(folder)}
    return (
        subprocess.run(["unshare", "-Urm", "sh", "-c", _MOUNT], env=env, capture_output=True, check=False).returncode
        == 0
    )


@pytest.fixture
def small(tmp_path):
    """Return a shell line before and after a command on a disk of 64 KiB; what is left on it goes to `kept`."""
    home = tmp_path / "home"
    home.mkdir()
    if not _may_mount(home):
        pytest.skip("no mounts for users here")
    rig = f"{sys.executable} -m rigcli"

    def line(before: str, command: str) -> list[str]:
        script = f'{_MOUNT} && {before}; {rig} {command}; code=$?; cp -r "$RIG_HOME" kept; exit $code'
        return ["-Urm", "sh", "-c", script]

    return line


@pytest.fixture
def chat(small, server, tmp_path):
    people = []
    (tmp_path / "big").write_text("a page of a file system is 4 KiB\n" * 200)

    def start(before: str):
        words = small(before, f"chat -m openai-compatible/m --base-url {server.url}")
        env = {"RIG_HOME": str(tmp_path / "home"), "RIG_API_KEY": "sk-test"}
        person = Person(*words, cwd=tmp_path, env=env, size=(300, 40), program="unshare")
        people.append(person)
        person.sees("/help")
        person.sees("\n>")
        return person

    yield start
    for person in people:
        person.process.close(force=True)


def said(tmp_path):
    (file,) = (tmp_path / "kept" / "data" / "sessions").glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line["parts"][0]["text"].split()[0] for line in lines if line["type"] == "message"]


def test_what_a_full_disk_did_not_take_is_written_when_there_is_space_again(chat, server, tmp_path):
    server.reply("One.").reply("Two.").reply("Three.")
    person = chat("true")
    person.types("first" + ENTER)
    person.sees("One.")
    person.types(f"!{_FILL}" + ENTER)
    person.sees("exit 1\n>")
    person.types("second @big" + ENTER)
    person.sees("no space left on device: this turn is not on disk")
    person.sees("Two.")
    person.types('!rm "$RIG_HOME/filler" && echo freed' + ENTER)
    person.sees("freed\n>")  # what is typed while a command has the terminal is the command's
    person.types("third" + ENTER)
    person.sees("Three.")
    person.types(CTRL_D)
    assert person.leaves() == 0
    assert said(tmp_path) == ["first", "One.", "second", "Two.", "third", "Three."]


def test_leaving_with_a_full_disk_is_asked_twice_and_ends_with_code_6(chat, server, tmp_path):
    server.reply("One.").reply("Two.")
    person = chat("true")
    person.types("first" + ENTER)
    person.sees("One.")
    person.types(f"!{_FILL}" + ENTER)
    person.sees("exit 1\n>")
    person.types("second @big" + ENTER)
    person.sees("Two.")
    person.types("/new" + ENTER)
    person.sees("this conversation is not all on disk")
    person.types("/exit" + ENTER)
    person.sees("still here: leave once more to go without it")
    person.types(CTRL_D)
    assert person.leaves() == 6
    assert "Traceback" not in person.screen
    assert said(tmp_path) == ["first", "One."]


def test_a_chat_that_begins_on_a_full_disk_still_answers(chat, server):
    server.reply("One.")
    person = chat(_FILL)
    person.types("first" + ENTER)
    person.sees("this turn is not on disk")
    person.sees("One.")
    person.types(CTRL_D + CTRL_D)
    assert person.leaves() == 6
    assert "Traceback" not in person.screen


def test_a_key_that_does_not_fit_is_not_stored_and_the_others_stay(small, tmp_path):
    rig = f"PYTHON_KEYRING_BACKEND=keyring.backends.fail.Keyring {sys.executable} -m rigcli"
    before = f"echo sk-first-0123456789 | {rig} keys set openai; {_FILL}"
    env = {**os.environ, "RIG_HOME": str(tmp_path / "home"), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    ran = subprocess.run(
        ["unshare", *small(before, "keys set groq")], cwd=tmp_path, env=env, input=b"", capture_output=True, check=False
    )
    assert ran.returncode == 2  # nothing was piped in: the disk was not even asked
    shutil.rmtree(tmp_path / "kept")
    words = small(f"{before}; echo sk-second-0123456789 >key", "keys set groq <key")
    ran = subprocess.run(
        ["unshare", *words], cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    err = ran.stderr.decode()
    assert ran.returncode == 6, err
    assert "no space left on device (free some disk space)" in err
    assert "sk-" not in err
    folder = tmp_path / "kept" / "data"
    assert list(json.loads((folder / "keys.json").read_text())["keys"]) == ["openai"]
    assert {file.name for file in folder.iterdir()} <= {"keys.json"}
