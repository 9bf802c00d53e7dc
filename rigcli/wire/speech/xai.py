"""xAI's `/tts`. Format: docs.x.ai/developers/rest-api-reference/inference/voice. It has no models, only voices."""

from __future__ import annotations

from typing import ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire.shapes import Json
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format


class XAISpeech(SpeechWire):
    """The wire `xai-speech`."""

    name: ClassVar[str] = "xai-speech"
    path: ClassVar[str] = "/tts"
    makes: ClassVar[tuple[Format, ...]] = ("mp3", "wav", "pcm")
    voices_path: ClassVar[str | None] = "/tts/voices"
    limit: ClassVar[int] = 15000

    def prepare(self, saying: Saying) -> Prepared:
        body: Json = {"text": saying.text, "language": "auto"}
        if spoken := self.voice(saying.voice):
            body["voice_id"] = spoken
        if saying.format:
            body["output_format"] = {"codec": saying.format}
        return Prepared(self.place(saying.model), {**body, **(saying.extra)})
