"""OpenAI's `/audio/speech` and those who follow it. Format: platform.openai.com/docs/api-reference/audio/createSpeech.

The answer is the sound itself; Mistral's is a document that holds it in base64 (docs.mistral.ai, Speech generation).
"""

from __future__ import annotations

from typing import ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire.shapes import Json
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format


class OpenAISpeech(SpeechWire):
    """The wire `openai-speech`."""

    name: ClassVar[str] = "openai-speech"
    path: ClassVar[str] = "/audio/speech"
    makes: ClassVar[tuple[Format, ...]] = ("mp3", "wav", "opus", "flac", "pcm", "aac")

    def prepare(self, saying: Saying) -> Prepared:
        body: Json = {"model": saying.model, "input": saying.text}
        if spoken := self.voice(saying.voice):
            body[str(self.quirks.get("voice_field", "voice"))] = spoken
        if saying.format:
            word = self.quirks.get("pcm_word") if saying.format == "pcm" else None
            body["response_format"] = word or saying.format
        return Prepared(self.place(saying.model), {**body, **(saying.extra)})
