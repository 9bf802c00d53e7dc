"""One model that can be asked.

What counts are the arguments and the environment (`OPENAI_API_KEY`, `RIG_BASE_URL`, …), so that a program does the same
on every machine. `Model.configured` reads the user's settings and stored keys too, as the command line does.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rigcli.core.events import End, Event, Notice, Text
from rigcli.core.ports import Tool, Transport
from rigcli.core.requests import NativeTool, Request, ToolSpec
from rigcli.core.usage import Usage
from rigcli.inputs.options import to_options
from rigcli.library.answer import Answer, Gather
from rigcli.library.prompts import Prompt, conversation
from rigcli.library.waiting import run, step_through

if TYPE_CHECKING:
    from rigcli.engine.agent import Turn
    from rigcli.engine.observe import Observer
    from rigcli.home.settings import Settings
    from rigcli.library.counting import TokenCount
    from rigcli.library.extract import Schema


def _same(usage: Usage) -> Usage:
    return usage


@dataclass(frozen=True)
class Way:
    """How a model is asked: one call, and what its requests and answers are labelled with."""

    turn: Turn
    model: str
    provider: str | None = None
    quirks: Mapping[str, Any] = field(default_factory=dict[str, Any])
    price: Callable[[Usage], Usage] = _same
    notices: tuple[str, ...] = ()
    check_native: Callable[[Sequence[NativeTool]], None] | None = None
    """Raises UsageError for a tool of the provider's own that the model has not."""
    count: Callable[[Request], Awaitable[TokenCount]] | None = None
    local_only: bool = False
    """What is asked must not leave this machine, in later runs either."""
    at_home: Callable[[], Turn] | None = None
    """Gives the turn for what must not leave this machine, or raises DeniedError; None: nothing leaves anyway."""
    observe: Callable[[], tuple[Observer, Turn]] | None = None
    """Gives who watches one run, and the turn that tells it what it must know: OpenTelemetry, where it is on."""


def _native(words: str | Sequence[str]) -> tuple[NativeTool, ...]:
    if not words:
        return ()
    from rigcli.inputs.native import parse_native

    return parse_native([words] if isinstance(words, str) else words)


