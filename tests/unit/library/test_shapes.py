"""Cuts by shape and rights in time: what changes, what is refused, and on which day something ends."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.desk import tus
from cms.kernel.errors import Invalid
from cms.library.details import read_tags
from cms.library.rights import AHEAD, Rights, rights
from cms.library.shapes import KEYS, changed, crops_json, crops_of, lacking, read_crops
from media.crop import Crop, Focal, crop_box
from media.images import RENDITIONS, SHAPES

NOW = dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC)
CROPS = st.dictionaries(
    st.sampled_from(KEYS), st.builds(Crop, st.integers(0, 1000), st.integers(0, 1000), st.integers(100, 400))
)


def test_every_cut_size_has_the_shape_it_is_drawn_in() -> None:
    shapes = {shape.key: shape for shape in SHAPES}
    for one in RENDITIONS:
        if one.shape:
            shape = shapes[one.shape]
            assert abs(one.width / one.height - shape.width / shape.height) < 0.01
    assert {one.shape for one in RENDITIONS if one.shape} == set(KEYS)


@given(CROPS)
def test_cuts_when_kept_and_read_are_the_same(crops: dict[str, Crop]) -> None:
    assert crops_of(crops_json(crops)) == crops == read_crops(crops_json(crops))
    assert changed((Focal(500, 500), crops), (Focal(500, 500), crops)) == ()


@given(CROPS, st.sampled_from(KEYS))
def test_change_when_of_one_shape_touches_its_sizes_alone(crops: dict[str, Crop], key: str) -> None:
    focal = Focal(500, 500)
    after = {**crops, key: Crop(999, 1, 333)}
    found = changed((focal, crops), (focal, after))
    assert set(found) <= {one.name for one in RENDITIONS if one.shape == key}
    assert bool(found) == (crops.get(key) != after[key])


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from(SHAPES), st.integers(100, 400))
def test_cut_when_closer_lies_inside_the_picture(width: int, height: int, shape: object, zoom: int) -> None:
    found = next(one for one in SHAPES if one is shape)
    box = crop_box(width, height, target_w=found.width, target_h=found.height, focal=Focal(0, 1000), zoom=zoom)
    assert 0 <= box.left < box.right <= width
    assert 0 <= box.top < box.bottom <= height


def test_sizes_when_some_are_missing_are_named_in_order() -> None:
    assert lacking([one.name for one in RENDITIONS]) == ()
    assert lacking([one.name for one in RENDITIONS if one.name != "tv-card"]) == ("tv-card",)


def test_rights_when_time_passes_end_on_their_instant() -> None:
    assert rights(None, now=NOW) is Rights.OPEN
    assert rights(NOW + AHEAD + dt.timedelta(seconds=1), now=NOW) is Rights.VALID
    assert rights(NOW + AHEAD, now=NOW) is Rights.EXPIRING
    assert rights(NOW, now=NOW) is Rights.EXPIRED


def test_tags_when_typed_are_parted_by_commas_of_either_width() -> None:
    assert read_tags("太湖，步道, #太湖 、 a  b;") == ("太湖", "步道", "a b")
    with pytest.raises(Invalid):
        read_tags("长" * 31)


@given(st.text(max_size=60))
def test_headers_when_hostile_are_read_or_refused(text: str) -> None:
    readers = (
        lambda: tus.metadata(text),
        lambda: tus.checksum_of({"Upload-Checksum": text}),
        lambda: tus.number({"Upload-Offset": text}, "Upload-Offset"),
    )
    for read in readers:
        with contextlib.suppress(Invalid):
            read()
