"""Pictures through Bedrock's InvokeModel: Titan and Nova Canvas, and the models of Stability there.

Formats: docs.aws.amazon.com/nova/latest/userguide/image-gen-access.html and
docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rigcli.core.errors import RigError, UsageError
from rigcli.core.requests import Prepared
from rigcli.wire import failures
from rigcli.wire.images.asked import Asked, Pictures, no_edit, picture_of, refused
from rigcli.wire.images.sizes import as_pixels, as_shape
from rigcli.wire.shapes import Json, as_dict, as_list, as_text

PATH = "/model/{model}/invoke"


class TitanImages:
    """The wire `titan-image`. `extra` goes into `imageGenerationConfig`."""

    name: str = "titan-image"
    at_once: int = 5

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        config: Json = {"numberOfImages": asked.count}
        if asked.size:
            if asked.size.ratio is None:
                raise UsageError(f"--size {asked.size.text}: this model wants pixels or a shape", hint="1024x1024")
            config["width"], config["height"] = asked.size.pixels or as_pixels(asked.size.ratio)
        if asked.quality:
            config["quality"] = asked.quality
        body = {**_task(asked), "imageGenerationConfig": {**config, **asked.extra}}
        return Prepared(_path(self._quirks, asked.model), body)

    def read(self, body: Any) -> Pictures:
        return _read(body)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


class StabilityImages:
    """The wire `stability-image`: one picture a request."""

    name: str = "stability-image"
    at_once: int = 1

    def __init__(self, quirks: Mapping[str, Any] | None = None) -> None:
        self._quirks = quirks or {}

    def prepare(self, asked: Asked) -> Prepared:
        if asked.mask or len(asked.images) > 1:
            raise no_edit("--mask" if asked.mask else "a second picture (-f)")
        body: Json = {"prompt": asked.prompt, "output_format": "png"}
        notices: tuple[str, ...] = ()
        if asked.images:
            body |= {"mode": "image-to-image", "image": asked.images[0].base64, "strength": 0.7}
        elif asked.size:
            shape, notices = as_shape(asked.size)
            body |= {"aspect_ratio": shape} if shape else {}
        if asked.quality:
            notices = (*notices, "--quality was left out: this model has no such option")
        return Prepared(_path(self._quirks, asked.model), {**body, **asked.extra}, notices=notices)

    def read(self, body: Any) -> Pictures:
        return _read(body)

    def read_error(self, status: int, body: str) -> RigError:
        return failures.from_status(status, body)


def _task(asked: Asked) -> Json:
    """Return what is to be done: made, changed where the mask is black, or made anew like these pictures."""
    if asked.mask:
        if len(asked.images) != 1:
            raise UsageError("--mask: goes with one picture", hint="name that picture with -f")
        picture = {"text": asked.prompt, "image": asked.images[0].base64, "maskImage": asked.mask.base64}
        return {"taskType": "INPAINTING", "inPaintingParams": picture}
    if asked.images:
        like = {"text": asked.prompt, "images": [source.base64 for source in asked.images]}
        return {"taskType": "IMAGE_VARIATION", "imageVariationParams": like}
    return {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": asked.prompt}}


def _path(quirks: Mapping[str, Any], model: str) -> str:
    return str(quirks.get("path") or PATH).replace("{model}", quote(model, safe=""))


def _read(body: Any) -> Pictures:
    document = as_dict(body)
    images = tuple(picture_of(text) for item in as_list(document.get("images")) if (text := as_text(item)))
    withheld = tuple(text for item in as_list(document.get("finish_reasons")) if (text := as_text(item)))
    said = as_text(document.get("error"))
    if images:
        return Pictures(images, withheld=(*withheld, said) if said else withheld)
    if withheld or said:
        raise refused(said or withheld[0])
    raise failures.unreadable("no picture in it")
