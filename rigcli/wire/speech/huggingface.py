"""Hugging Face's own inference: the text in, the sound out. Format: huggingface.co/docs/inference-providers."""

from __future__ import annotations

from typing import ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire.shapes import Json
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format


class HuggingFaceSpeech(SpeechWire):
    """The wire `hf-speech`."""

    name: ClassVar[str] = "hf-speech"
    path: ClassVar[str] = "/models/{model}"
    makes: ClassVar[tuple[Format, ...]] = ("flac", "wav")

    def prepare(self, saying: Saying) -> Prepared:
        parameters = {**({"voice": saying.voice} if saying.voice else {}), **(saying.extra)}
        body: Json = {"inputs": saying.text, **({"parameters": parameters} if parameters else {})}
        return Prepared(self.place(saying.model), body)
