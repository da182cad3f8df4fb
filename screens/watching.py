"""Watches the fleet: opens and ends outages, tells of each once, and not while its screens are meant to be off."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.notices.alarms import IN_CHARGE, end_alarm, raise_alarm
from cms.notices.quiet import Quiet
from cms.notices.recipients import who_may
from cms.notices.tell import tell_all
from cms.people.models import Unit
from cms.people.permissions import Action
from screens.health import SEEN_WITHIN
from screens.outages import LATE, Group, Silent, ancestors, is_over, new_outages
from screens.tables import Screen
from screens.watch_rows import Outage, UnitPlace

LINK: Final = "link"
PAINTED: Final = "painted"
# How long an outage stays on the desk after its end.
KEEP: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look found."""

    opened: int = 0
    ended: int = 0
    told: int = 0
    open: int = 0
    silent: int = 0


async def watch(session: AsyncSession, *, now: dt.datetime) -> Watched:
    """One look; call inside a write block every few seconds. Safe to repeat, and from several workers."""
    opened = ended = told = silent = 0
    standing: list[Outage] = []
    for kind, late in ((LINK, await _silent(session, now)), (PAINTED, await _unpainted(session, now))):
        rows = (await session.scalars(select(Outage).where(Outage.ended_at.is_(None), Outage.kind == kind))).all()
        silent += len(late)
        left = await _follow(session, rows, late, now=now)
        ended += len(rows) - len(left)
        free = [one for one in late if not any(_holds(row, one) for row in left)]
        opened += await _open(session, kind, free, now=now)
        standing += left
    untold = (await session.scalars(select(Outage).where(Outage.ended_at.is_(None), Outage.told_at.is_(None)))).all()
    quiet = await quiet_hours(session) if untold else {}
    for row in untold:
        if not quiet_at(quiet, row.unit).holds(now):
            await _tell(session, row, now=now)
            told += 1
    return Watched(opened, ended, told, len(standing) + opened, silent)


async def _silent(session: AsyncSession, now: dt.datetime) -> list[Silent]:
    """Screens nobody heard for a beat; one that was never heard is no outage, it was never there."""
    query = select(Screen.id, Screen.unit, Screen.last_seen).where(
        Screen.revoked_at.is_(None), Screen.last_seen <= now - LATE
    )
    rows = (await session.execute(query)).all()
    return [Silent(screen, unit, seen) for screen, unit, seen in rows if seen is not None]


async def _unpainted(session: AsyncSession, now: dt.datetime) -> list[Silent]:
    """Screens that are heard and say that they paint nothing any more."""
    heard = (Screen.link.is_not(None), Screen.last_seen > now - SEEN_WITHIN)
    query = select(Screen.id, Screen.unit, Screen.painted_at, Screen.last_seen)
    query = query.where(Screen.revoked_at.is_(None), *heard, Screen.painted_at <= now - LATE)
    rows = (await session.execute(query)).all()
    # A beat is some seconds old itself: by its own word the last frame was long before it.
    return [
        Silent(screen, unit, painted)
        for screen, unit, painted, seen in rows
        if painted is not None and seen is not None and seen - painted >= LATE
    ]


async def _follow(
    session: AsyncSession, rows: Sequence[Outage], late: Sequence[Silent], *, now: dt.datetime
) -> list[Outage]:
    """Ends outages that are over and says so; the others learn how many they have."""
    left: list[Outage] = []
    narrow = [row for row in rows if row.screen is not None]
    for row in rows:
        mine = [
            one
            for one in late
            if _holds(row, one) and (row.screen is not None or not any(_holds(other, one) for other in narrow))
        ]
        if is_over(row.count, len(mine)):
            row.ended_at = now
            await _end(session, row, len(mine), now=now)
            continue
        row.count = max(row.count, len(mine))
        left.append(row)
    await session.flush()
    return left


def _holds(row: Outage, one: Silent) -> bool:
    return row.screen == one.screen if row.screen is not None else one.unit.startswith(row.unit)


async def _open(session: AsyncSession, kind: str, late: Sequence[Silent], *, now: dt.datetime) -> int:
    if not late:
        return 0
    counted = select(Screen.unit, func.count()).where(Screen.revoked_at.is_(None), Screen.last_seen.is_not(None))
    totals = dict((await session.execute(counted.group_by(Screen.unit))).all())
    groups = new_outages(late, totals, now=now)
    if groups:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        statement = insert(Outage).on_conflict_do_nothing(
            index_elements=[Outage.key], index_where=Outage.ended_at.is_(None)
        )
        await session.execute(statement, [_values(kind, group, now) for group in groups])
    return len(groups)


