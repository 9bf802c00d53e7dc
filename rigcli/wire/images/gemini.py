"""Pictures of Google's models: `:generateContent` with pictures in the answer, and Imagen's `:predict`.

Formats: ai.google.dev/gemini-api/docs/image-generation, ai.google.dev/gemini-api/docs/imagen and
cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.gemini.counts import counts_of
from rigcli.wire.images.asked import Asked, Pictures, Source, no_edit, picture_of, refused
from rigcli.wire.images.sizes import as_shape
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first

PATH = "/v1beta/models/{model}:{method}"
_SHAPES = ("1:1", "3:4", "4:3", "9:16", "16:9")
_LENGTH = 200


class GeminiImages:
    """The wire `gemini-images`: one picture a request. `extra` goes into `generationConfig`."""

    name: str = "gemini-images"
    at_once: int = 1

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        if asked.mask:
            raise no_edit("--mask")
        parts: list[Json] = [{"inlineData": _inline(source)} for source in asked.images]
        config: Json = {"responseModalities": ["TEXT", "IMAGE"]}
        notices: tuple[str, ...] = ()
        if asked.size:
            shape, notices = as_shape(asked.size)
            config["imageConfig"] = {"aspectRatio": shape} if shape else {"imageSize": asked.size.text}
        if asked.quality:
            notices = (*notices, "--quality was left out: this model has sizes instead, such as --size 2K")
        body: Json = {
            "contents": [{"role": "user", "parts": [*parts, {"text": asked.prompt}]}],
            "generationConfig": {**config, **asked.extra},
        }
        return Prepared(_path(self._quirks, asked.model, "generateContent"), body, notices=notices)

    def read(self, body: Any) -> Pictures:
        document = as_dict(body)
        if document.get("error"):
            raise failures.from_event(document)
        candidate = as_dict(next(iter(as_list(document.get("candidates"))), None))
        parts = [as_dict(part) for part in as_list(as_dict(candidate.get("content")).get("parts"))]
        shown = [part for part in parts if not part.get("thought")]  # drafts of a model that thinks are no answer
        data = [as_text(as_dict(first(part, "inlineData", "inline_data")).get("data")) for part in shown]
        images = tuple(picture_of(text) for text in data if text)
        if not images:
            said = " ".join(as_text(part.get("text")) for part in shown)
            raise _nothing(document, candidate, " ".join(said.split())[:_LENGTH])
        return Pictures(images, counts_of(as_dict(document.get("usageMetadata"))))

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


class Imagen:
    """The wire `imagen`. `extra` goes into `parameters`."""

    name: str = "imagen"
    at_once: int = 4

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        if asked.images or asked.mask:
            raise no_edit()
        parameters: Json = {"sampleCount": asked.count, "includeRaiReason": True}
        notices: tuple[str, ...] = ()
        if asked.size:
            shape, notices = as_shape(asked.size, _SHAPES)
            parameters |= {"aspectRatio": shape} if shape else {"sampleImageSize": asked.size.text}
        if asked.quality:
            notices = (*notices, "--quality was left out: this model has sizes instead, such as --size 2K")
        body: Json = {"instances": [{"prompt": asked.prompt}], "parameters": {**parameters, **asked.extra}}
        return Prepared(_path(self._quirks, asked.model, "predict"), body, notices=notices)

    def read(self, body: Any) -> Pictures:
        document = as_dict(body)
        if document.get("error"):
            raise failures.from_event(document)
        rows = [as_dict(row) for row in as_list(document.get("predictions"))]
        images = tuple(
            picture_of(text, as_text(row.get("prompt")) or None)
            for row in rows
            if (text := as_text(row.get("bytesBase64Encoded")))
        )
        withheld = tuple(why for row in rows if (why := as_text(row.get("raiFilteredReason"))))
        if not images:
            # What is filtered without a word comes as an empty document.
            raise refused(withheld[0] if withheld else "its filter left nothing, and does not say why")
        return Pictures(images, Usage(), withheld)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


def _path(quirks: Mapping[str, Any], model: str, method: str) -> str:
    path = str(quirks.get("path") or PATH)
    return path.replace("{model}", quote(model.removeprefix("models/"), safe="")).replace("{method}", method)


def _inline(source: Source) -> Json:
    return {"mimeType": source.media_type, "data": source.base64}


def _nothing(document: Json, candidate: Json, said: str) -> RigError:
    """Return why there is no picture: the prompt was blocked, the picture was, or the model only talks."""
    blocked = as_text(as_dict(document.get("promptFeedback")).get("blockReason"))
    why = as_text(candidate.get("finishMessage")) or said
    if blocked:
        return refused(f"the prompt was blocked ({blocked})")
    reason = as_text(candidate.get("finishReason"))
    if reason not in ("", "STOP", "MAX_TOKENS"):
        return refused(f"{reason}{f': {why}' if why else ''}")
    if said:
        return refused(f"it answered in words: {said}")
    return failures.unreadable("no picture in it")
