"""The fleet on a map that is drawn here, without tiles from elsewhere: marks by place, one where several are close."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cms.desk.routing import get
from cms.desk.visit import Visit
from cms.people.permissions import Action
from screens.clusters import HEIGHT, WIDTH, Box, Mark, around, box_of, marks
from screens.pages import parts
from screens.places import degrees, points

_NAMES: Final = 4
_ZOOM: Final = 0.5
_PAN: Final = 0.4
# With more marks than this their names would cover each other.
_NAMED: Final = 12


async def map_page(visit: Visit) -> web.StreamResponse:
    context = {**await _drawing(visit), "tabs": parts.tabs(visit, "map")}
    return visit.page("screens/map.html", context, section="screens")


async def map_part(visit: Visit) -> web.StreamResponse:
    """The drawing alone: the page asks for it every few seconds."""
    return visit.render("screens/drawing.html", await _drawing(visit))


async def _drawing(visit: Visit) -> dict[str, Any]:
    only = visit.query("only") == "trouble"
    async with visit.deps.db.read() as session:
        found, lost = await points(session, visit.actor, now=visit.now)
    shown = [one for one in found if one.tally.trouble or not only]
    box = box_of(visit.query("box")) or around(found)
    drawn = marks(shown, box)
    more = "&only=trouble" if only else ""
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "marks": [_mark(visit, one, more) for one in drawn],
        "lines": _lines(box),
        "is_named": len(drawn) <= _NAMED,
        "is_empty": not found,
        "is_bare": not drawn,
        "lost": lost,
        "only": only,
        "box": box.text,
        "address": f"/desk/screens/map/drawing?box={box.text}{more}",
        "moves": [
            {"icon": icon, "label": visit.t(f"screens.map.{name}"), "href": f"/desk/screens/map?box={to.text}{more}"}
            for name, icon, to in (
                ("in", "plus", box.scaled(_ZOOM)),
                ("out", "minus", box.scaled(1 / _ZOOM)),
                ("west", "arrow-left", box.moved(-_PAN, 0)),
                ("east", "arrow-right", box.moved(_PAN, 0)),
                ("north", "arrow-up", box.moved(0, _PAN)),
                ("south", "arrow-down", box.moved(0, -_PAN)),
            )
            if box_of(to.text) is not None
        ],
    }


def _mark(visit: Visit, one: Mark, more: str) -> dict[str, Any]:
    first = one.points[0]
    tally = parts.tally(visit, one.tally)
    names = [point.name for point in one.points[:_NAMES]]
    name = visit.joined(names)
    if len(one.points) > _NAMES:
        name = visit.t("screens.map.and_more", names=name, count=len(one.points))
    if one.box is not None:
        href = f"/desk/screens/map?box={one.box.text}{more}"
    elif first.screen:
        href = f"/desk/screens/{first.screen}"
    else:
        href = f"/desk/screens/tree?unit={first.unit}"
    return {
        "x": one.x,
        "y": one.y,
        "r": one.radius,
        "arcs": _arcs(one.radius, tally["bar"]),
        "count": one.tally.total if one.tally.total > 1 else "",
        "href": href,
        "name": visit.t("screens.map.mark", name=name, total=one.tally.total, words=tally["words"]),
        "label": first.name if one.box is None else "",
    }


def _arcs(radius: int, bar: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ring around a mark, in the parts of its bar: lengths along the circle."""
    around_ = 2 * math.pi * radius
    return [
        {
            "name": part["name"],
            "dash": f"{part['width'] * around_ / 1000:.1f} {around_:.1f}",
            "shift": f"{-part['x'] * around_ / 1000:.1f}",
        }
        for part in bar
    ]


def _lines(box: Box) -> list[dict[str, Any]]:
    """A net of round degrees, so that a distance can be guessed."""
    step = _step(box.east - box.west)
    found: list[dict[str, Any]] = []
    for at in range(-(-box.west // step) * step, box.east, step):
        x = round((at - box.west) * WIDTH / (box.east - box.west))
        found.append({"x1": x, "x2": x, "y1": 0, "y2": HEIGHT, "text": f"{_short(at)}°", "x": x + 4, "y": HEIGHT - 6})
    for at in range(-(-box.south // step) * step, box.north, step):
        y = round((box.north - at) * HEIGHT / (box.north - box.south))
        found.append({"x1": 0, "x2": WIDTH, "y1": y, "y2": y, "text": f"{_short(at)}°", "x": 4, "y": y - 4})
    return found


def _step(width: int) -> int:
    step = 1_000
    for step in (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000):
        if width <= step * 8:
            return step
    return max(step, 10**7 * max(1, width // 10**8))


def _short(millionths: int) -> str:
    return degrees(millionths).rstrip("0").rstrip(".")


ROUTES = (
    get("/desk/screens/map", map_page, Action.SCREEN_READ),
    get("/desk/screens/map/drawing", map_part, Action.SCREEN_READ),
)
