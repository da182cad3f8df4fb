"""A newsroom whose calendar is full: wishes, promises, pieces that are out, and one that missed its time."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import EnvelopeDraft
from cms.content.editing import create
from cms.content.editions import plan
from cms.content.kinds import Kind
from cms.content.models import Edition
from cms.kernel import leases
from cms.kernel.db import Database
from cms.people.models import Unit
from cms.planning.models import Occurrence
from cms.planning.occurrences import RULES
from cms.planning.schedule import schedule
from cms.planning.targets import add_target
from cms.publishing.due import run_occurrence
from cms.publishing.publish import publish_now
from cms.review.release import Press
from cms.review.submit import submit
from tests.office import CENTRE, DOMAIN, NOW, RENDITIONS, STATION, Office, form, make_draft, make_office

POSTS = frozenset({"wechat", "douyin"})
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@dataclass
class Calendar:
    """The newsroom with editions by what became of them."""

    office: Office
    editions: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.office.db

    async def document(self, name: str) -> uuid.UUID:
        return (await self.office.edition(self.editions[name])).document_id


async def furnish(session: AsyncSession) -> None:
    """A site, screens and two accounts."""
    for code, kind, name in (
        ("site", "web", "云上吴江网站"),
        ("street", "screen", "全区阅读屏"),
        ("wx", "wechat", "吴江发布服务号"),
    ):
        units = [CENTRE] if kind == "screen" else []
        await add_target(session, None, code=code, kind=kind, name=name, unit=CENTRE, units=units, now=NOW)


async def open_calendar(db: Database) -> Calendar:
    """An office with its targets and nothing written yet."""
    office = await make_office(db)
    office.press = Press(DOMAIN, 1, {**RENDITIONS, "wechat": ()}, form)
    async with db.write() as session:
        await furnish(session)
    return Calendar(office)


async def written(calendar: Calendar, title: str, **envelope: object) -> uuid.UUID:
    """A draft by the author."""
    office = calendar.office
    author = await office.actor("author")
    allowed = EnvelopeDraft(**({"not_before": NOW - 30 * DAY} | envelope))  # type: ignore[arg-type]
    draft = make_draft(title, envelope=allowed, channels=("screen", "web", "wechat"))
    async with office.db.write() as session:
        unit = (await session.get_one(Unit, office.units[STATION])).id
        made = await create(session, author, kind=Kind.NEWS, unit=unit, draft=draft, now=NOW)
    calendar.editions[title] = made.id
    return made.id


async def submitted(calendar: Calendar, title: str, **envelope: object) -> uuid.UUID:
    edition = await written(calendar, title, **envelope)
    author = await calendar.office.actor("author")
    async with calendar.db.write() as session:
        await submit(session, author, edition, press=calendar.office.press, now=NOW)
    return edition


async def approved(calendar: Calendar, title: str, **envelope: object) -> uuid.UUID:
    """Passed by a reviewer and signed by the chief."""
    edition = await submitted(calendar, title, **envelope)
    await calendar.office.approve("reviewer", edition)
    await calendar.office.approve("chief", edition)
    return edition


async def promised(
    calendar: Calendar, title: str, at: dt.datetime, *targets: str, off: dt.datetime | None = None
) -> uuid.UUID:
    edition = await approved(calendar, title)
    publisher = await calendar.office.actor("publisher")
    async with calendar.db.write() as session:
        await schedule(session, publisher, edition, at=at, targets=targets or ("site",), take_off_at=off, now=NOW)
    return edition


async def run_due(calendar: Calendar, *, now: dt.datetime) -> None:
    """Does what is due as the worker does, without sending anything."""
    async with calendar.db.write() as session:
        claims = await leases.claim(session, Occurrence, RULES, owner="test", now=now, limit=20)
    for held in claims:
        await run_occurrence(calendar.db, held, RULES, now=now, posts=POSTS)


async def full(db: Database) -> Calendar:
    """One piece in each of the calendar's states, around `NOW`."""
    calendar = await open_calendar(db)
    office = calendar.office
    author, publisher = await office.actor("author"), await office.actor("publisher")
    for title, days in (("社区图书角征集志愿者", 3), ("冬至民俗活动预告", 6)):
        edition = await written(calendar, title)
        async with db.write() as session:
            await plan(session, author, edition, planned_at=NOW + days * DAY, now=NOW)
    edition = await submitted(calendar, "老旧小区加装电梯进展")
    async with db.write() as session:
        await plan(session, author, edition, planned_at=NOW + 4 * DAY, now=NOW)
    await approved(calendar, "湖滨路夜间施工通告")
    await approved(calendar, "银龄课堂下周开讲")
    async with db.write() as session:
        waiting = [calendar.editions[title] for title in ("湖滨路夜间施工通告",)]
        await session.execute(
            update(Edition).where(Edition.id.in_(waiting)).values(planned_at=NOW + 5 * DAY + 2 * HOUR)
        )
    await promised(calendar, "太湖新城十公里健步道周六开放", NOW + 2 * DAY, "site", "street", off=NOW + 9 * DAY)
    await promised(calendar, "区图书馆延长开放时间", NOW + 3 * DAY + HOUR, "site", "wx")
    edition = await approved(calendar, "运河边的读书会")
    async with db.write() as session:
        await publish_now(session, publisher, edition, targets=["site", "street"], now=NOW - HOUR / 2)
    await promised(calendar, "周末公交线路调整", NOW + HOUR / 6, "wx")
    return calendar
