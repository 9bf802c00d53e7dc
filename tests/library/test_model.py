"""Model: asked over real HTTP on loopback, or through a fake that ships with rig."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager

import pytest

import rigcli
from rigcli import Model, run, user
from rigcli.core.errors import AuthError, DeniedError, LimitError, OverloadedError, UsageError
from rigcli.core.events import Finish, Text
from rigcli.core.usage import Usage
from rigcli.home.paths import folders
from rigcli.home.settings_edit import set_value
from rigcli.testing import Answer as Scripted
from rigcli.testing import FakeServer, ScriptedModel, call
from rigcli.tools.decorator import tool


def model(server: FakeServer, **rest) -> Model:
    return Model("openai-compatible/m", base_url=server.url, **rest)


def test_an_answer_has_text_reasoning_usage_and_why_it_ended(server: FakeServer) -> None:
    server.reply("Hello you", reasoning="greet", input_tokens=7, output_tokens=3)
    answer = model(server, system="Be kind", temperature=0.5).ask_sync("Hi")
    assert (answer.text, str(answer), answer.reasoning, answer.refusal) == ("Hello you", "Hello you", "greet", "")
    assert (answer.finish_reason, answer.raw_finish_reason) == ("stop", "stop")
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cost_usd) == (7, 3, None)
    assert (answer.model, answer.provider, answer.response_id) == ("m", "openai-compatible", "resp_1")
    asked = server.chats[0]
    assert asked["temperature"] == 0.5
    assert [m["role"] for m in asked["messages"]] == ["system", "user"]


def test_an_answer_can_be_gone_on_with(server: FakeServer) -> None:
    server.reply("one").reply("two")
    asked = model(server, system="S")
    first = asked.ask_sync("1?")
    second = asked.ask_sync([*first.messages, user("2?")])
    assert [m["content"] for m in server.chats[1]["messages"]] == ["S", "1?", "one", "2?"]
    assert [m.text for m in second.messages] == ["S", "1?", "one", "2?", "two"]


def test_a_conversation_may_be_written_as_openai_does(server: FakeServer) -> None:
    server.reply("x")
    model(server).ask_sync([{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}])
    assert [m["content"] for m in server.chats[0]["messages"]] == ["S", "hi"]


def test_events_and_text_come_as_they_are_said(server: FakeServer) -> None:
    hold = threading.Event()
    server.reply("a b", hold=hold)

    async def read() -> list[str]:
        pieces = []
        async for piece in model(server).text_stream("x"):
            pieces.append(piece)
            hold.set()
        return pieces

    assert run(read()) == ["a ", "b"]
    server.reply("c", reasoning="r")
    events = list(model(server).stream_sync("x"))
    assert [e for e in events if isinstance(e, Text)] == [Text("c")]
    assert Finish("stop", "stop") in events


def test_a_stream_that_is_left_early_closes_its_connection(server: FakeServer) -> None:
    hold = threading.Event()
    server.reply("one two three", hold=hold)
    events = model(server).stream_sync("x")
    assert next(e for e in events if isinstance(e, Text)).text == "one "
    events.close()
    hold.set()
    assert list(events) == []


def test_run_works_inside_a_running_loop_as_in_a_notebook(server: FakeServer) -> None:
    server.reply("from a thread")

    async def cell() -> str:
        return model(server).ask_sync("x").text

    assert asyncio.run(cell()) == "from a thread"


def test_a_sync_stream_inside_a_loop_is_a_clear_error(server: FakeServer) -> None:
    async def cell() -> None:
        with pytest.raises(UsageError) as caught:
            next(model(server).stream_sync("x"))
        assert "async for" in (caught.value.hint or "")

    asyncio.run(cell())


def test_errors_of_a_run_in_a_thread_are_raised_where_it_is_waited_for(server: FakeServer) -> None:
    server.reply(status=401, error="who?")

    async def cell() -> None:
        with pytest.raises(AuthError):
            model(server).ask_sync("x")

    asyncio.run(cell())


def test_tools_are_offered_and_their_calls_reported(server: FakeServer) -> None:
    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    server.reply(tool_calls=[("add", {"a": 1, "b": 2})])
    answer = model(server).ask_sync("x", tools=[add])
    assert [(c.name, c.arguments) for c in answer.tool_calls] == [("add", '{"a": 1, "b": 2}')]
    assert answer.finish_reason == "tool_calls"
    assert server.chats[0]["tools"][0]["function"]["name"] == "add"


def test_a_cut_answer_is_returned_and_can_be_raised(server: FakeServer) -> None:
    server.reply("so lon", finish_reason="length")
    answer = model(server, max_tokens=2).ask_sync("x")
    assert (answer.text, answer.finish_reason) == ("so lon", "length")
    with pytest.raises(LimitError):
        answer.raise_for_finish()
    server.reply("whole")
    assert model(server).ask_sync("x").raise_for_finish().text == "whole"


def test_files_go_with_the_question(server: FakeServer, here) -> None:
    (here / "notes.txt").write_text("the cat is red", encoding="utf-8")
    server.reply("red")
    model(server).ask_sync("which colour?", files=["notes.txt"])
    said = server.chats[0]["messages"][0]["content"]
    said = said if isinstance(said, str) else "".join(part["text"] for part in said)
    assert "the cat is red" in said
    assert said.endswith("which colour?")


def test_options_can_be_changed_for_one_model(server: FakeServer) -> None:
    server.reply("x", times=2)
    cold = model(server, temperature=0.0, top_k=3)
    cold.with_options(seed=7, temperature=1).ask_sync("x")
    cold.ask_sync("x")
    one, two = server.chats
    assert (one["temperature"], one["seed"], one["top_k"]) == (1.0, 7, 3)
    assert (two["temperature"], "seed" in two) == (0.0, False)


def test_a_failure_is_tried_again_as_often_as_said(server: FakeServer) -> None:
    server.reply(status=503, headers={"Retry-After": "0.01"}).reply("there")
    assert model(server, retries=1).ask_sync("x").text == "there"
    server.reply(status=503)
    with pytest.raises(OverloadedError):
        model(server, retries=0).ask_sync("x")


def test_a_scripted_model_needs_no_network() -> None:
    script = ScriptedModel(Scripted("hi", usage=Usage(input_tokens=1, output_tokens=2)), RuntimeError("boom"))
    fake = Model(script, system="S", temperature=1)
    answer = fake.ask_sync("hello")
    assert (answer.text, answer.usage.output_tokens) == ("hi", 2)
    assert script.requests[0].options.temperature == 1.0
    assert [m.role for m in script.requests[0].messages] == ["system", "user"]
    with pytest.raises(RuntimeError):
        fake.ask_sync("again")


def test_a_transport_stands_in_for_the_network_and_no_key_is_needed() -> None:
    class Reply:
        status, retry_after = 200, None

        def __init__(self) -> None:
            self.headers = {"content-type": "application/json"}

        async def chunks(self):
            yield b'{"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "model": "c"}'

    class Fake:
        @asynccontextmanager
        async def open(self, prepared, *, stream, left=None):
            assert prepared.body["model"] == "claude-x"
            yield Reply()

    assert Model("anthropic/claude-x", transport=Fake()).ask_sync("hello").text == "hi"


def test_without_a_key_the_error_names_what_a_program_can_do() -> None:
    with pytest.raises(AuthError) as caught:
        Model("anthropic/claude-sonnet-4-6")
    assert "api_key=" in (caught.value.hint or "")
    assert "ANTHROPIC_API_KEY" in (caught.value.hint or "")


def test_a_key_that_is_handed_over_goes_to_the_server_that_is_named(server: FakeServer) -> None:
    server.reply("x")
    Model("openai/gpt-4o", wire="openai-chat", api_key="sk-mine", base_url=server.url).ask_sync("x")
    assert server.requests[0].headers["authorization"] == "Bearer sk-mine"


def test_settings_and_stored_keys_count_only_where_they_are_asked_for(server: FakeServer, monkeypatch) -> None:
    import os

    from rigcli.home.secrets import KeyStore

    config = folders(os.environ).config_file
    set_value(config, "model", ["mine"])
    set_value(config, "aliases.mine", ["work/m"])
    set_value(config, "system", ["From the settings"])
    set_value(config, "options.seed", ["5"])
    for key, value in {"wire": "openai-chat", "base_url": server.url}.items():
        set_value(config, f"providers.work.{key}", [value])
    monkeypatch.setattr("rigcli.home.secrets.keyring_name", lambda: None)
    KeyStore(folders(os.environ).data).set("work", "sk-stored")
    with pytest.raises(UsageError):
        Model("mine")
    server.reply("x")
    Model.configured(seed=6).ask_sync("hi")
    assert server.requests[0].headers["authorization"] == "Bearer sk-stored"
    assert server.chats[0]["seed"] == 6
    assert server.chats[0]["messages"][0]["content"] == "From the settings"
    assert Model.configured("work/other").name == "work/other"


def test_local_only_content_is_not_sent_elsewhere(server: FakeServer) -> None:
    with pytest.raises(DeniedError):
        Model("openai/gpt-4o", api_key="k", local_only=True)
    server.reply("stays")
    assert model(server, local_only=True).ask_sync("x").text == "stays"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [([], "empty conversation"), ([{"role": "nobody"}], "role"), ([{"x": object()}], "not a message")],
)
def test_a_prompt_that_cannot_be_meant_is_refused(prompt, words) -> None:
    with pytest.raises(UsageError) as caught:
        Model(ScriptedModel()).ask_sync(prompt)
    assert words in caught.value.message


def test_every_name_of_the_face_can_be_had() -> None:
    for name in rigcli.__all__:
        assert getattr(rigcli, name) is not None
    assert set(rigcli.__all__) < set(dir(rigcli))
    with pytest.raises(AttributeError):
        _ = rigcli.nothing


def test_calls_can_be_scripted_too() -> None:
    answer = Model(ScriptedModel(call("add", a=1))).ask_sync("x")
    assert answer.tool_calls[0].name == "add"


def test_tokens_are_counted_by_the_provider_or_estimated(server: FakeServer) -> None:
    server.beside["POST /v1/messages/count_tokens"] = (200, {"input_tokens": 5})
    found = run(Model("anthropic/m", base_url=server.url, api_key="k").count("hi"))
    assert (int(found), found.exact, found.notices) == (5, True, ())
    guessed = run(Model(ScriptedModel()).count("x" * 40))
    assert (int(guessed), guessed.method, guessed.exact) == (10, "estimate", False)


def test_an_answer_has_its_choices_and_how_likely_its_tokens_were(server: FakeServer) -> None:
    likely = {"content": [{"token": "one", "logprob": -1, "top_logprobs": []}]}
    rows = [
        {"index": 0, "delta": {"content": "one"}, "logprobs": likely, "finish_reason": "stop"},
        {"index": 1, "delta": {"content": "two"}, "finish_reason": "stop"},
    ]
    server.reply(body=[f"data: {json.dumps({'choices': rows})}\n\n".encode(), b"data: [DONE]\n\n"])
    model = Model("openai-compatible/m", base_url=server.url, api_key="k", n=2, logprobs=True)
    answer = model.ask_sync("hi")
    assert (answer.text, [choice.message.text for choice in answer.choices]) == ("one", ["two"])
    assert [token.logprob for token in answer.logprobs] == [-1.0]


def test_a_prompt_that_the_server_would_cut_is_a_notice_of_the_answer(server: FakeServer) -> None:
    server.reply("hi")
    server.beside["POST /api/show"] = (200, {"model_info": {"x.context_length": 32768}})
    server.beside["GET /api/ps"] = (200, {"models": []})
    answer = Model("ollama/m", base_url=server.url).ask_sync("word " * 4000)
    assert "reads 4,096 at once: it may cut the rest" in answer.notices[0]
