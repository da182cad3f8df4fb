"""Where units and screens lie on the map, and the quiet hours of units: read for the pages, set by operators."""

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Invalid, NotFound
from cms.notices.choices import minute_of
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can, require_reach
from screens.clusters import Point, positions
from screens.fleet import changeable
from screens.standing import Tally, counted, tallies
from screens.states import AudienceMember, ScreenState
from screens.tables import Screen
from screens.watch_rows import UnitPlace

ZONES: Final = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Tokyo", "UTC")
_MILLION: Final = 1_000_000


def degrees(millionths: int | None) -> str:
    """As a person types it; empty for none."""
    return "" if millionths is None else f"{Decimal(millionths) / _MILLION:.6f}"


def millionths(lng: str, lat: str) -> tuple[int, int] | tuple[None, None]:
    """Both coordinates as they were typed, or none. Raises Invalid `screens.position`."""
    if not lng.strip() and not lat.strip():
        return None, None
    try:
        found = [round(Decimal(one.strip()) * _MILLION) for one in (lng, lat)]
    except (InvalidOperation, ValueError, OverflowError) as problem:
        raise _misplaced() from problem
    if not (abs(found[0]) <= 180 * _MILLION and abs(found[1]) <= 85 * _MILLION):
        raise _misplaced()
    return found[0], found[1]


async def place_screen(
    session: AsyncSession, actor: Actor, public: str, *, lng: str, lat: str, now: dt.datetime
) -> Screen:
    """Gives a screen a place of its own on the map, or takes it away. Raises Denied, NotFound, Invalid."""
    row = await changeable(session, actor, public)
    row.lng, row.lat = millionths(lng, lat)
    details = {"lng": row.lng, "lat": row.lat}
    await session.flush()
    await record(session, actor, "screen.place", of=("screen", str(row.id)), unit=row.unit, details=details, now=now)
    return row


async def place_of(session: AsyncSession, path: str) -> UnitPlace | None:
    """What was set for exactly this unit."""
    query = select(UnitPlace).join(Unit, Unit.id == UnitPlace.unit_id).where(Unit.path == path)
    return await session.scalar(query)


async def place_unit(
    session: AsyncSession, actor: Actor, path: str, sent: Mapping[str, str], *, now: dt.datetime
) -> UnitPlace:
    """Sets where a unit lies and its quiet hours (`lng`, `lat`, `quiet_from`, `quiet_to`, `zone`).

    Raises Denied, NotFound `people.no_unit`, Invalid `screens.position`, `screens.quiet`.
    """
    require_can(actor, Action.SCREEN_MANAGE, Subject(path))
    unit = await session.scalar(select(Unit).where(Unit.path == path))
    if unit is None:
        raise NotFound("people.no_unit")
    lng, lat = millionths(sent.get("lng", ""), sent.get("lat", ""))
    start, end = _quiet(sent.get("quiet_from", ""), sent.get("quiet_to", ""))
    zone = sent.get("zone", "") or ZONES[0]
    if zone not in zoneinfo.available_timezones():
        raise Invalid("screens.quiet", fields={"zone": "screens.quiet"})
    values = {"lng": lng, "lat": lat, "quiet_from": start, "quiet_to": end, "zone": zone if start is not None else None}
    row = await session.merge(UnitPlace(unit_id=unit.id, **values))
    await session.flush()
    await record(session, actor, "screen.unit_place", of=("unit", str(unit.id)), unit=path, details=values, now=now)
    return row


async def points(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> tuple[Sequence[Point], int]:
    """Everything that has a place on the map, and how many screens have none. Raises Denied."""
    within = require_reach(actor, Action.SCREEN_READ)
    known = await _places(session)
    by_unit = dict(await tallies(session, within, now=now))
    names = await _names(session)
    single = await _singles(session, within, now=now)
    for one in single:
        by_unit[one.unit] = _without(by_unit[one.unit], one.tally)
    found = list(single)
    lost = 0
    for unit, tally in sorted(by_unit.items()):
        place = positions(known, unit)
        if place is None:
            lost += tally.total
        elif tally.total:
            found.append(Point(*place, unit, names.get(unit, unit), tally))
    return found, lost


async def _singles(session: AsyncSession, within: Sequence[str], *, now: dt.datetime) -> list[Point]:
    """Screens with a place of their own."""
    query = (
        select(Screen.lng, Screen.lat, Screen.unit, Screen.name, Screen.public, *counted(now))
        .outerjoin(AudienceMember, AudienceMember.screen == Screen.id)
        .outerjoin(ScreenState, ScreenState.audience == AudienceMember.audience)
        .where(Screen.revoked_at.is_(None), Screen.lng.is_not(None), Screen.lat.is_not(None))
        .where(or_(*(Screen.unit.startswith(one) for one in within)))
        .group_by(Screen.id, Screen.lng, Screen.lat, Screen.unit, Screen.name, Screen.public)
    )
    rows = (await session.execute(query)).all()
    return [Point(row[0], row[1], row[2], row[3], Tally(*(int(one or 0) for one in row[5:])), row[4]) for row in rows]


async def _places(session: AsyncSession) -> dict[str, tuple[int, int]]:
    query = select(Unit.path, UnitPlace.lng, UnitPlace.lat).join(UnitPlace, UnitPlace.unit_id == Unit.id)
    rows = (await session.execute(query.where(UnitPlace.lng.is_not(None)))).all()
    return {path: (lng, lat) for path, lng, lat in rows if lng is not None and lat is not None}


async def _names(session: AsyncSession) -> Mapping[str, str]:
    return dict((await session.execute(select(Unit.path, Unit.name))).all())


def _without(all_: Tally, one: Tally) -> Tally:
    names = Tally.__dataclass_fields__
    return Tally(*(getattr(all_, name) - getattr(one, name) for name in names))


def _quiet(start: str, end: str) -> tuple[int, int] | tuple[None, None]:
    if not start.strip() and not end.strip():
        return None, None
    try:
        found = minute_of(start.strip()), minute_of(end.strip())
    except Invalid as problem:
        raise Invalid("screens.quiet", fields={"quiet_from": "screens.quiet"}) from problem
    if not start.strip() or not end.strip():
        raise Invalid("screens.quiet", fields={"quiet_from": "screens.quiet"})
    return found


def _misplaced() -> Invalid:
    return Invalid("screens.position", fields={"lng": "screens.position"})
