"""Deepgram's `/v1/speak`: the model is the voice, everything but the text stands in the query.

Format: developers.deepgram.com/reference/text-to-speech/speak-request.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from rigcli.core.requests import Prepared
from rigcli.wire.shapes import as_dict, as_list, as_text, first
from rigcli.wire.speech.base import Saying, SpeechWire, Voice
from rigcli.wire.speech.sound import Format

_SOUND: dict[Format, dict[str, str]] = {
    "mp3": {"encoding": "mp3"},
    "wav": {"encoding": "linear16", "container": "wav", "sample_rate": "24000"},
    "pcm": {"encoding": "linear16", "container": "none", "sample_rate": "24000"},
    "opus": {"encoding": "opus", "container": "ogg"},
    "flac": {"encoding": "flac"},
    "aac": {"encoding": "aac"},
}


class DeepgramSpeech(SpeechWire):
    """The wire `deepgram-speech`."""

    name: ClassVar[str] = "deepgram-speech"
    path: ClassVar[str] = "/v1/speak"
    makes: ClassVar[tuple[Format, ...]] = ("mp3", "wav", "pcm", "opus", "flac", "aac")
    voices_path: ClassVar[str | None] = "/v1/models"
    limit: ClassVar[int] = 2000

    def prepare(self, saying: Saying) -> Prepared:
        query = {
            "model": self.voice(saying.voice) or saying.model,
            **(_SOUND[saying.format] if saying.format else {}),
            **(saying.extra),
        }
        return Prepared(f"{self.place(saying.model)}?{urlencode(query, doseq=True)}", {"text": saying.text})

    def read_voices(self, body: Any, model: str) -> tuple[Voice, ...]:  # noqa: ARG002  as in the base
        rows = [as_dict(row) for row in as_list(as_dict(body).get("tts"))]
        return tuple(
            Voice(id_, as_text(row.get("name")), ", ".join(as_text(one) for one in as_list(row.get("languages"))))
            for row in rows
            if (id_ := as_text(first(row, "canonical_name", "name")))
        )
