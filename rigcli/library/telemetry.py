"""OpenTelemetry spans by the conventions for generative AI: invoke_agent, chat, execute_tool, embeddings.

Conventions: github.com/open-telemetry/semantic-conventions-genai (in development, names may change). What was said is
in no span unless the user wants it so. opentelemetry (the extra `otel`) is imported only where it is switched on.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rigcli import __version__
from rigcli.core.errors import ConfigError, RigError, UsageError
from rigcli.core.events import Event, Finish, Fold, Reasoning, Refusal, Start, Text, ToolCall
from rigcli.core.messages import Message, ReasoningPart, RefusalPart, TextPart, ToolCallPart, ToolResultPart
from rigcli.core.usage import Usage

if TYPE_CHECKING:
    from rigcli.core.requests import Request
    from rigcli.engine.run_state import OpenCall, RunState
    from rigcli.home.settings import Settings
    from rigcli.library.reach import Way
    from rigcli.wire.embeddings import Embeddings

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SECONDS = 3.0
"""A collector that does not answer holds up the end of a command no longer than this."""


def observer(settings: Settings, way: Way | None, env: Mapping[str, str], session: str | None = None) -> Spans:
    """Return who watches one run; without `way` a router will say which model it chose.

    Raises ConfigError (not installed), UsageError (offline).
    """
    said = settings.get("otel.content") or env.get(CONTENT, "").lower() in (
        "true",
        "1",
        "span_only",
        "span_and_event",
    )
    where = labels(way) if way else {}
    return Spans(tracer_of(settings, env), {**where, "gen_ai.conversation.id": session or None}, content=bool(said))


def tracer_of(settings: Settings, env: Mapping[str, str]) -> Any:
    """Return the tracer that these settings share. Raises as `observer`."""
    tracer = settings.held.get("tracer") or _tracer(settings, env)
    settings.held["tracer"] = tracer
    return tracer


def labels(way: Way) -> dict[str, Any]:
    """Return what a span says about the server that is asked."""
    server = urlsplit(way.access.base_url)
    return {
        "gen_ai.provider.name": way.choice.row.otel_name or way.provider,
        "server.address": server.hostname,
        "server.port": server.port or {"https": 443}.get(server.scheme, 80),
    }


class Spans:
    """One run (engine.observe.Observer). Parents are named, not ambient: a generator's context is whoever reads it."""

    def __init__(self, tracer: Any, about: Mapping[str, Any], *, content: bool) -> None:
        self._tracer = tracer
        self._about = about
        self._content = content
        self._trace: Any = import_module("opentelemetry.trace")
        self._run: Any = None
        self._chat: Chat | None = None

    def chosen(self, way: Way) -> None:
        """Name the model that a router chose: what is asked now and from now on is asked of it."""
        where, model = labels(way), {"gen_ai.request.model": way.choice.model}
        self._about = {**self._about, **where}
        if self._run is not None:
            _set(self._run, {**where, **model})
        if self._chat is not None:
            self._chat.rename(way.choice.model, {**where, **model})

    def begin(self, request: Request) -> None:
        self._run = self._span("invoke_agent rig", "invoke_agent", "INTERNAL", self._about)
        _set(self._run, {"gen_ai.agent.name": "rig", "gen_ai.request.model": request.model})

    def call(self, request: Request) -> Chat:
        span = self._span(f"chat {request.model}", "chat", "CLIENT", {**self._about, **_asked(request)}, self._run)
        if self._content:
            _set(span, _said(request))
        self._chat = Chat(span, self._trace, content=self._content)
        return self._chat

    @contextmanager
    def tool(self, entry: OpenCall) -> Generator[None]:
        call = entry.call
        about = {"gen_ai.tool.name": call.name, "gen_ai.tool.call.id": call.id, "gen_ai.tool.type": "function"}
        span = self._span(f"execute_tool {call.name}", "execute_tool", "INTERNAL", about, self._run)
        if self._content:
            span.set_attribute("gen_ai.tool.call.arguments", call.arguments)
        error: BaseException | None = None
        try:
            with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        except BaseException as caught:
            error = caught
            raise
        finally:
            outcome = entry.outcome
            if outcome and self._content:
                span.set_attribute("gen_ai.tool.call.result", outcome.content)
            if outcome and outcome.error is not None:
                _fail(span, self._trace, "tool_error")
            _close(span, self._trace, error)

    def end(self, state: RunState, error: BaseException | None) -> None:
        if self._run is not None:
            _set(self._run, _counted(state.usage))
            _close(self._run, self._trace, error)

    def _span(self, name: str, operation: str, kind: str, about: Mapping[str, Any], parent: Any = None) -> Any:
        where = None if parent is None else self._trace.set_span_in_context(parent)
        span = self._tracer.start_span(name, context=where, kind=self._trace.SpanKind[kind])
        _set(span, {"gen_ai.operation.name": operation, **about})
        return span


