"""Screens over the API."""

import datetime as dt

from cms.api.resources import Given, Resource, ask
from cms.desk.visit import Visit
from cms.people.permissions import Action
from screens import fleet


class Fact(Given):
    """One of the four facts of health: good, warn, bad or none, and why."""

    level: str
    reason: str
    value: int | None


class ScreenLine(Given):
    """A screen and how it is."""

    id: str
    name: str
    unit: str
    point: str
    orientation: str
    last_seen: dt.datetime | None
    health: dict[str, Fact]


class ScreenList(Given):
    """The screens the person may see."""

    screens: list[ScreenLine]


async def list_them(visit: Visit) -> ScreenList:
    """Screens with link, version, picture and clock, each by itself."""
    async with visit.deps.db.read() as session:
        found = await fleet.screens(
            session, visit.actor, now=visit.now, unit=visit.query("unit") or None, words=visit.query("q")
        )
    return ScreenList(screens=[_line(one) for one in found])


def _line(view: fleet.ScreenView) -> ScreenLine:
    row, health = view.screen, view.health
    facts = {"link": health.link, "version": health.version, "painted": health.painted, "clock": health.clock}
    return ScreenLine(
        id=row.public,
        name=row.name,
        unit=row.unit,
        point=row.point,
        orientation=row.orientation,
        last_seen=row.last_seen,
        health={name: Fact(level=one.level.value, reason=one.reason, value=one.value) for name, one in facts.items()},
    )


RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/screens", list_them, Action.SCREEN_READ, given=ScreenList, queries=("unit", "q")),
)
