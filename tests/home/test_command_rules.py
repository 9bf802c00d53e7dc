"""Rules about command lines: what looks allowed and is not, and what is forbidden wherever it hides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.home.permits import Permits
from rigcli.home.rules import parse_rule

ALLOWED = [
    "ls *", "cat *", "git *", "find *", "grep *", "rg *", "sed *", "echo *", "head *", "wc *", "tar *", "sort *", "curl *",
    "pytest *", "npm test", "uv run pytest *", "cd *", "true", "date *", "jq *", "python -m pytest", "make test", "diff *",
    "env *", "xargs *", "bash *", "sudo *", "python *", "uniq *", "fd *", "zip *", "rsync *", "wget *", "npx *", "cargo test *",
]  # fmt: skip

PLAIN = [
    "ls", "ls -la", "git status", "git log --oneline -5", "git diff HEAD~1 -- src/a.py", "git --no-pager log", "git log | head -5",
    "grep -rn TODO src | wc -l", "cat a.txt && ls; true", "find . -name '*.py' -type f", "sed -n 1,20p a.py", "sed -n '5p' a.py",
    "sed s/a/b/g a.txt", "sed -e 's/a/b/' -e 's|c|d|g' x", "npm test", "python -m pytest", "make test", "uv run pytest -x tests",
    "timeout 60 pytest -q", "nice -n 5 git log", "time ls", "nohup pytest -q", "ls 2>/dev/null || true", "ls 2>&1 | head -3",
    'echo "hello world"', "git commit -m 'a; b && c | d'", "LANG=C sort a.txt", "cat <<'EOF'\n$(rm -rf ~)\nEOF", "! grep -q x y",
    "(cd src && ls)", "ls # a comment", "git log --format='%h %s'", "sort -u a.txt | uniq -c", "tar -tf a.tar", "jq .a b.json",
    "rg -n --hidden pattern src", "cat src/*.py", "ls \\\n  -la", "date +%s", "curl -sSL https://example.org/x", "cargo test --lib",
    "git show HEAD:a.py | sed -n 1,5p", "ls -- -weird", "grep -c '' a",
]  # fmt: skip

NOT_ALLOWED = [
    # another command beside the allowed one
    "ls; rm -rf ~", "ls && rm -rf ~", "ls || rm -rf ~", "ls | sh", "ls |& sh", "ls & rm -rf ~", "ls\nrm -rf ~", "ls &", "true;rm x",
    "rm -rf ~ | ls", "! rm x", "(rm x)", "{ rm x; }", "ls;\trm x", "cat a|tee b", "git log\n\n\nrm x", "ls #\nrm x", "ls;:;rm x",
    # substitutions
    "ls $(rm x)", "ls `rm x`", 'ls "$(rm x)"', 'ls "`rm x`"', "ls ${X:-$(rm x)}", "ls $((a[$(rm x)]))", "cat <(rm x)", "ls >(rm x)",
    "echo $(echo $(rm x))", 'echo "a$(rm x)b"', "cat <<EOF\n$(rm x)\nEOF", "cat <<EOF\n`rm x`\nEOF", "cat <<E_F\n`rm x`\nE_F", "cat <<-EOF\n\t`rm x`\n\tEOF", "cat <<A;ls <<B\nx\nA\n`rm x`\nB", "cat <<< $(rm x)", "ls $[$(rm x)]",
    "ls ${x@P}", "ls ${!x}", "ls $X", "ls $HOME", 'ls "$X"', "$X", "$(ls)", "`ls`", "${IFS}ls", "ls$IFS-la", "echo ${x/$(rm y)/}",
    # redirections
    "echo x > ~/.bashrc", "echo x >> ~/.bashrc", "echo x >| a", "echo x &> a", "echo x &>> a", "cat < ~/.ssh/id_rsa", "echo x 1> a",
    "ls 2> a", "echo x >&a", "echo x > .git/hooks/pre-commit", "ls <> a", "cat > a <<EOF\nx\nEOF", "> a", "echo x > /dev/tcp/h/1",
    # grammar
    "if true; then rm x; fi", "for i in a; do rm $i; done", "while true; do rm x; done", "case x in *) rm x;; esac", "f() { rm x; }; f",
    "function ls { rm x; }; ls", "ls() { rm x; }; ls", "until rm x; do true; done", "select x in a; do rm x; done", "coproc rm x",
    "[[ -f x ]] && rm x", "[ -f x ]", "[[ a[$(rm x)] -eq 1 ]]", "(( x = 1 ))", "let x=1", "time rm x", "time -o x ls",
    # quoting and expansion
    "r\\m x", "'rm' x", '"rm" x', "r''m x", 'r""m x', "$'\\x72m' x", "$'rm' x", '$"rm" x', "\\rm x", "l\\\ns; rm x", "{rm,x}", "ls {a,b}",
    "{ls,-la}", "ls *", "ls ?", "ls [a-z]*", "tar *", "ls ~root/*; rm x", "eval ls", "eval 'rm x'", "ls 'a", 'ls "a', "ls )", "ls (", "ls ;;",
    "ls \\", "ls <<", "ls |", "&& ls", "| ls", "ls\x00rm", "ls\rrm x", "ls\u2028rm", "ls\u00a0x", "ls \u202e x", "ls\x0brm", "ls\x1b[8m",
    # variables that change what runs
    "PATH=. ls", "LD_PRELOAD=./x.so ls", "GIT_SSH_COMMAND='rm x' git fetch", "PAGER='rm x' git log", "X=1", "X=1; ls", "IFS=/ ls",
    "BASH_ENV=x ls", "export PATH=.", "declare -x PATH=.", "PYTHONSTARTUP=x pytest", "NODE_OPTIONS=--require=./x npm test",
    "PS4='$(rm x)' ls", "GIT_EXTERNAL_DIFF=x git diff", "GIT_PAGER=x git log", "LESSOPEN='|rm %s' cat a", "EDITOR=x git commit",
    # wrappers and interpreters: no prefix rule covers them
    "sudo ls", "sudo -u x rm y", "env ls", "env -i rm x", "env X=1 rm x", "env -S 'rm x'", "xargs rm", "ls | xargs rm", "ls | xargs -I{} rm {}",
    "bash -c 'rm x'", "sh -c ls", "bash script.sh", "bash -lc 'rm x'", "/bin/sh -c ls", "python -c 'import os'", "python x.py", "python3 -c 1",
    "node -e 1", "perl -e 1", "ruby -e 1", "php -r 1", "awk 'BEGIN{system(\"rm x\")}'", "command -p rm x",
    "exec ls", "builtin eval rm", "busybox rm x", "setsid ls", "watch ls", "timeout 5 rm x", "timeout 5 bash -c ls", "nice rm x", "nohup rm x",
    "timeout --foreground 5 ls", "stdbuf -oL rm x", "ssh host ls", "su -c ls", "doas ls", "chroot / ls", "unshare ls", "strace ls",
    "script -c 'rm x'", "flock /tmp/l rm x", "find . | parallel rm", "source x", ". x", "trap 'rm x' EXIT", "alias ls=rm", "enable -f x y",
    "hash -p /bin/rm ls", "printf -v x y", "read x", "mapfile -C rm x", "set -x", "shopt -s x", "docker run x", "kubectl exec x", "vim -c ':!rm x'",
    "make", "make -f x", "npm run x", "npx rm", "npm exec rm", "uv run rm x", "uv run python x", "pipx run x", "go run x.go", "cargo run",
    "./ls", "/tmp/ls -la", "../git log", "bin/pytest", "~/ls", "a=b", "lS -la", "ssh-keygen x",
    # options that run, write or send
    "find . -exec rm {} ;", "find . -exec rm {} +", "find . -delete", "find . -execdir rm {} +", "find . -ok rm {} ';'", "find . -fprint a",
    "find . -fprintf a x", "find . -fls a", "fd -x rm", "fd . -X rm", "fd --exec rm", "fd --exec-batch rm", "rg --pre ./x a", "rg --pre=./x a",
    "git -c core.pager='rm x' log", "git -c alias.x='!rm x' x", "git --exec-path=. log", "git --git-dir=x log", "git -C /x log", "git -p log",
    "git --config-env=a=b log", "git config alias.x '!rm x'", "git bisect run rm x", "git submodule foreach rm x", "git rebase --exec 'rm x'",
    "git rebase --ex 'rm x'", "git grep -O'rm x' a", "git grep --open-files-in-pager=x a", "git grep --open x", "git diff --ext-diff",
    "git log --output=a", "git log --out=a", "git diff --output a", "git difftool -x 'rm x'", "git clone ext::'sh -c rm'", "git fetch ext::x",
    "git fetch --upload-pack='rm x' a", "git ls-remote --upload-pack=x a", "git push --receive-pack=x", "git filter-branch --tree-filter 'rm x'",
    "git archive --exec=x", "git archive --output=a HEAD", "git init --template=x", "git hook run x", "git commit --gpg-sign=x", "git help --man x",
    "git show --textconv HEAD", "git daemon", "git mergetool", "git credential fill", "git send-email x", "git worktree add x",
    "sed -i s/a/b/ x", "sed --in-place s/a/b/ x", "sed -n 'w a' x", "sed 's/a/b/w out' x", "sed 's/a/rm x/e' a", "sed '1e rm x' a", "sed -f x a",
    "sed --file=x a", "sed 1,2p -i a", "sed -e p a -i", "sed 'r /etc/passwd' a", "sed -ni p a", "sed 's/a/b/;1e rm x' a", "sed --in-pl p a",
    "tar -xf a.tar", "tar xf a.tar", "tar -cf a b", "tar --checkpoint=1 --checkpoint-action=exec='rm x' -tf a", "tar -tf a --to-command=rm",
    "tar -tf a -I 'rm x'", "tar -tf a --use-compress-program='rm x'", "tar -tf a --use-comp=x", "tar -tf a --checkpoint-act=exec=x", "tar tfI a x",
    "sort -o a b", "sort --output=a b", "sort --compress-program=rm b", "sort --comp=rm b", "sort -uo a b", "uniq a b",
    "curl -o a x", "curl -O x", "curl --output a x", "curl -T a x", "curl -d @/etc/passwd x", "curl --data-binary @a x", "curl -K a",
    "curl -F f=@a x", "curl -X POST x", "curl --upload-file a x", "curl -sSLo a x", "curl file:///etc/passwd", "curl --out a x",
    "wget x -O a", "wget --post-file=a x", "wget -i a", "wget --use-askpass=x y", "wget -e x=y z",
    "rsync -e 'sh -c rm' a b", "rsync --rsh=x a b", "rsync a host:b", "zip a b -T -TT 'rm x'", "zip --unzip-command=x a", "date -s x", "date -f a",
    "jq -f a b", "jq -L x y", "pytest -p x", "pytest -c x", "pytest --rootdir=/x", "pytest -o addopts=x", "pytest -pfoo", "cargo test --config x=y",
]  # fmt: skip

FORBIDDEN = [
    "rm -rf x", "ls; rm -rf x", "ls && rm x", "ls | rm x", "ls $(rm x)", "ls `rm x`", 'echo "$(rm x)"', "cat <(rm x)", "sudo rm x", "sudo -u root rm x",
    "env rm x", "env A=b rm x", "env -i -u X rm y", "env -S 'rm x'", "timeout 5 rm x", "timeout -s KILL 5 rm x", "nice -n 5 rm x", "nohup rm x",
    "xargs rm x", "ls | xargs -n 1 rm -f", "sh -c 'rm x'", "bash -lc 'ls; rm x'", "bash -c \"sh -c 'rm x'\"", "eval rm x", "eval 'rm x'",
    "find . -exec rm {} +", "find . -exec sudo rm {} ;", "if true; then rm x; fi", "for i in a; do rm $i; done", "while :; do rm x; done",
    "{ rm x; }", "(rm x)", "f() { rm x; }", "case a in *) rm x;; esac", "! rm x", "time rm x", "command rm x", "builtin command rm x", "exec rm x",
    "busybox rm x", "/bin/rm x", "/usr/bin/../bin/rm x", "\\rm x", "r\\m x", "'rm' x", '"r"m x', "r''m x", "ls & rm x", "ls\nrm x", "rm $X", "rm *",
    "X=1 rm y", "cat <<EOF\n$(rm x)\nEOF", "ls > $(rm x)", "su -c 'rm x' root", "ssh host rm x", "watch rm x", "setsid rm x", "strace -f rm x",
    "flock /tmp/l rm x", "flock /tmp/l -c 'rm x'", "script -c 'rm x'", "chroot /x rm y", "doas rm x", "trap 'rm x' EXIT", "[ -f x ] && rm x",
    "sudo env nice timeout 5 sh -c 'rm x'", "ls; (ls; (rm x))", "ls || { ls && rm x; }", 'while read f; do rm "$f"; done < list', "RM.EXE x",
]  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Permits:
    place: Path = tmp_path_factory.mktemp("place")
    return Permits(place, allow=tuple(parse_rule(f'shell(command="{glob}")') for glob in ALLOWED))


@pytest.fixture(scope="module")
def wary(tmp_path_factory: pytest.TempPathFactory) -> Permits:
    place: Path = tmp_path_factory.mktemp("place")
    return Permits(place, allow=(parse_rule("shell"),), deny=(parse_rule("shell(command=rm *)"),))


@pytest.mark.skipif(os.name == "nt", reason="a rule with a wildcard covers no command line there")
@pytest.mark.parametrize("line", PLAIN)
def test_what_the_user_meant_to_allow_runs_without_a_question(rules: Permits, line: str) -> None:
    assert rules.decide("shell", {"command": line}).decision == "allow"


@pytest.mark.parametrize("line", NOT_ALLOWED)
def test_what_only_looks_allowed_is_asked_about(rules: Permits, line: str) -> None:
    assert rules.decide("shell", {"command": line}).decision == "ask"


def test_the_table_is_as_large_as_it_says() -> None:
    assert len(set(NOT_ALLOWED)) >= 300


@pytest.mark.parametrize("line", FORBIDDEN)
def test_what_is_forbidden_is_found_wherever_it_hides(wary: Permits, line: str) -> None:
    assert wary.decide("shell", {"command": line}).decision == "deny"


@pytest.mark.parametrize(
    "line", ["$X x", "$(echo rm) x", "`echo rm` x", "ls 'a", "ls $(", "X=rm; $X x", "$'\\x72m' x", "ls\x00"]
)
def test_where_a_forbidden_command_could_hide_no_flag_says_yes(wary: Permits, line: str) -> None:
    found = wary.decide("shell", {"command": line}, approve="all")
    assert (found.decision, found.floor) == ("ask", True)


def test_rules_of_several_tools_and_arguments_hold_for_the_rest_of_the_call(tmp_path: Path) -> None:
    permits = Permits(tmp_path, allow=(parse_rule("shell(command=ls *, cwd=src)"),))
    assert permits.decide("shell", {"command": "ls -a", "cwd": "src"}).decision == "allow"
    assert permits.decide("shell", {"command": "ls -a", "cwd": "/etc"}).decision == "ask"
    assert permits.decide("other", {"command": "ls -a", "cwd": "src"}).decision == "ask"


def test_the_decision_names_the_rules_that_allowed_each_command(rules: Permits) -> None:
    assert rules.decide("shell", {"command": "git log | head -3"}).rule == (
        'shell(command="git *"), shell(command="head *")'
    )


HARMFUL = st.sampled_from(
    ["rm -rf ~", "sh", "tee a", "sudo ls", "python -c 1", "> a", "$(rm x)", "`rm x`", "eval x", "X=1 y"]
)
GLUE = st.sampled_from([";", "&&", "||", "|", "|&", "&", "\n", " ; ", "\n\n", ";\t"])
SAFE = st.sampled_from(["ls", "git log", "cat 'a b'", 'echo "x"', "wc -l", "true"])


@given(st.lists(st.tuples(SAFE, GLUE), max_size=4), HARMFUL, st.lists(st.tuples(GLUE, SAFE), max_size=4))
def test_a_harmful_command_among_harmless_ones_is_never_allowed(
    before: list[tuple[str, str]], harm: str, after: list[tuple[str, str]]
) -> None:
    permits = Permits(Path.cwd(), allow=tuple(parse_rule(f'shell(command="{glob}")') for glob in ALLOWED))
    line = "".join(safe + glue for safe, glue in before) + harm + "".join(glue + safe for glue, safe in after)
    assert permits.decide("shell", {"command": line}).decision == "ask"


@given(st.text(max_size=60))
def test_no_text_makes_the_rules_fail(text: str) -> None:
    permits = Permits(Path.cwd(), allow=(parse_rule("shell(command=ls *)"),), deny=(parse_rule("shell(command=rm *)"),))
    assert permits.decide("shell", {"command": text}).decision in ("allow", "ask", "deny")
