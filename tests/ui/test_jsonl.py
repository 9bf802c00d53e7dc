from __future__ import annotations

import io
import json

from rigcli.core.errors import RateLimitError
from rigcli.core.events import (
    Approval,
    End,
    Finish,
    Notice,
    Opaque,
    Progress,
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
from rigcli.ui.collect import Collect
from rigcli.ui.jsonl import Jsonl

EVENTS = [
    Start("m-1", "r1", "openai"),
    Reasoning("hm"),
    ToolCall("c1", "add", '{"a": 1}'),
    ToolCall("c2", "add", "{broken"),
    Usage(10, 2, raw={"x": 1}),
    Finish("tool_calls", "tool_calls"),
    Approval("c1", "add", '{"a": 2}', "allow", "add"),
    Progress("c1", "add", "adding"),
    ToolResult("c1", "add", "3"),
    ToolResult("c2", "add", "", "not JSON", "deny"),
    Start("m-1", "r2", "openai"),
    Source(1, "docs/a.md", (1, 2), 0.5, "docs"),
    Retry(1, 0.5, "busy", 429),
    Notice("n"),
    Text("it is \x1b[31m3\u202e"),
    Opaque("w", {}),
    Refusal(""),
    Usage(20, 4),
    Finish("stop", "end_turn"),
    End(assistant("it is \x1b[31m3\u202e"), "stop", "end_turn", Usage(30, 6), 2),
]


def test_each_line_is_one_versioned_object_of_a_documented_type():
    out, collect = io.StringIO(), Collect()
    sink = Jsonl(out)
    for event in EVENTS:
        sink.handle(event)
        collect.handle(event)
    sink.error(RateLimitError("openai: too many", status=429, retry_after=2.0))
    sink.close(collect.whole(session="s"))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(line["v"] == 1 for line in lines)
    assert {line["type"] for line in lines} == {
        "start", "text", "reasoning", "tool_call", "progress", "tool_result", "approval", "source", "usage", "retry", "notice",
        "error", "end",
    }  # fmt: skip
    assert lines[-1]["session"] == "s"
    assert lines[-2]["kind"] == "rate_limit"


def test_a_text_keeps_its_value_and_only_ascii_is_written():
    out = io.StringIO()
    Jsonl(out).handle(Text("\x1b[2J\x9b\u202eé\ud800"))
    assert out.getvalue().isascii()
    assert json.loads(out.getvalue())["text"] == "\x1b[2J\x9b\u202eé\ud800"


def test_the_whole_object_tells_the_run():
    ticks = iter([100.0, 100.25, 101.0])
    collect = Collect(clock=lambda: next(ticks))
    for event in EVENTS:
        collect.handle(event)
    whole = collect.whole()
    assert whole["text"] == "it is \x1b[31m3\u202e"
    assert whole["tool_calls"] == [
        {"id": "c1", "name": "add", "arguments": {"a": 2}, "result": "3", "error": None, "decision": "allow"},
        {"id": "c2", "name": "add", "arguments": "{broken", "result": "", "error": "not JSON", "decision": "deny"},
    ]
    assert whole["usage"]["input_tokens"] == 30
    assert whole["sources"] == [{"path": "docs/a.md", "lines": [1, 2], "score": 0.5, "index": "docs"}]
    assert (whole["finish_reason"], whole["raw_finish_reason"], whole["response_id"]) == ("stop", "end_turn", "r2")
    assert whole["timing"] == {"first_token_ms": 250, "total_ms": 1000}
    assert whole["error"] is None


def test_a_broken_run_keeps_the_text_that_came_and_names_the_error():
    collect = Collect()
    for event in (Start("m"), Text("half")):
        collect.handle(event)
    whole = collect.whole(error=RateLimitError("too many", status=429))
    assert (whole["text"], whole["finish_reason"]) == ("half", "error")
    assert whole["error"] == {
        "kind": "rate_limit",
        "message": "too many",
        "status": 429,
        "provider": None,
        "retry_after": None,
        "hint": None,
    }
    assert whole["usage"]["cost_usd"] is None
