"""`rig speak` from outside, against a server on loopback whose sound can be read back."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from rigcli.engine.speech import speak
from rigcli.testing import FakeServer
from rigcli.testing.sound import heard, mp3, wav
from tests.support.program import Program, process

MODEL = ("-m", "openai-compatible/m", "--retries", "0")


@pytest.fixture
def base(server: FakeServer, here) -> tuple[str, ...]:
    return (*MODEL, "--base-url", server.url)


def parts(here):
    return [path.name for path in here.iterdir() if path.name.endswith(".part")]


def test_a_text_becomes_a_file_named_after_it_whose_name_is_printed(rig: Program, server, base, here):
    result = rig("speak", *base, "Good morning, world!")
    assert (result.code, result.out, result.err) == (0, "good-morning-world.mp3\n", "")
    assert heard((here / "good-morning-world.mp3").read_bytes()) == "Good morning, world!"
    assert server.requests[0].json == {"model": "m", "input": "Good morning, world!", "response_format": "mp3"}
    assert rig("speak", *base, "Good morning, world!").out == "good-morning-world-2.mp3\n", "no file is replaced"
    assert parts(here) == []


def test_the_object_says_what_was_made(rig: Program, base):
    result = rig("speak", *base, "--format", "json", "--voice", "nova", "-O", "x.wav", "Hi", "there")
    document = result.json
    assert (document["v"], document["path"], document["format"], document["voice"]) == (1, "x.wav", "wav", "nova")
    assert (document["bytes"], document["characters"], document["requests"]) == (len(wav("Hi there")), 8, 1)
    assert (document["usage"]["cost_usd"], document["error"]) == (None, None)


def test_the_ending_of_the_file_says_the_format_and_a_file_is_replaced_only_by_force(rig: Program, server, base, here):
    (here / "x.wav").write_bytes(b"old")
    (here / "x.wav").chmod(0o640)
    refused = rig("speak", *base, "-O", "x.wav", "Hi")
    assert (refused.code, server.requests, (here / "x.wav").read_bytes()) == (2, [], b"old")
    assert "x.wav: is there already" in refused.err
    assert "--force" in refused.err
    assert rig("speak", *base, "--force", "-O", "x.wav", "-o", "speed=1.5", "Hi").out == "x.wav\n"
    assert (here / "x.wav").read_bytes() == wav("Hi")
    assert (server.requests[0].json["response_format"], server.requests[0].json["speed"]) == ("wav", 1.5)
    if os.name == "posix":
        assert stat.S_IMODE((here / "x.wav").stat().st_mode) == 0o640


def test_a_folder_gets_a_file_with_a_name(rig: Program, base, here):
    (here / "out").mkdir()
    assert rig("speak", *base, "-O", "out/", "Hi").out == f"{os.path.join('out', 'hi.mp3')}\n"  # noqa: PTH118  as it is printed
    assert (here / "out" / "hi.mp3").exists()


def test_a_long_text_is_cut_at_sentences_and_joined_in_order(rig: Program, server, base, here, monkeypatch):
    monkeypatch.setattr("rigcli.wire.speech.openai.OpenAISpeech.limit", 40)
    text = " ".join(f"Sentence number {number} is this." for number in range(12))
    (here / "book.txt").write_text(text)
    for name in ("book.mp3", "book.wav", "book.pcm"):
        server.requests.clear()
        result = rig("speak", *base, "--format", "json", "-f", "book.txt", "-O", name)
        assert (result.code, result.json["requests"], len(server.requests)) == (0, 12, 12)
        assert heard((here / name).read_bytes()) == text.replace(". ", ".")
    assert (here / "book.wav").read_bytes() == wav(text.replace(". ", "."))


def test_a_long_text_in_a_format_that_cannot_be_joined_is_refused_before_it_is_sent(rig: Program, server, base):
    result = rig("speak", *base, "--audio-format", "flac", "word. " * 2000)
    assert (result.code, server.requests) == (2, [])
    assert "pieces of flac cannot be joined (--audio-format mp3 or wav" in result.err


@pytest.mark.parametrize("stdin", [b"From a pipe.\n", b"\xef\xbb\xbfFrom a pipe."])
def test_text_may_come_from_a_pipe_and_sound_may_go_to_one(server, base, here, stdin):
    running = process("speak", *base, "-O", "-", stdin=-1, cwd=here)
    out, err = running.communicate(stdin, timeout=30)
    assert (running.returncode, err, heard(out)) == (0, b"", "From a pipe.")
    assert list(here.glob("*.mp3")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_sound_never_goes_to_a_terminal(server, base, here):
    from tests.support.person import Person

    with Person("speak", *base, "-O", "-", "Hi", cwd=here, size=(200, 10)) as person:
        person.sees("sound is no text, and stdout is a terminal (-O FILE, or pipe it on)")
        assert person.leaves() == 2
    assert server.requests == []


def test_what_came_before_a_failure_is_kept_and_the_file_is_not_there(rig: Program, server, base, here, monkeypatch):
    monkeypatch.setattr("rigcli.wire.speech.openai.OpenAISpeech.limit", 10)
    monkeypatch.setitem(speak.__kwdefaults__ or {}, "in_flight", 1)  # the answers come in this order
    (here / "x.mp3").write_bytes(b"old")
    server.reply().reply(body=[mp3("Second."), b"cut"], cut=1)
    result = rig("speak", *base, "--format", "json", "--force", "-O", "x.mp3", "First one. Second.")
    assert (result.code, result.json["error"]["kind"]) == (7, "incomplete")
    assert "what came until then is in x.mp3.part" in result.err
    assert (here / "x.mp3").read_bytes() == b"old"
    assert heard((here / "x.mp3.part").read_bytes()).startswith("First one.")


def test_a_failure_before_any_sound_is_tried_again_and_leaves_nothing(rig: Program, server, base, here):
    server.reply(status=500, error="broken", headers={"retry-after": "0"}).reply("Again")
    result = rig("speak", *base[:2], "--base-url", server.url, "--retries", "1", "Hi")
    assert (result.code, heard((here / "hi.mp3").read_bytes())) == (0, "Again")
    server.reply(status=401, error="bad key")
    result = rig("speak", *base, "Ho")
    assert (result.code, "bad key" in result.err, parts(here), (here / "ho.mp3").exists()) == (4, True, [], False)


def test_what_the_server_sent_instead_is_told(rig: Program, server, base, here):
    server.reply(body=[wav("Hi")])
    result = rig("speak", *base, "Hi")
    assert (result.out, result.err) == ("hi.wav\n", "rig: the server sent wav where mp3 was asked for\n")


def test_what_a_header_counts_is_told(rig: Program, server, base, here):
    server.beside["POST /audio/speech"] = (200, mp3("Hi"), {"character-cost": "7", "content-type": "audio/mpeg"})
    assert rig("speak", *base, "--format", "json", "Hi").json["usage"]["raw"] == {"character-cost": 7}


def test_a_providers_own_door_is_used(rig: Program, server, here, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_BASE_URL", server.url)
    monkeypatch.setenv("ELEVENLABS_API_KEY", "xi-canary-0123456789")
    monkeypatch.setenv("DEEPGRAM_BASE_URL", server.url)
    monkeypatch.setenv("DEEPGRAM_API_KEY", "dg-canary-0123456789")
    path = "/v1/text-to-speech/V1/stream?output_format=mp3_44100_128"
    server.beside[f"POST {path}"] = (200, mp3("Hi"))
    server.beside["POST /v1/speak?model=aura-2-apollo-en&encoding=mp3"] = (200, mp3("Ho"))
    assert rig("speak", "-m", "elevenlabs", "--voice", "V1", "Hi").code == 0
    assert rig("speak", "-m", "deepgram/aura-2-apollo-en", "Ho").code == 0
    assert server.requests[0].headers["xi-api-key"] == "xi-canary-0123456789"
    assert server.requests[1].headers["authorization"] == "Token dg-canary-0123456789"


def test_the_wire_log_tells_how_much_sound_came_not_the_sound(rig: Program, base):
    err = rig("speak", *base, "--debug", "Hi").err
    assert f"< ({len(mp3('Hi'))} bytes)" in err
    assert "Xing" not in err


def test_voices_are_listed(rig: Program, server, here, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    assert "nova\n" in rig("speak", "-m", "openai", "--list-voices").out
    monkeypatch.setenv("XAI_BASE_URL", server.url)
    monkeypatch.setenv("XAI_API_KEY", "xai-canary-0123456789")
    server.beside["GET /tts/voices"] = (200, {"voices": [{"voice_id": "eve", "name": "Eve", "language": "multi"}]})
    assert rig("speak", "-m", "xai", "--list-voices").out == "eve  Eve  multi\n"
    rows = rig("speak", "-m", "xai", "--list-voices", "--format", "json").json["voices"]
    assert rows == [{"id": "eve", "name": "Eve", "about": "multi"}]
    assert "lists no voices" in rig("speak", *MODEL, "--base-url", server.url, "--list-voices").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-m", "openai-compatible/m", "--base-url", "http://127.0.0.1:9"), "nothing to say"),
        (("Hi",), "which model?"),
        (("-m", "anthropic/x", "Hi"), "rig knows no way to speak there"),
        (("-m", "openai-compatible/m", "-O", "-", "--format", "json", "Hi"), "both would go to stdout"),
        (("-m", "openai-compatible/m", "-O", "-", "--play", "Hi"), "one or the other"),
        (
            ("-m", "openai-compatible/m", "--base-url", "http://127.0.0.1:9", "-O", "no/x.mp3", "Hi"),
            "there is no folder",
        ),
        (("-m", "openai-compatible/m", "--base-url", "http://127.0.0.1:9", "--play", "Hi"), "no player for mp3"),
    ],
)
def test_what_cannot_be_done_is_one_line(rig: Program, here, monkeypatch, words, message):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary-0123456789")
    monkeypatch.setenv("PATH", str(here))
    result = rig("speak", *words, stdin=b"")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="the player is a shell script")
def test_a_player_gets_the_file_and_no_keys(rig: Program, base, here, monkeypatch):
    player = here / "mpv"
    player.write_text(f'#!/bin/sh\nfor file; do :; done\n/bin/cp "$file" {here}/played; /usr/bin/env > {here}/env\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(here))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789")
    result = rig("speak", *base, "--play", "Hi")
    assert (result.code, result.out, heard((here / "played").read_bytes())) == (0, "", "Hi")
    assert "canary" not in (here / "env").read_text()
    assert list(here.glob("*.mp3")) == [], "without -O nothing is kept"
    assert rig("speak", *base, "--play", "-O", "kept.mp3", "Hi").out == "kept.mp3\n"
    player.write_text("#!/bin/sh\nexit 3\n")
    assert "mpv ended with 3" in rig("speak", *base, "--play", "Hi").err


def test_sound_is_recorded_and_played_like_an_answer(rig: Program, server, base, here):
    assert rig("speak", *base, "Good morning", "--record", "tape.jsonl", "-O", "first.mp3").code == 0
    asked = len(server.requests)
    played = rig("speak", *base, "Good morning", "--replay", "tape.jsonl", "-O", "second.mp3")
    assert (played.code, len(server.requests)) == (0, asked)
    assert (here / "second.mp3").read_bytes() == (here / "first.mp3").read_bytes()
