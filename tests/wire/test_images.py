"""Pictures: the requests of each format and dialect, and answers with pictures, refusals and errors."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.errors import ProviderError, RigError, UsageError
from rigcli.providers.rows import Rows, beside
from rigcli.wire.beside import BESIDE, load_beside
from rigcli.wire.images import Asked, Source, parse_size
from rigcli.wire.images.sizes import as_pixels
from tests.support.pictures import png
from tests.wire.test_speech_and_ranking import form

PNG = png(3, 2)
B64 = b64encode(PNG).decode()
SOURCE = Source(PNG, "image/png", "a.png")
DATA_URL = f"data:image/png;base64,{B64}"


def wire_of(provider: str, name: str = "openai-images") -> Any:
    """Return the wire with the quirks of a shipped row."""
    row = beside(Rows().get(provider), name, BESIDE[name].family)
    return load_beside("image", name, row.quirks)


def asked(prompt: str = "a cat", model: str = "m", size: str | None = None, **more: Any) -> Asked:
    return Asked(prompt, model, size=parse_size(size) if size else None, **more)


CASES = [
    (
        "openai",
        asked(model="gpt-image-1", size="16:9", quality="low", count=2),
        "/images/generations",
        {"model": "gpt-image-1", "prompt": "a cat", "n": 2, "size": "1536x1024", "quality": "low"},
    ),
    (
        "openai",
        asked(model="dall-e-3", size="1792x1024"),
        "/images/generations",
        {"model": "dall-e-3", "prompt": "a cat", "size": "1792x1024", "response_format": "b64_json"},
    ),
    (
        "xai",
        asked(size="1280x720"),
        "/images/generations",
        {"model": "m", "prompt": "a cat", "aspect_ratio": "16:9", "response_format": "b64_json"},
    ),
    (
        "xai",
        asked(images=(SOURCE,), size="2k"),
        "/images/edits",
        {
            "model": "m",
            "prompt": "a cat",
            "resolution": "2k",
            "response_format": "b64_json",
            "image": {"type": "image_url", "url": DATA_URL},
        },
    ),
    (
        "together",
        asked(size="1:1", count=2, images=(SOURCE,), extra={"steps": 4}),
        "/images/generations",
        {
            "model": "m",
            "prompt": "a cat",
            "n": 2,
            "width": 1024,
            "height": 1024,
            "response_format": "base64",
            "image_url": DATA_URL,
            "steps": 4,
        },
    ),
    (
        "venice",
        asked(size="512x640", count=3),
        "/image/generate",
        {"model": "m", "prompt": "a cat", "variants": 3, "width": 512, "height": 640},
    ),
    ("venice", asked(images=(SOURCE,)), "/image/edit", {"model": "m", "prompt": "a cat", "image": B64}),
    (
        "hyperbolic",
        asked(size="1024x1024"),
        "/image/generation",
        {"model_name": "m", "prompt": "a cat", "width": 1024, "height": 1024},
    ),
    (
        "siliconflow",
        asked(size="768x1024", count=2),
        "/images/generations",
        {"model": "m", "prompt": "a cat", "batch_size": 2, "image_size": "768x1024"},
    ),
    (
        "zai",
        asked(quality="hd", size="1024x1024"),
        "/images/generations",
        {"model": "m", "prompt": "a cat", "size": "1024x1024", "quality": "hd"},
    ),
    (
        "azure",
        asked(model="my dep"),
        "/openai/deployments/my%20dep/images/generations?api-version={api_version}",
        {"prompt": "a cat", "response_format": "b64_json"},
    ),
    (
        "ark",
        asked(images=(SOURCE, SOURCE)),
        "/images/generations",
        {"model": "m", "prompt": "a cat", "response_format": "b64_json", "image": [DATA_URL, DATA_URL]},
    ),
]


@pytest.mark.parametrize(("provider", "wish", "path", "body"), CASES)
def test_each_server_is_asked_in_its_own_dialect(provider, wish, path, body):
    prepared = wire_of(provider).prepare(wish)
    assert (prepared.path, prepared.body) == (path, body)


def test_a_picture_is_changed_with_a_form_and_a_mask_goes_with_it():
    """One picture is `image`, several are `image[]`, as OpenAI has it."""
    one = wire_of("openai").prepare(asked(model="gpt-image-1", images=(SOURCE,), mask=SOURCE, extra={"user": "u"}))
    assert one.path == "/images/edits"
    assert form(one) == [
        ("model", None, "text/plain", b"gpt-image-1"),
        ("prompt", None, "text/plain", b"a cat"),
        ("user", None, "text/plain", b"u"),
        ("image", "a.png", "image/png", PNG),
        ("mask", "a.png", "image/png", PNG),
    ]
    two = wire_of("openai").prepare(asked(images=(SOURCE, SOURCE)))
    assert [name for name, *_ in form(two)][-2:] == ["image[]", "image[]"]


@pytest.mark.parametrize(
    ("name", "wish", "path", "body"),
    [
        (
            "openai-chat-images",
            asked(images=(SOURCE,), size="16:9"),
            "/chat/completions",
            {
                "model": "m",
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "a cat"},
                            {"type": "image_url", "image_url": {"url": DATA_URL}},
                        ],
                    }
                ],
                "modalities": ["image", "text"],
                "stream": False,
                "image_config": {"aspect_ratio": "16:9"},
            },
        ),
        (
            "gemini-images",
            asked(model="g", images=(SOURCE,), size="2K", extra={"seed": 1}),
            "/v1beta/models/g:generateContent",
            {
                "contents": [
                    {
                        "role": "user",
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": B64}}, {"text": "a cat"}],
                    }
                ],
                "generationConfig": {
                    "responseModalities": ["TEXT", "IMAGE"],
                    "imageConfig": {"imageSize": "2K"},
                    "seed": 1,
                },
            },
        ),
        (
            "imagen",
            asked(model="imagen-4", count=2, size="1920x1080"),
            "/v1beta/models/imagen-4:predict",
            {
                "instances": [{"prompt": "a cat"}],
                "parameters": {"sampleCount": 2, "includeRaiReason": True, "aspectRatio": "16:9"},
            },
        ),
        (
            "titan-image",
            asked(model="amazon.nova-canvas-v1:0", size="512x512", quality="premium", extra={"seed": 7}),
            "/model/amazon.nova-canvas-v1%3A0/invoke",
            {
                "taskType": "TEXT_IMAGE",
                "textToImageParams": {"text": "a cat"},
                "imageGenerationConfig": {
                    "numberOfImages": 1,
                    "width": 512,
                    "height": 512,
                    "quality": "premium",
                    "seed": 7,
                },
            },
        ),
        (
            "titan-image",
            asked(images=(SOURCE,), mask=SOURCE),
            "/model/m/invoke",
            {
                "taskType": "INPAINTING",
                "inPaintingParams": {"text": "a cat", "image": B64, "maskImage": B64},
                "imageGenerationConfig": {"numberOfImages": 1},
            },
        ),
        (
            "stability-image",
            asked(size="1:1"),
            "/model/m/invoke",
            {"prompt": "a cat", "output_format": "png", "aspect_ratio": "1:1"},
        ),
        (
            "hf-image",
            asked(model="org/flux", size="512x256"),
            "/org/flux",
            {"inputs": "a cat", "parameters": {"width": 512, "height": 256}},
        ),
        ("hf-image", asked(images=(SOURCE,)), "/m", {"inputs": B64, "parameters": {"prompt": "a cat"}}),
    ],
)
def test_each_format_has_its_own_request(name, wish, path, body):
    prepared = load_beside("image", name).prepare(wish)
    assert (prepared.path, prepared.body) == (path, body)


def test_what_a_server_cannot_take_is_an_error_or_a_notice():
    with pytest.raises(UsageError, match="no way to hand it"):
        wire_of("zai").prepare(asked(images=(SOURCE,)))
    with pytest.raises(UsageError, match="--mask"):
        wire_of("together").prepare(asked(images=(SOURCE,), mask=SOURCE))
    with pytest.raises(UsageError, match="no picture for it"):
        wire_of("openai").prepare(asked(mask=SOURCE))
    with pytest.raises(UsageError, match="no way to hand it"):
        load_beside("image", "imagen").prepare(asked(images=(SOURCE,)))
    assert "--quality was left out" in wire_of("venice").prepare(asked(quality="high")).notices[0]
    assert "as the shape 16:9" in wire_of("xai").prepare(asked(size="1344x768")).notices[0]
    assert "1536x1024" in wire_of("openai").prepare(asked(size="3:2")).notices[0]


ANSWERS = [
    ("openai-images", {"data": [{"b64_json": B64, "revised_prompt": "a tabby"}], "usage": {"input_tokens": 9}}),
    ("openai-images", {"images": [B64]}),
    ("openai-images", {"images": [{"image": B64, "index": 0}]}),
    ("openai-chat-images", {"choices": [{"message": {"images": [{"image_url": {"url": DATA_URL}}]}}]}),
    (
        "gemini-images",
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"thought": True, "inlineData": {"data": b64encode(b"draft").decode()}},
                            {"text": "Here"},
                            {"inlineData": {"mimeType": "image/png", "data": B64}},
                        ]
                    },
                    "finishReason": "STOP",
                }
            ]
        },
    ),
    ("imagen", {"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": B64}]}),
    ("titan-image", {"images": [B64], "error": None}),
    ("stability-image", {"images": [B64], "finish_reasons": [None]}),
]


@pytest.mark.parametrize(("name", "body"), ANSWERS)
def test_pictures_are_found_where_each_format_has_them(name, body):
    (picture,) = load_beside("image", name).read(body).images
    assert picture.data == PNG


def test_an_address_is_kept_and_so_are_the_new_words_and_the_counts():
    body = {"data": [{"url": "https://x.test/a.png", "revised_prompt": "a tabby"}], "usage": {"input_tokens": 9}}
    answer = load_beside("image", "openai-images").read(body)
    assert (answer.images[0].url, answer.images[0].revised_prompt) == ("https://x.test/a.png", "a tabby")
    assert answer.usage.input_tokens == 9


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("openai-images", {"data": [], "content_filter": [{"role": "user", "level": 1}]}, "content filter"),
        ("openai-images", {"error": {"message": "no such model"}}, "no such model"),
        ("openai-images", {"data": [{}]}, "no picture"),
        (
            "openai-chat-images",
            {"choices": [{"message": {"content": "I cannot."}, "finish_reason": "stop"}]},
            "in words: I cannot",
        ),
        ("gemini-images", {"promptFeedback": {"blockReason": "SAFETY"}}, "blocked .SAFETY"),
        ("gemini-images", {"candidates": [{"finishReason": "IMAGE_SAFETY"}]}, "IMAGE_SAFETY"),
        ("imagen", {}, "filter left nothing"),
        ("imagen", {"predictions": [{"raiFilteredReason": "unsafe words"}]}, "unsafe words"),
        ("titan-image", {"images": [], "error": "blocked by content filters"}, "blocked by content"),
        ("stability-image", {"images": [], "finish_reasons": ["Filter reason: prompt"]}, "Filter reason"),
        ("openai-images", {"data": [{"b64_json": "a"}]}, "no base64"),
    ],
)
def test_a_refusal_says_why_and_is_the_providers(name, body, words):
    with pytest.raises(ProviderError, match=words):
        load_beside("image", name).read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "images", "b64_json", "url", "error", "choices", "message", "candidates", "content", "parts"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", [name for name, row in BESIDE.items() if row.ability == "image"])
@given(body=JSON)
def test_no_answer_brings_anything_but_pictures_or_an_error_of_rig(name, body):
    """Hostile shapes end in an error with a message, never in a bug."""
    try:
        found = load_beside("image", name).read(json.loads(json.dumps(body)))
    except RigError:
        return
    assert found.images


@pytest.mark.parametrize("text", ["0x10", "10x99999", "a b", "", "1:0", "😀"])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(UsageError):
        parse_size(text)


@given(st.floats(0.25, 4))
def test_a_shape_becomes_pixels_of_about_a_megapixel(ratio):
    width, height = as_pixels(ratio)
    assert width % 64 == height % 64 == 0
    assert 0.85 < width * height / 1024**2 < 1.15
    assert 0.8 < width / height / ratio < 1.25
