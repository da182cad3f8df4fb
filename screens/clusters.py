"""Screens on the map: what stands close together is one mark. Pure; positions in millionths of a degree."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from screens.outages import ancestors
from screens.standing import Tally

WIDTH: Final = 960
HEIGHT: Final = 640
_COLUMNS: Final = 16
_ROWS: Final = 11
# Two marks that cover more of each other than this, in hundredths of their radii together, become one.
_APART: Final = 92
# Air around what is shown, in hundredths of it; and the least the map ever shows (about 200 m).
_AIR: Final = 8
_LEAST: Final = 2_000
_MAX_LAT: Final = 85_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """Screens at one place: a unit's, or a single one with a place of its own (`screen` is then its number)."""

    lng: int
    lat: int
    unit: str
    name: str
    tally: Tally
    screen: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the earth; `text` is how an address names it."""

    west: int
    south: int
    east: int
    north: int

    @property
    def text(self) -> str:
        return f"{self.west},{self.south},{self.east},{self.north}"

    def holds(self, point: Point) -> bool:
        return self.west <= point.lng <= self.east and self.south <= point.lat <= self.north

    def moved(self, across: float, up: float) -> "Box":
        """By parts of its own size."""
        x, y = round((self.east - self.west) * across), round((self.north - self.south) * up)
        return Box(self.west + x, self.south + y, self.east + x, self.north + y)

    def scaled(self, by: float) -> "Box":
        """Around its middle."""
        x, y = (self.west + self.east) / 2, (self.south + self.north) / 2
        half_x, half_y = (self.east - self.west) * by / 2, (self.north - self.south) * by / 2
        return Box(round(x - half_x), round(y - half_y), round(x + half_x), round(y + half_y))


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of the map at pixels of the drawing; `box` is what to open to see its points apart, None for one place."""

    x: int
    y: int
    radius: int
    tally: Tally
    points: Sequence[Point]
    box: Box | None


def box_of(text: str) -> Box | None:
    """A box out of an address; None for what is none."""
    try:
        west, south, east, north = (int(part) for part in text.split(","))
    except ValueError:
        return None
    is_on_earth = -180_000_000 <= west < east <= 180_000_000 and -_MAX_LAT <= south < north <= _MAX_LAT
    return Box(west, south, east, north) if is_on_earth else None


def around(points: Sequence[Point]) -> Box:
    """The box that shows them all with some air, in the proportions of the drawing; a plain one for none."""
    if not points:
        return Box(120_400_000, 30_900_000, 120_900_000, 31_300_000)
    lngs, lats = [one.lng for one in points], [one.lat for one in points]
    x, y = (min(lngs) + max(lngs)) / 2, (min(lats) + max(lats)) / 2
    wide = max(_LEAST, (max(lngs) - min(lngs)) * (100 + 2 * _AIR) / 100)
    high = max(_LEAST, (max(lats) - min(lats)) * (100 + 2 * _AIR) / 100)
    # A degree of longitude is shorter than one of latitude, away from the equator.
    shrink = max(0.1, math.cos(math.radians(y / 1e6)))
    wide = max(wide, high * WIDTH / HEIGHT / shrink)
    high = max(high, wide * shrink * HEIGHT / WIDTH)
    return Box(round(x - wide / 2), round(y - high / 2), round(x + wide / 2), round(y + high / 2))


def marks(points: Iterable[Point], box: Box) -> list[Mark]:
    """What stands in the box: one mark a cell of a grid, and one for marks that would cover each other."""
    cells: dict[tuple[int, int], list[Point]] = {}
    for one in points:
        if box.holds(one):
            x, y = _pixel(one, box)
            cells.setdefault((x * _COLUMNS // (WIDTH + 1), y * _ROWS // (HEIGHT + 1)), []).append(one)
    found: list[Mark] = []
    left = sorted((_mark(of, box) for _, of in sorted(cells.items())), key=lambda mark: -mark.tally.total)
    for mark in left:
        near = _nearest(found, mark)
        if near is None:
            found.append(mark)
        else:
            found[near] = _mark([*found[near].points, *mark.points], box)
    return found


def _nearest(found: Sequence[Mark], mark: Mark) -> int | None:
    """The place of the mark that this one would cover; None where it stands alone."""
    close = [
        (math.hypot(one.x - mark.x, one.y - mark.y), place)
        for place, one in enumerate(found)
        if math.hypot(one.x - mark.x, one.y - mark.y) * 100 < (one.radius + mark.radius) * _APART
    ]
    return min(close)[1] if close else None


def positions(known: Mapping[str, tuple[int, int]], unit: str) -> tuple[int, int] | None:
    """Where a unit lies: its own place, or that of the nearest above it that has one."""
    return next((known[path] for path in reversed(ancestors(unit)) if path in known), None)


def _pixel(point: Point, box: Box) -> tuple[int, int]:
    x = (point.lng - box.west) * WIDTH / (box.east - box.west)
    y = (box.north - point.lat) * HEIGHT / (box.north - box.south)
    return min(WIDTH, max(0, round(x))), min(HEIGHT, max(0, round(y)))


def _mark(found: Sequence[Point], box: Box) -> Mark:
    pixels = [_pixel(one, box) for one in found]
    weights = [max(1, one.tally.total) for one in found]
    heavy = sum(weights)
    x = round(sum(place[0] * weight for place, weight in zip(pixels, weights, strict=True)) / heavy)
    y = round(sum(place[1] * weight for place, weight in zip(pixels, weights, strict=True)) / heavy)
    tally = sum((one.tally for one in found), start=Tally())
    radius = min(44, 14 + round(4 * math.log2(max(1, tally.total))))
    apart = len({(one.lng, one.lat) for one in found}) > 1
    return Mark(x, y, radius, tally, found, around(found) if apart else None)