def _values(kind: str, group: Group, now: dt.datetime) -> dict[str, Any]:
    screen = group.screens[0].screen if group.is_single else None
    return {
        "id": uuid7(now),
        "key": f"{kind}:{group.unit}:{screen or ''}",
        "kind": kind,
        "unit": group.unit,
        "screen": screen,
        "count": len(group.screens),
        "of": group.of,
        "began_at": group.began_at,
    }


# ---------------------------------------------------------------- telling


async def _tell(session: AsyncSession, row: Outage, *, now: dt.datetime) -> None:
    row.told_at = now
    single = ".one" if row.screen is not None else ""
    await raise_alarm(
        session,
        cause=f"outage:{row.id}",
        unit=row.unit,
        subject=f"notices.subject.screens.{row.kind}{single}",
        params={"name": await _name(session, row), "count": row.count, "of": row.of},
        href=await href_of(session, row),
        now=now,
        also=await who_may(session, Action.SCREEN_MANAGE, row.unit),
    )


async def _end(session: AsyncSession, row: Outage, left: int, *, now: dt.datetime) -> None:
    """The alarm goes from every desk; whoever was told of the outage is told of its end."""
    if row.told_at is None:
        return
    await end_alarm(session, cause=f"outage:{row.id}", now=now)
    people = {*await who_may(session, IN_CHARGE, row.unit), *await who_may(session, Action.SCREEN_MANAGE, row.unit)}
    minutes = max(1, round((now - row.began_at).total_seconds() / 60))
    await tell_all(
        session,
        people,
        cause=f"outage:{row.id}:over",
        subject="notices.subject.screens.back" if not left else "notices.subject.screens.back_most",
        params={"name": await _name(session, row), "minutes": minutes, "left": left},
        href=await href_of(session, row),
        now=now,
    )


async def href_of(session: AsyncSession, row: Outage) -> str:
    """The page where it is looked into."""
    if row.screen is None:
        return f"/desk/screens/tree?unit={row.unit}"
    public = await session.scalar(select(Screen.public).where(Screen.id == row.screen))
    return f"/desk/screens/{public}"


async def _name(session: AsyncSession, row: Outage) -> str:
    query = select(Screen.name).where(Screen.id == row.screen)
    if row.screen is None:
        query = select(Unit.name).where(Unit.path == row.unit)
    return await session.scalar(query) or row.unit


# ---------------------------------------------------------------- quiet hours


async def quiet_hours(session: AsyncSession) -> Mapping[str, Quiet]:
    """Quiet hours that were set, by the path of the unit."""
    query = select(Unit.path, UnitPlace.quiet_from, UnitPlace.quiet_to, UnitPlace.zone)
    query = query.join(UnitPlace, UnitPlace.unit_id == Unit.id).where(UnitPlace.quiet_from.is_not(None))
    return {path: quiet_of(start, end, zone) for path, start, end, zone in (await session.execute(query)).all()}


def quiet_of(start: int | None, end: int | None, zone: str | None) -> Quiet:
    if start is None or end is None:
        return Quiet()
    return Quiet(start, end, zoneinfo.ZoneInfo(zone)) if zone else Quiet(start, end)


def quiet_at(hours: Mapping[str, Quiet], unit: str) -> Quiet:
    """The hours of the nearest unit that has some, from the unit itself upwards."""
    return next((hours[path] for path in reversed(ancestors(unit)) if path in hours), Quiet())


async def open_outages(session: AsyncSession, within: Iterable[str], *, limit: int = 50) -> Sequence[Outage]:
    """Outages that go on under these units, the newest first."""
    roots = tuple(within)
    rows = (
        await session.scalars(select(Outage).where(Outage.ended_at.is_(None)).order_by(Outage.began_at.desc()))
    ).all()
    return [row for row in rows if row.unit.startswith(roots)][:limit]


def screen_ids(rows: Iterable[Outage]) -> list[uuid.UUID]:
    """The single screens among outages."""
    return [row.screen for row in rows if row.screen is not None]
