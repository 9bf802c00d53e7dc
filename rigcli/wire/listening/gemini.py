"""Gemini's models hear: a recording and a request to write it down. Format: ai.google.dev/gemini-api/docs/audio.

The recording goes along in the request; what is longer than 20 MB would have to be uploaded first.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.errors import UsageError
from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.gemini.counts import counts_of
from rigcli.wire.jsontext import mend
from rigcli.wire.listening.base import ListeningWire
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.transcription import Speech, Transcript

ASK = "Write down what is said in this recording, word for word, in its language. Answer with the transcript alone."
MOST = 14 * 1024 * 1024
"""Bytes of sound; in base64 that is near the 20 MB that a request may have."""
_TYPES = {"audio/mpeg": "audio/mp3", "audio/x-wav": "audio/wav", "audio/x-flac": "audio/flac", "audio/mp4": "audio/m4a"}


class GeminiTranscription(ListeningWire):
    """The wire `gemini-transcription`."""

    name: ClassVar[str] = "gemini-transcription"
    path: ClassVar[str] = "/v1beta/models/{model}:{method}"

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,  # noqa: ARG002  as in the base
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        if len(speech.data) > MOST:
            raise UsageError(
                f"{speech.name}: {len(speech.data) / 1e6:.0f} MB, and a request takes {MOST / 1e6:.0f} MB of sound",
                hint=f"ffmpeg -i {speech.name} -ac 1 -b:a 32k smaller.mp3",
            )
        config = dict(extra or {})
        language, prompt = config.pop("language", None), config.pop("prompt", None)
        words = [ASK, f"It is spoken in: {language}." if language else "", f"It speaks of: {prompt}" if prompt else ""]
        kind = _TYPES.get(speech.media_type, speech.media_type)
        sound = {"inlineData": {"mimeType": kind, "data": b64encode(speech.data).decode()}}
        contents = [{"role": "user", "parts": [sound, {"text": " ".join(filter(None, words))}]}]
        body: Json = {"contents": contents, **({"generationConfig": config} if config else {})}
        notices = ("the times were left out: a chat model writes the text down, without them",) if segments else ()
        return Prepared(self.place(model, "generateContent"), body, notices=notices)

    def transcript(self, document: Json) -> Transcript:
        candidate = as_dict(next(iter(as_list(document.get("candidates"))), None))
        parts = [as_dict(part) for part in as_list(as_dict(candidate.get("content")).get("parts"))]
        text = "".join(as_text(part.get("text")) for part in parts if not part.get("thought"))
        reason = as_text(candidate.get("finishReason"))
        if not text and reason != "STOP":
            blocked = as_text(as_dict(document.get("promptFeedback")).get("blockReason"))
            raise failures.unreadable(f"no text in it{f' ({blocked or reason})' if blocked or reason else ''}")
        return Transcript(mend(text).strip(), usage=counts_of(as_dict(document.get("usageMetadata"))))
