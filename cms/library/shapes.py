"""The cut of a picture for each shape of screen: the focal point's, unless a person chose another. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from cms.kernel.errors import Invalid
from media.crop import MAX_ZOOM, THOUSANDTHS, Crop, Focal
from media.images import RENDITIONS, SHAPES

KEYS: Final = tuple(shape.key for shape in SHAPES)


def crops_of(value: Mapping[str, Any]) -> dict[str, Crop]:
    """The chosen cuts of an asset's row; a shape that is no longer known is left out."""
    return {key: Crop(*value[key]) for key in KEYS if key in value}


def crops_json(crops: Mapping[str, Crop]) -> dict[str, list[int]]:
    return {key: list(crop) for key, crop in crops.items()}


def read_crops(value: object) -> dict[str, Crop]:
    """Cuts as somebody sent them: ``{shape: [x, y, zoom]}``. Raises Invalid `library.crop`."""
    if not isinstance(value, Mapping):
        raise Invalid("library.crop", shape="-")
    return {key: _crop(str(key), one) for key, one in value.items()}


def _crop(key: str, value: object) -> Crop:
    is_three = isinstance(value, list) and len(value) == 3 and all(type(one) is int for one in value)
    if key not in KEYS or not is_three:
        raise Invalid("library.crop", shape=key[:20])
    assert isinstance(value, list)  # noqa: S101 - for the type checker
    crop = Crop(*value)
    if not (0 <= crop.x <= THOUSANDTHS and 0 <= crop.y <= THOUSANDTHS and 100 <= crop.zoom <= MAX_ZOOM):
        raise Invalid("library.crop", shape=key)
    return crop


def cut(key: str, focal: Focal, crops: Mapping[str, Crop]) -> Crop:
    """What a shape shows."""
    return crops.get(key) or Crop(*focal)


def changed(before: tuple[Focal, Mapping[str, Crop]], after: tuple[Focal, Mapping[str, Crop]]) -> tuple[str, ...]:
    """The sizes that look different after a change of cuts, in the order of the table."""
    shapes = {key for key in KEYS if cut(key, *before) != cut(key, *after)}
    return tuple(one.name for one in RENDITIONS if one.shape in shapes)


def lacking(names: Collection[str]) -> tuple[str, ...]:
    """The sizes of the table that are not among these."""
    return tuple(one.name for one in RENDITIONS if one.name not in names)
