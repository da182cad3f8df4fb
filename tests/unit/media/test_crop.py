import pytest
from hypothesis import given, strategies as st

from media.crop import CENTRE, Box, Focal, crop_box, fit_width
from media.errors import MediaRefused

SIDE = st.integers(1, 20_000)
TARGET = st.integers(1, 4_000)
FOCAL = st.builds(Focal, st.integers(0, 1000), st.integers(0, 1000))


@given(SIDE, SIDE, TARGET, TARGET, FOCAL)
def test_crop_box_lies_inside_and_touches_two_edges(w: int, h: int, tw: int, th: int, focal: Focal) -> None:
    box = crop_box(w, h, target_w=tw, target_h=th, focal=focal)
    assert 0 <= box.left < box.right <= w
    assert 0 <= box.top < box.bottom <= h
    assert box.right - box.left == w or box.bottom - box.top == h


@given(SIDE, SIDE, TARGET, TARGET, FOCAL)
def test_crop_box_has_the_target_shape_to_the_pixel(w: int, h: int, tw: int, th: int, focal: Focal) -> None:
    box = crop_box(w, h, target_w=tw, target_h=th, focal=focal)
    box_w, box_h = box.right - box.left, box.bottom - box.top
    if box_w < w and box_w > 1:
        assert abs(box_w * th - box_h * tw) * 2 <= th
    if box_h < h and box_h > 1:
        assert abs(box_h * tw - box_w * th) * 2 <= tw


@given(SIDE, SIDE, TARGET, TARGET, FOCAL)
def test_crop_box_keeps_the_focal_point_in_sight(w: int, h: int, tw: int, th: int, focal: Focal) -> None:
    box = crop_box(w, h, target_w=tw, target_h=th, focal=focal)
    assert box.left <= w * focal.x // 1000 <= box.right
    assert box.top <= h * focal.y // 1000 <= box.bottom


@given(SIDE, SIDE, TARGET, TARGET, st.integers(0, 999))
def test_crop_box_when_the_point_moves_right_never_moves_left(w: int, h: int, tw: int, th: int, x: int) -> None:
    before = crop_box(w, h, target_w=tw, target_h=th, focal=Focal(x, 500))
    after = crop_box(w, h, target_w=tw, target_h=th, focal=Focal(x + 1, 500))
    assert after.left >= before.left


def test_crop_box_of_a_landscape_photo_for_a_portrait_screen_is_exact() -> None:
    assert crop_box(4032, 3024, target_w=1080, target_h=1920, focal=CENTRE) == Box(1166, 0, 2867, 3024)
    assert crop_box(4032, 3024, target_w=1080, target_h=1920, focal=Focal(0, 0)) == Box(0, 0, 1701, 3024)
    assert crop_box(4032, 3024, target_w=1080, target_h=1920, focal=Focal(1000, 0)) == Box(2331, 0, 4032, 3024)


@pytest.mark.parametrize("focal", [Focal(-1, 0), Focal(0, -1), Focal(1001, 0), Focal(0, 1001)])
def test_crop_box_with_a_point_outside_is_refused(focal: Focal) -> None:
    with pytest.raises(MediaRefused) as caught:
        crop_box(100, 100, target_w=10, target_h=10, focal=focal)
    assert caught.value.code == "media.bad_focal"


@given(SIDE, SIDE, TARGET)
def test_fit_width_never_enlarges_and_keeps_the_shape(w: int, h: int, tw: int) -> None:
    width, height = fit_width(w, h, target_w=tw)
    assert width == min(w, tw)
    assert 1 <= height <= h
    if width < w:
        assert height == 1 or abs(height * w - h * width) * 2 <= w
