"""Hugging Face's own inference: the sound is the body. Format: huggingface.co/docs/inference-providers (speech)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.jsontext import mend
from rigcli.wire.listening.base import ListeningWire, seconds, without_prompt
from rigcli.wire.listening.words import segments_of, word
from rigcli.wire.shapes import Json, as_dict, as_list, as_text
from rigcli.wire.transcription import Speech, Transcript


class HuggingFaceTranscription(ListeningWire):
    """The wire `hf-transcription`."""

    name: ClassVar[str] = "hf-transcription"
    path: ClassVar[str] = "/models/{model}"

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,  # noqa: ARG002  as in the base
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        parameters = dict(extra or {})
        notices = without_prompt(parameters)
        if language := parameters.pop("language", None):
            parameters["generation_parameters"] = {"language": language}
        if segments:
            parameters["return_timestamps"] = True
        if parameters:
            body: Json = {"inputs": b64encode(speech.data).decode(), "parameters": parameters}
            return Prepared(self.place(model), body, notices=notices)
        headers = {"content-type": speech.media_type}
        return Prepared(self.place(model), {}, headers, notices=notices, content=speech.data)

    def transcript(self, document: Json) -> Transcript:
        if not isinstance(document.get("text"), str):
            raise failures.unreadable("no `text` in it")
        chunks = [as_dict(row) for row in as_list(document.get("chunks"))]
        return Transcript(mend(as_text(document.get("text"))), segments_of(map(_chunk, chunks)))


def _chunk(row: Json) -> Json:
    start, end = [*as_list(row.get("timestamp")), None, None][:2]
    return word(as_text(row.get("text")).strip(), seconds(start), seconds(end))
