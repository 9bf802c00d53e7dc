"""A tool that changes files: a typed function from arguments to wishes, and the desk that grants them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ParamSpec

from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import FunctionTool
from rigcli.tools.edit.desk import Desk, Wish
from rigcli.tools.threads import in_thread
from rigcli.tools.traits import WRITES_FILES

P = ParamSpec("P")


class WritingTool(FunctionTool[P, list[Wish]]):
    """The function only says what is wanted; nothing is changed before `run`."""

    def __init__(self, function: Callable[P, list[Wish]], context: ToolContext, *, previewed: tuple[str, ...]) -> None:
        super().__init__(function, traits=WRITES_FILES)
        self._desk = Desk(context)
        self.previewed = previewed

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError where the arguments do not fit, or a patch among them cannot be read."""
        self._wishes(arguments)

    def paths(self, arguments: dict[str, Any]) -> list[str]:
        """Return every path that a call would write to, or take a file from."""
        return [wish.path for wish in self._wishes(arguments)]

    def preview(self, arguments: dict[str, Any]) -> str:
        """Return the diff of a call. Raises ToolError where it cannot work."""
        return self._desk.preview(_key(arguments), self._wishes(arguments))

    async def run(self, arguments: dict[str, Any]) -> str:
        """Change the files and return what was done. Raises ToolError; then nothing was changed."""
        return await in_thread(self._desk.run, _key(arguments), self._wishes(arguments))

    def _wishes(self, arguments: dict[str, Any]) -> list[Wish]:
        bound = self._arguments.bind(arguments)
        return self.function(*bound.args, **bound.kwargs)


def _key(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)