class Model:
    """A model of a provider: `Model("anthropic/claude-sonnet-4-6")`.

    `name` is PROVIDER/MODEL, or a `turn` (an async function from a Request to events, such as
    `rigcli.testing.ScriptedModel`). `api_key` is sent to whatever server is asked; without it the provider's own
    variable counts, for its own host only. `base_url` and `wire` name another server and its format. `timeout` is in
    seconds and bounds an answer with all its retries. `native` names tools that the provider runs itself, as --native
    does ("web_search:max_uses=3"). `transport` stands in for the network. Everything else is a model
    option: temperature, max_tokens, …; what rig does not know goes into the request as it is.

    Raises UsageError (no such provider or wire), AuthError (no key), ConfigError.
    """

    def __init__(
        self,
        name: str | Turn,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        wire: str | None = None,
        system: str | None = None,
        timeout: float | None = None,
        retries: int | None = None,
        local_only: bool | None = None,
        native: str | Sequence[str] = (),
        transport: Transport | None = None,
        **options: Any,
    ) -> None:
        self.system = system
        self.native = _native(native)
        self.options = to_options(options)
        if not isinstance(name, str):
            self.way = Way(name, "scripted")
            return
        from rigcli.home.settings import from_environment
        from rigcli.library.ways import way_of

        env = {**os.environ, **({"RIG_API_KEY": api_key} if api_key else {})}
        flags = {"net.timeout": timeout, "net.retries": retries, "local_only": local_only}
        self.way = way_of(
            name, from_environment(env, flags), env, base_url=base_url, wire=wire, stored=False, transport=transport
        )
        if self.way.check_native:
            self.way.check_native(self.native)

    @classmethod
    def configured(cls, name: str | None = None, *, system: str | None = None, **options: Any) -> Model:
        """Return a model as `rig ask` would choose and reach it.

        The user's settings count (aliases, routers, provider rows, options, system prompt), those of a trusted project,
        and stored keys. Without `name` it is the model that the settings name, or the first provider that is ready.
        Raises UsageError, ConfigError, AuthError.
        """
        from rigcli.home.settings import load
        from rigcli.library.ways import chosen_way

        settings = load(os.environ, Path.cwd(), {"model": name})
        return cls._over(chosen_way(settings, os.environ), settings, system, options)

    @classmethod
    def of_settings(cls, settings: Settings) -> Model:
        """Return the model that settings choose, with their options and system prompt. Raises as `configured`."""
        from rigcli.library.ways import chosen_way

        return cls._over(chosen_way(settings, os.environ), settings, None, {})

    @classmethod
    def _over(cls, way: Way, settings: Settings, system: str | None, options: Mapping[str, Any]) -> Model:
        model = cls.__new__(cls)
        model.way = way
        model.native = _native(settings.get("tools.native"))
        model.options = to_options({**settings.section("options"), **options})
        model.system = settings.get("system") if system is None else system
        return model

    def __repr__(self) -> str:
        return f"<Model {self.name}>"

    @property
    def name(self) -> str:
        """PROVIDER/MODEL, or the name of a router."""
        return f"{self.way.provider}/{self.way.model}" if self.way.provider else self.way.model

    def with_options(self, **options: Any) -> Model:
        """Return the same model with other options; those not named stay. Raises UsageError."""
        new = to_options(options)
        given = {key: getattr(new, key) for key in options if key not in new.extra}
        model = type(self).__new__(type(self))
        model.way, model.system, model.native = self.way, self.system, self.native
        model.options = replace(self.options, **given, extra={**self.options.extra, **new.extra})
        return model

    def request(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> Request:
        """Return what would be asked. Raises UsageError."""
        specs = tuple(tool if isinstance(tool, ToolSpec) else tool.spec for tool in tools)
        messages = tuple(conversation(prompt, files, self.system))
        return Request(self.way.model, messages, specs, self.options, quirks=self.way.quirks, native=self.native)

    async def stream(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> AsyncGenerator[Event]:
        """Yield the events of one answer as they come. `tools` are offered and their calls reported, never run.

        Raises NetworkError and its leaves (before the first token, after the retries), AuthError, ProviderError;
        IncompleteError where the answer broke off.
        """
        for notice in self.way.notices:
            yield Notice(notice)
        turn = self.way.turn
        if self.way.observe:
            from rigcli.engine.observe import watched

            observer, own = self.way.observe()
            turn = watched(own, observer)
        events = turn(self.request(prompt, files=files, tools=tools))
        try:
            async for event in events:
                yield self.priced(event)
        finally:
            if close := getattr(events, "aclose", None):
                await close()

    async def text_stream(self, prompt: Prompt, *, files: Sequence[str | Path] = ()) -> AsyncGenerator[str]:
        """Yield the text of one answer as it comes; reasoning, refusals and all else stay out. Raises as `stream`."""
        events = self.stream(prompt, files=files)
        try:
            async for event in events:
                if isinstance(event, Text):
                    yield event.text
        finally:
            await events.aclose()

    async def ask(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> Answer:
        """Return one answer. One that was cut, filtered or refused is returned too: see `Answer.raise_for_finish`.

        Raises as `stream`.
        """
        gather = Gather(self.way.provider)
        request = self.request(prompt, files=files, tools=tools)
        async for event in self.stream(request.messages, tools=request.tools):
            gather.add(event)
        return gather.answer(request.messages)

    async def extract(
        self, prompt: Prompt, schema: Schema, *, files: Sequence[str | Path] = (), retries: int = 2
    ) -> Any:
        """Return what the answer holds as a value that fits the schema, of the type where a type is given.

        `schema` is the short form ("name, age int"), a JSON Schema, or a type that pydantic knows. What does not fit is
        asked for again, `retries` times. Raises SchemaError (its `data` is the best attempt), UsageError, the error of
        an answer that was cut or refused, and what `stream` raises.
        """
        from rigcli.library.extract import extract

        return await extract(self.request(prompt, files=files), self.way.turn, schema, retries)

    def extract_sync(
        self, prompt: Prompt, schema: Schema, *, files: Sequence[str | Path] = (), retries: int = 2
    ) -> Any:
        """Return the value, for scripts and notebooks (see `run`)."""
        return run(self.extract(prompt, schema, files=files, retries=retries))

    async def count(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> TokenCount:
        """Return how many tokens would be read; where the provider cannot say it is an estimate, as `method` tells.

        Raises NetworkError and its leaves, AuthError, ProviderError.
        """
        request = self.request(prompt, files=files, tools=tools)
        if self.way.count is None:
            from rigcli.library.counting import estimated

            return estimated(request, "nobody can be asked here: this is an estimate")
        return await self.way.count(request)

    def ask_sync(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> Answer:
        """Return one answer, for scripts and notebooks (see `run`)."""
        return run(self.ask(prompt, files=files, tools=tools))

    def stream_sync(
        self, prompt: Prompt, *, files: Sequence[str | Path] = (), tools: Sequence[Tool | ToolSpec] = ()
    ) -> Generator[Event]:
        """Yield the events of one answer, for scripts. Raises UsageError where an event loop runs."""
        return step_through(self.stream(prompt, files=files, tools=tools))

    def priced(self, event: Event) -> Event:
        """Return the event with what it cost, where that is known."""
        if isinstance(event, Usage):
            return self.way.price(event)
        return replace(event, usage=self.way.price(event.usage)) if isinstance(event, End) else event
