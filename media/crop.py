"""Crop arithmetic around a focal point; pure integers, so that every machine cuts the same box."""

import enum
from typing import Final, NamedTuple

from media.errors import MediaRefused

THOUSANDTHS: Final = 1_000
# Closer than this, a phone's picture has fewer pixels than a street screen shows.
MAX_ZOOM: Final = 400


class Mode(enum.StrEnum):
    """How a picture meets a size."""

    width = "width"
    cover = "cover"


class Focal(NamedTuple):
    """The point to keep in sight, in thousandths of width and height from the top left."""

    x: int
    y: int


class Crop(NamedTuple):
    """What one shape shows: its middle in thousandths, and how close, in percent of the widest crop there is."""

    x: int
    y: int
    zoom: int = 100


class Box(NamedTuple):
    """Pixels: left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int


CENTRE: Final = Focal(500, 500)


def crop_box(width: int, height: int, *, target_w: int, target_h: int, focal: Focal, zoom: int = 100) -> Box:
    """The largest box of the target's shape inside the picture, as near to the focal point as fits.

    Args:
        width: of the picture, pixels, at least 1; likewise the others.
        height: of the picture.
        target_w: of the wanted shape.
        target_h: of the wanted shape.
        focal: values outside 0 to 1,000 are refused.
        zoom: percent, 100 to 400; at 200 the box is half as wide and half as high.

    Raises:
        MediaRefused: `media.bad_focal`.
    """
    if not (0 <= focal.x <= THOUSANDTHS and 0 <= focal.y <= THOUSANDTHS and 100 <= zoom <= MAX_ZOOM):
        raise MediaRefused("media.bad_focal", x=focal.x, y=focal.y)
    if width * target_h >= height * target_w:
        box_w, box_h = max(1, _rounded(height * target_w, target_h)), height
    else:
        box_w, box_h = width, max(1, _rounded(width * target_h, target_w))
    box_w, box_h = max(1, _rounded(box_w * 100, zoom)), max(1, _rounded(box_h * 100, zoom))
    left = _placed(width, box_w, focal.x)
    top = _placed(height, box_h, focal.y)
    return Box(left, top, left + box_w, top + box_h)


def fit_width(width: int, height: int, *, target_w: int) -> tuple[int, int]:
    """Size scaled down to a width, never up; no side is less than 1 pixel."""
    if width <= target_w:
        return width, height
    return target_w, max(1, _rounded(height * target_w, width))


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _placed(whole: int, part: int, thousandths: int) -> int:
    middle = whole * thousandths // THOUSANDTHS
    return min(max(0, middle - part // 2), whole - part)
