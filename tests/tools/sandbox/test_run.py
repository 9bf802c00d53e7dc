"""Commands in the box: what they see, what they can do, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from rigcli.core.ports import ToolError
from rigcli.tools.sandbox.box import Box
from rigcli.tools.sandbox.bubblewrap import find
from rigcli.tools.sandbox.run import Ended, environment, is_boxed, run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the sandbox and its supervisor need a POSIX system")
BOXES = ["auto", "off"]
needs_box = pytest.mark.skipif(find().path is None, reason=f"no sandbox here: {find().why}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture(params=[pytest.param("auto", marks=needs_box), "off"])
def box(request: pytest.FixtureRequest) -> Box:
    return Box(mode=request.param)


def do(
    command: str,
    box: Box,
    root: Path,
    *,
    seconds: float | None = None,
    env: dict[str, str] | None = None,
    limit: int = 4000,
) -> Ended:
    bash = shutil.which("bash") or "/bin/sh"

    async def all_of_it() -> Ended:
        return await run(
            [bash, "-c", command], box, root, root, env=environment(env), limit=limit, seconds=seconds, tell=lambda line: None
        )  # fmt: skip

    return asyncio.run(all_of_it())


def test_output_and_exit_code_come_back(box: Box, root: Path) -> None:
    ended = do("echo out; echo err >&2; exit 3", box, root)
    assert (sorted(ended.output.split()), ended.code, ended.stopped) == (["err", "out"], 3, False)


def test_a_signal_is_128_and_its_number(box: Box, root: Path) -> None:
    assert do("kill -9 $$", box, root).code == 137


def test_a_program_that_is_not_there_is_127(box: Box, root: Path) -> None:
    assert do("nosuchprogram", box, root).code == 127


def test_stdin_is_empty_so_nothing_waits_for_it(box: Box, root: Path) -> None:
    assert do("cat; echo end", box, root).output == "end\n"


def test_a_flood_keeps_its_beginning_and_its_end(box: Box, root: Path) -> None:
    ended = do("echo first; yes | head -c 3000000; echo; echo last", box, root)
    assert ended.output.startswith("first\n")
    assert ended.output.endswith("last\n")
    assert "bytes left out" in ended.output
    assert len(ended.output) < 5000


def test_lines_are_told_as_they_come(box: Box, root: Path) -> None:
    told: list[str] = []

    async def all_of_it() -> None:
        await run(
            ["/bin/sh", "-c", "echo one; echo two; printf three"],
            box,
            root,
            root,
            env=environment(),
            limit=100,
            tell=told.append,
        )

    asyncio.run(all_of_it())
    assert told == ["one", "two", "three"]


def test_keys_of_the_environment_are_not_there(box: Box, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("LD_PRELOAD_X", "sk-canary")
    assert (
        "canary"
        not in do(
            "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'" if box.mode == "auto" else "env", box, root
        ).output
    )


# ---------------------------------------------------------------- the box itself


@needs_box
def test_the_working_folder_can_be_written_and_nothing_else(root: Path) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    do(f"echo a > inside; echo b > {outside}/b; echo c > /etc/rig-c; echo d > /usr/rig-d; mkdir ../e", Box(), root)
    assert (root / "inside").read_text() == "a\n"
    assert not list(outside.iterdir())
    assert not Path("/etc/rig-c").exists()
    assert not (root.parent / "e").exists()


@needs_box
def test_home_is_empty_and_writing_there_leaves_nothing_behind(root: Path) -> None:
    mark = f"rig-test-{uuid.uuid4().hex}"
    ended = do(f"ls -A ~ | head; echo x > ~/{mark} && cat ~/{mark}", Box(), root)
    assert ended.output == "x\n"
    assert not (Path.home() / mark).exists()


@needs_box
def test_hidden_folders_are_empty_even_inside_the_working_folder(root: Path) -> None:
    (root / "own").mkdir()
    (root / "own" / "keys.json").write_text("canary")
    assert "canary" not in do("cat own/keys.json; cat ./own/*", Box(hidden=(root / "own",)), root).output


@needs_box
def test_what_runs_later_by_itself_cannot_be_written(root: Path) -> None:
    (root / ".git" / "hooks").mkdir(parents=True)
    (root / ".git" / "config").write_text("[core]\n")
    (root / ".rig").mkdir()
    do(
        "echo x > .git/hooks/pre-commit; echo x >> .git/config; echo x > .rig/config.toml; rm -rf .git/hooks; mv .rig .rig2",
        Box(),
        root,
    )
    assert not list((root / ".git" / "hooks").iterdir())
    assert (root / ".git" / "config").read_text() == "[core]\n"
    assert not list((root / ".rig").iterdir())


@needs_box
def test_there_is_no_network_unless_it_is_allowed(root: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        connect = (
            f'{sys.executable} -c \'import socket; socket.create_connection(("127.0.0.1", {port}), 2); print("in")\''
        )
        assert "in\n" not in do(connect, Box(), root).output
        with pytest.raises(BlockingIOError):
            server.accept()
        assert "in\n" in do(connect, Box(network=True), root).output


@needs_box
def test_folders_of_home_can_be_shown_and_others_opened_for_writing(root: Path) -> None:
    shown = Path("/tmp") / f"rig-{uuid.uuid4().hex}"
    shown.mkdir()
    try:
        (shown / "a").write_text("seen")
        assert do(f"cat {shown}/a", Box(), root).output != "seen"
        assert do(f"cat {shown}/a; echo x > {shown}/b", Box(readable=(shown,)), root).output.startswith("seen")
        assert not (shown / "b").exists()
        do(f"echo x > {shown}/b", Box(writable=(shown,)), root)
        assert (shown / "b").read_text() == "x\n"
    finally:
        shutil.rmtree(shown)


@needs_box
def test_other_processes_cannot_be_seen_or_ended(root: Path) -> None:
    ended = do(f"kill -9 {os.getpid()}; ls /proc | grep -c '^[0-9]'", Box(), root)
    assert int(ended.output.split()[-1]) < 10


@needs_box
def test_a_fork_bomb_and_a_hungry_process_meet_their_limits(root: Path) -> None:
    bomb = "import os\nn = 0\ntry:\n  while True:\n    if os.fork() == 0: os.read(0, 1); import time; time.sleep(30)\n    n += 1\nexcept OSError: print('limit', n)"
    bombed = do(f'{sys.executable} -c "$CODE"', Box(processes=40), root, env={"CODE": bomb})
    assert "limit" in bombed.output or (bombed.code == 137 and "more than 40 processes" in bombed.output)
    hungry = do(f"{sys.executable} -c 'x = bytearray(600 << 20)'", Box(memory=300), root)
    assert "MemoryError" in hungry.output


def test_a_box_that_is_required_and_not_there_runs_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rigcli.tools.sandbox import run as module
    from rigcli.tools.sandbox.bubblewrap import Found

    monkeypatch.setattr(module, "find", lambda: Found(None, "bubblewrap is not installed"))
    with pytest.raises(ToolError, match="bubblewrap is not installed"):
        do("touch made", Box(mode="required"), root)
    assert not (root / "made").exists()
    assert not is_boxed(Box())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Landlock is Linux's")
def test_without_bubblewrap_landlock_still_keeps_writing_inside(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ctypes

    from rigcli.tools.sandbox import run as module
    from rigcli.tools.sandbox.bubblewrap import Found

    if ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), ctypes.c_uint32(1)) < 1:
        pytest.skip("this kernel has no Landlock")
    monkeypatch.setattr(module, "find", lambda: Found(None, "none"))
    outside = Path("/var/tmp") / f"rig-test-{uuid.uuid4().hex}"
    do(f"echo x > {outside}; echo y > inside", Box(), root)
    assert not outside.exists()
    assert (root / "inside").read_text() == "y\n"


# ---------------------------------------------------------------- families of processes

MARK = "RIG_TEST_FAMILY"
SHAPES = {
    "child": "sleep 300",
    "grandchild": "sh -c 'sh -c \"sleep 300\"; true'; true",
    "background": "sleep 300 & sleep 300 & wait",
    "background and gone": "sleep 300 & disown; exit 0",
    "ignores TERM": "trap '' TERM INT HUP; sleep 300; sleep 300",
    "grandchild ignores TERM": "(trap '' TERM; sleep 300; sleep 300) & wait",
    "own session": "setsid sleep 300 & sleep 300",
    "own session, gone": "setsid -f sleep 300; exit 0",
    "double fork": "PY import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    time.sleep(300)\n  os._exit(0)\ntime.sleep(300)",
    "double fork, gone, closes its files": "PY import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    os.closerange(0, 64); time.sleep(300)\n  os._exit(0)",
    "holds the pipe": "(sleep 300) & echo done; exit 0",
    "clears its environment": "env -i setsid sleep 301 & sleep 300",
    "forks on and on": "PY import os, time\nwhile True:\n  if os.fork() == 0:\n    os.setsid()\n    continue\n  time.sleep(0.05)\n  os._exit(0)",
    "stops itself": "kill -STOP $$; sleep 300",
}  # fmt: skip


def survivors(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in told and state != "Z":
                found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="survivors are looked for in /proc")
@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_of_a_family_survives_three_seconds_after_its_time(box: Box, root: Path, shape: str) -> None:
    mark = uuid.uuid4().hex
    text = SHAPES[shape].replace("301", f"301.{int(mark[:8], 16)}")
    text = f'exec {sys.executable} -c "$CODE"' if text.startswith("PY ") else text
    begun = time.monotonic()
    ended = do(text, box, root, seconds=0.4, env={MARK: mark, "CODE": SHAPES[shape].removeprefix("PY ")})
    assert time.monotonic() - begun < 0.4 + 3.5
    assert ended.stopped or ended.code == 0
    assert survivors(mark) == []
    assert survivors(f"301.{int(mark[:8], 16)}") == []


def _caller(root: Path, mode: str, mark: str) -> subprocess.Popen[bytes]:
    script = textwrap.dedent(f"""
        import asyncio
        from pathlib import Path
        from rigcli.tools.sandbox.box import Box
        from rigcli.tools.sandbox.run import environment, run
        root = Path({str(root)!r})
        asyncio.run(run(["/bin/sh", "-c", "setsid sleep 300 & touch begun; sleep 300"], Box(mode={mode!r}), root, root,
                        env=environment({{"{MARK}": {mark!r}}}), limit=100, tell=lambda line: None))
    """)
    return subprocess.Popen([sys.executable, "-c", script])


def _until(condition: object, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def killed_caller(box: Box, root: Path) -> Iterator[str]:
    mark = uuid.uuid4().hex
    caller = _caller(root, box.mode, mark)
    try:
        assert _until((root / "begun").exists)
        os.kill(caller.pid, signal.SIGKILL)
        caller.wait()
        yield mark
    finally:
        caller.kill()
        caller.wait()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="survivors are looked for in /proc")
def test_when_rig_itself_is_killed_its_commands_die_too(killed_caller: str) -> None:
    assert _until(lambda: not survivors(killed_caller), 5)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_calls_leave_no_file_open(root: Path) -> None:
    def count() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    async def many() -> tuple[int, int]:
        before = count()
        for _ in range(10):
            calls = [
                run(["/bin/true"], Box(mode="off"), root, root, env=environment(), limit=9, tell=len) for _ in range(5)
            ]  # type: ignore[arg-type]
            await asyncio.gather(*calls)
        return before, count()

    before, after = asyncio.run(many())
    assert after <= before + 1
