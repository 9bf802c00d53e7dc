"""What runs may cost: limits, the record of what was used, `rig usage`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rigcli.core.errors import BudgetError
from rigcli.core.messages import user
from rigcli.core.requests import Options, Request
from rigcli.core.usage import Usage
from rigcli.home.settings import from_environment
from rigcli.home.usage import Entry, Ledger
from rigcli.library.budget import Budget
from rigcli.library.reach import reach, rows_of
from rigcli.providers.lookup import resolve
from rigcli.testing import FakeServer
from tests.cli.test_tools import at
from tests.support.program import Program

ENV = {"OPENAI_API_KEY": "sk-test"}


def target(name: str = "openai/gpt-4o"):
    settings = from_environment(ENV)
    return reach(resolve(name, rows_of(settings), {}), settings, ENV)


def request(tokens: int | None = None) -> Request:
    return Request("gpt-4o", (user("hello " * 100),), options=Options(max_tokens=tokens))


def test_a_call_whose_worst_case_is_more_than_what_is_left_is_not_made() -> None:
    """gpt-4o: $2.50 and $10 a million tokens."""
    with pytest.raises(BudgetError, match=r"could cost \$0.1005, and \$0.1000 is left of --max-cost \$0.1"):
        Budget(run=0.1).check(request(10_000), target())
    Budget(run=0.11).check(request(10_000), target())


def test_an_answer_without_a_limit_gets_that_of_the_budget_and_the_user_is_told_once() -> None:
    budget = Budget(run=0.05)
    limited, notices = budget.check(request(), target())
    assert 4900 < (limited.options.max_tokens or 0) < 5000
    assert notices == [f"answers are limited to what is left of --max-cost $0.05: about {limited.options.max_tokens:,} tokens now"]  # fmt: skip
    budget.note(target(), Usage(input_tokens=1000, output_tokens=1000))
    assert budget.spent == pytest.approx(0.0125)
    assert budget.check(request(), target())[1] == []
    assert Budget(run=5.0).check(request(), target())[0] == request()


def test_a_spent_budget_ends_the_run() -> None:
    budget = Budget(run=0.01)
    budget.note(target(), Usage(input_tokens=1000, output_tokens=1000))
    with pytest.raises(BudgetError, match=r"\$0.0000 is left"):
        budget.check(request(), target())


def test_the_daily_limit_counts_what_other_runs_spent_today_and_nothing_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Entry("2026-01-01", "", "openai", "gpt-4o", 1, 1, 99.0))
    Budget(day=0.5, ledger=ledger).check(request(1000), target())
    ledger.note("openai", "gpt-4o", Usage(1, 1, cost_usd=0.499), None)
    with pytest.raises(BudgetError, match=r"budget.daily \$0.5"):
        Budget(day=0.5, ledger=ledger).check(request(1000), target())


def test_max_cost_of_nothing_is_exit_9_before_anything_is_sent_and_the_session_goes_on(
    rig: Program, server: FakeServer, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    result = rig("ask", "-m", "openai/gpt-4o", "--max-cost", "0.0000001", "--format", "json", "hello")
    assert (result.code, result.json["error"]["kind"]) == (9, "budget")
    server.reply("hi")
    again = rig(*at(server, "-c"))
    assert (again.code, again.out) == (0, "hi\n")
    assert server.chats[0]["messages"] == [{"role": "user", "content": "hello"}]


def test_an_unknown_price_is_said_and_counted_apart(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("hi", times=2)
    result = rig(*at(server, "--max-cost", "1", "hello"))
    assert (result.code, result.out) == (0, "hi\n")
    assert "the price of openai-compatible/m is unknown: --max-cost $1 cannot count it" in result.err
    rig(*at(server, "hello again"))
    told = rig("usage", "--by", "model", "--format", "json").json
    [row] = told["rows"]
    assert (row["name"], row["calls"], row["cost_usd"], row["unpriced_calls"]) == ("openai-compatible/m", 2, 0.0, 2)
    assert (row["input_tokens"], row["output_tokens"]) == (20, 10)
    assert "2 of unknown price" in rig("usage").out


def test_nothing_is_kept_of_a_run_without_a_session(rig: Program, server: FakeServer, here: Path) -> None:
    server.reply("hi")
    rig(*at(server, "--no-session", "hello"))
    assert rig("usage", "--format", "json").json["rows"] == []


def test_usage_adds_up_by_day_and_passes_over_what_it_cannot_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Entry("2026-01-01", "", "a", "m", 1, 2, 0.5))
    month = tmp_path / "usage" / "2026-01.jsonl"
    month.write_text(month.read_text() + "torn\n" + json.dumps({"day": 1}) + "\n")
    ledger.add(Entry("2026-01-02", "", "b", "n", 1, None, None))
    assert [(entry.day, entry.cost_usd) for entry in ledger.entries()] == [("2026-01-01", 0.5), ("2026-01-02", None)]
    assert [entry.day for entry in ledger.entries("2026-01-02")] == ["2026-01-02"]
