"""Files written and edited as a model asks for it: exactly, as a whole or not at all, in the shape that they had."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rigcli.core.ports import ToolError
from rigcli.tools.builtin import edit_file, glob, read_file, write_file
from rigcli.tools.context import ToolContext
from rigcli.tools.edit.diff import file_diff
from rigcli.tools.edit.hunks import apply
from rigcli.tools.edit.patch import parse
from rigcli.tools.edit.replace import replace
from rigcli.tools.edit.text import Shape, read_text
from rigcli.tools.folder_write import OpenedWriter, writer
from rigcli.tools.folder_write_portable import PortableWriter

posix = pytest.mark.skipif(sys.platform == "win32", reason="rights and openat are POSIX")
texts = st.text(st.sampled_from("ab \t\n"), max_size=40)


class Tools:
    """The file tools of one run, as a model calls them."""

    def __init__(self, root: Path, **more: Any) -> None:
        self.context = ToolContext(root, **more)
        makers = {"read": read_file.make, "write": write_file.make, "edit": edit_file.make, "glob": glob.make}
        self.made: dict[str, Any] = {name: maker(self.context) for name, maker in makers.items()}

    def __call__(self, name: str, **arguments: Any) -> str:
        return asyncio.run(self.made[name].run(arguments))

    def edit(self, path: str, old: str, new: str, **more: Any) -> str:
        return self("edit", path=path, old_string=old, new_string=new, **more)

    def preview(self, name: str, **arguments: Any) -> str:
        return self.made[name].preview(arguments)


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


# ---------------------------------------------------------------- write_file


def test_a_new_file_is_made_with_its_folders(tools: Tools, tmp_path: Path) -> None:
    assert tools("write", path="a/b/c.txt", content="one\ntwo\n") == "made a/b/c.txt (2 lines)"
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"one\ntwo\n"
    assert tools("write", path=str(tmp_path / "a/b/c.txt"), content="one\n") == "changed a/b/c.txt (+0 -1 lines)"
    assert [each.name for each in (tmp_path / "a/b").iterdir()] == ["c.txt"]


@pytest.mark.parametrize(
    ("before", "content", "after"),
    [
        (b"a\r\nb\r\n", "x\ny\n", b"x\r\ny\r\n"),
        (b"\xef\xbb\xbfa\n", "x\n", b"\xef\xbb\xbfx\n"),
        (b"\xef\xbb\xbfa\n", "\ufeffx\n", b"\xef\xbb\xbfx\n"),
        ("a\n".encode("utf-16"), "ü\n", "ü\n".encode("utf-16")),
        (b"a\n", "x\r\n", b"x\r\n"),
        (b"\0\1\2", "x\n", b"x\n"),
        (b"", "x", b"x"),
    ],
)
def test_a_file_keeps_its_shape(tools: Tools, tmp_path: Path, before: bytes, content: str, after: bytes) -> None:
    (tmp_path / "f").write_bytes(before)
    tools("write", path="f", content=content)
    assert (tmp_path / "f").read_bytes() == after


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o4755])
def test_a_file_keeps_its_rights(tools: Tools, tmp_path: Path, mode: int) -> None:
    (tmp_path / "f").write_text("a\n")
    (tmp_path / "f").chmod(mode)
    tools.edit("f", "a", "b")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode & 0o777


@posix
def test_a_file_that_is_marked_read_only_stays(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\n")
    (tmp_path / "f").chmod(0o444)
    with pytest.raises(ToolError, match="marked read-only"):
        tools("write", path="f", content="b")


def test_too_much_is_refused(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="are more than the"):
        tools("write", path="f", content="x" * (10 * 1024 * 1024 + 1))
    assert list(tmp_path.iterdir()) == []
    with (tmp_path / "big").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    with pytest.raises(ToolError, match="are more than the"):
        tools.edit("big", "a", "b")


def test_half_a_character_is_refused_and_nothing_is_left(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="lone surrogate"):
        tools("write", path="new/f", content="\ud800")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- edit_file: replace


def test_an_exact_text_is_replaced_once_or_everywhere(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("one two\ntwo\n")
    with pytest.raises(ToolError, match=r"stands there 2 times \(lines 1, 2\)"):
        tools.edit("f", "two", "2")
    assert tools.edit("f", "one two", "1 2") == "changed f (+1 -1 lines)"
    (tmp_path / "f").write_text("two two\n")
    assert Tools(tmp_path).edit("f", "two", "2", replace_all=True) == "changed f (+1 -1 lines)"
    assert (tmp_path / "f").read_text() == "2 2\n"


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (b"a\r\nb\r\nc\r\n", "a\nb", "x\ny\nz", b"x\r\ny\r\nz\r\nc\r\n"),
        (b"a\r\nb\nc\r\n", "b\nc", "x", b"a\r\nx\r\n"),
        (b"a\r\nb\r\n", "b\r\n", "", b"a\r\n"),
        (b"\xef\xbb\xbfa\n", "a", "b", b"\xef\xbb\xbfb\n"),
        ("grün\n".encode("latin-1"), "gr", "GR", "GRün\n".encode("latin-1")),
        (b"a\rb\n", "a\rb", "c", b"c\n"),
        (b"last", "last", "first", b"first"),
    ],
)
def test_all_other_bytes_stay(tools: Tools, tmp_path: Path, before: bytes, old: str, new: str, after: bytes) -> None:
    (tmp_path / "f").write_bytes(before)
    tools.edit("f", old, new)
    assert (tmp_path / "f").read_bytes() == after


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ("def one():\n  return 1", "only spaces, tabs or empty lines differ from:\n     1\tdef one():"),
        ("def two():\n    return 1", "the nearest is:\n     1\tdef one():\n     2\t    return 1"),
        ("def ome():", "the nearest is:\n     1\tdef one():"),
        ("quite something else", "nothing there is like it"),
        ("     1\tdef one():", "begins with a line number"),
        ("", "old_string is empty"),
    ],
)
def test_a_near_miss_shows_what_is_there(tools: Tools, tmp_path: Path, old: str, words: str) -> None:
    (tmp_path / "f.py").write_text("def one():\n    return 1\n")
    with pytest.raises(ToolError) as caught:
        tools.edit("f.py", old, "x")
    assert words in str(caught.value)


@pytest.mark.parametrize(("path", "may", "shown"), [(".env", True, False), ("f", False, False), ("f", True, True)])
def test_a_question_that_nobody_allowed_yet_quotes_nothing(tmp_path: Path, path: str, may: bool, shown: bool) -> None:
    """A preview is made before anybody is asked: its error must not read a file to the model."""
    (tmp_path / path).write_text("TOKEN=hunter2\n")
    tools = Tools(tmp_path, may_read=lambda _: may)
    with pytest.raises(ToolError) as caught:
        tools.preview("edit", path=path, old_string="TOKEN=hunter3", new_string="x")
    assert ("hunter2" in str(caught.value)) == shown


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"path": "f"},
        {"path": "f", "old_string": "a"},
        {"patch": "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", "path": "f"},
        {"patch": "nothing"},
        {"path": "f", "old_string": "a", "new_string": "a"},
        {"path": "missing", "old_string": "a", "new_string": "b"},
    ],
)
def test_what_cannot_be_meant_is_told(tools: Tools, tmp_path: Path, arguments: dict[str, Any]) -> None:
    (tmp_path / "f").write_text("a\n")
    with pytest.raises(ToolError):
        tools("edit", **arguments)
    assert (tmp_path / "f").read_text() == "a\n"


@given(texts, texts, texts, texts)
def test_a_replace_goes_there_and_back(head: str, old: str, new: str, tail: str) -> None:
    for eol in ("\n", "\r\n"):
        text = (head + "<" + old + ">" + tail).replace("\n", eol)
        shape = read_text(text.encode())[1]
        if old == new:
            continue
        there = replace(text, shape, f"<{old}>", f"<{new}>", everywhere=False, told="nothing")
        assert there.replace("\r\n", "\n") == head + "<" + new + ">" + tail
        back = replace(there, shape, f"<{new}>", f"<{old}>", everywhere=False, told="nothing")
        assert back.replace("\r\n", "\n") == text.replace("\r\n", "\n")


# ---------------------------------------------------------------- edit_file: patch


@settings(max_examples=300)
@given(texts, texts)
def test_a_diff_of_ours_applied_gives_the_new_text(old: str, new: str) -> None:
    diff = file_diff("f", old.encode(), new.encode())
    hunks = parse(diff)[0].hunks if old != new else []
    assert apply(old, Shape(), hunks, told="nothing") == new


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(old=texts, new=texts)
def test_a_diff_of_ours_is_what_the_patch_program_takes(tmp_path: Path, old: str, new: str) -> None:
    if old == new or not old or not new:
        return
    (tmp_path / "f").write_bytes(old.encode())
    diff = file_diff("f", old.encode(), new.encode())
    try:
        ran = subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=tmp_path, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs git")
    assert (ran.returncode, (tmp_path / "f").read_bytes()) == (0, new.encode()), ran.stderr


@settings(max_examples=300)
@given(st.text(max_size=200), st.text(st.sampled_from("-+@ *\nab\\/,1"), max_size=200))
def test_no_text_breaks_the_parser(any_text: str, like_a_patch: str) -> None:
    for text in (any_text, like_a_patch, f"--- a/f\n+++ b/f\n{like_a_patch}", f"*** Begin Patch\n{like_a_patch}"):
        try:
            found = parse(text)
        except ToolError:
            continue
        assert all(each.path for each in found)


GIT = """diff --git a/old.txt b/renamed.txt
similarity index 60%
rename from old.txt
rename to renamed.txt
--- a/old.txt
+++ b/renamed.txt
@@ -1,2 +1,2 @@
 keep
