"""Letters of long ago are deleted; what is on its way and what the inbox shows stays."""

import datetime as dt

from sqlalchemy import select

from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.notices.models import Letter, Notice
from cms.notices.pruning import prune_letters
from cms.notices.tell import tell
from tests.office import NOW, make_office

KEEP = dt.timedelta(days=90)


async def test_letters_when_old_and_over_are_deleted_and_the_notice_stays(sqlite: Database) -> None:
    office = await make_office(sqlite)
    async with sqlite.write() as session:
        notice = await tell(
            session,
            person=office.people["author"],
            cause="missed:1",
            subject="notices.subject.missed",
            params={"title": "运河", "at": "11-20 08:00"},
            href="/desk/",
            now=NOW,
        )
        old, young = NOW - KEEP - dt.timedelta(seconds=1), NOW - KEEP + dt.timedelta(seconds=1)
        kinds = [
            ("sent", old, old),
            ("dropped", old, old),
            ("failed", old, None),
            ("sent", old, young),
            ("sent", young, young),
            ("due", old, None),
            ("retry", old, None),
            ("sending", old, None),
        ]
        for number, (state, due, finished) in enumerate(kinds):
            row = {"state": state, "not_before": due, "finished_at": finished, "created_at": due}
            session.add(Letter(id=uuid7(NOW), notice_id=notice, way=f"way{number}", **row))
    assert await prune_letters(sqlite, before=NOW - KEEP) == 3
    assert await prune_letters(sqlite, before=NOW - KEEP) == 0
    async with sqlite.read() as session:
        left = (await session.scalars(select(Letter.way).where(Letter.way.startswith("way")))).all()
        assert sorted(left) == [f"way{number}" for number in range(3, 8)]
        assert await session.get(Notice, notice) is not None
