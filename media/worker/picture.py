"""Sandboxed: decode one upload in full and encode its master, with what pages need to know of it."""

import base64
import contextlib
import io
from pathlib import Path
from typing import Any, Final

from PIL import Image

from media.worker.pixels import flat, open_picture, plain

_MASTER_QUALITY: Final = 90
_PLACEHOLDER_SIDE: Final = 24  # pixels; about 150 bytes of WebP, blurred by the page
_PALETTE: Final = 6
_LOSSLESS: Final = {"PNG", "GIF"}  # screenshots and charts: keep their coloured edges sharp


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Write `out/master`; answers what `media.intake.PictureIntake` holds."""
    form = str(asked["format"]).upper()
    with open_picture(given, form=form, pixels=int(asked["pixels"])) as opened:
        longest = max(opened.size)
        made = plain(opened, side=int(asked["side"]), alpha_side=int(asked["alpha_side"]))
    frames = _frames(given, form, int(asked["pixels"]))
    has_alpha = made.mode == "RGBA"
    if has_alpha:
        made.save(out / "master", "PNG", compress_level=4)
    else:
        sampling = 0 if form in _LOSSLESS else 2
        made.save(out / "master", "JPEG", quality=_MASTER_QUALITY, subsampling=sampling, optimize=True)
    small = flat(_small(made))
    return {
        "has_alpha": has_alpha,
        "dominant": _dominant(small),
        "placeholder": base64.b64encode(_placeholder(small)).decode(),
        "frames_dropped": frames - 1,
        "scaled_down": longest > max(made.size),
    }


def _frames(given: Path, form: str, pixels: int) -> int:
    # Counting walks a GIF to its end; damage behind the first frame is no reason to refuse that frame.
    with (
        contextlib.suppress(SyntaxError, ValueError, OSError, EOFError, LookupError),
        open_picture(given, form=form, pixels=pixels) as image,
    ):
        return max(1, int(getattr(image, "n_frames", 1)))
    return 1


def _small(image: Image.Image) -> Image.Image:
    copy = image.resize(_within(image.size, _PLACEHOLDER_SIDE * 2), Image.Resampling.BOX, reducing_gap=2.0)
    copy.info = {}
    return copy


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    longest = max(size)
    return (
        max(1, min(size[0], size[0] * side // longest)),
        max(1, min(size[1], size[1] * side // longest)),
    )


def _dominant(small: Image.Image) -> str:
    counted = small.quantize(_PALETTE, Image.Quantize.MEDIANCUT)
    palette = counted.getpalette() or [0, 0, 0]
    _, index = max(counted.getcolors() or [(1, 0)])
    red, green, blue = palette[int(index) * 3 : int(index) * 3 + 3]  # type: ignore[call-overload]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _placeholder(small: Image.Image) -> bytes:
    tiny = small.resize(_within(small.size, _PLACEHOLDER_SIDE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    tiny.save(buffer, "WEBP", quality=40, method=6)
    return buffer.getvalue()
