"""Rights that run out: told once a stage to those who keep the file, with the pieces they may read."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select, update

from cms.content.editing import create
from cms.content.kinds import Kind
from cms.content.models import Edition
from cms.content.states import EditionState
from cms.kernel.db import Database
from cms.kernel.messages import catalogue
from cms.library.models import Asset
from cms.notices.inbox import notices_of
from cms.notices.models import Notice
from cms.notices.words import subject_of
from cms.publishing.expiring import watch_rights
from tests.office import NEIGHBOUR, NOW, STATION, Office, make_draft, make_office, make_picture

DAY = dt.timedelta(days=1)
TEXTS = catalogue()


async def _piece(office: Office, picture: uuid.UUID, title: str, *, by: str, unit: str, **state: object) -> uuid.UUID:
    async with office.db.write() as session:
        draft = make_draft(title, cover=picture)
        actor = await office.actor(by)
        edition = await create(session, actor, kind=Kind.NEWS, unit=office.units[unit], draft=draft, now=NOW)
        for name, value in state.items():
            setattr(edition, name, value)
        return edition.id


async def _inbox(office: Office, name: str, *, done: bool = False) -> Sequence[str]:
    actor = await office.actor(name)
    async with office.db.read() as session:
        rows = await notices_of(session, actor, done=done)
    return [subject_of(row.subject, row.params, TEXTS, "zh-CN") for row in rows]


async def test_rights_when_they_run_out_are_told_once_a_stage_and_name_the_pieces_that_show_the_file(
    database: Database,
) -> None:
    office = await make_office(database)
    picture = await make_picture(office)
    until = NOW + 40 * DAY
    async with database.write() as session:
        await session.execute(update(Asset).values(valid_until=until))
    out = {"state": EditionState.PUBLISHED.value, "is_live": True}
    await _piece(office, picture, "湖边夜跑", by="author", unit=STATION, **out)
    await _piece(office, picture, "还没写完", by="author", unit=STATION)
    keeper = "colleague"

    assert await watch_rights(database, now=NOW) == 0
    for left, told in ((30, 1), (29, 0), (7, 1), (2, 0), (1, 1), (0.5, 0)):
        assert await watch_rights(database, now=until - left * DAY) == told, left
        assert await watch_rights(database, now=until - left * DAY) == 0, left
    assert await _inbox(office, keeper) == [
        "素材“运河.jpg”的使用权将在 1 天内到期（2026-12-30 16:00 起不可再用），请续期或准备替换"
    ], "one message, and the earlier ones are over"
    assert len(await _inbox(office, keeper, done=True)) == 2
    assert await _inbox(office, "neighbour") == []

    assert await watch_rights(database, now=until) == 1
    [said] = await _inbox(office, keeper)
    assert "已到期" in said
    assert "1 篇" in said
    assert "《湖边夜跑》" in said
    assert "还没写完" not in said
    scheduled = {"state": EditionState.SCHEDULED.value, "scheduled_at": until + 5 * DAY}
    await _piece(office, picture, "邻居的稿", by="neighbour", unit=NEIGHBOUR, **scheduled)
    assert await watch_rights(database, now=until + DAY) == 1
    assert await watch_rights(database, now=until + DAY) == 0
    [said] = await _inbox(office, keeper)
    assert "2 篇" in said

    # Rights were renewed: nothing is left to do; a year on it begins again.
    async with database.write() as session:
        await session.execute(update(Asset).values(valid_until=until + 365 * DAY))
    assert await watch_rights(database, now=until + DAY) == 0
    assert await _inbox(office, keeper) == []
    assert await watch_rights(database, now=until + 340 * DAY) == 1
    async with database.write() as session:
        await session.execute(update(Asset).values(deleted_at=until + 341 * DAY))
    assert await watch_rights(database, now=until + 341 * DAY) == 0
    assert await _inbox(office, keeper) == []


async def test_rights_when_over_and_nothing_shows_the_file_are_told_once(sqlite: Database) -> None:
    office = await make_office(sqlite)
    picture = await make_picture(office)
    async with sqlite.write() as session:
        await session.execute(update(Asset).values(valid_until=NOW))
    assert await watch_rights(sqlite, now=NOW) == 1
    out = {"state": EditionState.PUBLISHED.value, "is_live": True}
    edition = await _piece(office, picture, "邻居的稿", by="neighbour", unit=NEIGHBOUR, **out)
    assert await watch_rights(sqlite, now=NOW + DAY) == 1
    async with sqlite.write() as session:
        await session.execute(
            update(Edition).where(Edition.id == edition).values(state=EditionState.RECALLED.value, is_live=False)
        )
    assert await watch_rights(sqlite, now=NOW + 2 * DAY) == 0
    async with sqlite.read() as session:
        told = {row.subject for row in await session.scalars(select(Notice))}
        open_ = (await session.scalars(select(Notice).where(Notice.done_at.is_(None)))).all()
    assert open_ == []
    assert "notices.subject.rights_over" in told
    assert told & {"notices.subject.rights_elsewhere", "notices.subject.rights_used"}
