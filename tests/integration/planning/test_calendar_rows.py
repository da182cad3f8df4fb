"""What the calendar reads, on both databases: days are counted there, and upserts and locks differ."""

from cms.kernel.db import Database
from cms.planning.batches import Member, batches, promise_batch
from cms.planning.holidays import import_holidays, missing_years, read_file
from cms.planning.placements import place
from cms.publishing.alarming import lost_promises
from cms.publishing.calendar import EntryState, entries, placed
from cms.publishing.publish import publish_now
from schedules.beijing import day_of
from schedules.intervals import Interval
from schedules.resolve import Layer
from tests.calendar_office import DAY, approved, open_calendar
from tests.office import NOW


async def test_calendar_when_a_day_is_busy_counts_what_it_does_not_list(database: Database) -> None:
    calendar = await open_calendar(database)
    publisher, neighbour = await calendar.office.actor("publisher"), await calendar.office.actor("neighbour")
    for number, day in enumerate((0, 0, 0, 1)):
        edition = await approved(calendar, f"第{number}篇")
        async with database.write() as session:
            await publish_now(session, publisher, edition, targets=["site"], now=NOW + day * DAY)
    document = await calendar.document("第0篇")
    window = Interval(NOW - DAY, NOW + 5 * DAY)
    async with database.write() as session:
        rule = {"start": NOW.isoformat(), "dayparts": [["22:00", "06:00"]], "days": "workdays"}
        exclusive = Layer.EXCLUSIVE
        await place(session, publisher, document, target="street", rule=rule, layer=exclusive, now=NOW)
        file = read_file("2027-01-01,放假,元旦\n".encode())
        await import_holidays(session, publisher, file, source="通知", now=NOW)
        assert await missing_years(session, now=NOW) == [2026]
    async with database.read() as session:
        span = await entries(session, publisher, window, now=NOW, per_day=1)
        assert [one.state for one in span.entries] == [EntryState.PUBLISHED] * 2
        assert span.hidden == {day_of(NOW): 2}
        assert (await entries(session, neighbour, window, now=NOW)).entries == ()
        # Friday night into Saturday; the weekend is none of it, Monday and Tuesday are.
        assert len(await placed(session, publisher, window)) == 3
        assert await lost_promises(session, now=NOW) == []


async def test_batch_when_listed_is_seen_by_those_who_read_its_unit(database: Database) -> None:
    calendar = await open_calendar(database)
    members = [Member(await approved(calendar, title), ("site",)) for title in ("甲", "乙")]
    publisher, neighbour = await calendar.office.actor("publisher"), await calendar.office.actor("neighbour")
    async with database.write() as session:
        await promise_batch(session, publisher, members, name="专题", at=NOW + DAY, now=NOW)
    async with database.read() as session:
        assert [one.counts for one in await batches(session, publisher, since=NOW)] == [{"due": 2}]
        assert await batches(session, neighbour, since=NOW) == []
