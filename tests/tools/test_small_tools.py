"""think, time, ask_user, and search in indexes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rigcli.core.hits import Hit
from rigcli.core.ports import Tool, ToolError, traits_of
from rigcli.tools.builtin import ask_user, clock, search_index, think
from rigcli.tools.context import ToolContext


def run(tool: Tool, **arguments: Any) -> str:
    return asyncio.run(tool.run(arguments))  # type: ignore[arg-type]


@dataclass
class Someone:
    says: str | None
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def ask(self, question: str, choices: tuple[str, ...]) -> str | None:
        self.asked.append((question, choices))
        return self.says


class Shelf:
    def names(self) -> list[str]:
        return ["docs", "my.notes"]

    def search(self, name: str, query: str, top: int) -> list[Hit]:
        return [Hit("docs/a.md", (3, 9), 0, 4, 0.5, "text\n", "Top > Sub", name)][:top]


HERE = Path()


def test_a_thought_is_noted_and_the_time_is_told() -> None:
    assert run(think.make(ToolContext(HERE)), thought="hm") == "Noted."
    assert "+00:00 (" in run(clock.make(ToolContext(HERE)), zone="UTC")
    with pytest.raises(ToolError, match="no such time zone"):
        run(clock.make(ToolContext(HERE)), zone="../etc/passwd")


def test_a_person_is_asked_for_as_long_as_it_takes_and_a_headless_run_says_that_nobody_is_there() -> None:
    someone = Someone("tabs")
    tool = ask_user.make(ToolContext(HERE, person=someone))
    assert run(tool, question="tabs or spaces?", choices=["tabs", "spaces"]) == "tabs"
    assert someone.asked == [("tabs or spaces?", ("tabs", "spaces"))]
    assert tool.seconds == float("inf")  # type: ignore[attr-defined]
    assert run(ask_user.make(ToolContext(HERE)), question="which?") == ask_user.NOBODY
    assert run(ask_user.make(ToolContext(HERE, person=Someone(None))), question="which?") == ask_user.NOBODY


def test_passages_come_with_path_and_lines_and_count_as_private_and_as_strangers_words() -> None:
    context = ToolContext(HERE, indexes=Shelf())
    one = search_index.make_for("my.notes")(context)
    assert one.spec.name == "search_my_notes"
    assert "my.notes" in one.spec.description
    said = "[1] docs/a.md:3-9 (score 0.50) · Top > Sub\ntext"
    assert run(one, query="x") == said
    assert run(search_index.make(context), index="docs", query="x") == said
    assert (traits_of(one).private, traits_of(one).untrusted, traits_of(one).sends) == (True, True, False)
    with pytest.raises(ToolError, match=r"no index 'other'; there are: docs, my.notes"):
        run(search_index.make(context), index="other", query="x")
