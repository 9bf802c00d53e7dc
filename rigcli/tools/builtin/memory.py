"""memory: what the model wants to keep about the user, or for the rest of a session."""

from __future__ import annotations

from typing import Annotated, Literal

from rigcli.core.errors import RigError
from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.traits import WRITES_FILES


def make(context: ToolContext) -> Tool:
    """Return the tool; there is no recall, because what is known stands in the system prompt."""

    @tool(traits=WRITES_FILES)
    def memory(
        operation: Annotated[Literal["record", "forget"], "record keeps a value, forget drops it"],
        key: Annotated[str, "a short name, such as favourite_editor; a value it had before is replaced"],
        value: Annotated[str, "what to keep, in one sentence; needed for record"] = "",
        scope: Annotated[Literal["user", "session"], "user: for all conversations; session: for this one"] = "user",
    ) -> str:
        """Keep a fact for later conversations, or forget one. What is known stands in your instructions already."""
        kept, key = context.memory, " ".join(key.split())
        if kept is None:
            raise ToolError("memory is off here")
        if not key:
            raise ToolError("key: empty")
        try:
            if operation == "forget":
                known = kept.forget(scope, key)
                return f'Forgot {scope} memory "{key}".' if known else f'No {scope} memory found for "{key}".'
            if not value.strip():
                raise ToolError("value: empty; forget drops what is kept")
            kept.record(scope, key, value.strip())
        except RigError as error:
            raise ToolError(error.line()) from None
        return f'Recorded {scope} memory "{key}".'

    return memory
