"""ElevenLabs' `/v1/speech-to-text`. Format: elevenlabs.io/docs/api-reference/speech-to-text/convert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.jsontext import mend
from rigcli.wire.listening.base import ListeningWire, seconds, without_prompt
from rigcli.wire.listening.words import segments_of, word
from rigcli.wire.multipart import multipart
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.transcription import Speech, Transcript, form_fields


class ElevenLabsTranscription(ListeningWire):
    """The wire `elevenlabs-transcription`."""

    name: ClassVar[str] = "elevenlabs-transcription"
    path: ClassVar[str] = "/v1/speech-to-text"

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,  # noqa: ARG002  as in the base
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        fields: Json = {"model_id": model, **(extra or {})}
        notices = without_prompt(fields)
        if language := fields.pop("language", None):
            fields["language_code"] = language
        if segments:
            fields.setdefault("timestamps_granularity", "word")
        kind, content = multipart(form_fields(fields, ""), "file", speech.name, speech.media_type, speech.data)
        return Prepared(self.place(model), {}, {"content-type": kind}, notices=notices, content=content)

    def transcript(self, document: Json) -> Transcript:
        if not isinstance(document.get("text"), str):
            raise failures.unreadable("no `text` in it")
        rows = [as_dict(row) for row in as_list(document.get("words"))]
        words = [
            word(as_text(row.get("text")), seconds(row.get("start")), seconds(row.get("end")), row.get("speaker_id"))
            for row in rows
        ]
        return Transcript(
            mend(as_text(document.get("text"))),
            segments_of(words, between=""),  # the spaces are rows of their own
            as_text(document.get("language_code")) or None,
            seconds(document.get("audio_duration_secs")),
            words=tuple(one for one, row in zip(words, rows, strict=True) if as_text(row.get("type")) != "spacing"),
        )
