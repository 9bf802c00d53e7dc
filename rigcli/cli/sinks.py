"""Which sink shows a run: chosen by the format that was asked for and by what stdout is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from rigcli.cli.flag_table import Format
from rigcli.cli.world import World
from rigcli.core.errors import ProviderError, RigError
from rigcli.core.events import Event, Notice, Progress, Reasoning, Refusal, Retry, ToolCall, ToolResult
from rigcli.ui import colour
from rigcli.ui.activity import Activity
from rigcli.ui.collect import Collect
from rigcli.ui.plain import Plain

if TYPE_CHECKING:
    from rigcli.home.settings import Settings


class Show(Protocol):
    """How a run is shown. `handle` every event, `settled` once a chunk, `end` once, whatever happened.

    `end` gets what JSON says beside the events; it may raise where the answer has not what was asked for.
    """

    collect: Collect

    def handle(self, event: Event) -> None: ...
    def settled(self) -> None: ...
    def end(self, error: RigError | None, about: dict[str, Any]) -> None: ...


class TextShow:
    """The answer as it comes, raw: for a pipe, and for a terminal that wants it so."""

    def __init__(self, world: World, activity: Activity | None, *, sources: bool) -> None:
        self.collect = Collect()
        self._plain = Plain(world.stdout, activity, sources=sources)

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        self._plain.handle(event)

    def settled(self) -> None:
        self._plain.settled()

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        _ = error, about
        self._plain.close()


class JsonShow:
    """One object at the end, nothing before it; notices and retries go to stderr."""

    def __init__(self, world: World, activity: Activity | None) -> None:
        self.collect = Collect()
        self._world = world
        self._activity = activity

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        if self._activity and isinstance(event, Notice | Retry):
            self._activity.handle(event)

    def settled(self) -> None:
        self.collect.settled()

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        self._world.stdout.write(json.dumps(self.collect.whole(error=error, **about)) + "\n")
        self._world.stdout.flush()
        if error:
            error.reported = True


class JsonlShow:
    """One object an event, and `end` with the whole."""

    def __init__(self, world: World) -> None:
        from rigcli.ui.jsonl import Jsonl

        self.collect = Collect()
        self._lines = Jsonl(world.stdout)

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        self._lines.handle(event)

    def settled(self) -> None:
        self._lines.settled()

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        if error:
            self._lines.error(error)
            error.reported = True
        self._lines.close(self.collect.whole(error=error, **about))


_BESIDE = Reasoning | Refusal | ToolCall | ToolResult | Progress | Notice | Retry


class DataShow(JsonShow):
    """What a schema asked for, as JSON for people, at the end; what else happens is told as it does."""

    def handle(self, event: Event) -> None:
        self.collect.handle(event)
        if self._activity and isinstance(
            event, Reasoning | Refusal | ToolCall | ToolResult | Progress | Notice | Retry
        ):
            self._activity.handle(event)

    def settled(self) -> None:
        if self._activity:
            self._activity.flush()

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        from rigcli.core.text_filter import clean

        if self._activity:
            self._activity.pause()
            self._activity.flush()
        if error is None and about.get("data") is not None:
            self._world.stdout.write(clean(json.dumps(about["data"], ensure_ascii=False, indent=2)) + "\n")
            self._world.stdout.flush()


class CodeShow(JsonShow):
    """Only the first fenced code block, at the end."""

    def end(self, error: RigError | None, about: dict[str, Any]) -> None:
        from rigcli.core.fences import first_code_block
        from rigcli.core.text_filter import clean

        _ = about
        block = first_code_block(self.collect.text)
        if block is not None:
            self._world.stdout.write(clean(block))
            self._world.stdout.flush()
        elif error is None:
            raise ProviderError("answer: no fenced code block in it", hint="leave out -x to see it all")


def choose_show(
    world: World,
    settings: Settings,
    format_: Format | None,
    *,
    code: bool,
    quiet: bool,
    sources: bool,
    model: Callable[[], str],
    wanted: bool = False,
) -> Show:
    """Return the sink of this run: Markdown on a terminal, text in a pipe, unless something else was asked for.

    `model` says who answered, once that is known.
    """
    painted = colour.allowed(settings.get("ui.color"), world.env, tty=world.stderr_tty)
    activity = Activity(world.stderr, color=painted, quiet=quiet)
    if code:
        return CodeShow(world, activity)
    if format_ == "json":
        return JsonShow(world, activity)
    if format_ == "jsonl":
        return JsonlShow(world)
    if wanted:
        return DataShow(world, activity)
    if world.stdout_tty and format_ != "text" and (format_ == "markdown" or settings.get("ui.markdown")):
        from rigcli.cli.pretty_show import PrettyShow

        return PrettyShow(world, settings, quiet=quiet, sources=sources, model=model)
    return TextShow(world, activity, sources=sources)