-out
+in
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git "a/sp\\303\\244t.txt" "b/sp\\303\\244t.txt"
new file mode 100644
--- /dev/null
+++ "b/sp\\303\\244t.txt"
@@ -0,0 +1 @@
+late
\\ No newline at end of file
"""
ENVELOPE = """*** Begin Patch
*** Update File: old.txt
*** Move to: renamed.txt
@@ keep
-out
+in
*** Delete File: gone.txt
*** Add File: spät.txt
+late
*** End Patch
"""


@pytest.mark.parametrize(("patch", "end"), [(GIT, ""), (ENVELOPE, "\n"), (GIT.replace("\n", "\r\n"), "")])
def test_one_patch_changes_moves_makes_and_deletes(tools: Tools, tmp_path: Path, patch: str, end: str) -> None:
    (tmp_path / "old.txt").write_text("keep\nout\n")
    (tmp_path / "gone.txt").write_text("gone\n")
    tools("edit", patch=patch)
    there = {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()}
    assert there == {"renamed.txt": "keep\nin\n", "spät.txt": "late" + end}
    assert tools.made["edit"].paths({"patch": patch}) == ["renamed.txt", "old.txt", "gone.txt", "spät.txt"]


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        ("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", "a\nB\nc\nd\n"),
        ("@@ -40,2 +40,2 @@\n-b\n+B\n c\n", "a\nB\nc\nd\n"),  # wrong line
        ("@@ -1,9 +1,9 @@\n a\n-b\n+B\n", "a\nB\nc\nd\n"),  # wrong counts
        ("@@ -1 +1 @@\n a\n-b\n+B\n", "a\nB\nc\nd\n"),
        ("@@ ... @@\n-b\n+B\n", None),
        ("@@\n-b\n+B\n", "a\nB\nc\nd\n"),
        ("@@ b @@\n-c\n+C\n", "a\nb\nC\nd\n"),
        ("@@ -1,0 +2 @@\n+x\n", "a\nx\nb\nc\nd\n"),
        ("@@ -0,0 +1 @@\n+x\n", "x\na\nb\nc\nd\n"),
        ("@@ -4 +4 @@\n-d\n+D\n\\ No newline at end of file\n", "a\nb\nc\nD"),
        ("@@ -1 +1 @@\n-A\n+B\n", None),
        ("@@ -3 +3 @@\n-c\n+C\n@@ -1 +1 @@\n-a\n+A\n", None),  # not in order
        ("", None),
    ],
)
def test_hunks_are_applied_exactly_or_not_at_all(tools: Tools, tmp_path: Path, patch: str, after: str | None) -> None:
    (tmp_path / "f").write_text("a\nb\nc\nd\n")
    try:
        tools("edit", patch=f"--- a/f\n+++ b/f\n{patch}")
    except ToolError:
        assert after is None
    assert (tmp_path / "f").read_text() == (after or "a\nb\nc\nd\n")


def test_a_patch_that_fails_in_one_file_changes_none(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a\n")
    (tmp_path / "b").write_text("b\n")
    patch = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+A\n--- a/b\n+++ b/b\n@@ -1 +1 @@\n-x\n+B\n"
    with pytest.raises(ToolError, match="b: hunk 1: its old lines do not stand"):
        tools("edit", patch=patch)
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == ("a\n", "b\n")


def test_a_write_that_fails_in_the_second_file_takes_the_first_back(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a\n")
    name = "x" * 256
    with pytest.raises(ToolError):
        tools("edit", patch=f"*** Begin Patch\n*** Update File: a\n-a\n+A\n*** Add File: d/{name}\n+x\n*** End Patch")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "a\n"


@pytest.mark.parametrize("other", ["f", "./f", "d/../f"])
def test_a_file_is_named_once_in_a_patch(tools: Tools, tmp_path: Path, other: str) -> None:
    (tmp_path / "f").write_text("a\n")
    with pytest.raises(ToolError, match="named twice"):
        tools("edit", patch=f"*** Begin Patch\n*** Update File: f\n-a\n+b\n*** Delete File: {other}\n*** End Patch")


# ---------------------------------------------------------------- what was seen is what is written


def test_a_file_that_changed_since_it_was_read_or_shown_is_left_alone(tools: Tools, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("a\nz\n")
    wanted = {"path": "f", "old_string": "a", "new_string": "b"}
    diff = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+b\n z\n"
    assert tools.preview("edit", **wanted) == diff
    file.write_text("a\nuser\n")
    with pytest.raises(ToolError, match="changed by somebody else since this change was shown"):
        tools("edit", **wanted)
    assert file.read_text() == "a\nuser\n"
    tools("read", path="f")
    file.write_text("a\nmore\n")
    for act in (tools.preview, tools):
        with pytest.raises(ToolError, match="changed since you read it"):
            act("edit", **wanted)
    tools("read", path="f")
    tools("edit", **wanted)
    tools.edit("f", "b", "c")
    assert file.read_text() == "c\nmore\n"
    file.unlink()
    with pytest.raises(ToolError, match="is gone since you read it"):
        tools("write", path="f", content="new")


@pytest.mark.parametrize("kind", [OpenedWriter, PortableWriter])
def test_a_writer_compares_before_it_writes(tmp_path: Path, kind: Callable[[Path], Any]) -> None:
    if kind is OpenedWriter and sys.platform == "win32":
        pytest.skip("needs openat")
    made = kind(tmp_path)
    assert made.write("d/f", b"one", None) == ["d"]
    assert made.look("d/f").data == b"one"
    for before in (None, b"other"):
        with pytest.raises(ToolError, match="in the meantime"):
            made.write("d/f", b"two", before)
    assert made.write("d/f", b"two", b"one") == []
    with pytest.raises(ToolError, match="in the meantime"):
        made.write("d/f", None, b"one")
    made.write("d/f", None, b"two")
    made.drop_folder("d")
    assert list(tmp_path.iterdir()) == []
    for path in ("../x", "d/../../x", "x/", ""):
        with pytest.raises(ToolError):
            made.look(path)


KILLED = """
import os, signal, sys
from pathlib import Path
from rigcli.tools.folder_write import writer
calls = 0
def dying(function):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call
made = writer(Path(sys.argv[1]))
for name in ("open", "stat", "fstat", "fsync", "rename", "fchmod", "close", "fdopen"):
    setattr(os, name, dying(getattr(os, name)))
