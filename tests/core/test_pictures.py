"""What a picture's own bytes say of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.core.pictures import ENDINGS, dimensions, media_type
from tests.support.pictures import gif, jpeg, png, webp


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(7, 5), "image/png"),
        (gif(7, 5), "image/gif"),
        (jpeg(7, 5), "image/jpeg"),
        (webp(7, 5), "image/webp"),
    ],
)
def test_type_and_size_come_from_the_bytes(data, kind):
    assert (media_type(data), dimensions(data)) == (kind, (7, 5))
    assert kind in ENDINGS


def test_what_has_no_size_and_what_is_no_picture():
    assert media_type(b'<?xml version="1.0"?><svg xmlns="x"/>') == "image/svg+xml"
    assert dimensions(b"<svg/>") is None
    assert media_type(b"%PDF-1.7") is None
    assert media_type(b"") is None


@given(st.sampled_from([png(1, 1), gif(1, 1), jpeg(1, 1), webp(1, 1)]), st.integers(0, 40), st.binary(max_size=40))
def test_broken_pictures_are_no_bugs(picture, cut, rest):
    found = dimensions(picture[:cut] + rest)
    assert found is None or min(found) > 0
