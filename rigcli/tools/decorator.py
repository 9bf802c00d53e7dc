"""`@tool`: a typed function becomes something that a model can call, and stays a function that you can call.

    @tool(read_only=True)
    def weather(city: Annotated[str, "name of a city"], days: int = 1) -> str:
        '''Tell the weather of the next days.'''

Name, description and schema come from the function; arguments are checked before it runs; a function that is not
async runs in a thread; what it raises becomes the call's result.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar, overload

from rigcli.core.ports import ToolError, Traits
from rigcli.core.requests import ToolSpec
from rigcli.tools.docstrings import describe
from rigcli.tools.schema import Arguments, signature_of
from rigcli.tools.threads import in_thread

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")  # what every provider takes


class FunctionTool(Generic[P, R]):
    """A function as a tool. Calling it calls the function; `spec`, `check` and `run` are what a model meets."""

    def __init__(
        self,
        function: Callable[P, R],
        *,
        name: str | None = None,
        read_only: bool = False,
        traits: Traits | None = None,
    ) -> None:
        self._signature = signature_of(function)
        self.function = function
        self.name = name or function.__name__
        self.read_only = read_only
        self.traits = traits or Traits()
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"tool name {self.name!r}: letters, digits, _ and - only, at most 64")
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<tool {self.name}>"

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model sees it; made on first use, because that imports pydantic."""
        return self._spec

    @cached_property
    def _spec(self) -> ToolSpec:
        return ToolSpec(self.name, describe(self.function.__doc__).text, self._arguments.schema())

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError where the arguments do not fit, in words for the model."""
        self._arguments.bind(arguments)

    async def run(self, arguments: dict[str, Any]) -> str:
        """Check, call and return the result as text: a string as it is, anything else as JSON.

        Raises ToolError for arguments that do not fit, and whatever the function raises.
        """
        bound = self._arguments.bind(arguments)
        if inspect.iscoroutinefunction(self.function):
            result: Any = await self.function(*bound.args, **bound.kwargs)
        else:
            result = await in_thread(self.function, *bound.args, **bound.kwargs)
            if inspect.isawaitable(result):
                result = await result
        return as_text(result)

    @cached_property
    def _arguments(self) -> Arguments:
        return Arguments(self.function, self._signature)


@overload
def tool(function: Callable[P, R], /) -> FunctionTool[P, R]: ...
@overload
def tool(
    *, name: str | None = None, read_only: bool = False, traits: Traits | None = None
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    read_only: bool = False,
    traits: Traits | None = None,
) -> FunctionTool[..., Any] | Callable[[Callable[..., Any]], FunctionTool[..., Any]]:
    """Make a tool of a typed function. `read_only` says that it changes nothing, so that calls may run side by side.

    `traits` say whether it can send data out and what its results may hold; without them it is thought to send.
    Raises TypeError (an argument without type, *args) and ValueError (a name that providers refuse) at once.
    """

    def make(function: Callable[..., Any]) -> FunctionTool[..., Any]:
        return FunctionTool(function, name=name, read_only=read_only, traits=traits)

    return make if function is None else make(function)


def as_text(result: Any) -> str:
    """Return a function's result for a model: text as it is, everything else as JSON.

    Dataclasses, pydantic models, dates and paths are written as pydantic writes them. Raises ToolError for what JSON
    cannot hold.
    """
    if isinstance(result, str):
        return result
    try:
        return json.dumps(result, ensure_ascii=False)
    except (TypeError, ValueError):
        from pydantic_core import PydanticSerializationError, to_json  # noqa: PLC0415  heavy, needed only here

        try:
            return to_json(result).decode()
        except (PydanticSerializationError, ValueError) as error:
            raise ToolError(f"the result cannot be written as JSON: {error}") from None