made.write("f", b"new" * 100000, b"old")
print("done")
"""


@posix
def test_a_crash_at_any_call_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    seen: set[bytes] = set()
    for number in range(1, 60):
        (tmp_path / "f").write_bytes(b"old")
        ran = subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path), str(number)], capture_output=True, check=False
        )
        seen.add((tmp_path / "f").read_bytes()[:3])
        assert (tmp_path / "f").read_bytes() in (b"old", b"new" * 100000)
        if ran.stdout == b"done\n":
            break
    else:
        pytest.fail("it never came to its end")
    assert seen == {b"old", b"new"}
    assert number > 10


# ---------------------------------------------------------------- glob


def test_glob_finds_names_and_leaves_out_what_a_search_leaves_out(tools: Tools, tmp_path: Path) -> None:
    for name in ("a.py", "src/b.py", "src/lib/c.ts", "src/lib/d.md", ".env", "build/x.py", ".git/hooks/y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".gitignore").write_text("build/\n")
    if sys.platform != "win32":
        (tmp_path / "link.py").symlink_to("a.py")
        os.mkfifo(tmp_path / "pipe.py")
    assert tools("glob", pattern="*.py") == "a.py\nsrc/b.py"
    assert tools("glob", pattern="./src/**/*.{ts,md}") == "src/lib/c.ts\nsrc/lib/d.md"
    assert tools("glob", pattern="lib/*.ts", path="src") == "src/lib/c.ts"
    assert "\n[more than 1: narrow the pattern or the path]" in tools("glob", pattern="*", max_results=1)
    assert tools("glob", pattern="*.env") == (
        "[no file is named like that]\n[1 files that usually hold secrets were left out]"
    )
    assert type(writer(tmp_path)) is (PortableWriter if sys.platform == "win32" else OpenedWriter)
