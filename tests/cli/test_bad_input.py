"""Bad input, tried through the program: one clear line with the next step, the right exit code, nothing lost."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program, Result, process

LINE = re.compile(r"rig: [^\n]+: [^\n]+ \([^\n]+\)\n")
"""`rig: WHAT: CAUSE (NEXT STEP)`"""


@pytest.fixture
def asked(server: FakeServer) -> tuple[str, ...]:
    """`ask` of a model that would answer anything."""
    server.reply("An answer.", times=9)
    return ("ask", "-m", "openai-compatible/any", "--base-url", server.url)


@pytest.fixture
def bad(here: Path) -> Path:
    """A working folder with a file of each bad kind."""
    (here / "empty.txt").touch()
    (here / "binary.dat").write_bytes(bytes(range(256)) * 40)
    (here / "latin.txt").write_bytes("caf\xe9 au lait\n".encode("latin-1"))
    (here / "notes.txt").write_text("notes\n", encoding="utf-8")
    (here / "hollow").mkdir()
    with (here / "big.txt").open("wb") as file:
        file.truncate(2 << 30)  # sparse: no disk is used
    return here


def told(result: Result, code: int, *words: str) -> None:
    """One line, of the documented shape, with these words; no traceback, and nothing said on stdout."""
    assert result.code == code, result.err
    assert LINE.fullmatch(result.err), result.err
    assert all(word in result.err for word in words), result.err


SLIPS = [
    ("ask -m opanai/gpt-4o hi", 2, "no provider 'opanai'", "openai"),
    ("ask -m openai/gpt-4o hi", 4, "openai: no key", "rig keys set openai"),
    ("ask --modle x hi", 2, "--modle: no such option", "--model"),
    ("ask --format yaml hi", 2, "--format: 'yaml'", "jsonl"),
    ("ask --retries -1 hi", 2, "--retries: must be at least 0", "rig ask --help"),
    ("ask -r zzzz -m openai-compatible/x --base-url http://127.0.0.1:9 hi", 2, "no session 'zzzz'", "sessions list"),
    ("ask -i nosuch hi", 2, "no index 'nosuch'", "rig index PATH"),
    ("ask", 2, "no prompt", 'rig ask "your question"'),
    ("chat", 2, "needs a terminal", "rig ask"),
    ("config set modle x", 2, "unknown setting 'modle'", "model"),
    ("config set net.retries lots", 2, "net.retries", "whole number"),
    ("config get modle", 2, "unknown setting 'modle'", "model"),
    ("index nosuch", 2, "nosuch: no such file", "name a folder"),
    ("index", 2, "PATH... is missing", "rig index --help"),
    ("search -i nosuch hi", 2, "no index 'nosuch'", "rig index"),
    ("indexes rm nosuch", 2, "no index 'nosuch'", "rig index"),
    ("keys set opanai", 2, "no provider 'opanai'", "openai"),
    ("keys set openai", 2, "no key came in", "pipe it in"),
    ("models opanai", 2, "no provider 'opanai'", "openai"),
    ("models alias fast", 2, "PROVIDER/MODEL is missing", "--help"),
    ("models unalias nosuch", 2, "no alias 'nosuch'", "rig models aliases"),
    ("providers show opanai", 2, "no provider 'opanai'", "openai"),
    ("sessions lsit", 2, "sessions lsit: no such command", "rig sessions list"),
    ("sessions show nosuch", 2, "no session 'nosuch'", "rig sessions list"),
    ("tools show raed_file", 2, "no tool 'raed_file'", "read_file"),
    ("completions tcsh", 2, "no completions for 'tcsh'", "zsh"),
    ("docter", 2, "no command 'docter'", "rig doctor"),
]


@pytest.mark.parametrize(("line", "code", "cause", "step"), SLIPS, ids=[row[0] for row in SLIPS])
def test_a_slip_names_its_cause_and_the_way_on(rig: Program, here: Path, line: str, code: int, cause: str, step: str):
    assert here.is_dir()
    result = rig(*line.split())
    assert result.code == code, result.err
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert result.err.startswith("rig: ")
    assert cause in result.err
    assert step in result.err


@pytest.mark.parametrize(
    ("flags", "cause"),
    [
        (["-f", "nots.txt"], "did you mean notes.txt?"),
        (["-f", "nothing*"], "nothing*: no file matches"),
        (["-f", "empty.txt"], "empty.txt: empty"),
        (["-f", "binary.dat"], "binary.dat: a binary file"),
        (["-f", "big.txt"], "rig ask -i"),
        (["-f", "hollow"], "hollow: no text file in it"),
        (["-s", "@nosuch.md"], "nosuch.md: no such file"),
        (["-s", "@latin.txt"], "iconv"),
        (["-s", "@big.txt"], "more than 64 MiB"),
        (["--messages", "binary.dat"], "binary.dat: a binary file"),
        (["--tools-file", "latin.txt"], "latin.txt: not UTF-8"),
        (["--wire", "opnai-chat"], "did you mean openai-chat?"),
        (["-T", "raed_file"], "did you mean read_file or "),
        (["-o", "temperature=hot"], "must be a number"),
    ],
)
def test_a_question_with_a_bad_part_is_never_sent(
    rig: Program, bad: Path, asked: tuple[str, ...], server: FakeServer, flags: list[str], cause: str
) -> None:
    result = rig(*asked, *flags, "Hi")
    assert (result.code, result.out) == (2, ""), result.err
    assert result.err.count("\n") == 1
    assert cause in result.err
    assert server.chats == []
    assert bad.is_dir()


def test_a_folder_brings_its_text_and_passes_over_empty_files(
    rig: Program, here: Path, asked: tuple[str, ...], server: FakeServer
) -> None:
    (here / "src").mkdir()
    (here / "src" / "__init__.py").touch()
    (here / "src" / "main.py").write_text("print('main')\n", encoding="utf-8")
    for attached in ("src", "src/*.py"):
        assert rig(*asked, "-f", attached, "Hi").code == 0
    assert all("print('main')" in json.dumps(chat) for chat in server.chats)


@pytest.mark.parametrize(
    ("piped", "cause"),
    [
        (b"caf\xe9", "not UTF-8 text (byte 0xe9 at 3)"),
        (b"a\0b" * 9, "a binary file"),
    ],
)
def test_piped_bytes_that_are_no_text_are_refused(
    rig: Program, asked: tuple[str, ...], piped: bytes, cause: str
) -> None:
    told(rig(*asked, "Hi", stdin=piped), 2, "stdin", cause)


@pytest.mark.parametrize("words", [["Hi"], ["--messages", "-"]])
def test_an_endless_pipe_ends_with_exit_2(asked: tuple[str, ...], words: list[str]) -> None:
    with process(*asked, *words, stdin=subprocess.PIPE) as rig:
        told(fed(rig, b"y\n" * (1 << 19)), 2, "stdin: more than 16 MiB", "rig ask -i")


def fed(rig: subprocess.Popen[bytes], data: bytes) -> Result:
    """Write `data` into a process for as long as it reads, and return what came of it."""
    assert rig.stdin
    with suppress(BrokenPipeError):
        while True:
            rig.stdin.write(data)
    with suppress(BrokenPipeError):
        rig.stdin.close()
    rig.stdin = None
    out, err = rig.communicate(timeout=20)
    return Result(rig.returncode, out.decode(), err.decode())


def run(*argv: str, shell: str = "", **env: str) -> Result:
    """Run `rig` in a shell, with what `shell` says about its streams, and without stdin unless that is said."""
    line = f'exec "$0" -m rigcli "$@" {shell or "</dev/null"}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, *argv],
        env={**os.environ, **env},
        capture_output=True,
        timeout=20,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


@posix
def test_a_silent_pipe_is_spoken_of_and_ends_with_exit_2(asked: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    with process(*asked, "--format", "json", "Hi", stdin=reading, env={"RIG_INPUT_STDIN_WAIT": "1.2"}) as rig:
        out, err = rig.communicate(timeout=20)
    os.close(reading)
    os.close(writing)
    assert rig.returncode == 2
    assert [line.partition(" (")[0] for line in err.decode().splitlines()] == [
        "rig: waiting for stdin",
        "rig: stdin: open, but silent for 1.2 s",
    ]
    assert json.loads(out)["error"]["kind"] == "usage"


@posix
@pytest.mark.parametrize("argv", [("--version",), ("sessions", "list"), ("config", "set", "model", "a/b")])
def test_a_closed_stdout_is_told_and_nothing_is_written_into_a_file_in_its_place(argv: tuple[str, ...]) -> None:
    told(run(*argv, shell=">&-"), 2, "stdout: closed", ">/dev/null")


@posix
@pytest.mark.parametrize("closed", ["2>&-", "<&-", "<&- 2>&-"])
def test_other_closed_streams_change_nothing(asked: tuple[str, ...], closed: str) -> None:
    assert run(*asked, "Hi", shell=closed) == Result(0, "An answer.\n", "")
    [session] = Path(os.environ["RIG_HOME"], "data", "sessions").glob("*.jsonl")
    assert all(json.loads(line) for line in session.read_text(encoding="utf-8").splitlines())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("argv", ["--version", "--help", "config list", "tools list --format json", "completions zsh"])
def test_an_output_that_takes_no_more_is_exit_6(argv: str) -> None:
    told(run(*argv.split(), shell="</dev/null >/dev/full"), 6, "stdout: no space left", "free some disk space")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("format_", ["text", "json", "jsonl"])
def test_an_answer_that_could_not_be_written_is_kept_in_its_session(asked: tuple[str, ...], format_: str) -> None:
    told(run(*asked, "--format", format_, "Hi", shell="</dev/null >/dev/full"), 6, "stdout: no space left")
    [session] = Path(os.environ["RIG_HOME"], "data", "sessions").glob("*.jsonl")
    assert "Hi" in session.read_text(encoding="utf-8")


@posix
@pytest.mark.parametrize("argv", ["index .", "ask -T list_dir Hi", "doctor"])
def test_a_deleted_working_folder_is_told_and_no_other_one_is_read(tmp_path: Path, argv: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = f'cd {gone} && rmdir {gone} && exec "$0" -m rigcli {argv} </dev/null'
    path = str(Path(__file__).parents[2])
    done = subprocess.run(
        ["sh", "-c", line, sys.executable],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        timeout=20,
        check=False,
    )
    told(Result(done.returncode, done.stdout.decode(), done.stderr.decode()), 2, "working folder", "cd to a folder")


def test_jsonl_ends_with_its_object_also_where_nothing_was_sent(rig: Program, here: Path) -> None:
    assert here.is_dir()
    result = rig("ask", "-m", "openai/gpt-4o", "--format", "jsonl", "Hi")
    error, end = result.lines
    assert (result.code, error["type"], end["type"]) == (4, "error", "end")
    assert error["kind"] == end["error"]["kind"] == "auth"


def test_the_object_of_a_failed_question_has_every_field(rig: Program, asked: tuple[str, ...], here: Path) -> None:
    assert here.is_dir()
    answered = rig(*asked, "--format", "json", "Hi").json
    for argv in (("ask", "-m", "openai/x", "Hi"), ("ask", "--modle", "x", "Hi"), (*asked, "-f", "nosuch", "Hi")):
        failed = rig(*argv, "--format", "json")
        assert failed.code
        assert failed.json.keys() == answered.keys()
        assert failed.json["error"]["hint"]
        assert failed.json["finish_reason"] == "error"


@pytest.mark.parametrize(
    "line",
    [
        "index nosuch",
        "search -i nosuch hi",
        "indexes show nosuch",
        "models nosuch",
        "providers show nosuch",
        "tools show nosuch",
        "sessions list --limit -3",
    ],
)
def test_every_command_with_json_prints_one_object_where_it_fails(rig: Program, here: Path, line: str) -> None:
    assert here.is_dir()
    result = rig(*line.split(), "--format", "json")
    assert result.code == 2
    assert result.json["v"] == 1
    assert result.json["error"]["kind"] in ("usage", "config")


def without_power(*argv: str) -> Result:
    """Run `rig` as a user for whom permissions count: root without the two capabilities that pass over them."""
    words = [sys.executable, "-m", "rigcli", *argv]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def closed(here: Path) -> Iterator[Path]:
    """A folder without permission, with a file in it, in the working folder."""
    if sys.platform == "win32" or (os.geteuid() == 0 and not shutil.which("setpriv")):
        pytest.skip("permissions do not count for this user")
    folder = here / "closed"
    folder.mkdir()
    (folder / "a.txt").write_text("private\n", encoding="utf-8")
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


@pytest.mark.parametrize("flags", [["-f", "closed"], ["-f", "closed/a.txt"], ["-f", "."], ["-s", "@closed/a.txt"]])
def test_what_may_not_be_read_is_told_and_not_left_out(
    closed: Path, asked: tuple[str, ...], server: FakeServer, flags: list[str]
) -> None:
    told(without_power(*asked, *flags, "Hi"), 2, closed.name, "permission denied")
    assert server.chats == []


def test_a_folder_that_may_not_be_read_is_a_skipped_one_for_an_index(closed: Path) -> None:
    result = without_power("index", closed.name, "--no-vectors")
    assert result.code == 0
    assert "skipped closed: permission denied" in result.err
    assert "skipped: 1" in result.err


def test_settings_behind_a_closed_folder_are_neither_passed_over_nor_written(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIG_HOME", str(closed))
    told(without_power("config", "set", "model", "a/b"), 6, "permission denied", "RIG_HOME")
    assert without_power("config", "list").code == 2


def test_an_endless_batch_of_queries_ends_with_exit_2(rig: Program, here: Path) -> None:
    (here / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    assert rig("index", "a.md", "--name", "a", "--no-vectors").code == 0
    with process("search", "-i", "a", "--queries", "-", stdin=subprocess.PIPE) as searching:
        told(fed(searching, b"y\n" * (1 << 19)), 2, "stdin: more than 16 MiB")


@pytest.mark.parametrize(
    ("name", "cause"), [("nosuch", "no such file"), ("latin.txt", "iconv"), ("notes.txt", "line 1")]
)
def test_a_bad_file_of_queries_is_told(rig: Program, bad: Path, name: str, cause: str) -> None:
    assert rig("index", "notes.txt", "--name", "a", "--no-vectors").code == 0
    told(rig("search", "-i", "a", "--queries", str(bad / name)), 2, name, cause)


def test_what_an_index_leaves_out_is_said(rig: Program, bad: Path) -> None:
    result = rig("index", str(bad), "--name", "a", "--no-vectors")
    assert result.code == 0
    assert "skipped big.txt: is larger than 32 MiB" in result.err
    assert "1 binary file left out" in result.err


def test_a_damaged_index_is_named_by_every_command_and_not_replaced_by_another(rig: Program, bad: Path) -> None:
    (bad / "docs").mkdir()
    (bad / "docs" / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    assert rig("index", "docs", "--no-vectors").code == 0
    Path(os.environ["RIG_HOME"], "data", "indexes", "docs", "index.db").write_bytes(b"\x00\xff" * 4000)
    for line in ("index docs", "search -i docs text", "indexes show docs"):
        told(rig(*line.split()), 6, "index docs: file is not a database", "rig indexes rm docs")
    assert rig("indexes", "rm", "docs").code == 0
    assert rig("index", "docs", "--no-vectors").code == 0


@posix
def test_files_and_folders_of_an_index_are_private_whatever_the_umask(rig: Program, bad: Path) -> None:
    before = os.umask(0)
    try:
        assert rig("index", str(bad), "--name", "a", "--no-vectors").code == 0
    finally:
        os.umask(before)
    home = Path(os.environ["RIG_HOME"])
    modes = {path: path.stat().st_mode & 0o777 for path in home.rglob("*")}
    assert len(modes) > 3
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items()), modes


def test_an_alias_of_an_untrusted_project_ends_with_exit_5_and_says_how_to_trust_it(rig: Program, here: Path) -> None:
    (here / ".rig").mkdir()
    (here / ".rig" / "config.toml").write_text('[aliases]\nteam = "ollama/x"\n', encoding="utf-8")
    refused = rig("ask", "-m", "team", "Hi")
    assert (refused.code, refused.out) == (5, "")
    assert "aliases.team" in refused.err
    assert f"rig config trust {here}" in refused.err
    assert rig("ask", "-m", "tame", "Hi").code == 2


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'modle = "x"\n', "1: unknown setting 'modle'"),
        (b"model = \n", "1:9: invalid value"),
        (b'model = "\xe9"\n', "1:10: is not UTF-8"),
        (b"[net]\nretries = true\n", "2: net.retries must be a whole number"),
    ],
)
def test_broken_settings_stop_every_command_and_stay_as_they_are(
    rig: Program, asked: tuple[str, ...], content: bytes, cause: str
) -> None:
    file = Path(os.environ["RIG_HOME"], "config", "config.toml")
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    for argv in ((*asked, "Hi"), ("sessions", "list"), ("config", "set", "model", "a/b")):
        result = rig(*argv)
        assert (result.code, result.out) == (2, "")
        assert f"config.toml:{cause}" in result.err
    assert file.read_bytes() == content


@posix
@pytest.mark.parametrize("command", ["exit 3", "echo sk-canary-0123456789abcdef; exit 1"])
def test_a_key_command_that_fails_is_named_and_prints_no_key(rig: Program, command: str) -> None:
    assert rig("config", "set", "keys.openai.key_cmd", command).code == 0
    told(rig("ask", "-m", "openai/gpt-4o", "Hi"), 4, "key_cmd of openai: exit", "keys.openai.key_cmd")
    assert "canary" not in rig("ask", "-m", "openai/gpt-4o", "--format", "json", "Hi").out


def test_settings_and_keys_set_at_once_by_several_processes_are_all_there(here: Path) -> None:
    names = [f"a{number}" for number in range(4)]
    runs = [process("config", "set", f"aliases.{name}", f"openai/{name}", cwd=here) for name in names]
    for provider in ("openai", "groq"):
        with (here / provider).open("wb+") as key:
            key.write(b"sk-0123456789\n")
            key.seek(0)
            runs.append(process("keys", "set", provider, stdin=key, cwd=here))
    assert [run.wait(timeout=20) for run in runs] == [0] * 6
    for run in runs:
        run.communicate()
    home = Path(os.environ["RIG_HOME"])
    assert all(f"openai/{name}" in (home / "config" / "config.toml").read_text(encoding="utf-8") for name in names)
    assert json.loads((home / "data" / "keys.json").read_bytes())["keys"].keys() == {"openai", "groq"}
