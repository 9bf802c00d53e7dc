"""Text to speech: long texts cut and joined, the request of each format, answers whole, in base64 and in events."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import IncompleteError, ProviderError, RateLimitError, UsageError
from rigcli.testing import sound
from rigcli.wire.beside import load_beside, wire_beside
from rigcli.wire.speech import Saying, Track, Voice, split
from rigcli.wire.speech.mp3 import frame_length

# --- cutting


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("One. Two. Three.", 10, ["One. Two.", "Three."]),
        ("One paragraph.\n\nAnother one. And more.", 30, ["One paragraph.", "Another one. And more."]),
        ('He said "no." Then he left.', 20, ['He said "no."', "Then he left."]),
        ("no pause, but clauses here", 14, ["no pause,", "but clauses", "here"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("它很好。他走了。", 5, ["它很好。", "他走了。"]),
        ("", 5, []),
        ("  short ", 50, ["short"]),
    ],
)
def test_a_text_is_cut_where_a_speaker_would_pause(text, limit, pieces):
    assert split(text, limit) == pieces


@given(st.text(alphabet=st.sampled_from("ab .,!?\n。e\u0301"), max_size=300), st.integers(2, 40))
def test_nothing_but_white_space_is_lost_and_no_piece_is_too_long(text, limit):
    pieces = split(text, limit)
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(text.split())
    assert all(0 < len(piece) <= limit and piece.strip() for piece in pieces)


# --- joining


def joined(kind, *answers, cut=7, media_type=""):
    track = Track(kind, several=len(answers) > 1)
    out = b""
    for answer in answers:
        track.begin(media_type)
        for place in range(0, len(answer), cut):
            out += track.feed(answer[place : place + cut])
        out += track.close()
    header = track.header()
    assert track.size == len(out)
    return (header + out[len(header) :] if header else out), track


@pytest.mark.parametrize("cut", [1, 7, 100_000])
def test_several_wavs_become_one_with_true_sizes(cut):
    data, track = joined("wav", sound.wav("Hello "), sound.wav("world", size=0xFFFFFFFF), cut=cut)
    assert (data, track.format) == (sound.wav("Hello world"), "wav")


def test_a_stream_that_knows_no_size_gets_one_at_the_end():
    assert joined("wav", sound.wav("Hello", size=0xFFFFFFFF))[0] == sound.wav("Hello")


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=5), min_size=1, max_size=4), st.integers(1, 500))
def test_pieces_keep_their_order_and_lose_nothing_however_they_are_cut(texts, cut):
    whole = "".join(texts)
    for make, kind in ((sound.wav, "wav"), (sound.mp3, "mp3"), (sound.pcm, "pcm")):
        data, _ = joined(kind, *map(make, texts), cut=cut)
        assert sound.heard(data) == whole


def test_tags_and_counts_of_single_pieces_are_left_out_of_a_joined_mp3():
    data, _ = joined("mp3", sound.mp3("a"), sound.mp3("b"))
    assert (b"Xing" in data, b"ID3" in data, len(data)) == (False, False, 2 * 417)
    assert joined("mp3", sound.mp3("a"))[0] == sound.mp3("a"), "a single piece is as it came"


def test_samples_get_a_header_where_a_wav_was_asked_for():
    data, _ = joined("wav", sound.pcm("Hi"), media_type="audio/L16;codec=pcm;rate=16000")
    assert data == sound.wav("Hi", rate=16000)
    assert joined("pcm", sound.wav("Hi"))[0] == sound.pcm("Hi")


def test_chunks_around_the_samples_are_left_out():
    plain = sound.wav("Hi")
    listed = plain[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[12:] + b"LIST\x04\0\0\0tail"
    assert joined("wav", listed)[0] == plain


@pytest.mark.parametrize(
    ("kind", "answers", "message"),
    [
        ("wav", [sound.wav("a"), sound.wav("b", rate=8000)], "different sampling"),
        ("mp3", [sound.mp3("a"), sound.wav("b")], "as mp3 and as wav"),
        ("mp3", [b"fLaC" + bytes(20), b"fLaC" + bytes(20)], "cannot be joined"),
        ("mp3", [b""], "no sound"),
        ("wav", [sound.wav("")], "no sound"),
        ("wav", [b"RIFFxxxxWAVEdata\x10\0\0\0samples!"], "does not say what its samples are"),
    ],
)
def test_what_cannot_be_joined_is_named(kind, answers, message):
    with pytest.raises(ProviderError, match=message):
        joined(kind, *answers)


def test_what_came_is_told_where_it_is_not_what_was_asked_for():
    assert joined("mp3", sound.wav("a"))[1].format == "wav"
    assert joined("mp3", b"\xff\xf1" + bytes(20))[1].format == "aac"


def test_the_length_of_a_frame():
    assert frame_length(b"\xff\xfb\x90\xc0") == 417
    assert frame_length(b"\xff\xf3\x64\xc0") == 144  # MPEG 2, 48 kbit/s, 24 kHz
    assert frame_length(b"RIFF") == 0


# --- answers


def read(wire, *chunks, kind="audio/mpeg"):
    reader = wire.reader({"content-type": kind})
    return b"".join([*map(reader.feed, chunks), reader.end()]), reader


OPENAI = load_beside("speak", "openai-speech")


def test_bytes_are_sound_as_they_are():
    assert read(OPENAI, b"ab", b"cd")[0] == b"abcd"


def test_sound_in_base64_is_found_in_a_document_and_in_events():
    data = base64.b64encode(b"sound").decode()
    for document in ({"audio": data}, {"audio_data": data}, {"audio": {"data": f"data:audio/mp3;base64,{data}"}}):
        assert read(OPENAI, json.dumps(document).encode(), kind="application/json")[0] == b"sound"
    events = [
        {"type": "speech.audio.delta", "audio": data},
        {"type": "speech.audio.done", "usage": {"input_tokens": 3, "output_tokens": 9}},
    ]
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    got, reader = read(OPENAI, body[:30], body[30:], kind="text/event-stream")
    assert (got, reader.usage.output_tokens) == (b"sound", 9)


def test_events_without_their_end_are_incomplete():
    event = b'data: {"type": "speech.audio.delta", "audio": "YQ=="}\n\n'
    with pytest.raises(IncompleteError):
        read(OPENAI, event, kind="text/event-stream")


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b'{"error": {"message": "slow down, rate limit"}}', "application/json", RateLimitError),
        (b'{"error": {"message": "slow down, rate limit"}}', "", RateLimitError),
        (b"{}", "application/json", ProviderError),
        (b"{", "application/json", ProviderError),
        (b'{"audio": "!!"}', "application/json", ProviderError),
        (b"<html>", "text/html", ProviderError),
    ],
)
def test_an_answer_without_sound_is_an_error(body, kind, error):
    with pytest.raises(error):
        read(OPENAI, body, kind=kind)


def test_gemini_says_what_its_samples_are_and_why_there_are_none():
    wire = load_beside("speak", "gemini-speech")
    data = base64.b64encode(sound.pcm("Hi")).decode()
    part = {"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": data}}
    answer = {"candidates": [{"content": {"parts": [part]}}], "usageMetadata": {"promptTokenCount": 4}}
    got, reader = read(wire, json.dumps(answer).encode(), kind="application/json")
    assert (got, reader.media_type, reader.usage.input_tokens) == (sound.pcm("Hi"), part["inlineData"]["mimeType"], 4)
    with pytest.raises(ProviderError, match=r"no sound in it \(PROHIBITED_CONTENT"):
        read(wire, b'{"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]}', kind="application/json")


# --- requests


@pytest.mark.parametrize(
    ("name", "quirks", "saying", "path", "body"),
    [
        (
            "openai-speech", {"default_voice": "alloy"}, Saying("Hi", "m", None, "mp3", {"speed": 2}),
            "/audio/speech", {"model": "m", "input": "Hi", "voice": "alloy", "response_format": "mp3", "speed": 2},
        ),
        (
            "openai-speech", {"voice_field": "voice_id", "pcm_word": "raw"}, Saying("Hi", "m", "v", "pcm"),
            "/audio/speech", {"model": "m", "input": "Hi", "voice_id": "v", "response_format": "raw"},
        ),
        (
            "openai-speech", {"path": "/d/{model}/s?v=1"}, Saying("Hi", "a/b"),
            "/d/a%2Fb/s?v=1", {"model": "a/b", "input": "Hi"},
        ),
        (
            "xai-speech", {"default_voice": "eve"}, Saying("Hi", "m", None, "wav", {"language": "de"}),
            "/tts", {"text": "Hi", "language": "de", "voice_id": "eve", "output_format": {"codec": "wav"}},
        ),
        (
            "hyperbolic-speech", {}, Saying("Hi", "EN", "EN-US", "mp3"),
            "/audio/generation", {"text": "Hi", "language": "EN", "speaker": "EN-US"},
        ),
        (
            "elevenlabs-speech", {}, Saying("Hi", "m", "V/1", "mp3", {"seed": 1, "enable_logging": "false"}),
            "/v1/text-to-speech/V%2F1/stream?output_format=mp3_44100_128&enable_logging=false",
            {"text": "Hi", "model_id": "m", "seed": 1},
        ),
        (
            "deepgram-speech", {}, Saying("Hi", "aura-2-thalia-en", None, "wav", {"speed": 1.1}),
            "/v1/speak?model=aura-2-thalia-en&encoding=linear16&container=wav&sample_rate=24000&speed=1.1", {"text": "Hi"},
        ),
        ("deepgram-speech", {}, Saying("Hi", "m", "v"), "/v1/speak?model=v", {"text": "Hi"}),
        (
            "gemini-speech", {}, Saying("Hi", "g", "Kore", "wav", {"temperature": 1}),
            "/v1beta/models/g:generateContent",
            {
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
                "generationConfig": {
                    "responseModalities": ["AUDIO"],
                    "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
                    "temperature": 1,
                },
            },
        ),
        (
            "hf-speech", {}, Saying("Hi", "org/model", None, None, {"voice": "x"}),
            "/models/org/model", {"inputs": "Hi", "parameters": {"voice": "x"}},
        ),
    ],
)  # fmt: skip
def test_the_request_of_each_format(name, quirks, saying, path, body):
    prepared = load_beside("speak", name, quirks).prepare(saying)
    assert (prepared.path, prepared.body) == (path, body)


def test_a_voice_is_needed_where_it_stands_in_the_path():
    with pytest.raises(UsageError, match="which voice"):
        load_beside("speak", "elevenlabs-speech").prepare(Saying("Hi", "m"))


def test_wav_and_pcm_differ_by_a_header_only():
    wire = load_beside("speak", "openai-speech", {"audio_formats": ["wav"]})
    assert (wire.asked(None), wire.asked("pcm")) == (("wav", "wav"), ("pcm", "wav"))
    with pytest.raises(UsageError, match="mp3: not made there") as caught:
        wire.asked("mp3")
    assert caught.value.hint == "there are wav, pcm"


def test_how_much_one_request_takes_may_depend_on_the_model():
    quirks = {"speech_chars": 4096, "speech_chars_models": {"^gpt": 3000}}
    wire = load_beside("speak", "openai-speech", quirks)
    assert (wire.most("tts-1"), wire.most("gpt-4o-mini-tts")) == (4096, 3000)


@pytest.mark.parametrize(
    ("name", "body", "voices"),
    [
        (
            "elevenlabs-speech",
            {"voices": [{"voice_id": "x", "name": "Ann", "labels": {"accent": "irish"}, "category": "premade"}]},
            (Voice("x", "Ann", "irish, premade"),),
        ),
        ("xai-speech", {"voices": [{"voice_id": "eve", "name": "Eve"}]}, (Voice("eve", "Eve"),)),
        (
            "openai-speech",
            {"data": [{"model": "m", "voices": [{"name": "a"}]}, {"model": "other", "voices": [{"name": "b"}]}]},
            (Voice("a", "a"),),
        ),
        (
            "openai-speech",
            {"items": [{"id": "1", "slug": "jane", "name": "Jane", "languages": ["en"]}]},
            (Voice("jane", "Jane", "en"),),
        ),
        ("openai-speech", {"voices": ["a", "b"]}, (Voice("a"), Voice("b"))),
        (
            "deepgram-speech",
            {"stt": [], "tts": [{"name": "thalia", "canonical_name": "aura-2-thalia-en", "languages": ["en"]}]},
            (Voice("aura-2-thalia-en", "thalia", "en"),),
        ),
    ],
)
def test_lists_of_voices(name, body, voices):
    assert load_beside("speak", name).read_voices(body, "m") == voices


def test_the_format_follows_from_that_for_chat():
    assert wire_beside("speak", "openai-responses") == "openai-speech"
    assert wire_beside("speak", "gemini") == "gemini-speech"
    assert wire_beside("speak", "openai-responses", ["xai-speech"]) == "xai-speech"
    assert wire_beside("speak", "anthropic-messages") is None
