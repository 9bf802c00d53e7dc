"""Gemini's models that speak: `generateContent` with the modality AUDIO.

Format: ai.google.dev/gemini-api/docs/speech-generation. Older models send samples alone
(`audio/L16;rate=24000`), newer ones WAV.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.gemini.counts import counts_of
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format, Found, SoundReader

_BESIDE = ("systemInstruction", "safetySettings", "labels", "cachedContent")
"""Options that stand beside the contents; all others are in `generationConfig`."""


class GeminiSpeech(SpeechWire):
    """The wire `gemini-speech`."""

    name: ClassVar[str] = "gemini-speech"
    path: ClassVar[str] = "/v1beta/models/{model}:{method}"
    makes: ClassVar[tuple[Format, ...]] = ("wav", "pcm")
    limit: ClassVar[int] = 4000

    def prepare(self, saying: Saying) -> Prepared:
        config: Json = {"responseModalities": ["AUDIO"]}
        if spoken := self.voice(saying.voice):
            config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": spoken}}}
        given = dict(saying.extra)
        beside: Json = {name: given.pop(name) for name in _BESIDE if name in given}
        config |= as_dict(given.pop("generationConfig", None)) | given
        body: Json = {
            "contents": [{"role": "user", "parts": [{"text": saying.text}]}],
            "generationConfig": config,
            **beside,
        }
        return Prepared(self.place(saying.model, "generateContent"), body)

    def reader(self, headers: Mapping[str, str]) -> SoundReader:
        return SoundReader(headers, _found)


def _found(document: Any) -> Found:
    """Return the sound; an answer without any says why."""
    body = as_dict(document)
    candidate = as_dict(next(iter(as_list(body.get("candidates"))), None))
    parts = [as_dict(part) for part in as_list(as_dict(candidate.get("content")).get("parts"))]
    blobs = [as_dict(first(part, "inlineData", "inline_data")) for part in parts]
    sound = [blob for blob in blobs if as_text(blob.get("data"))]
    if not sound:
        why = as_text(as_dict(body.get("promptFeedback")).get("blockReason")) or as_text(candidate.get("finishReason"))
        raise failures.unreadable(f"no sound in it{f' ({why})' if why else ''}")
    kind = as_text(first(sound[0], "mimeType", "mime_type"))
    return Found(as_text(sound[0]["data"]), kind, counts_of(as_dict(body.get("usageMetadata"))))
