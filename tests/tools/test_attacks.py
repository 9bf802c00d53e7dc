"""What paths and links try, against every file tool: nothing outside the working folder is read, written or named.

RIG_SWAPS is how often names are swapped under the tools (2,000 in a normal run; 100,000 is the figure to reach).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rigcli.core.ports import Previews, Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.registry import make, offers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices, hard links and /proc are POSIX")

SECRET = "outside: never to be seen"
SWAPS = int(os.environ.get("RIG_SWAPS", "2000"))
FILE_TOOLS = ("read_file", "list_dir", "glob", "grep", "write_file", "edit_file", "patch", "move", "delete")

PATHS = [
    # by words alone
    "../outside/secret.txt",
    "../../{name}/outside/secret.txt",
    "sub/../../outside/secret.txt",
    "sub/deep/../../../outside/secret.txt",
    "./../outside/./secret.txt",
    "..//outside//secret.txt",
    ".././outside/secret.txt",
    "missing/../../outside/secret.txt",
    "../work-other/secret.txt",
    "../work/../outside/secret.txt",
    "..",
    "../",
    "../outside",
    "../outside/",
    "../outside/new/new.txt",
    "{outside}/secret.txt",
    "{outside}",
    "{root}/../outside/secret.txt",
    "{root}-other/secret.txt",
    "{root}/sub/../../outside/secret.txt",
    "//{outside}/secret.txt",
    "/../{outside}/secret.txt",
    "~/secret.txt",
    "~root/secret.txt",
    "$HOME/secret.txt",
    "%2e%2e/outside/secret.txt",
    "..%2foutside%2fsecret.txt",
    "..\\outside\\secret.txt",
    "file://{outside}/secret.txt",
    "../OUTSIDE/SECRET.TXT",
    "\u2025/outside/secret.txt",
    "\uff0e\uff0e/outside/secret.txt",
    "..\u2215outside\u2215secret.txt",
    ".\u200d./outside/secret.txt",
    "..\0/outside/secret.txt",
    "a.txt\0.png",
    "\0",
    "",
    " ",
    ".",
    "./",
    "/",
    "a.txt/",
    "a.txt/.",
    "a.txt/../../outside/secret.txt",
    "a.txt/x",
    "x" * 300,
    "d/" * 3000 + "f",
    "\udcff\ud800",
    "new\nline.txt",
    "new\x1b[2J.txt",
    "hidden\u202etxt.exe",
    "blank ",
    # by links, pipes and devices that are there
    "to-file",
    "to-folder/secret.txt",
    "to-folder/new.txt",
    "to-folder/",
    "to-folder/../secret.txt",
    "to-folder/sub/../secret.txt",
    "to-parent/outside/secret.txt",
    "to-root/etc/passwd",
    "to-absolute",
    "to-chain/secret.txt",
    "to-twice",
    "sub/up-and-out/secret.txt",
    "to-nothing",
    "to-nothing-outside",
    "to-itself",
    "to-each-other-a",
    "to-proc/root{outside}/secret.txt",
    "to-proc/cwd/../outside/secret.txt",
    "to-proc-root{outside}/secret.txt",
    "to-fd/{fd}/secret.txt",
    "to-zero",
    "to-tty",
    "hard",
    "sub/hard",
    "pipe",
    "socket",
    "loop/loop/loop/../../outside/secret.txt",
    # by what the system offers
    "/proc/self/root{outside}/secret.txt",
    "/proc/self/cwd/../outside/secret.txt",
    "/proc/self/fd/{fd}/secret.txt",
    "/proc/self/environ",
    "/proc/self/mem",
    "/dev/fd/{fd}",
    "/dev/zero",
    "/dev/stdin",
    "/dev/tty",
    "/dev/shm/rig-attack",
    "/etc/passwd",
    "/sys/kernel/hostname",
    "/tmp/rig-attack.txt",
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A working folder beside folders that are nobody's business, and every kind of link out of it."""
    outside, work = tmp_path / "outside", tmp_path / "work"
    (outside / "sub").mkdir(parents=True)
    (work / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "work-other").mkdir()
    for folder in (outside, outside / "sub", tmp_path / "work-other"):
        (folder / "secret.txt").write_text(SECRET)
    (work / "a.txt").write_text("alpha\n")
    links = {
        "to-file": "../outside/secret.txt",
        "to-folder": "../outside",
        "to-parent": "..",
        "to-root": "/",
        "to-absolute": str(outside / "secret.txt"),
        "to-chain": "to-folder/sub",
        "to-twice": "to-file",
        "sub/up-and-out": "../../outside",
        "to-nothing": "nothing-here",
        "to-nothing-outside": "../outside/made-by-a-link.txt",
        "to-itself": "to-itself",
        "to-each-other-a": "to-each-other-b",
        "to-each-other-b": "to-each-other-a",
        "to-proc": "/proc/self",
        "to-proc-root": "/proc/self/root",
        "to-fd": "/proc/self/fd",
        "to-zero": "/dev/zero",
        "to-tty": "/dev/tty",
        "loop": ".",
    }
    for name, target in links.items():
        (work / name).symlink_to(target)
    for name in ("hard", "sub/hard"):
        os.link(outside / "secret.txt", work / name)
    os.mkfifo(work / "pipe")
    listening = socket.socket(socket.AF_UNIX)
    fd = os.open(outside, os.O_RDONLY)
    here = Path.cwd()
    os.chdir(work)  # the name of a socket is short
    listening.bind("socket")
    os.chdir(here)
    yield {"root": str(work), "outside": str(outside), "name": tmp_path.name, "fd": str(fd)}
    os.close(fd)
    listening.close()


