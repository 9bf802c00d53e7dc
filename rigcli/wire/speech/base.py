"""What the formats of speech share: the request's parts that differ by row, voices, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from rigcli.core.errors import RigError, UsageError
from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first
from rigcli.wire.speech.sound import Format, SoundReader, is_samples


@dataclass(frozen=True, slots=True)
class Voice:
    """`id` is what --voice takes; the rest is for people, empty where nobody says it."""

    id: str
    name: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Saying:
    """One piece of text and how it is to be said; `extra` goes to the server as it is. None: as the server likes."""

    text: str
    model: str
    voice: str | None = None
    format: Format | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


class SpeechWire:
    """A request and answer format for speech. A sub-class says `prepare`, and what else differs."""

    name: ClassVar[str]
    path: ClassVar[str]
    makes: ClassVar[tuple[Format, ...]]
    """Formats that its servers make, the one first that is asked for where nobody says."""
    voices_path: ClassVar[str | None] = None
    limit: ClassVar[int] = 4000
    """Characters that one request takes, where the row says nothing."""
    rate: ClassVar[int] = 24000
    """Hz of samples that are asked for without a header."""

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self.quirks = quirks or {}

    def prepare(self, saying: Saying) -> Prepared:
        """Return the request for one piece of text."""
        raise NotImplementedError

    def reader(self, headers: Mapping[str, str]) -> SoundReader:
        return SoundReader(headers)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)

    def formats(self) -> tuple[Format, ...]:
        named: list[Format] = self.quirks.get("audio_formats", [])
        return tuple(named) or self.makes

    def asked(self, wanted: Format | None) -> tuple[Format, Format]:
        """Return what the recording is to be and what the server is asked for. Raises UsageError.

        wav and pcm differ by a header only: where one is made, so is the other.
        """
        made = self.formats()
        if wanted is None:
            return made[0], made[0]
        exact: list[Format] = [one for one in made if one == wanted]
        near = exact or [one for one in made if is_samples(one) and is_samples(wanted)]
        if not near:
            raise UsageError(
                f"--audio-format {wanted}: not made there", hint=f"there are {', '.join(self.all_formats())}"
            )
        return wanted, near[0]

    def all_formats(self) -> tuple[Format, ...]:
        made = self.formats()
        both: tuple[Format, ...] = ("wav", "pcm") if any(map(is_samples, made)) else ()
        return (*made, *(one for one in both if one not in made))

    def most(self, model: str) -> int:
        """Return the characters that one request takes."""
        import re  # noqa: PLC0415  few rows have limits by model

        for pattern, number in as_dict(self.quirks.get("speech_chars_models")).items():
            if re.search(pattern, model):
                return int(number)
        return int(self.quirks.get("speech_chars") or self.limit)

    def voice(self, said: str | None) -> str | None:
        return said or as_text(self.quirks.get("default_voice")) or None

    def place(self, model: str, method: str = "") -> str:
        path = as_text(self.quirks.get("path")) or self.path
        return path.replace("{model}", quote(model, safe="/" if path.endswith("{model}") else "")).replace(
            "{method}", method
        )

    def voices(self, model: str) -> Prepared | None:
        """Return the request that lists the voices, or None where the server has no list."""
        path = as_text(self.quirks.get("voices_path")) or self.voices_path
        return Prepared(path.replace("{model}", quote(model, safe="")), {}, method="GET") if path else None

    def known_voices(self) -> tuple[Voice, ...]:
        """Return the voices that the row names."""
        return tuple(Voice(one) for one in self.quirks.get("voices", ()))

    def read_voices(self, body: Any, model: str) -> tuple[Voice, ...]:
        """Return the voices of a list. Raises ProviderError for what is none."""
        document = as_dict(body)
        rows = as_list(body) or as_list(first(document, "voices", "items", "data"))
        if not rows and not any(key in document for key in ("voices", "items", "data")):
            raise failures.unreadable("no list of voices")
        found = [voice for row in rows for voice in _voices(row, model)]
        return tuple(dict.fromkeys(found))


def _voices(row: Any, model: str) -> list[Voice]:
    """Return the voice of one row, or those of a row that stands for a model."""
    if isinstance(row, str):
        return [Voice(row)]
    table: Json = as_dict(row)
    if inner := as_list(table.get("voices")):
        mine = not model or as_text(table.get("model")) == model
        return [voice for one in inner for voice in _voices(one, model)] if mine else []
    name = as_text(first(table, "voice_id", "slug", "id", "name"))
    return [Voice(name, as_text(table.get("name")), _about(table))] if name else []


def _about(row: Json) -> str:
    labels = as_dict(row.get("labels"))
    words = [as_text(row.get(key)) or as_text(labels.get(key)) for key in ("language", "gender", "accent", "category")]
    words += [as_text(one) for one in as_list(row.get("languages"))]
    return ", ".join(dict.fromkeys(word for word in words if word)) or as_text(row.get("description"))
