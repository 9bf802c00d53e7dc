"""Hyperbolic's `/audio/generation`: the model is a language (EN, ES, …), the sound comes in base64.

Format: docs.hyperbolic.xyz (audio APIs) and Rig's `providers/hyperbolic`.
"""

from __future__ import annotations

from typing import ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire.shapes import Json
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format


class HyperbolicSpeech(SpeechWire):
    """The wire `hyperbolic-speech`."""

    name: ClassVar[str] = "hyperbolic-speech"
    path: ClassVar[str] = "/audio/generation"
    makes: ClassVar[tuple[Format, ...]] = ("mp3",)

    def prepare(self, saying: Saying) -> Prepared:
        body: Json = {"text": saying.text, "language": saying.model}
        if spoken := self.voice(saying.voice):
            body["speaker"] = spoken
        return Prepared(self.place(saying.model), {**body, **(saying.extra)})
