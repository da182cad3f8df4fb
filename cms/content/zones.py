"""Tap zones 热区 of a newspaper page: places on it, and what a touch there opens. Pure.

A place is a whole number of parts of `SCALE` across or down the page: a release has no fractions. Two points are the
corners of a rectangle, three or more a polygon.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

SCALE: Final = 10_000
MAX_ZONES: Final = 100
MAX_POINTS: Final = 40
MAX_PARAGRAPHS: Final = 400
MAX_TITLE: Final = 200
# A finger covers 2 cm of a screen 68 cm wide; a third of that can still be hit.
LEAST: Final = 100

Point = tuple[int, int]
Points = tuple[Point, ...]
Box = tuple[int, int, int, int]
Zone = dict[str, Any]

_ID: Final = re.compile(r"b_[a-z0-9]{12}")
_DOCUMENT: Final = re.compile(r"[0123456789abcdefghjkmnpqrstvwxyz]{10}")
_FIELDS: Final = frozenset({"id", "points", "title", "document", "text", "of", "check"})


class ZoneError(ValueError):
    """What is wrong with which field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def read_zones(value: object, clean: Callable[[str], str]) -> list[Zone]:
    """Zones in their one form from anything that was sent; `clean` is how texts are made plain. Raises ZoneError."""
    if not isinstance(value, list) or len(value) > MAX_ZONES:
        _refuse("zones")
    return [_zone(one, clean) for one in value]


def _zone(value: object, clean: Callable[[str], str]) -> Zone:
    if not isinstance(value, Mapping) or not value.keys() <= _FIELDS:
        _refuse("zones")
    if not isinstance(value.get("id"), str) or not _ID.fullmatch(value["id"]):
        _refuse("zones.id")
    zone: Zone = {"id": value["id"], "points": [list(point) for point in read_points(value.get("points"))]}
    for field, read in (("title", _title), ("document", _document), ("text", _text), ("of", _of)):
        if field in value and (found := read(value[field], clean)):
            zone[field] = found
    # Brought over from another PDF and not looked at yet; nothing goes out with it (`cms.review.newspaper_checks`).
    if value.get("check") is True:
        zone["check"] = True
    # A recall of the linked piece must leave nothing of it behind, so a zone has either a link or words of its own.
    if sum(field in zone for field in ("document", "text", "of")) > 1:
        _refuse("zones.opens")
    return zone


def _title(value: object, clean: Callable[[str], str]) -> str:
    if not isinstance(value, str):
        _refuse("zones.title")
    read = " ".join(clean(value).split())
    return read if len(read) <= MAX_TITLE else _refuse("zones.title")


def _document(value: object, _clean: Callable[[str], str]) -> str:
    return value if isinstance(value, str) and (not value or _DOCUMENT.fullmatch(value)) else _refuse("zones.document")


def _of(value: object, _clean: Callable[[str], str]) -> str:
    return value if isinstance(value, str) and (not value or _ID.fullmatch(value)) else _refuse("zones.of")


def _text(value: object, clean: Callable[[str], str]) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_PARAGRAPHS or not all(isinstance(one, str) for one in value):
        _refuse("zones.text")
    return [words for one in value if (words := clean(one).replace("\n", " ").strip())]


def read_points(value: object) -> Points:
    """The corners of a rectangle in order, or a polygon that does not cross itself. Raises ZoneError `zones.points`."""
    if not isinstance(value, list | tuple) or not 2 <= len(value) <= MAX_POINTS:
        _refuse("zones.points")
    points = tuple(_point(one) for one in value)
    left, top, right, bottom = box(points)
    if right - left < LEAST or bottom - top < LEAST:
        _refuse("zones.points")
    if len(points) == 2:
        return ((left, top), (right, bottom))
    kept = _without_repeats(points)
    if len(kept) < 3 or not is_simple(kept) or abs(area2(kept)) < 2 * LEAST * LEAST:
        _refuse("zones.points")
    return kept


def _point(value: object) -> Point:
    if not isinstance(value, list | tuple) or len(value) != 2:
        _refuse("zones.points")
    x, y = value
    if type(x) is not int or type(y) is not int or not (0 <= x <= SCALE and 0 <= y <= SCALE):
        _refuse("zones.points")
    return (x, y)


def _without_repeats(points: Points) -> Points:
    kept = [point for at, point in enumerate(points) if point != points[at - 1]]
    return tuple(kept)


def box(points: Iterable[Point]) -> Box:
    """Left, top, right and bottom of any points."""
    found = list(points)
    xs, ys = [x for x, _ in found], [y for _, y in found]
    return min(xs), min(ys), max(xs), max(ys)


def outline(points: Sequence[Point]) -> Points:
    """A polygon's points, also of a rectangle, which has two."""
    if len(points) != 2:
        return tuple(points)
    left, top, right, bottom = box(points)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def area2(points: Sequence[Point]) -> int:
    """Twice the area, negative for one that runs the other way round; exact."""
    around = outline(points)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(around, (*around[1:], around[0]), strict=True))


def contains(points: Sequence[Point], x: int, y: int) -> bool:
    """Whether a place is inside or on the edge; exact."""
    around = outline(points)
    inside = False
    for (x0, y0), (x1, y1) in zip(around, (*around[1:], around[0]), strict=True):
        turn = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        if turn == 0 and min(x0, x1) <= x <= max(x0, x1) and min(y0, y1) <= y <= max(y0, y1):
            return True
        if (y0 > y) != (y1 > y) and (turn > 0) == (y1 > y0):
            inside = not inside
    return inside


def hit(zones: Iterable[Zone], x: int, y: int) -> Zone | None:
    """What a touch means: of the zones there the smallest, which lies on the others."""
    there = [zone for zone in zones if contains([(p[0], p[1]) for p in zone["points"]], x, y)]
    return min(there, key=lambda zone: abs(area2([(p[0], p[1]) for p in zone["points"]])), default=None)


def is_simple(points: Sequence[Point]) -> bool:
    """Whether no two edges that are not neighbours meet."""
    edges = list(zip(points, (*points[1:], points[0]), strict=True))
    last = len(edges) - 1
    for at, (a, b) in enumerate(edges):
        for other in range(at + 1, len(edges)):
            c, d = edges[other]
            if other == at + 1 or (at == 0 and other == last):
                if _folds(a, b, c, d, first=other == at + 1):
                    return False
            elif _meet(a, b, c, d):
                return False
    return True


def _folds(a: Point, b: Point, c: Point, d: Point, *, first: bool) -> bool:
    """Whether two edges that share a corner run back over each other."""
    shared, one, two = (b, a, d) if first else (a, b, c)
    if _turn(one, shared, two) != 0:
        return False
    return (one[0] - shared[0]) * (two[0] - shared[0]) + (one[1] - shared[1]) * (two[1] - shared[1]) > 0


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    one, two, three, four = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if one * two < 0 and three * four < 0:
        return True
    touching = ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b))
    return any(turn == 0 and _within(p, q, r) for turn, p, q, r in touching)


def _turn(a: Point, b: Point, c: Point) -> int:
    found = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (found > 0) - (found < 0)


def _within(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def opened(pages: Iterable[Mapping[str, Any]], zone: Zone) -> Zone:
    """What a zone opens: itself, or the one it continues."""
    if "of" not in zone:
        return zone
    return next((one for page in pages for one in page.get("zones", ()) if one["id"] == zone["of"]), zone)


def _refuse(field: str) -> NoReturn:
    raise ZoneError(field)
