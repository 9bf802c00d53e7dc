"""A prompt in, the bytes of one picture out: Hugging Face's own inference, and servers made after it.

Format: huggingface.co/docs/inference-providers/tasks/text-to-image and /image-to-image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rigcli.core.errors import RigError
from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.images.asked import Asked, Pictures, no_edit
from rigcli.wire.images.sizes import as_pixels
from rigcli.wire.shapes import Json

PATH = "/{model}"


class PlainImages:
    """The wire `hf-image`: one picture a request. `extra` goes into `parameters`."""

    name: str = "hf-image"
    at_once: int = 1

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        if asked.mask or len(asked.images) > 1:
            raise no_edit("--mask" if asked.mask else "a second picture (-f)")
        parameters: Json = {}
        notices: tuple[str, ...] = ()
        if asked.size and asked.size.ratio:
            parameters["width"], parameters["height"] = asked.size.pixels or as_pixels(asked.size.ratio)
        elif asked.size:
            notices = (f"--size {asked.size.text} was left out: this server wants pixels or a shape",)
        if asked.quality:
            notices = (*notices, "--quality was left out: this server has no such option")
        inputs = asked.prompt
        if asked.images:
            inputs, parameters["prompt"] = asked.images[0].base64, asked.prompt
        body: Json = {"inputs": inputs}
        if parameters := {**parameters, **asked.extra}:
            body["parameters"] = parameters
        path = str(self._quirks.get("path") or PATH).replace("{model}", asked.model)
        return Prepared(path, body, {"accept": "image/png"}, notices=notices)

    def read(self, body: Any) -> Pictures:
        """An answer that is a picture never comes here: this one is JSON, and so an error."""
        raise failures.from_event(body)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)
