"""think: a place for the model to put its thoughts in order between calls."""

from __future__ import annotations

from typing import Annotated

from rigcli.core.ports import Tool
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.traits import STAYS_HERE


def make(_: ToolContext) -> Tool:
    @tool(read_only=True, traits=STAYS_HERE)
    def think(thought: Annotated[str, "what you think"]) -> str:
        """Write down a thought before you go on: what is known, missing, to be done. Nothing else happens."""
        _ = thought
        return "Noted."

    return think
