"""Viewing in the database: the salt of the day, batches of several processes added up, and what a wall shows of it."""

import datetime as dt
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.models import ViewingDay, ViewingSalt, ViewingSession
from cms.airing.viewing import GAP, SETTLE, Seen, merged
from cms.planning.models import Target
from schedules.beijing import day_of

SALT_BYTES: Final = 32
KEEP: Final = dt.timedelta(days=400)
_DAY: Final = dt.timedelta(days=1)
_MANY: Final = 500


@dataclass(frozen=True, slots=True)
class Viewing:
    """A channel's viewers: watching now, sessions and seconds today, the most at one time today."""

    now: int = 0
    sessions: int = 0
    seconds: int = 0
    most: int = 0


async def salt_of(session: AsyncSession, *, now: dt.datetime) -> bytes:
    """The salt of the Beijing day, the same for every process; those of past days are deleted. In a write block."""
    on = day_of(now).isoformat()
    await session.execute(delete(ViewingSalt).where(ViewingSalt.on < on))
    await _once(session, ViewingSalt, {"on": on, "salt": secrets.token_bytes(SALT_BYTES)}, ("on",))
    salt = await session.scalar(select(ViewingSalt.salt).where(ViewingSalt.on == on))
    assert salt is not None  # noqa: S101 - put there above
    return salt


async def some_are_over(session: AsyncSession, *, now: dt.datetime) -> bool:
    """Whether a session waits to be closed."""
    over = select(ViewingSession.viewer).where(ViewingSession.last_at < now - GAP - SETTLE)
    return await session.scalar(over.limit(1)) is not None


async def add_batch(session: AsyncSession, batch: Mapping[str, Mapping[str, Seen]], *, now: dt.datetime) -> int:
    """Adds what one process saw, by the codes of targets; returns how many sessions began. In a write block.

    The row of the day is the lock of its channel, so that batches of several processes come one after another.
    """
    stale = select(ViewingSession.target_id).where(ViewingSession.last_at < now - GAP - SETTLE).distinct()
    known = {row.code: row.id for row in (await session.scalars(select(Target).where(Target.code.in_(batch)))).all()}
    begun = 0
    for target in sorted({*known.values(), *(await session.scalars(stale)).all()}, key=str):
        code = next((code for code, one in known.items() if one == target), "")
        begun += await _add(session, target, batch.get(code, {}), now=now)
    await session.execute(delete(ViewingDay).where(ViewingDay.on < day_of(now - KEEP).isoformat()))
    return begun


async def viewing_of(
    session: AsyncSession, targets: Collection[uuid.UUID], *, now: dt.datetime
) -> Mapping[uuid.UUID, Viewing]:
    """How many watch these channels."""
    on = day_of(now).isoformat()
    is_on = (ViewingSession.target_id.in_(targets), ViewingSession.last_at >= now - GAP)
    query = select(ViewingSession.target_id, func.count()).where(*is_on).group_by(ViewingSession.target_id)
    here = {row[0]: row[1] for row in (await session.execute(query)).all()}
    days = await session.scalars(select(ViewingDay).where(ViewingDay.target_id.in_(targets), ViewingDay.on == on))
    sums = {row.target_id: row for row in days.all()}
    found = {}
    for target in targets:
        row = sums.get(target)
        count = here.get(target, 0)
        found[target] = (
            Viewing(count) if row is None else Viewing(count, row.sessions, row.seconds, max(row.most, count))
        )
    return found


async def _add(session: AsyncSession, target: uuid.UUID, batch: Mapping[str, Seen], *, now: dt.datetime) -> int:
    on = day_of(now).isoformat()
    empty = {"target_id": target, "on": on, "sessions": 0, "seconds": 0, "most": 0}
    await _once(session, ViewingDay, empty, ("target_id", "on"))
    day = (await session.scalars(_day(target, on).with_for_update())).one()
    standing = await _standing(session, target, batch, now)
    after = merged(standing, batch, now=now)
    over = [name for name in standing if name not in after.open]
    for start in range(0, len(over), _MANY):
        gone = ViewingSession.viewer.in_(over[start : start + _MANY])
        await session.execute(delete(ViewingSession).where(ViewingSession.target_id == target, gone))
    await _write(session, target, standing, after.open)
    count = select(func.count()).select_from(ViewingSession).where(ViewingSession.target_id == target)
    count = count.where(ViewingSession.last_at >= now - GAP)
    day.sessions += after.sums.sessions
    day.seconds += after.sums.seconds
    day.most = max(day.most, await session.scalar(count) or 0)
    await session.flush()
    return after.sums.sessions


def _day(target: uuid.UUID, on: str) -> Any:
    query = select(ViewingDay).where(ViewingDay.target_id == target, ViewingDay.on == on)
    return query.execution_options(populate_existing=True)


async def _standing(
    session: AsyncSession, target: uuid.UUID, batch: Mapping[str, Seen], now: dt.datetime
) -> dict[str, Seen]:
    """The sessions of a batch's viewers, and those that are over."""
    names = list(batch)
    of = select(ViewingSession.viewer, ViewingSession.started_at, ViewingSession.last_at)
    of = of.where(ViewingSession.target_id == target)
    rows = list((await session.execute(of.where(ViewingSession.last_at < now - GAP - SETTLE))).all())
    for start in range(0, len(names), _MANY):
        rows += (await session.execute(of.where(ViewingSession.viewer.in_(names[start : start + _MANY])))).all()
    return {row.viewer: Seen(row.started_at, row.last_at) for row in rows}


async def _write(
    session: AsyncSession, target: uuid.UUID, before: Mapping[str, Seen], after: Mapping[str, Seen]
) -> None:
    """What began and what went on, each in one statement for all of them."""
    table = cast("Table", ViewingSession.__table__)
    begun = [
        {"target_id": target, "viewer": name, "started_at": seen.first, "last_at": seen.last}
        for name, seen in after.items()
        if name not in before
    ]
    gone_on = [
        {"of": target, "who": name, "first": seen.first, "last": seen.last}
        for name, seen in after.items()
        if name in before and before[name] != seen
    ]
    connection = await session.connection()
    if begun:
        await connection.execute(insert(table), begun)
    if gone_on:
        here = (table.c.target_id == bindparam("of"), table.c.viewer == bindparam("who"))
        moved = update(table).where(*here).values(started_at=bindparam("first"), last_at=bindparam("last"))
        await connection.execute(moved, gone_on)


async def _once(session: AsyncSession, table: type[Any], values: Mapping[str, Any], key: tuple[str, ...]) -> None:
    """A row that may be there already, on either database."""
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    await session.execute(upsert(table).values(dict(values)).on_conflict_do_nothing(index_elements=list(key)))
