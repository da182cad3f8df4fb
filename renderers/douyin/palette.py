"""Colours and grounds of the composed pictures: the red, gold and paper of the public site."""

import io
from typing import Final

from PIL import Image, ImageDraw, ImageOps

RED: Final = "#9b1c1c"
RED_DEEP: Final = "#6d1010"
GOLD: Final = "#d9a441"
INK: Final = "#1c1917"
GREY: Final = "#78716c"
PAPER: Final = "#fbf9f5"
LINE: Final = "#e7e1d8"
WHITE: Final = "#ffffff"
ROSE: Final = "#f6dcd6"


def sheet(size: tuple[int, int], colour: str = PAPER) -> Image.Image:
    return Image.new("RGB", size, colour)


def red_ground(size: tuple[int, int]) -> Image.Image:
    """Red that deepens downwards, with faint rings of light from the upper right."""
    width = size[0]
    ramp = Image.linear_gradient("L").resize(size)
    ground = Image.composite(sheet(size, RED_DEEP), sheet(size, "#a82222"), ramp)
    rings = Image.new("L", size, 0)
    draw = ImageDraw.Draw(rings)
    for radius in range(int(width * 0.25), int(width * 1.3), max(1, int(width * 0.14))):
        box = (width - radius, -radius, width + radius, radius)
        draw.ellipse(box, outline=26, width=max(1, width // 240))
    ground.paste(sheet(size, GOLD), mask=rings)
    return ground


def filled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture cut to fill the size, a little above its middle, where people's faces are."""
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4))


def shaded(picture: Image.Image, *, start: float, strength: int, colour: str = "#140404") -> Image.Image:
    """The picture darkened from `start` of its height downwards, so that white text can be read on it."""
    shaded_picture = picture.copy()
    shaded_picture.paste(sheet(picture.size, colour), mask=_shade(picture.size, start=start, strength=strength))
    return shaded_picture


def veil(size: tuple[int, int], *, start: float = 0.2, strength: int = 205, colour: str = "#140404") -> Image.Image:
    """The darkening of `shaded` alone, clear where nothing is darkened."""
    page = sheet(size, colour)
    page.putalpha(_shade(size, start=start, strength=strength))
    return page


def _shade(size: tuple[int, int], *, start: float, strength: int) -> Image.Image:
    width, height = size
    mask = Image.new("L", size, 0)
    top = int(height * start)
    ramp = (
        Image.linear_gradient("L")
        .resize((width, max(1, height - top)))
        .point(
            # Dark enough where the words begin, not only at the foot: a bright photograph must not swallow them.
            lambda value: min(strength, value * 2)
        )
    )
    mask.paste(ramp, (0, top))
    return mask


def opened(data: bytes | None) -> Image.Image | None:
    """A rendition of the house as pixels; None without one, or when it is none.

    Raises nothing: a film without its picture is better than no film, and the picture was checked at intake.
    """
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP", "PNG")) as found:
            if found.width * found.height > 40_000_000:
                return None
            return found.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None


def chip(draw: ImageDraw.ImageDraw, at: tuple[float, float], size: tuple[float, float], fill: str) -> None:
    x, y = at
    width, height = size
    draw.rounded_rectangle((x, y, x + width, y + height), radius=height / 5, fill=fill)
