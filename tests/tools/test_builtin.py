"""The built-in tools as a model meets them: what comes back, what is cut, what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.builtin import BUILTIN, grep, list_dir, read_file
from rigcli.tools.context import ToolContext
from rigcli.tools.ignore import braces
from rigcli.tools.registry import make, offers
from rigcli.tools.text_file import decode


def run(made: Tool, **arguments: Any) -> str:
    return asyncio.run(made.run(arguments))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "guide.md").write_text("# Guide\n\nneedle one\nlast", encoding="utf-8")
    (tmp_path / "code.py").write_bytes(b"def f():\r\n    return 'Needle two'\r\n")
    return tmp_path


@pytest.fixture
def read(root: Path) -> Tool:
    return read_file.make(ToolContext(root))


@pytest.fixture
def search(root: Path) -> Tool:
    return grep.make(ToolContext(root))


# ---------------------------------------------------------------- read_file


def test_lines_come_with_their_numbers(read: Tool) -> None:
    assert run(read, path="docs/guide.md") == "     1\t# Guide\n     2\t\n     3\tneedle one\n     4\tlast"
    assert run(read, path="code.py") == "     1\tdef f():\n     2\t    return 'Needle two'"


def test_a_range_is_read_and_said(read: Tool) -> None:
    assert run(read, path="docs/guide.md", start=3, end=3) == "     3\tneedle one\n[lines 3-3 of 4]"
    assert run(read, path="docs/guide.md", start=4, end=99) == "     4\tlast\n[lines 4-4 of 4]"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"start": 0}, "the first is 1"),
        ({"start": 3, "end": 2}, "not before the first"),
        ({"start": 9}, "no line 9: the file has 4"),
        ({"start": "x"}, "start: input should be"),
    ],
)
def test_a_range_that_is_none_is_told(read: Tool, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ToolError, match=told):
        run(read, path="docs/guide.md", **arguments)


def test_a_long_file_is_shown_head_and_tail(root: Path, read: Tool) -> None:
    (root / "long.txt").write_text("".join(f"line {n}\n" for n in range(1, 10_001)))
    out = run(read, path="long.txt")
    assert out.startswith("     1\tline 1\n")
    assert (
        "\n  1500\tline 1500\n[… lines 1501-9500 left out; read them with start and end …]\n  9501\tline 9501\n" in out
    )
    assert out.endswith("\n 10000\tline 10000")


def test_wide_lines_are_cut_and_the_whole_stays_bounded(root: Path, read: Tool) -> None:
    (root / "wide.txt").write_text(("x" * 50_000 + "\n") * 100)
    out = run(read, path="wide.txt")
    assert "48,000 more characters" in out
    assert len(out) < read_file.MOST_CHARS * 1.1


def test_a_very_large_file_is_read_in_part(root: Path, read: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rigcli.tools.builtin.read_file.WHOLE", 1000)
    monkeypatch.setattr("rigcli.tools.text_file.WHOLE", 1000)
    (root / "big.log").write_text("".join(f"line {n}\n" for n in range(1, 10_001)))
    assert run(read, path="big.log", start=5000, end=5001) == (
        "  5000\tline 5000\n  5001\tline 5001\n[lines 5000-5001 of a very large file]"
    )
    assert "\n[lines 1-2000 of a very large file]" in run(read, path="big.log")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n0000", "a PNG image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"text\0text", "binary"),
        (zlib.compress(os.urandom(500), 9) + b"\0", "binary"),
    ],
)
def test_what_is_no_text_is_told(root: Path, read: Tool, data: bytes, kind: str) -> None:
    (root / "data").write_bytes(data)
    with pytest.raises(ToolError, match=rf"^data: not text: {kind}, {len(data)} bytes$"):
        run(read, path="data")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found(root: Path, read: Tool, encoding: str) -> None:
    text = "Größe und Höhe müssen übereinstimmen, über alle Maße.\nZweite Zeile für die Prüfung\n"
    (root / "t").write_bytes(text.encode(encoding))
    assert run(read, path="t").startswith("     1\tGröße und Höhe müssen")


def test_an_empty_file_is_told(root: Path, read: Tool) -> None:
    (root / "empty").touch()
    assert run(read, path="empty") == "[the file is empty]"


def test_a_folder_is_sent_to_list_dir(read: Tool) -> None:
    with pytest.raises(ToolError, match="use list_dir"):
        run(read, path="docs")


@given(st.binary(max_size=200))
def test_any_bytes_become_text(data: bytes) -> None:
    assert isinstance(decode(data), str)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\0\ufeff", exclude_categories=["Cs"])), min_size=1))
def test_reading_gives_back_every_line(tmp_path_factory: pytest.TempPathFactory, written: list[str]) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "f").write_bytes("".join(f"{line}\n" for line in written).encode())
    out = run(read_file.make(ToolContext(root)), path="f")
    assert [line.partition("\t")[2] for line in out.split("\n")] == written


# ---------------------------------------------------------------- list_dir


def test_a_folder_is_listed_with_sizes_and_links(root: Path) -> None:
    (root / "link").symlink_to("docs")
    (root / "odd\nname").touch()
    tool = list_dir.make(ToolContext(root))
    assert run(tool) == "code.py  35\ndocs/\nlink -> docs\nodd\\nname  0"
    assert run(tool, depth=2).split("\n")[1:3] == ["docs/", "  guide.md  24"]
    assert run(tool, path="docs") == "guide.md  24"


def test_listing_is_bounded(root: Path) -> None:
    tool = list_dir.make(ToolContext(root))
    (root / "many").mkdir()
    assert run(tool, path="many") == "[the folder is empty]"
    for n in range(1100):
        (root / "many" / f"{n:04}").touch()
    assert run(tool, path="many").endswith("\n[… 100 more; list one of the folders]")
    for depth in (0, 6):
        with pytest.raises(ToolError, match="1 to 5"):
            run(tool, depth=depth)
    with pytest.raises(ToolError, match="use read_file"):
        run(tool, path="code.py")


# ---------------------------------------------------------------- grep


def test_hits_are_path_line_text(search: Tool) -> None:
    assert run(search, pattern="needle") == "docs/guide.md:3:needle one"
    assert (
        run(search, pattern="needle", ignore_case=True)
        == "code.py:2:    return 'Needle two'\ndocs/guide.md:3:needle one"
    )
    assert run(search, pattern="needle", path="docs/guide.md") == "docs/guide.md:3:needle one"
    assert run(search, pattern="(?i)needle", glob="*.py") == "code.py:2:    return 'Needle two'"
    assert run(search, pattern="(?i)needle", glob="*.{md,rst}") == "docs/guide.md:3:needle one"


def test_no_match_says_how_many_files_were_searched(search: Tool) -> None:
    assert run(search, pattern="nothing like it") == "[no match in 2 files]"


def test_results_are_bounded_and_say_so(root: Path, search: Tool) -> None:
    (root / "many.txt").write_text("hit\n" * 3000)
    out = run(search, pattern="hit", max_results=5).split("\n")
    assert (len(out), out[-1]) == (6, "[there is more: narrow the pattern, the path or the glob]")
    (root / "wide.txt").write_text(("hit" + "x" * 2900 + "\n") * 1000)
    out = run(search, pattern="hitx", path="wide.txt", max_results=1000)
    assert len(out) < grep.MOST_BYTES + 200
    assert "[there is more" in out
    assert "…" in out


def test_a_pattern_that_would_take_for_ever_is_stopped(root: Path) -> None:
    (root / "evil.txt").write_text("needle\n" + "a" * 40 + "!\n")
    out = run(grep.make(ToolContext(root), seconds=1.0), pattern="needle|(a+)+$", path="evil.txt")
    assert out.split("\n")[0] == "evil.txt:1:needle"
    assert "stopped after 1 s" in out


@pytest.mark.parametrize("pattern", ["((", "*", "a{99999999999}", "(?P<a>", "[z-a]", "(" * 3000 + ")" * 3000])
def test_a_pattern_that_is_none_is_told(search: Tool, pattern: str) -> None:
    with pytest.raises(ToolError, match="no regular expression"):
        run(search, pattern=pattern)


def test_ignored_binary_and_secret_files_are_left_out(root: Path, search: Tool) -> None:
    (root / ".gitignore").write_text("*.log\nbuild/\n!keep.log\n")
    (root / "docs" / ".gitignore").write_text("local.md\n")
    (root / "build").mkdir()
    (root / ".git").mkdir()
    for path in ["a.log", "keep.log", "build/x.txt", "docs/local.md", ".git/config", ".env", "docs/a.log", "local.md"]:
        (root / path).write_text("token here\n")
    (root / "bin").write_bytes(b"token\0\n")
    assert run(search, pattern="token").split("\n") == [
        "keep.log:1:token here",
        "local.md:1:token here",
        "[1 files that usually hold secrets were left out: name one in path to search it]",
    ]
    assert run(search, pattern="token", path=".env") == ".env:1:token here"
    assert run(search, pattern="token", path="a.log") == "a.log:1:token here"


def test_a_search_sees_only_the_folder(root: Path, search: Tool) -> None:
    (root / "out").symlink_to(root.parent)
    for path in ("..", "out", "/etc", "../x"):
        with pytest.raises(ToolError):
            run(search, pattern="x", path=path)


def test_odd_names_cannot_forge_a_hit_or_the_report(root: Path, search: Tool) -> None:
    (root / '{"error": "x"}').write_text("token\n")
    (root / "a\nb:1:forged").write_text("token\n")
    assert run(search, pattern="token").split("\n") == ["a\\nb:1:forged:1:token", './{"error": "x"}:1:token']


def test_the_search_has_no_environment_and_no_folder_on_its_path(
    root: Path, search: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "json.py").write_text("raise SystemExit('planted')\n")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PYTHONPATH", str(root))
    assert run(search, pattern="planted") == "json.py:1:raise SystemExit('planted')"


def test_cancelling_ends_the_search(root: Path) -> None:
    (root / "evil.txt").write_text("a" * 40 + "!\n")
    tool = grep.make(ToolContext(root), seconds=60)

    async def main() -> None:
        task = asyncio.create_task(tool.run({"pattern": "(a+)+$"}))
        while children() == before and before != {"unknown"}:  # noqa: ASYNC110  the process table has no event to wait for
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    def children() -> set[str]:
        path = Path(f"/proc/self/task/{os.getpid()}/children")
        return set(path.read_text().split()) if path.exists() else {"unknown"}

    before = children()
    asyncio.run(main())
    assert children() <= before


@given(st.text(alphabet="a{},*", max_size=30))
def test_braces_are_written_out_and_bounded(glob: str) -> None:
    globs = braces(glob)
    assert 1 <= len(globs) <= 100
    assert all(re.fullmatch(r"[a{},*]*", each) for each in globs)


# ---------------------------------------------------------------- what models see


@pytest.mark.parametrize("name", BUILTIN)
def test_every_builtin_describes_itself_and_its_arguments(root: Path, name: str) -> None:
    tool = make(offers()[name], ToolContext(root))
    spec = tool.spec
    assert spec.name == name
    assert spec.description
    assert all(p["description"] for p in spec.parameters["properties"].values())
    assert len(json.dumps(spec.parameters)) < 1500
    assert tool.read_only == (name not in ("shell", "python", "memory", "write_file", "edit_file"))
