"""Spans of a run by the GenAI conventions: nested, counted, and silent about what was said unless told otherwise."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rigcli import Agent, Model, tool
from rigcli.core.errors import ConfigError, NetworkError
from rigcli.home.paths import folders
from rigcli.home.settings import from_environment
from rigcli.library.embedding import embedder_named
from rigcli.testing import FakeServer
from tests.support.program import process

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="the extra `otel` is not installed")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"warm in {city}"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Any:
    kept = memory.InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(export.SimpleSpanProcessor(kept))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    monkeypatch.setenv("RIG_OTEL_ENABLED", "true")
    return lambda: {span.name: span for span in kept.get_finished_spans()}


def run(server: FakeServer) -> None:
    server.reply(tool_calls=[("weather", {"city": "Rome"})]).reply("It is warm.")
    model = Model("openai-compatible/m", base_url=server.url, temperature=0.5)
    assert Agent(model, tools=[weather]).ask_sync("Is it warm?").text == "It is warm."


def test_a_run_its_calls_and_its_tools_are_spans(spans: Any) -> None:
    with FakeServer() as server:
        run(server)
    found = spans()
    assert set(found) == {"invoke_agent rig", "chat m", "execute_tool weather"}
    agent, chat, used = found["invoke_agent rig"], found["chat m"], found["execute_tool weather"]
    assert chat.parent.span_id == used.parent.span_id == agent.context.span_id
    assert (agent.kind.name, chat.kind.name, used.kind.name) == ("INTERNAL", "CLIENT", "INTERNAL")
    about = chat.attributes
    assert about["gen_ai.operation.name"] == "chat"
    assert about["gen_ai.provider.name"] == "openai-compatible"
    assert about["gen_ai.request.temperature"] == 0.5
    assert about["gen_ai.response.finish_reasons"] == ("stop",)
    assert about["gen_ai.response.time_to_first_chunk"] >= 0
    assert about["server.address"] == "127.0.0.1"
    assert agent.attributes["gen_ai.usage.output_tokens"] > about["gen_ai.usage.output_tokens"] > 0
    assert used.attributes["gen_ai.tool.name"] == "weather"


def test_what_was_said_is_in_no_span_unless_asked_for(spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeServer() as server:
        run(server)
        assert "warm" not in str([dict(span.attributes) for span in spans().values()])
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
        run(server)
    found = spans()
    assert json.loads(found["chat m"].attributes["gen_ai.output.messages"])[0]["parts"][0]["content"] == "It is warm."
    assert "Is it warm?" in found["chat m"].attributes["gen_ai.input.messages"]
    assert found["execute_tool weather"].attributes["gen_ai.tool.call.result"] == "warm in Rome"


def test_a_failure_says_its_kind(spans: Any) -> None:
    with FakeServer() as server:
        server.reply(status=503, error="busy")
        agent = Agent(Model("openai-compatible/m", base_url=server.url, retries=0))
        with pytest.raises(NetworkError):
            agent.ask_sync("?")
    for span in spans().values():
        assert span.attributes["error.type"] == "overloaded"
        assert span.status.status_code.name == "ERROR"


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_OTEL_ENABLED", "true")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with FakeServer() as server, pytest.raises(ConfigError) as caught:
        Agent(Model("openai-compatible/m", base_url=server.url)).ask_sync("?")
    assert 'pip install "rigcli[otel]"' in caught.value.line()


class Collector(BaseHTTPRequestHandler):
    got: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Any:
    kind = type("One", (Collector,), {"got": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield kind.got, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_rig_ask_sends_its_spans_to_a_collector_even_offline(collector: Any) -> None:
    got, url = collector
    with FakeServer() as server:
        server.reply("Hello")
        env = {"RIG_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": url}
        words = ["ask", "--offline", "-m", "openai-compatible/m", "--base-url", server.url, "hi"]
        out, err = process(*words, env=env).communicate(timeout=60)
    assert out == b"Hello\n", err
    assert [path for path, _ in got] == ["/v1/traces"]


def test_offline_no_span_leaves_this_machine() -> None:
    env = {"RIG_OTEL_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}
    with FakeServer() as server:
        words = ["ask", "--offline", "-m", "openai-compatible/m", "--base-url", server.url, "hi"]
        running = process(*words, env=env)
        _, err = running.communicate(timeout=60)
        assert running.returncode == 2
        assert b"collector.example is not this machine" in err
        assert server.chats == []


def test_a_question_without_an_agent_is_a_span_of_its_own(spans: Any) -> None:
    with FakeServer() as server:
        server.reply("Hello")
        Model("openai-compatible/m", base_url=server.url).ask_sync("hi")
    assert set(spans()) == {"chat m"}
    assert spans()["chat m"].parent is None


def test_a_routed_run_is_labelled_with_the_model_that_answered(spans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_API_KEY", "sk-test")
    with FakeServer() as down, FakeServer() as up:
        down.reply(status=503, error="busy")
        up.reply("Hello")
        config = folders(os.environ).config_file
        config.parent.mkdir(parents=True)
        config.write_text(
            f'[providers.one]\nwire = "openai-chat"\nbase_url = "{down.url}"\n'
            f'[providers.two]\nwire = "openai-chat"\nbase_url = "{up.url}"\n'
            '[routers.both]\nmodels = ["one/small", "two/large"]\n',
            encoding="utf-8",
        )
        assert Agent(Model.configured("both")).ask_sync("hi").text == "Hello"
    found = spans()
    assert set(found) == {"invoke_agent rig", "chat large"}
    for span in found.values():
        assert span.attributes["gen_ai.request.model"] == "large"
        assert span.attributes["gen_ai.provider.name"] == "two"
        assert span.attributes["server.port"] == int(up.url.split(":")[2].partition("/")[0])


def test_a_request_for_vectors_is_a_span(spans: Any) -> None:
    with FakeServer() as server:
        settings = from_environment({"RIG_OTEL_ENABLED": "true"}, {})
        env = {"RIG_BASE_URL": server.url}
        made = embedder_named(settings, env, "openai-compatible/e").embed(["a", "b"])
    span = spans()["embeddings e"]
    assert span.kind.name == "CLIENT"
    assert span.attributes["gen_ai.operation.name"] == "embeddings"
    assert span.attributes["gen_ai.embeddings.dimension.count"] == len(made[0])
    assert span.attributes["gen_ai.usage.input_tokens"] > 0
    assert "text" not in str(dict(span.attributes))
