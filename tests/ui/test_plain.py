from __future__ import annotations

import io
import subprocess
import sys

from rigcli.core.events import (
    Citation,
    End,
    Finish,
    Notice,
    Reasoning,
    Refusal,
    Retry,
    Source,
    Start,
    Text,
    ToolCall,
    ToolResult,
)
from rigcli.core.messages import assistant
from rigcli.core.usage import Usage
from rigcli.ui.activity import Activity
from rigcli.ui.plain import Plain
from rigcli.ui.summary import summary_line


class Counting(io.StringIO):
    writes = 0

    def write(self, text):
        self.writes += 1
        return super().write(text)


def run(*events, **options):
    out, err = Counting(), io.StringIO()
    sink = Plain(out, Activity(err, **options))
    for event in events:
        sink.handle(event)
    sink.close()
    return out, err.getvalue()


def test_stdout_is_exactly_the_text_with_one_newline_at_the_end():
    out, err = run(Start(model="m"), Text("hello "), Text("wor\x1b[3"), Text("1mld"), Usage(), Finish("stop"))
    assert out.getvalue() == "hello world\n"
    assert err == ""


def test_text_that_ends_with_a_newline_gets_no_second_one():
    assert run(Text("a\n"))[0].getvalue() == "a\n"


def test_an_empty_answer_writes_nothing():
    assert run(Start(), Finish("stop"))[0].getvalue() == ""


def test_a_chunk_of_many_tokens_is_one_write():
    out = Counting()
    sink = Plain(out)
    for _ in range(1000):
        sink.handle(Text("token "))
    sink.settled()
    assert out.writes == 1
    sink.settled()
    assert out.writes == 1


def test_everything_else_goes_to_stderr_in_order():
    _, err = run(
        Retry(1, 2.0, "openai is overloaded", 503),
        Reasoning("let me "),
        Reasoning("think\x1b]0;x\x07"),
        ToolCall("1", "read_file", '{"path": "a\\u202e.md"}'),
        ToolResult("1", "read_file", "one\ntwo\n"),
        ToolResult("2", "shell", "", error="User rejected this tool call: no", decision="deny"),
        Notice("half\x1b[2J a notice"),
        Refusal("I will not."),
    )
    assert err.splitlines() == [
        "rig: openai is overloaded (503); trying again in 2.0 s (try 2)",
        "let me think",
        '→ read_file {"path": "a\\u202e.md"}',
        "← read_file: 2 lines, 8 characters",
        "← shell: denied: User rejected this tool call: no",
        "rig: half a notice",
        "I will not.",
    ]


def test_a_status_that_the_reason_names_is_not_said_twice():
    _, err = run(Retry(1, 2.0, "openai: the provider answered 429: slow down", 429))
    assert err == "rig: openai: the provider answered 429: slow down; trying again in 2.0 s (try 2)\n"


def test_a_hidden_character_in_a_call_is_written_out():
    assert "\\u202e" in run(ToolCall("1", "x", '{"a": "\u202e"}'))[1]


def test_quiet_keeps_only_the_refusal():
    _, err = run(Notice("n"), Reasoning("r"), Refusal("no"), quiet=True)
    assert err == "no\n"


def test_colour_wraps_each_piece_and_is_always_taken_back():
    _, err = run(Reasoning("a"), Notice("b"), color=True)
    assert err == "\x1b[2ma\x1b[m\n\x1b[2mrig: b\x1b[m\n"


def test_sources_follow_the_answer_on_stdout():
    out, _ = run(
        Source(1, "docs/a\x1b[2J.md", (10, 24), 0.7, "docs"),
        Text("so [1]"),
        End(assistant("so [1]"), "stop", "stop", Usage()),
    )
    assert out.getvalue() == "so [1]\n\n[1] docs/a.md:10\n"


def test_the_plain_path_imports_nothing_but_the_standard_library():
    code = "import sys, rigcli.ui.plain, rigcli.ui.jsonl, rigcli.ui.collect; print([m for m in ('rich', 'prompt_toolkit', 'pydantic', 'wcwidth', 'asyncio', 'httpx') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_summary_says_what_is_unknown():
    assert summary_line("gpt", Usage(1204, 310, cost_usd=0.0012), 2.13) == "gpt · 1,204 in / 310 out · $0.0012 · 2.1 s"
    assert summary_line("m\x1b[2J", Usage(1, None, 1), 0.04) == "m · 1 in (1 cached) / ? out · price unknown · 0.0 s"
    assert summary_line(None, Usage(), 1) == "unknown model · tokens not counted · price unknown · 1.0 s"


def test_sources_of_the_provider_are_named_once_at_the_end_and_break_no_sentence():
    cited = Citation("https://a.b/c", "A page")
    out, err = run(Text("As "), cited, Text("said."), cited)
    assert (out.getvalue(), err) == ("As said.\n", "[1] A page https://a.b/c\n")