def tool(root: str, name: str) -> Tool:
    return make(offers()[name], ToolContext(Path(root), may_read=lambda _: True))


def arguments(kind: str, path: str) -> tuple[str, dict[str, Any]]:
    """What a tool is asked to do with a path, as it is written in a call."""
    patches = {
        "patch": f"*** Add File: {path}\n+new",
        "move": f"*** Update File: a.txt\n*** Move to: {path}",
        "delete": f"*** Delete File: {path}",
    }
    if kind in patches:
        return "edit_file", {"patch": f"*** Begin Patch\n{patches[kind]}\n*** End Patch"}
    more = {
        "write_file": {"content": "overwritten"},
        "edit_file": {"old_string": "outside", "new_string": "inside"},
        "glob": {"pattern": "*"},
        "grep": {"pattern": "outside|alpha|root:"},
    }
    return kind, {"path": path, **more.get(kind, {})}


def everything(folder: Path) -> dict[str, bytes | str]:
    """What is in a folder, byte by byte."""
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else "folder" for each in folder.rglob("*")
    }


def surroundings(root: str) -> dict[str, Any]:
    above = Path(root).parent
    there = {name: everything(above / name) for name in ("outside", "work-other")}
    return {
        **there,
        "names": sorted(each.name for each in above.iterdir()),
        "made": [Path(p).exists() for p in PATHS if "attack" in p],
    }


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_no_path_leads_a_tool_out_of_the_working_folder(place: dict[str, str], path: str) -> None:
    """Each path, by each thing that a tool can do with it: more than 700 attacks."""
    before = surroundings(place["root"])
    kinds = [kind for kind in FILE_TOOLS if kind != "grep" or PATHS.index(path) % 4 == 0]  # it costs a process
    for name in ("root", "outside", "name", "fd"):
        path = path.replace("{" + name + "}", place[name])
    for kind in kinds:
        (Path(place["root"]) / "a.txt").write_text("alpha\n")
        name, given = arguments(kind, path)
        made = tool(place["root"], name)
        said = [_said(lambda: asyncio.run(made.run(dict(given))))]  # noqa: B023  called at once
        if isinstance(made, Previews):
            said.append(_said(lambda: made.preview(dict(given))))  # noqa: B023  as above
        assert not any(SECRET in text or "root:x:" in text for text in said), (kind, said)
        assert surroundings(place["root"]) == before, kind


