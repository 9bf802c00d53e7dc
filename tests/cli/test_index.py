"""`rig index`, `rig search` and `rig indexes`, with the embedder that comes with the package."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.program import Program, process


@pytest.fixture
def docs(here: Path) -> Path:
    folder = here / "docs"
    folder.mkdir()
    (folder / "keys.md").write_text("# Keys\n\n## Rotation\n\nRotate the signing keys every ninety days.\n")
    (folder / "backup.md").write_text("# Backups\n\nNightly backups go to the vault in Bergen.\n")
    return folder


def test_a_folder_becomes_an_index_and_answers_with_path_and_line(rig: Program, docs: Path) -> None:
    done = rig("index", "docs")
    assert (done.code, done.out, done.err) == (0, "", "rig: index docs: 2 files, 2 passages; 2 added\n")
    found = rig("search", "-i", "docs", "how often must keys be changed?", "--top", "1")
    assert found.code == 0
    assert found.out.startswith(f"{Path('docs', 'keys.md')}:1  0.")
    assert "Rotate the signing keys" in found.out


def test_again_there_is_nothing_to_do(rig: Program, docs: Path) -> None:
    rig("index", "docs")
    assert rig("index", "docs").err == "rig: index docs: 2 files, 2 passages; nothing to do\n"


def test_hits_in_json_are_exact_slices_of_the_file(rig: Program, docs: Path) -> None:
    rig("index", "docs")
    document = rig("search", "-i", "docs", "vault", "--format", "json").json
    assert document.keys() == {"v", "hits"}
    hit = document["hits"][0]
    assert list(hit) == ["path", "lines", "start", "end", "score", "text", "heading", "index"]
    text = Path(hit["path"]).read_text()
    assert text[hit["start"] : hit["end"]] == hit["text"]
    assert (hit["path"], hit["index"], hit["heading"]) == (str(Path("docs", "backup.md")), "docs", "Backups")
    assert hit["lines"] == [1, 3]


def test_a_file_of_queries_is_answered_in_its_order(rig: Program, docs: Path, here: Path) -> None:
    rig("index", "docs", "--name", "both")
    (here / "q.jsonl").write_text('{"id": 7, "text": "signing keys"}\n\n{"id": "x", "text": "vault"}\n')
    result = rig("search", "--index", "both", "--queries", "q.jsonl", "--top", "1", "--format", "jsonl")
    assert [(row["id"], Path(row["hits"][0]["path"]).name) for row in result.lines] == [
        (7, "keys.md"),
        ("x", "backup.md"),
    ]
    assert all(row.keys() == {"id", "hits"} for row in result.lines)
    piped = rig("search", "--queries", "-", "--top", "1", stdin=b'{"id": 1, "text": "vault"}\n')
    assert piped.lines[0]["id"] == 1


def test_paths_outside_the_working_folder_are_absolute(
    rig: Program, docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig("index", "docs")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    hit = rig("search", "vault", "--format", "json").json["hits"][0]
    assert hit["path"] == str(docs / "backup.md")


def test_modes_limits_and_scores(rig: Program, docs: Path) -> None:
    rig("index", "docs")
    assert len(rig("search", "vault", "--lexical", "--format", "jsonl").lines) == 1
    assert len(rig("search", "vault", "--dense", "--format", "jsonl").lines) == 2
    scores = [hit["score"] for hit in rig("search", "vault", "--format", "jsonl").lines]
    assert 1 >= scores[0] > scores[1] >= 0
    assert len(rig("search", "vault", "--min-score", str(scores[0]), "--format", "jsonl").lines) == 1
    nothing = rig("search", "zebra", "--lexical")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "rig: nothing found\n")


def test_another_folder_of_the_same_name_gets_a_name_of_its_own(rig: Program, docs: Path, here: Path) -> None:
    (here / "other" / "docs").mkdir(parents=True)
    (here / "other" / "docs" / "a.md").write_text("Alpha.")
    rig("index", "docs")
    name = rig("index", "other/docs", "--format", "json").json["index"]
    assert name.startswith("docs-")
    assert rig("search", "-i", "other/docs", "alpha", "--format", "json").json["hits"][0]["index"] == name


def test_flags_of_the_first_run_hold_for_the_next(rig: Program, docs: Path) -> None:
    (docs / "old.txt").write_text("Old.")
    assert rig("index", "docs", "--exclude", "*.txt", "--format", "json").json["files"] == 2
    assert rig("index", "docs", "--format", "json").json["files"] == 2
    assert rig("index", "docs", "--exclude", "", "--format", "json").json["files"] == 3


def test_what_cannot_be_read_is_named_and_strict_makes_it_count(rig: Program, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (docs / "big.txt").write_text("x" * 5000)
    (docs / "empty.md").write_text("")
    done = rig("index", "docs", "--max-file-size", "4K")
    assert done.code == 0
    assert done.err.splitlines() == [
        f"rig: skipped {Path('docs', 'big.txt')}: is larger than 4 KiB (--max-file-size)",
        f"rig: skipped {Path('docs', 'broken.pdf')}: is no PDF that can be read",
        "rig: index docs: 3 files, 2 passages; 3 added; skipped: 2",
    ]
    again = rig("index", "docs", "--strict", "--format", "json")
    assert again.code == 1
    assert [row["reason"] for row in again.json["skipped"]] == [
        "is larger than 4 KiB (--max-file-size)",
        "is no PDF that can be read",
    ]


def test_progress_comes_as_json_lines_only_where_it_is_asked_for(rig: Program, docs: Path) -> None:
    lines = rig("index", "docs", "--format", "jsonl").lines
    assert [line["type"] for line in lines[:-1]] == ["progress"] * (len(lines) - 1)
    assert {"read", "embed"} <= {line.get("stage") for line in lines}
    assert (lines[-1]["type"], lines[-1]["added"], lines[-1]["embedded"], lines[-1]["error"]) == ("end", 2, 2, None)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["index", "nowhere"], "nowhere: no such file or directory"),
        (["index", "docs", "--name", "a/b"], "index name 'a/b'"),
        (["index", "docs", "--max-file-size", "huge"], "'huge': is no size"),
        (["index", "docs", "--embedder", "nobody/none"], "no provider 'nobody'"),
        (["search", "-i", "dosc", "x"], "did you mean docs?"),
        (["search", "-i", "here", "x"], "no index 'here'"),
        (["search", "-i", ".", "x"], "is not indexed yet (run: rig index .)"),
        (["search"], "one query, or a file of them"),
        (["search", "x", "--lexical", "--dense"], "choose one"),
        (["search", "--queries", "none.jsonl"], "none.jsonl: no such file"),
        (["search", "--queries", "docs/keys.md"], "docs/keys.md, line 1: "),
        (["indexes", "rm", "dosc"], "did you mean docs?"),
    ],
)
def test_mistakes_end_with_2_and_the_next_step(rig: Program, docs: Path, argv: list[str], message: str) -> None:
    rig("index", "docs", "--no-vectors")
    if "--embedder" in argv:
        rig("indexes", "rm", "docs")
    result = rig(*argv)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.splitlines()) == 1


def test_without_an_index_search_says_how_to_make_one(rig: Program, here: Path) -> None:
    result = rig("search", "x")
    assert (result.code, result.err) == (2, "rig: search: there is no index yet (make one with: rig index PATH)\n")


def test_indexes_are_listed_shown_updated_and_removed(rig: Program, docs: Path) -> None:
    rig("index", "docs")
    assert rig("indexes", "list").out.split() == ["docs", "2", "files", "2", "passages", "docs"]
    about = rig("indexes", "show", "docs", "--format", "json").json
    assert (about["embedder"], about["width"], about["embedded"], about["skipped"]) == ("minilm-int8-1", 384, 2, [])
    assert "vectors   2 of 2 passages" in rig("indexes", "show", "docs").out
    (docs / "new.md").write_text("Something new.")
    assert "1 added" in rig("indexes", "update").err
    assert rig("indexes", "rm", "docs").out == "removed docs\n"
    assert rig("indexes", "list", "--format", "json").json["indexes"] == []
    assert (docs / "keys.md").exists()


def test_a_file_that_changed_since_is_told(rig: Program, docs: Path) -> None:
    rig("index", "docs")
    (docs / "backup.md").write_text("# Backups\n\nThe vault has moved to Oslo.\n")
    result = rig("search", "-i", "docs", "vault", "--top", "1")
    assert "changed since it was indexed (rig indexes update docs)" in result.err


def test_an_index_of_a_server_is_asked_with_the_same_server(
    rig: Program, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    asked: list[tuple[str, dict]] = []

    class Embeddings(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, body))
            rows = [{"index": n, "embedding": [1.0, float("vault" in text)]} for n, text in enumerate(body["input"])]
            data = json.dumps({"data": rows}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Embeddings) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        assert rig("index", "docs", "--embedder", "openai/text-embedding-3-small").code == 0
        hits = rig("search", "-i", "docs", "vault", "--dense", "--format", "json").json["hits"]
        server.shutdown()
    assert Path(hits[0]["path"]).name == "backup.md"
    assert {path for path, _ in asked} == {"/v1/embeddings"}
    assert asked[-1][1] == {"model": "text-embedding-3-small", "input": ["vault"]}
    other = rig("index", "docs", "--embedder", "minilm")
    assert other.code == 2
    assert "made with openai/text-embedding-3-small, not with minilm-int8-1" in other.err


def test_without_a_model_ask_quotes_the_index(rig: Program, docs: Path, server: FakeServer) -> None:
    rig("index", "docs")
    result = rig("ask", "-i", "docs", "Where do the backups go?")
    assert result.code == 0
    assert "vault in Bergen" in result.out
    assert f"[1] {Path('docs', 'backup.md')}:" in result.out


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT")
def test_ctrl_c_leaves_an_index_that_can_be_searched_and_goes_on(rig: Program, docs: Path) -> None:
    for number in range(300):
        (docs / f"{number}.md").write_text(f"# Topic {number}\n\n" + f"All about topic {number} and its parts. " * 12)
    running = process("index", "docs", "--format", "jsonl", cwd=docs.parent)
    assert running.stdout
    for line in running.stdout:
        if json.loads(line).get("stage") == "embed":
            break
    running.send_signal(signal.SIGINT)
    rest, err = running.communicate(timeout=30)
    assert running.returncode == 130
    end = json.loads(rest.splitlines()[-1])
    assert end["stopped"] is True
    assert 0 < end["pending"] <= 302
    assert b"the same command goes on" in err
    found = rig("search", "-i", "docs", "topic 77", "--format", "json").json["hits"]
    assert Path(found[0]["path"]).name == "77.md"


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe between processes")
def test_two_at_once_lose_nothing(docs: Path) -> None:
    quiet = subprocess.DEVNULL
    (docs.parent / "more").mkdir()
    (docs.parent / "more" / "a.md").write_text("Alpha.")
    both = [
        process("index", folder, "--name", "shared", "--no-vectors", cwd=docs.parent, stdout=quiet, stderr=quiet)
        for folder in ("docs", "more")
    ]
    assert [each.wait(30) for each in both] == [0, 0]
    show = process("indexes", "show", "shared", "--format", "json", cwd=docs.parent)
    assert json.loads(show.communicate(timeout=30)[0])["files"] == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not make such names")
def test_names_and_texts_that_act_on_a_terminal_do_not(rig: Program, docs: Path) -> None:
    (docs / "evil\x1b[2J.md").write_text("# Evil\x1b]0;owned\x07\n\nA zebra \x1b[31mred\x9b1m text.")
    rig("index", "docs")
    result = rig("search", "zebra")
    assert "zebra" in result.out
    assert not set("\x1b\x07\x9b") & set(result.out + result.err)


def test_a_damaged_index_is_storage_and_can_be_removed(rig: Program, docs: Path) -> None:
    rig("index", "docs", "--no-vectors")
    path = Path(os.environ["RIG_HOME"]) / "data" / "indexes" / "docs" / "index.db"
    path.write_bytes(b"garbage" * 1000)
    result = rig("search", "-i", "docs", "x")
    assert result.code == 6
    assert "rig indexes rm docs" in result.err
    assert rig("indexes", "rm", "docs").code == 0


def test_a_provider_is_told_what_is_a_question_and_what_is_searched(rig, here, monkeypatch):
    """Passages are `document`, questions are `query`; an index that was begun without goes on without."""
    from rigcli.testing import FakeServer

    (here / "docs").mkdir()
    (here / "docs" / "a.md").write_text("# Foxes\n\nA fox is red.\n", encoding="utf-8")
    with FakeServer() as server:
        monkeypatch.setenv("VOYAGE_BASE_URL", server.url)
        monkeypatch.setenv("VOYAGE_API_KEY", "k")
        monkeypatch.setenv("RIG_INDEX_EMBEDDER", "voyageai/voyage-3.5")
        assert rig("index", "docs").code == 0
        result = rig("search", "-i", "docs", "red fox")
        assert result.code == 0, result.err
        asked = [request.json.get("input_type") for request in server.requests if request.path == "/embeddings"]
    assert asked == ["document", "query"]
