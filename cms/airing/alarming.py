"""Tells the people in charge when a channel shows its still picture unplanned, or when its lists stop."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.airing.day import timelines
from cms.airing.monitor import Health, Probe, look_at
from cms.contract import Channel
from cms.kernel.db import Database
from cms.notices.alarms import end_alarm, raise_alarm
from cms.notices.models import Alarm
from cms.planning.models import Target

_SUBJECTS: Final = {Health.STILL: "airing.alarm.still", Health.STOPPED: "airing.alarm.stopped"}


class Watch:
    """What one process has told already: a trouble is told when it begins, and again only after it was over."""

    def __init__(self) -> None:
        self._told: dict[str, Health] = {}

    async def look(
        self, db: Database, channels: Mapping[str, Channel], probe: Probe, *, now: dt.datetime
    ) -> Mapping[Health, int]:
        """One look at every channel; how many stand how. A channel that never had a plan is not watched."""
        found = dict.fromkeys(Health, 0)
        async with db.read() as session:
            query = select(Target).where(Target.kind.in_(timelines(channels)), Target.active).order_by(Target.code)
            rows = (await session.scalars(query)).all()
            seen = [(row, (await look_at(session, row, channels, probe, now=now))[2]) for row in rows]
        for row, health in seen:
            found[health] += 1
            if self._told.get(row.code, Health.GOOD) is not health:
                async with db.write() as session:
                    await _tell(session, row, health, now=now)
                self._told[row.code] = health
        return found


async def _tell(session: AsyncSession, row: Target, health: Health, *, now: dt.datetime) -> None:
    for one, subject in _SUBJECTS.items():
        cause = f"airing:{one.value}:{row.code}"
        if one is not health:
            await end_alarm(session, cause=cause, now=now)
            continue
        open_ = select(Alarm.id).where(Alarm.cause == cause, Alarm.taken_at.is_(None))
        if await session.scalar(open_) is None:
            params, href = {"name": row.name}, f"/desk/days/{row.code}"
            await raise_alarm(
                session, cause=cause, unit=row.unit_path, subject=subject, params=params, href=href, now=now
            )