class Chat:
    """One model call (engine.observe.Watching)."""

    def __init__(self, span: Any, trace: Any, *, content: bool) -> None:
        self._span, self._trace, self._content = span, trace, content
        self._begun: float | None = time.monotonic()
        self._fold = Fold()

    def rename(self, model: str, values: Mapping[str, Any]) -> None:
        """Say that another model is asked than the span was begun with."""
        self._span.update_name(f"chat {model}")
        _set(self._span, values)

    def event(self, event: Event) -> None:
        if self._content:
            self._fold.add(event)
        match event:
            case Text() | Reasoning() | Refusal() | ToolCall():
                if self._begun is not None:
                    self._span.set_attribute("gen_ai.response.time_to_first_chunk", time.monotonic() - self._begun)
                    self._begun = None
            case Start(model, id_):
                _set(self._span, {"gen_ai.response.model": model, "gen_ai.response.id": id_})
            case Usage():
                _set(self._span, _counted(event))
            case Finish(reason, raw):
                self._span.set_attribute("gen_ai.response.finish_reasons", [raw or reason])
            case _:
                pass

    def end(self, error: BaseException | None) -> None:
        if self._content and (message := self._fold.message()).parts:
            self._span.set_attribute("gen_ai.output.messages", json.dumps([_message(message)], ensure_ascii=False))
        _close(self._span, self._trace, error)


async def embedding(settings: Settings, way: Way, env: Mapping[str, str], work: Awaitable[Embeddings]) -> Embeddings:
    """Return what the work returns: one request for vectors, which is a span where otel.enabled is set.

    Raises what the work and `observer` raise.
    """
    if not settings.get("otel.enabled"):
        return await work
    trace: Any = import_module("opentelemetry.trace")
    span = tracer_of(settings, env).start_span(f"embeddings {way.choice.model}", kind=trace.SpanKind.CLIENT)
    _set(span, {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": way.choice.model, **labels(way)})
    error: BaseException | None = None
    try:
        made = await work
        counted = {"gen_ai.usage.input_tokens": made.usage.input_tokens or None, "gen_ai.response.model": made.model}
        _set(span, {"gen_ai.embeddings.dimension.count": len(made.vectors[0]) if made.vectors else None, **counted})
    except BaseException as caught:
        error = caught
        raise
    else:
        return made
    finally:
        _close(span, trace, error)


def _asked(request: Request) -> dict[str, Any]:
    options = request.options
    return {
        "gen_ai.request.model": request.model,
        "gen_ai.request.stream": request.stream or None,
        "gen_ai.request.temperature": options.temperature,
        "gen_ai.request.top_p": options.top_p,
        "gen_ai.request.max_tokens": options.max_tokens,
        "gen_ai.request.stop_sequences": list(options.stop) or None,
        "gen_ai.request.seed": options.seed,
    }


def _counted(usage: Usage) -> dict[str, Any]:
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_input_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    }


def _said(request: Request) -> dict[str, Any]:
    system = [{"type": "text", "content": message.text} for message in request.messages if message.role == "system"]
    spoken = [_message(message) for message in request.messages if message.role != "system"]
    return {
        "gen_ai.system_instructions": json.dumps(system, ensure_ascii=False) if system else None,
        "gen_ai.input.messages": json.dumps(spoken, ensure_ascii=False),
        "gen_ai.tool.definitions": json.dumps(
            [{"type": "function", "name": one.name, "description": one.description} for one in request.tools]
        )
        if request.tools
        else None,
    }


def _message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "parts": [part for each in message.parts if (part := _part(each))]}


def _part(part: Any) -> dict[str, Any] | None:
    match part:
        case TextPart(text) | RefusalPart(text):
            return {"type": "text", "content": text}
        case ReasoningPart(text):
            return {"type": "reasoning", "content": text}
        case ToolCallPart():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResultPart():
            return {"type": "tool_call_response", "id": part.id, "result": part.content}
        case _:
            return None


def _set(span: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            span.set_attribute(name, value)


def _close(span: Any, trace: Any, error: BaseException | None) -> None:
    if error is not None:
        _fail(span, trace, error.kind if isinstance(error, RigError) else type(error).__name__)
    span.end()


def _fail(span: Any, trace: Any, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(trace.StatusCode.ERROR)


def _tracer(settings: Settings, env: Mapping[str, str]) -> Any:
    """Return a tracer of the program's own provider where it set one, else one that sends to the OTLP endpoint."""
    try:
        trace: Any = import_module("opentelemetry.trace")
        sdk: Any = import_module("opentelemetry.sdk.trace")
        resources: Any = import_module("opentelemetry.sdk.resources")
        export: Any = import_module("opentelemetry.sdk.trace.export")
        otlp: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError:
        raise ConfigError(
            "otel.enabled is set, and opentelemetry is not installed", hint='pip install "rigcli[otel]"'
        ) from None
    provider = trace.get_tracer_provider()
    if not isinstance(provider, sdk.TracerProvider):
        _check_offline(settings, env)
        logging.getLogger("opentelemetry").addHandler(_OneLine())
        logging.getLogger("opentelemetry").propagate = False
        name = {} if env.get("OTEL_SERVICE_NAME") else {"service.name": "rig"}
        provider = sdk.TracerProvider(resource=resources.Resource.create({**name, "service.version": __version__}))
        provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter(timeout=SECONDS)))
    return provider.get_tracer("rigcli", __version__)


def _check_offline(settings: Settings, env: Mapping[str, str]) -> None:
    from rigcli.net.endpoint import is_loopback

    place = next((env[name] for name in ENDPOINTS if env.get(name)), "http://localhost:4318")
    host = urlsplit(place).hostname or ""
    if settings.get("offline") and not is_loopback(host):
        raise UsageError(
            f"otel: offline is set, and {host} is not this machine", hint="rig config set otel.enabled false"
        )


class _OneLine(logging.Handler):
    """Say once that spans are lost; the library would print a traceback for each batch."""

    told = False

    def emit(self, record: logging.LogRecord) -> None:
        import sys

        if record.levelno >= logging.ERROR and not self.told:
            self.told = True
            sys.stderr.write("rig: otel: the collector takes no spans; they are lost\n")
