"""Turning whatever a decoder gives into plain upright sRGB pixels without a trace of metadata."""

import contextlib
import io
import struct
import warnings
from pathlib import Path
from typing import Final

from PIL import Image, ImageCms

from media.errors import MediaRefused

_ORIENTATION_TAG: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DEEP: Final = {"I", "F"}
# What readers of EXIF and ICC raise on damaged metadata around good pixels.
_DAMAGED: Final = (
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    OSError,
    EOFError,
    OverflowError,
    struct.error,
    ImageCms.PyCMSError,
)


def open_picture(path: Path, *, form: str, pixels: int) -> Image.Image:
    """Open as exactly that format; the size is checked again before anything is decoded.

    Raises:
        MediaRefused: `media.too_many_pixels`.
    """
    Image.MAX_IMAGE_PIXELS = pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return Image.open(path, formats=[form])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise MediaRefused("media.too_many_pixels", limit=pixels // 1_000_000) from error


def plain(image: Image.Image, *, side: int, alpha_side: int) -> Image.Image:
    """The first frame, decoded in full, scaled down to `side` pixels, sRGB (RGB or RGBA), upright."""
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    _load(image)
    made = _eight_bit(image)
    if made is not image:
        image.close()  # two copies of the largest pictures would not fit into the bound
    limit = min(side, alpha_side) if made.mode == "RGBA" else side
    if max(made.size) > limit:
        made.thumbnail((limit, limit), Image.Resampling.LANCZOS, reducing_gap=2.0)
    made = _srgb(made, profile if isinstance(profile, bytes) else b"")
    if orientation in _UPRIGHT:
        made = made.transpose(_UPRIGHT[orientation])
    if made.mode == "RGBA" and made.getchannel("A").getextrema()[0] == 255:
        made = made.convert("RGB")
    made.info = {}  # Pillow would write comments, profiles and resolution back from here
    return made


def flat(image: Image.Image) -> Image.Image:
    """Without transparency: on white, which is what paper and every channel's page is."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except OSError as error:
        # Pillow has no class for it; the difference tells people to upload again, not to repair.
        if "truncated" in str(error):
            raise MediaRefused("media.truncated") from error
        raise


def _orientation(image: Image.Image) -> int:
    with contextlib.suppress(*_DAMAGED), warnings.catch_warnings(action="ignore"):
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    return 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """Every mode becomes L, CMYK, RGB or RGBA with 8 bits."""
    if image.mode.startswith("I;16"):
        # convert("L") would clip at 255 where the picture needs scaling.
        image = image.convert("I")
    if image.mode in _DEEP:
        return _scaled(image)
    if image.mode == "RGBA" or (image.mode in {"L", "RGB", "CMYK"} and "transparency" not in image.info):
        return image  # convert() would copy all pixels
    if image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """16 or 32 bits to 8: by the full range of 16 bits, unless the values never leave 8."""
    _, high = image.getextrema()
    top = float(high) if isinstance(high, int | float) else 0.0
    scale = 1.0 if top <= 255 else 255 / max(top, 65_535.0)
    return image.point(lambda value: value * scale).convert("L")


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Through the embedded profile where it fits, else by the plain conversion."""
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        with contextlib.suppress(*_DAMAGED):
            return _through(profile, image)
    return image if image.mode in {"RGB", "RGBA"} else image.convert("RGB")


def _through(profile: bytes, image: Image.Image) -> Image.Image:
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if image.mode == "RGBA":
        # LittleCMS leaves alpha undefined, so colour and transparency part for a moment.
        alpha = image.getchannel("A")
        made = _converted(image.convert("RGB"), source, target)
        made.putalpha(alpha)
        return made
    return _converted(image, source, target)


def _converted(image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile) -> Image.Image:
    made = ImageCms.profileToProfile(
        image, source, target, renderingIntent=ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
    )
    if made is None:
        raise ValueError
    return made
