"""The flags that all commands beside chat have, said once: a command declares its own, and gets these as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import Annotated, Any, NamedTuple

import typer

from rigcli.cli import flags as f


class BesideFlags(NamedTuple):
    """What the shared flags of one command line said; None and () mean: not said."""

    model: str | None = None
    base_url: str | None = None
    wire: str | None = None
    options: tuple[str, ...] = ()
    timeout: float | None = None
    retries: int | None = None
    offline: bool = False
    quiet: bool = False
    debug: bool = False
    record: str | None = None
    replay: str | None = None


_SHARED: dict[str, tuple[Any, Any]] = {
    "option": (f.OptionsFlag, None),
    "quiet": (f.QuietFlag, False),
    "debug": (f.DebugFlag, False),
    "base_url": (f.BaseUrlFlag, None),
    "wire": (f.WireFlag, None),
    "timeout": (
        Annotated[float | None, typer.Option("--timeout", metavar="S", min=0.001, help="Seconds for each request.")],
        None,
    ),
    "retries": (f.RetriesFlag, None),
    "offline": (f.OfflineFlag, False),
    "record": (f.RecordFlag, None),
    "replay": (f.ReplayFlag, None),
}
"""Parameter -> what typer declares it from, and what it is where nothing was said."""


def command(app: typer.Typer, *, model: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Make a function the command of `app`: its parameter `flags` stands for all that is shared.

    `model` is the help of -m, which comes before the command's own options; the rest comes after them.
    """
    named = Annotated[str | None, typer.Option("-m", "--model", metavar="PROVIDER/MODEL", help=model)]

    def declare(function: Callable[..., int]) -> Callable[..., int]:
        signature = inspect.signature(function, eval_str=True)
        own = [one for one in signature.parameters.values() if one.name != "flags"]

        def run(**values: Any) -> int:
            mine = {one.name: values.pop(one.name) for one in own}
            options = tuple(values.pop("option") or ())
            return function(flags=BesideFlags(options=options, **values), **mine)

        run.__name__, run.__doc__ = function.__name__, function.__doc__
        every = [
            Parameter("model", Parameter.KEYWORD_ONLY, default=None, annotation=named),
            *(one.replace(kind=Parameter.KEYWORD_ONLY) for one in own),
            *(
                Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
                for name, (annotation, default) in _SHARED.items()
            ),
        ]
        vars(run)["__signature__"] = signature.replace(parameters=every)
        app.command()(run)
        return function

    return declare
