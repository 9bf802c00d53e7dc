"""ElevenLabs' text to speech: the voice stands in the path. Format: elevenlabs.io/docs/api-reference/text-to-speech."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote, urlencode

from rigcli.core.errors import UsageError
from rigcli.core.requests import Prepared
from rigcli.wire.speech.base import Saying, SpeechWire
from rigcli.wire.speech.sound import Format

_WORDS: dict[Format, str] = {"mp3": "mp3_44100_128", "pcm": "pcm_24000", "opus": "opus_48000_64"}
_IN_QUERY = ("output_format", "optimize_streaming_latency", "enable_logging")


class ElevenLabsSpeech(SpeechWire):
    """The wire `elevenlabs-speech`."""

    name: ClassVar[str] = "elevenlabs-speech"
    path: ClassVar[str] = "/v1/text-to-speech/{voice}/stream"
    makes: ClassVar[tuple[Format, ...]] = ("mp3", "pcm", "opus")
    voices_path: ClassVar[str | None] = "/v1/voices"

    def prepare(self, saying: Saying) -> Prepared:
        given = dict(saying.extra)
        spoken = self.voice(saying.voice)
        if not spoken:
            raise UsageError("which voice?", hint="--voice ID; --list-voices shows them")
        query = {"output_format": _WORDS.get(saying.format, saying.format)} if saying.format else {}
        query |= {name: given.pop(name) for name in _IN_QUERY if name in given}
        path = self.place(saying.model).replace("{voice}", quote(spoken, safe=""))
        return Prepared(
            f"{path}?{urlencode(query)}" if query else path, {"text": saying.text, "model_id": saying.model, **given}
        )
