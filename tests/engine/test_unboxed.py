"""Where commands have no sandbox, each is asked about, whatever the rules allow."""

from __future__ import annotations

from typing import Any

from rigcli.core.ports import Traits
from rigcli.engine.taint import Guard, Seen


class Allow:
    decision, rule = "allow", "shell"


class Runner:
    read_only = False

    def __init__(self, *, unboxed: bool) -> None:
        self.traits = Traits(unboxed=unboxed)

    @property
    def spec(self) -> Any:
        raise NotImplementedError

    async def run(self, arguments: dict[str, Any]) -> str:
        raise NotImplementedError


def test_a_call_without_the_sandbox_that_the_user_wants_is_asked_about_each_time() -> None:
    tools: Any = {"shell": Runner(unboxed=True), "boxed": Runner(unboxed=False)}
    guard = Guard(lambda name, arguments: Allow(), tools, Seen())  # type: ignore[arg-type,return-value]
    assert guard("boxed", {}).decision == "allow"
    asked = guard("shell", {})
    assert (asked.decision, asked.rule) == ("ask", "")
    assert "no sandbox" in getattr(asked, "why", "")
