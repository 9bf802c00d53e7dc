"""OpenAI's `/images/generations` and `/images/edits`, and those who follow it under names of their own.

Formats: platform.openai.com/docs/api-reference/images, docs.x.ai (image generation), docs.together.ai, docs.venice.ai
(image/generate, image/edit), docs.siliconflow.com, docs.z.ai, docs.hyperbolic.xyz.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError, UsageError
from rigcli.core.requests import Prepared
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.images.asked import Asked, Picture, Pictures, no_edit, picture_of, refused
from rigcli.wire.images.sizes import Size, as_pixels, as_shape, nearest
from rigcli.wire.jsontext import dump, mend
from rigcli.wire.multipart import File, multipart_files
from rigcli.wire.openai_chat.tokens import usage_of
from rigcli.wire.shapes import Json, as_dict, as_list, as_text, first

PATH = "/images/generations"
EDIT_PATH = "/images/edits"
_AT_ONCE = 10
_HELD = ("b64_json", "b64", "base64", "url", "image", "image_base64")


class OpenAIImages:
    """The wire `openai-images`."""

    name: str = "openai-images"

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    @property
    def at_once(self) -> int:
        return int(self._quirks.get("images_at_once", _AT_ONCE))

    def prepare(self, asked: Asked) -> Prepared:
        path = str(self._quirks.get("path") or PATH)
        notices: list[str] = []
        body = self._fields(asked, notices, path)
        if not asked.images:
            if asked.mask:
                raise UsageError("--mask: there is no picture for it", hint="name the picture with -f")
            return Prepared(_filled(path, asked.model), {**body, **asked.extra}, notices=tuple(notices))
        return self._edit(asked, body, notices)

    def read(self, body: Any) -> Pictures:
        document = as_dict(body)
        rows = as_list(document.get("data")) or as_list(document.get("images"))
        images = tuple(found for row in rows if (found := _picture(row)))
        if not images:
            raise _nothing(document)
        return Pictures(images, usage_of(as_dict(document.get("usage"))) or Usage())

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)

    def _fields(self, asked: Asked, notices: list[str], path: str) -> Json:
        quirks = self._quirks
        body: Json = {} if "{model}" in path else {str(quirks.get("model_field", "model")): asked.model}
        body["prompt"] = asked.prompt
        if asked.count > 1:
            body[str(quirks.get("n_field", "n"))] = asked.count
        body.update(self._size(asked.size, notices) if asked.size else {})
        if asked.quality and (field := str(quirks.get("quality_field", "quality"))):
            body[field] = asked.quality
        elif asked.quality:
            notices.append("--quality was left out: this server has no such option")
        kept = re.search(str(quirks.get("no_result_format_models", r"(?!)")), asked.model)
        if (form := quirks.get("result_format", "b64_json")) and not kept:
            body["response_format"] = form
        return body

    def _size(self, size: Size, notices: list[str]) -> Json:
        quirks = self._quirks
        way = quirks.get("size_as", "text")
        if size.ratio is None:  # a word: 2K, auto, landscape
            return {str(quirks.get("resolution_field") or quirks.get("size_field") or "size"): size.text}
        if way == "shape":
            shape, told = as_shape(size, quirks.get("sizes") or ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"))
            notices += told
            return {str(quirks.get("size_field", "aspect_ratio")): shape}
        width, height = size.pixels or as_pixels(size.ratio)
        if way == "pixels":
            return {"width": width, "height": height}
        text = size.text if size.pixels else f"{width}x{height}"
        if size.pixels is None and (known := quirks.get("sizes")):
            text = nearest(size.ratio, known)
        if not size.pixels:
            notices.append(f"--size {size.text} was sent as {text}")
        return {str(quirks.get("size_field", "size")): text}

    def _edit(self, asked: Asked, body: Json, notices: list[str]) -> Prepared:
        quirks = self._quirks
        way, field = quirks.get("edit_as", "form"), str(quirks.get("edit_field", "image"))
        usual = EDIT_PATH if way in ("form", "object") else quirks.get("path") or PATH
        path = _filled(str(quirks.get("edit_path") or usual), asked.model)
        if way == "form":
            return _form(path, {**body, **asked.extra}, asked, field, notices)
        if way == "none":
            raise no_edit()
        if asked.mask:
            raise no_edit("--mask")
        found: list[Any] = [source.base64 if way == "base64" else source.url for source in asked.images]
        if way == "object":
            found = [{"type": "image_url", "url": url} for url in found]
            field = field if len(found) == 1 else field + "s"
        given: Any = found[0] if len(found) == 1 else found
        return Prepared(path, {**body, field: given, **asked.extra}, notices=tuple(notices))


def _filled(path: str, model: str) -> str:
    return path.replace("{model}", quote(model, safe=""))


def _form(path: str, fields: Json, asked: Asked, field: str, notices: list[str]) -> Prepared:
    name = field if len(asked.images) == 1 else f"{field}[]"
    files = [File(name, source.name, source.media_type, source.data) for source in asked.images]
    if asked.mask:
        files.append(File("mask", asked.mask.name, asked.mask.media_type, asked.mask.data))
    words = [(key, value if isinstance(value, str) else dump(value)) for key, value in fields.items()]
    kind, content = multipart_files(words, files)
    return Prepared(path, {}, {"content-type": kind}, notices=tuple(notices), content=content)


def _picture(row: Any) -> Picture | None:
    if isinstance(row, str):
        return picture_of(row) if row else None
    held: Any = first(as_dict(row), *_HELD, "image_url")
    value = as_text(held) or as_text(as_dict(held).get("url"))
    return picture_of(value, mend(as_text(as_dict(row).get("revised_prompt"))) or None) if value else None


def _nothing(document: Json) -> RigError:
    """Return why there is no picture: a filter's words, an error, or that nobody says."""
    if document.get("error"):
        return failures.from_event(document)
    filters = [as_dict(row) for row in as_list(document.get("content_filter"))]
    if filters:
        where = ", ".join(dict.fromkeys(as_text(row.get("role")) or "filter" for row in filters))
        return refused(f"its content filter took offence ({where})")
    if document.get("message") or document.get("detail"):
        return failures.from_event(document)
    return failures.unreadable("no picture in it")
