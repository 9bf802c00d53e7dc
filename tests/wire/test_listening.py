"""Speech to text in formats of their own: requests, documents, words made sentences, sentences made subtitles."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import ProviderError, RateLimitError, UsageError
from rigcli.wire.beside import load_beside, wire_beside
from rigcli.wire.listening.subtitles import subtitles
from rigcli.wire.listening.words import segments_of, word
from rigcli.wire.transcription import OpenAITranscription, Speech
from tests.wire.test_speech_and_ranking import form

SPEECH = Speech(b"RIFF\x00sound", "audio/wav", "a.wav")


def wire(name, **quirks):
    return load_beside("transcribe", f"{name}-transcription", quirks)


def test_elevenlabs_takes_a_form():
    extra = {"language": "de", "prompt": "names", "diarize": True, "keyterms": ["a", "b"]}
    prepared = wire("elevenlabs").prepare(SPEECH, "scribe_v2", segments=True, extra=extra)
    assert (prepared.path, prepared.notices) == (
        "/v1/speech-to-text",
        ("the prompt was left out: the server takes none",),
    )
    assert [(name, data) for name, _, _, data in form(prepared)] == [
        ("model_id", b"scribe_v2"),
        ("diarize", b"true"),
        ("keyterms", b"a"),
        ("keyterms", b"b"),
        ("language_code", b"de"),
        ("timestamps_granularity", b"word"),
        ("file", SPEECH.data),
    ]


def test_elevenlabs_words_become_segments_by_speaker():
    words = [
        {"text": "Hello", "start": 0.0, "end": 0.5, "type": "word", "speaker_id": "speaker_0"},
        {"text": " ", "start": 0.5, "end": 0.6, "type": "spacing", "speaker_id": "speaker_0"},
        {"text": "there", "start": 0.6, "end": 1.0, "type": "word", "speaker_id": "speaker_0"},
        {"text": "Hi", "start": 1.2, "end": 1.5, "type": "word", "speaker_id": "speaker_1"},
    ]
    got = wire("elevenlabs").read({"text": "Hello there Hi", "language_code": "eng", "words": words})
    assert got.segments == (
        {"start": 0.0, "end": 1.0, "text": "Hello there", "speaker": "speaker_0"},
        {"start": 1.2, "end": 1.5, "text": "Hi", "speaker": "speaker_1"},
    )
    assert (got.language, len(got.words)) == ("eng", 3)


def test_deepgram_takes_the_sound_and_a_query():
    prepared = wire("deepgram").prepare(SPEECH, "nova-3", segments=True, extra={"language": "de", "diarize": True})
    assert prepared.path == "/v1/listen?model=nova-3&smart_format=true&utterances=true&language=de&diarize=true"
    assert (prepared.content, prepared.headers) == (SPEECH.data, {"content-type": "audio/wav"})
    assert "detect_language=true" in wire("deepgram").prepare(SPEECH, "nova-3").path


def test_deepgrams_answer():
    one = {"word": "hi", "punctuated_word": "Hi.", "start": 0.1, "end": 0.4, "speaker": 0}
    channel = {"alternatives": [{"transcript": "Hi.", "words": [one]}], "detected_language": "en"}
    document = {"metadata": {"duration": 2.5}, "results": {"channels": [channel]}}
    got = wire("deepgram").read(document)
    assert (got.text, got.duration, got.language) == ("Hi.", 2.5, "en")
    assert got.segments == ({"start": 0.1, "end": 0.4, "text": "Hi.", "speaker": "0"},)
    document["results"]["utterances"] = [{"transcript": "Hi.", "start": 0.0, "end": 0.5, "speaker": 1}]
    assert wire("deepgram").read(document).segments[0]["speaker"] == "1"


def test_xai_takes_a_form_with_the_file_last():
    prepared = wire("xai").prepare(SPEECH, "any", extra={"language": "en", "format": True})
    assert (prepared.path, [name for name, *_ in form(prepared)]) == ("/stt", ["language", "format", "file"])
    words = [{"text": "Hi", "start": 0.0, "end": 0.3}]
    got = wire("xai").read({"text": "Hi", "language": "", "duration": 1.25, "words": words})
    assert (got.text, got.language, got.duration, got.words) == ("Hi", None, 1.25, tuple(words))


def test_hugging_face_takes_the_sound_alone_or_with_parameters():
    prepared = wire("hf").prepare(SPEECH, "openai/whisper")
    assert (prepared.path, prepared.content) == ("/models/openai/whisper", SPEECH.data)
    prepared = wire("hf").prepare(SPEECH, "m", segments=True)
    assert prepared.body == {
        "inputs": base64.b64encode(SPEECH.data).decode(),
        "parameters": {"return_timestamps": True},
    }
    got = wire("hf").read({"text": " Hi", "chunks": [{"text": " Hi", "timestamp": [0.0, 1.0]}]})
    assert got.segments == ({"start": 0.0, "end": 1.0, "text": "Hi"},)


def test_gemini_is_asked_to_write_it_down():
    prepared = wire("gemini").prepare(SPEECH, "g", segments=True, extra={"language": "de", "temperature": 0})
    sound, request = prepared.body["contents"][0]["parts"]
    assert sound == {"inlineData": {"mimeType": "audio/wav", "data": base64.b64encode(SPEECH.data).decode()}}
    assert ("word for word" in request["text"], "spoken in: de." in request["text"]) == (True, True)
    assert (prepared.path, prepared.body["generationConfig"]) == (
        "/v1beta/models/g:generateContent",
        {"temperature": 0},
    )
    assert "times were left out" in prepared.notices[0]
    with pytest.raises(UsageError, match="takes 15 MB"):
        wire("gemini").prepare(Speech(bytes(15_000_000), "audio/mpeg", "long.mp3"), "g")


def test_geminis_answer():
    parts = [{"text": "hm", "thought": True}, {"text": "Hello "}, {"text": "there\n"}]
    candidate = {"content": {"parts": parts}, "finishReason": "STOP"}
    got = wire("gemini").read({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 9}})
    assert (got.text, got.usage.input_tokens) == ("Hello there", 9)
    with pytest.raises(ProviderError, match="SAFETY"):
        wire("gemini").read({"promptFeedback": {"blockReason": "SAFETY"}})


@pytest.mark.parametrize("name", ["elevenlabs", "deepgram", "xai", "hf", "gemini"])
def test_errors_and_other_shapes(name):
    with pytest.raises(RateLimitError):
        wire(name).read({"error": {"message": "rate limit"}})
    for document in ({}, [], None, {"text": 1}):
        with pytest.raises(ProviderError, match="unreadable"):
            wire(name).read(document)
    assert wire(name).read_error(429, "{}").status == 429


def test_words_and_speakers_of_those_who_follow_openai():
    segment = {"text": "Hi", "start": 0, "end": 1, "speaker_id": "s1"}
    words = [{"word": "Hi", "start": 0.0, "end": 0.5}]
    got = OpenAITranscription().read({"text": "Hi", "segments": [segment], "words": words})
    assert got.segments == ({"start": 0, "end": 1, "text": "Hi", "speaker": "s1"},)
    assert got.words == ({"text": "Hi", "start": 0.0, "end": 0.5},)


def test_the_format_follows_from_that_for_chat():
    assert wire_beside("transcribe", "gemini") == "gemini-transcription"
    assert wire_beside("transcribe", "openai-responses", ["xai-transcription"]) == "xai-transcription"


# --- sentences


def said(*words):
    return segments_of([word(*one) for one in words])


def test_a_segment_ends_with_a_sentence_a_silence_or_after_a_while():
    assert [row["text"] for row in said(("One.", 0, 1), ("Two", 1, 2), ("more", 2, 3))] == ["One.", "Two more"]
    assert [row["text"] for row in said(("One", 0, 1), ("Two", 3, 4))] == ["One", "Two"]
    assert len(said(*((f"w{second}", second, second + 1) for second in range(30)))) == 3
    assert said(("No", None, None), ("times", None, None)) == ({"text": "No times"},)


# --- subtitles


SEGMENTS = (
    {"start": 0.0, "end": 1.5, "text": " Hello <b> & --> all\nof you "},
    {"start": 3661.0, "end": 3662.25, "text": "Bye", "speaker": "Ann"},
)


def test_srt():
    assert subtitles(SEGMENTS, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello <b> & → all of you\n\n2\n01:01:01,000 --> 01:01:02,250\nAnn: Bye\n"
    )


def test_vtt():
    assert subtitles(SEGMENTS, "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello &lt;b> &amp; → all of you\n\n"
        "01:01:01.000 --> 01:01:02.250\n<v Ann>Bye\n"
    )


def test_no_subtitles_without_times():
    with pytest.raises(ProviderError, match="no times"):
        subtitles([{"text": "Hi"}], "srt")


@given(st.floats(0, 1e6), st.text(max_size=40))
def test_no_text_can_begin_another_cue(start, text):
    out = subtitles([{"start": start, "end": start, "text": text}], "vtt")
    assert out.count("-->") == 1
    assert len(out.split("\n")) == 5
