import io
import struct
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from media.errors import MediaRefused
from media.headers import dimensions
from media.kinds import AVIF, GIF, JPEG, PNG, WEBP, Format

PICTURES = (JPEG, PNG, WEBP, GIF, AVIF)


def _encoded(form: Format, size: tuple[int, int], **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, form.name, **options)
    return buffer.getvalue()


@settings(max_examples=25)
@given(st.sampled_from(PICTURES), st.integers(1, 700), st.integers(1, 700))
def test_dimensions_of_an_encoded_picture_are_what_was_encoded(form: Format, width: int, height: int) -> None:
    assert dimensions(io.BytesIO(_encoded(form, (width, height))), form) == (width, height)


def test_dimensions_of_webp_variants_are_right() -> None:
    assert dimensions(io.BytesIO(_encoded(WEBP, (31, 17), lossless=True)), WEBP) == (31, 17)
    assert dimensions(io.BytesIO(_encoded(WEBP, (31, 17), icc_profile=b"x" * 200)), WEBP) == (31, 17)


def test_dimensions_of_a_jpeg_behind_much_metadata_are_found() -> None:
    data = _encoded(JPEG, (40, 30), comment=b"c" * 60_000, icc_profile=b"p" * 300_000)
    assert dimensions(io.BytesIO(data), JPEG) == (40, 30)


@settings(max_examples=60)
@given(st.sampled_from(PICTURES), st.data())
def test_dimensions_of_a_cut_or_altered_header_answers_or_refuses(form: Format, data: st.DataObject) -> None:
    good = bytearray(_encoded(form, (64, 48)))
    cut = good[: data.draw(st.integers(0, len(good)))]
    for at in data.draw(st.lists(st.integers(0, max(0, min(len(cut) - 1, 400))), max_size=8)):
        if cut:
            cut[at] = data.draw(st.integers(0, 255))
    try:
        size = dimensions(io.BytesIO(bytes(cut)), form)
    except MediaRefused as refusal:
        said: object = refusal.code
    else:
        said = min(size) >= 1
    assert said in {"media.broken", True}


def test_dimensions_of_a_picture_without_pixels_are_refused() -> None:
    data = bytearray(_encoded(PNG, (10, 10)))
    data[16:24] = struct.pack(">II", 0, 10)
    with pytest.raises(MediaRefused):
        dimensions(io.BytesIO(bytes(data)), PNG)


def test_dimensions_of_endless_boxes_end() -> None:
    with pytest.raises(MediaRefused):
        dimensions(io.BytesIO(struct.pack(">I4s", 8, b"free") * 10_000), AVIF)
    with pytest.raises(MediaRefused):
        dimensions(io.BytesIO(b"\xff\xd8" + b"\xff\xe0\0\2" * 10_000), JPEG)
