"""What the formats of speech to text share. All answer with one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.shapes import Json, as_dict, as_text
from rigcli.wire.transcription import Speech, Transcript, TranscriptReader


class ListeningWire:
    """A request and answer format for speech to text. A sub-class says `prepare` and `transcript`."""

    name: ClassVar[str]
    path: ClassVar[str]

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self.quirks = quirks or {}

    def prepare(
        self,
        speech: Speech,
        model: str,
        *,
        segments: bool = False,
        stream: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> Prepared:
        """Return the request. `segments` asks for times; `extra` has `language`, `prompt` and what -o says."""
        raise NotImplementedError

    def transcript(self, document: Json) -> Transcript:
        """Return what a document says. Raises ProviderError for another shape."""
        raise NotImplementedError

    def read(self, body: Any) -> Transcript:
        """Return what one document says. Raises what an error document says, ProviderError for another shape."""
        document = as_dict(body)
        if document.get("error"):
            raise failures.from_event(document)
        return self.transcript(document)

    def reader(self) -> TranscriptReader:
        return TranscriptReader()

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)

    def place(self, model: str, method: str = "") -> str:
        path = as_text(self.quirks.get("path")) or self.path
        return path.replace("{model}", model).replace("{method}", method)


def without_prompt(fields: dict[str, Any]) -> tuple[str, ...]:
    """Take the prompt out of the fields of a server that knows none, and return the notice that says so."""
    return ("the prompt was left out: the server takes none",) if fields.pop("prompt", None) else ()


def seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
