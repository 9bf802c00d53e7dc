"""The witness: whatever line the rules allow is handed to a real bash, which must run nothing but allowed commands."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from rigcli.home.permits import Permits
from rigcli.home.rules import parse_rule

BASH = shutil.which("bash")
PROGRAMS = ("ls", "cat", "git", "rm", "timeout")
BASES = [
    "ls", "ls -la | cat", "git log && ls", "cat 'a b'", 'ls "x y"; cat', "cat <<EOF\nx\nEOF", "cat <<'EOF'\nx\nEOF\nls", "(ls)",
    "! ls", "ls 2>/dev/null", "cat <<< hi", "ls # c", "ls a\\ b", "git log\nls", "ls && cat || git x",
]  # fmt: skip
PIECES = [
    "ls", "cat", "rm", "rm x", " rm ", " ", "\n", ";", "&&", "||", "|", "|&", "&", "$(", "`", ")", "(", "{", "}", "'", '"', "\\", "<<EOF",
    "\nEOF\n", "<<'EOF'", "#", "$", "$'", "${x", "[", "]", "*", "~", "!", "=", "x=", "<", ">", "/dev/null", "2>&1", "<(", "if ", "then ",
    "fi", "do ", "done", "for ", "case ", "esac", "in ", "\t", "-", "\\\n", "$((", "))", "[[", "]]", "<<<", "<<-E", "\nE\n", ";;", "function ",
    "time ", "coproc ", "{a,b}", "@(", '$"', "\r", "2>", "&>",
]  # fmt: skip


def lines(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    found: list[str] = []
    for _ in range(count):
        line = chance.choice(BASES)
        for _ in range(chance.randint(1, 4)):
            at = chance.randint(0, len(line))
            line = line[:at] + chance.choice(PIECES) + line[at + chance.choice([0, 0, 0, 1]) :]
        found.append(line)
    return found


@pytest.mark.skipif(BASH is None, reason="no bash here")
@pytest.mark.parametrize("seed", range(4))
def test_bash_runs_nothing_that_the_rules_did_not_allow(tmp_path: Path, seed: int) -> None:
    assert BASH
    programs, place, log = tmp_path / "bin", tmp_path / "place", tmp_path / "log"
    programs.mkdir()
    place.mkdir()
    for name in PROGRAMS:
        (programs / name).write_text(f"#!{BASH}\necho {name} >> {log}\n")
        (programs / name).chmod(0o755)
    permits = Permits(place, allow=tuple(parse_rule(f'shell(command="{name} *")') for name in ("ls", "cat", "git")))
    allowed = [line for line in lines(seed, 1500) if permits.decide("shell", {"command": line}).decision == "allow"]
    assert len(allowed) > 50
    for line in allowed:
        log.write_text("")
        subprocess.run(
            [BASH, "-c", line], cwd=place, env={"PATH": str(programs)}, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )  # fmt: skip
        assert set(log.read_text().split()) <= {"ls", "cat", "git"}, line
        assert not list(place.iterdir()), line
