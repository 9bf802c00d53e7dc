"""Deepgram's `/v1/listen`: the sound is the body, everything else stands in the query.

Format: developers.deepgram.com/reference/speech-to-text/listen-pre-recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.jsontext import mend
from rigcli.wire.listening.base import ListeningWire, seconds, without_prompt
from rigcli.wire.listening.words import segments_of, word
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first
from rigcli.wire.transcription import Speech, Transcript


class DeepgramTranscription(ListeningWire):
    """The wire `deepgram-transcription`."""

    name: ClassVar[str] = "deepgram-transcription"
    path: ClassVar[str] = "/v1/listen"

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,  # noqa: ARG002  as in the base
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        given = dict(extra or {})
        notices = without_prompt(given)
        query: Json = {"model": model, "smart_format": "true", **({"utterances": "true"} if segments else {})}
        if "language" not in given:
            query["detect_language"] = "true"
        query |= {name: _word(value) for name, value in given.items()}
        path = f"{self.place(model)}?{urlencode(query, doseq=True)}"
        return Prepared(path, {}, {"content-type": speech.media_type}, notices=notices, content=speech.data)

    def transcript(self, document: Json) -> Transcript:
        results = as_dict(document.get("results"))
        channels = [as_dict(row) for row in as_list(results.get("channels"))]
        if not channels:
            raise failures.unreadable("no `results.channels` in it")
        best = [as_dict(next(iter(as_list(row.get("alternatives"))), None)) for row in channels]
        words = tuple(_of(as_dict(row)) for one in best for row in as_list(one.get("words")))
        said = [as_dict(row) for row in as_list(results.get("utterances"))]
        return Transcript(
            mend("\n".join(filter(None, (as_text(one.get("transcript")) for one in best)))),
            segments_of(map(_of, said)) if said else segments_of(words),
            as_text(channels[0].get("detected_language")) or None,
            seconds(as_dict(document.get("metadata")).get("duration")),
            words=words,
        )


def _of(row: Json) -> Json:
    text = as_text(first(row, "transcript", "punctuated_word", "word"))
    return word(text, seconds(row.get("start")), seconds(row.get("end")), row.get("speaker"))


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