def _said(act: Any) -> str:
    try:
        return act()
    except ToolError as error:
        return str(error)


def test_there_are_hundreds_of_attacks() -> None:
    assert len(set(PATHS)) >= 85
    assert len(set(PATHS)) * (len(FILE_TOOLS) - 1) > 650


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("to-file", "is a link"),
        ("to-folder/new.txt", "to-folder is a link to ../outside; nothing is written through links"),
        ("loop/a.txt", "loop is a link to ."),
        ("hard", "second hard link"),
        ("pipe", "named pipe"),
        ("socket", "socket"),
        ("sub", "folder"),
        ("sub/", "names a folder"),
        ("../outside/x", "outside the working folder"),
        ("a.txt/x", "a.txt is not a folder"),
        ("x" * 300, "File name too long"),
        ("d/" * 3000, "too long"),
        ("new\nline", "no control or hidden characters"),
        ("\ud800", "no name on this system"),
        ("a\0b", "NUL"),
    ],
)
def test_a_refusal_says_why(place: dict[str, str], path: str, words: str) -> None:
    with pytest.raises(ToolError, match=words.replace(".", r"\.")):
        asyncio.run(tool(place["root"], "write_file").run({"path": path, "content": "x"}))


# ---------------------------------------------------------------- names that are swapped meanwhile


class Swapper(threading.Thread):
    """Swaps a folder and a file of the working folder for links out of it, and back, over and over."""

    def __init__(self, work: Path, outside: Path, times: int) -> None:
        super().__init__(daemon=True)
        self.work, self.outside, self.times = work, outside, times
        self.swaps = 0
        self.enough = threading.Event()

    def run(self) -> None:
        sub, aside, link = self.work / "swap", self.work / "swap-aside", self.work / "swap-link"
        file, other = self.work / "flip.txt", self.work / "flip-other"
        while not self.enough.is_set() and self.swaps < self.times:
            link.symlink_to(self.outside)
            sub.mkdir(exist_ok=True)  # a tool may take back a folder that it thought was its own
            self._put(sub, aside)
            self._put(link, sub)
            other.symlink_to(self.outside / "secret.txt")
            other.rename(file)
            sub.unlink()
            self._put(aside, sub)
            other.write_text("alpha\n")
            other.rename(file)
            self.swaps += 4

    def _put(self, one: Path, other: Path) -> None:
        """Rename, though a tool has made a folder of the other name just now."""
        while os.path.lexists(one):
            try:
                one.rename(other)
            except OSError:
                shutil.rmtree(other, ignore_errors=True)
            else:
                return


def test_names_swapped_under_the_tools_lead_nowhere(place: dict[str, str]) -> None:
    """Reads, writes, edits, patches, globs and lists go on while a thread swaps what they name for links out."""
    work, outside = Path(place["root"]), Path(place["outside"])
    (work / "swap").mkdir()
    (work / "swap" / "secret.txt").write_text("alpha\n")
    (work / "flip.txt").write_text("alpha\n")
    before = surroundings(place["root"])
    known = offers()
    calls = [
        arguments(kind, path)
        for path in ("swap/secret.txt", "flip.txt", "swap/new.txt")
        for kind in ("read_file", "write_file", "edit_file", "patch", "delete")
    ] + [arguments(kind, path) for kind in ("list_dir", "glob") for path in ("swap", ".")]
    swapper = Swapper(work, outside, SWAPS)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    ran, seen = 0, 0
    try:
        swapper.start()
        while swapper.is_alive():
            for name, given in calls:
                made = make(known[name], ToolContext(work, may_read=lambda _: True))
                seen += SECRET in _said(lambda: asyncio.run(made.run(dict(given))))  # noqa: B023  called at once
                ran += 1
    finally:
        swapper.enough.set()
        swapper.join()
        sys.setswitchinterval(interval)
    assert surroundings(place["root"]) == before
    assert seen == 0
    assert (ran > 0, swapper.swaps) == (True, SWAPS)
