"""Drawing tools of the demo pictures: flat shapes in a Jiangnan palette, drawn twice as large and scaled down."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 900
SCALE = 2
Point = tuple[float, float]
Colour = tuple[int, int, int]

INK: Colour = (38, 46, 56)
WALL: Colour = (246, 243, 236)
ROOF: Colour = (58, 66, 76)
RED: Colour = (168, 38, 34)
GOLD: Colour = (226, 172, 74)
JADE: Colour = (74, 132, 116)


class Canvas:
    """A picture in units of its final pixels."""

    def __init__(self, seed: int) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE))
        self.draw = ImageDraw.Draw(self.image, "RGBA")
        self.dice = random.Random(seed)  # noqa: S311 - a picture, no secret

    def gradient(self, top: Colour, bottom: Colour, *, start: float = 0, end: float = HEIGHT) -> None:
        first, last = int(start * SCALE), int(end * SCALE)
        for y in range(first, last):
            part = (y - first) / max(1, last - first - 1)
            self.draw.line([(0, y), (WIDTH * SCALE, y)], fill=mix(top, bottom, part))

    def polygon(self, points: Sequence[Point], fill: Colour, alpha: int = 255) -> None:
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=(*fill, alpha))

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, alpha: int = 255) -> None:
        self.draw.rectangle([left * SCALE, top * SCALE, right * SCALE, bottom * SCALE], fill=(*fill, alpha))

    def rounded(self, box: tuple[float, float, float, float], radius: float, fill: Colour, alpha: int = 255) -> None:
        self.draw.rounded_rectangle([v * SCALE for v in box], radius * SCALE, fill=(*fill, alpha))

    def disc(self, x: float, y: float, radius: float, fill: Colour, alpha: int = 255) -> None:
        self.oval(x, y, radius, radius, fill, alpha)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour, alpha: int = 255) -> None:
        box = [(x - rx) * SCALE, (y - ry) * SCALE, (x + rx) * SCALE, (y + ry) * SCALE]
        self.draw.ellipse(box, fill=(*fill, alpha))

    def line(self, points: Sequence[Point], fill: Colour, width: float, alpha: int = 255) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.draw.line(scaled, fill=(*fill, alpha), width=max(1, round(width * SCALE)), joint="curve")

    def hills(self, base: float, rise: float, fill: Colour, *, waves: float, phase: float, alpha: int = 255) -> None:
        """A range of hills standing on the bottom of the picture."""
        ridge = [
            (x, base - rise * (0.55 * math.sin(x / WIDTH * waves * math.tau + phase) + 0.3 * math.sin(x / 97 + phase)))
            for x in range(0, WIDTH + 20, 20)
        ]
        self.polygon([(0, HEIGHT), *ridge, (WIDTH, HEIGHT)], fill, alpha)

    def ripples(self, top: float, bottom: float, fill: Colour, *, count: int = 90) -> None:
        for _ in range(count):
            y = self.dice.uniform(top, bottom)
            x, length = self.dice.uniform(0, WIDTH), self.dice.uniform(30, 190) * (0.4 + (y - top) / (bottom - top))
            self.line([(x, y), (x + length, y)], fill, 1.6, self.dice.randrange(25, 90))

    def house(self, left: float, ground: float, width: float, height: float) -> None:
        """A white wall, a dark roof with raised ends, windows."""
        top = ground - height
        self.box(left, top, left + width, ground, WALL)
        eave = width * 0.09
        peak = (left + width / 2, top - height * 0.34)
        self.polygon(
            [
                (left - eave, top + 4),
                (left - eave * 1.3, top - 8),
                peak,
                (left + width + eave * 1.3, top - 8),
                (left + width + eave, top + 4),
            ],
            ROOF,
        )
        self.line([(left - eave * 1.3, top - 8), peak, (left + width + eave * 1.3, top - 8)], INK, 5)
        columns = max(1, int(width // 70))
        for index in range(columns):
            x = left + width * (index + 0.5) / columns
            self.box(x - 13, top + height * 0.3, x + 13, top + height * 0.62, (122, 84, 58))
            self.line([(x, top + height * 0.3), (x, top + height * 0.62)], WALL, 2, 150)

    def willow(self, x: float, top: float, length: float, fill: Colour) -> None:
        for _ in range(46):
            start = x + self.dice.gauss(0, 62)
            fall = length * self.dice.uniform(0.45, 1)
            sway = self.dice.uniform(-24, 24)
            curve = [(start + sway * (t / 10) ** 2, top + fall * t / 10) for t in range(11)]
            self.line(curve, fill, 2.6, 170)

    def person(self, x: float, ground: float, size: float, coat: Colour) -> None:
        """A small figure without a face."""
        self.rounded((x - size * 0.2, ground - size * 0.72, x + size * 0.2, ground - size * 0.18), size * 0.15, coat)
        self.box(x - size * 0.13, ground - size * 0.3, x - size * 0.02, ground, INK)
        self.box(x + size * 0.02, ground - size * 0.3, x + size * 0.13, ground, INK)
        self.disc(x, ground - size * 0.86, size * 0.14, (235, 198, 168))
        self.oval(x, ground - size * 0.93, size * 0.15, size * 0.1, INK)

    def finished(self) -> Image.Image:
        soft = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        grain = Image.effect_noise((WIDTH, HEIGHT), 14).convert("RGB").filter(ImageFilter.GaussianBlur(0.6))
        return Image.blend(soft, grain, 0.035)


def mix(a: Colour, b: Colour, part: float) -> Colour:
    return (
        round(a[0] + (b[0] - a[0]) * part),
        round(a[1] + (b[1] - a[1]) * part),
        round(a[2] + (b[2] - a[2]) * part),
    )
