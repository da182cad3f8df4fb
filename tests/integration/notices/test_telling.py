"""Telling people: once a cause, to those in charge, until it is settled or taken."""

import datetime as dt

import pytest
from sqlalchemy import select

from cms.kernel.errors import Denied, NotFound
from cms.notices.alarms import open_alarms, raise_alarm, take_alarm
from cms.notices.inbox import notices_of, put_away, read_notice, unread_count
from cms.notices.models import Letter, NoticeChoice
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell
from cms.people.permissions import Action
from tests.office import NOW, STATION, Office


async def _tell(office: Office, name: str = "author", *, cause: str = "missed:1") -> None:
    async with office.db.write() as session:
        await tell(
            session,
            person=office.people[name],
            cause=cause,
            subject="notices.subject.missed",
            params={"title": "运河"},
            href="/desk/",
            now=NOW,
        )


async def test_notice_when_its_cause_comes_again_is_counted_and_sent_once(office: Office) -> None:
    async with office.db.write() as session:
        choice = NoticeChoice(person_id=office.people["author"], mail="a@x.cn", quiet_from=900, quiet_to=1080)
        choice.changed_at = NOW
        session.add(choice)
    await _tell(office)
    await _tell(office)
    author = await office.actor("author")
    async with office.db.read() as session:
        (one,) = await notices_of(session, author)
        letters = (await session.scalars(select(Letter).order_by(Letter.way))).all()
        assert (one.times, one.read_at, await unread_count(session, author)) == (2, None, 1)
    # 16:00 in Beijing is quiet until 18:00.
    assert [(one.way, one.not_before) for one in letters] == [
        (way, NOW + dt.timedelta(hours=2)) for way in ("mail", "webhook")
    ]


async def test_notice_when_settled_leaves_the_list_and_its_letters_stay(office: Office) -> None:
    await _tell(office)
    await _tell(office, "colleague")
    async with office.db.write() as session:
        await settle(session, cause="missed:1", now=NOW)
    await _tell(office)
    author = await office.actor("author")
    async with office.db.read() as session:
        assert [one.times for one in await notices_of(session, author)] == [1]
        assert len(await notices_of(session, author, done=True)) == 1
        states = sorted((await session.scalars(select(Letter.state))).all())
    assert states == ["dropped", "dropped", "due"]


async def test_notice_when_it_is_somebody_elses_is_not_there(office: Office) -> None:
    await _tell(office)
    author, colleague = await office.actor("author"), await office.actor("colleague")
    async with office.db.write() as session:
        (one,) = await notices_of(session, author)
        with pytest.raises(NotFound, match=r"notices\.no_notice"):
            await read_notice(session, colleague, one.id, now=NOW)
        assert await read_notice(session, author, one.id, now=NOW) == "/desk/"
        assert await unread_count(session, author) == 0
        await put_away(session, author, one.id, now=NOW)
        assert await notices_of(session, author) == []


async def test_alarm_when_raised_is_seen_by_those_in_charge_until_one_takes_it(office: Office) -> None:
    async with office.db.write() as session:
        for _ in range(2):
            await raise_alarm(
                session,
                cause="missed:7",
                unit=STATION,
                subject="notices.subject.missed",
                params={"title": "运河"},
                href="/desk/calendar/",
                now=NOW,
                also=[office.people["author"]],
            )
        assert set(await who_may(session, Action.PUBLISHING_SCHEDULE, STATION)) == {
            office.people[name] for name in ("chief", "deputy", "publisher")
        }
    publisher, author = await office.actor("publisher"), await office.actor("author")
    async with office.db.write() as session:
        (alarm,) = await open_alarms(session, publisher)
        assert (alarm.times, await open_alarms(session, author)) == (2, [])
        assert [one.cause for one in await notices_of(session, author)] == ["missed:7"]
        with pytest.raises(Denied):
            await take_alarm(session, author, alarm.id, now=NOW)
        await take_alarm(session, publisher, alarm.id, now=NOW)
        assert (await open_alarms(session, publisher), await notices_of(session, author)) == ([], [])
        with pytest.raises(NotFound):
            await take_alarm(session, publisher, alarm.id, now=NOW)
