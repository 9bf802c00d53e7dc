"""xAI's `/stt`. Format: docs.x.ai/developers/rest-api-reference/inference/speech-to-text. It has no models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.jsontext import mend
from rigcli.wire.listening.base import ListeningWire, seconds, without_prompt
from rigcli.wire.listening.words import segments_of, word
from rigcli.wire.multipart import multipart
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first
from rigcli.wire.transcription import Speech, Transcript, form_fields


class XAITranscription(ListeningWire):
    """The wire `xai-transcription`."""

    name: ClassVar[str] = "xai-transcription"
    path: ClassVar[str] = "/stt"

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,  # noqa: ARG002  words have times always
        stream: bool = False,  # noqa: ARG002  as in the base
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        fields = dict(extra or {})
        notices = without_prompt(fields)
        kind, content = multipart(form_fields(fields, ""), "file", speech.name, speech.media_type, speech.data)
        return Prepared(self.place(model), {}, {"content-type": kind}, notices=notices, content=content)

    def transcript(self, document: Json) -> Transcript:
        if not isinstance(document.get("text"), str):
            raise failures.unreadable("no `text` in it")
        rows = [as_dict(row) for row in as_list(document.get("words"))]
        words = tuple(
            word(
                as_text(first(row, "text", "word")),
                seconds(row.get("start")),
                seconds(row.get("end")),
                row.get("speaker"),
            )
            for row in rows
        )
        return Transcript(
            mend(as_text(document.get("text"))),
            segments_of(words),
            as_text(document.get("language")) or None,
            seconds(document.get("duration")),
            words=words,
        )
