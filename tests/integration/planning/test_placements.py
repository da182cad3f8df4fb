"""Placements: one exclusive piece at a time, rules that mean something, and the calendar they go by."""

import asyncio
import datetime as dt

import pytest

from cms.kernel.errors import Conflict, Denied, Invalid, Refused
from cms.planning.clashes import clashes_of_placement
from cms.planning.daypart_rows import dayparts
from cms.planning.dayparts import Hours, add_daypart, add_usual, change_daypart, moves, remove_daypart
from cms.planning.holidays import (
    enter_shipped,
    entered_years,
    import_holidays,
    missing_years,
    plan_import,
    read_calendar,
    read_file,
    shipped_years,
)
from cms.planning.models import Placement
from cms.planning.placements import place, placements_of, replace_placement
from schedules.resolve import Layer
from schedules.rules import Days
from tests.calendar_office import DAY, HOUR, Calendar, approved
from tests.office import NOW


def lasting(hours: int, length: int = 2) -> dict[str, object]:
    return {"start": (NOW + hours * HOUR).isoformat(), "end": (NOW + (hours + length) * HOUR).isoformat()}


async def test_exclusive_when_another_has_the_time_is_named_and_refused(calendar: Calendar) -> None:
    await approved(calendar, "甲")
    await approved(calendar, "乙")
    publisher = await calendar.office.actor("publisher")
    one, two = await calendar.document("甲"), await calendar.document("乙")
    exclusive = Layer.EXCLUSIVE
    async with calendar.db.write() as session:
        first = await place(session, publisher, one, target="street", rule=lasting(1), layer=exclusive, now=NOW)
        found = await clashes_of_placement(
            session, publisher, two, target="street", rule=lasting(2), layer=exclusive, now=NOW
        )
        assert [(clash.code, clash.params["minutes"]) for clash in found if clash.code == "two_exclusive"] == [
            ("two_exclusive", 60)
        ]
        with pytest.raises(Refused, match="exclusive_taken"):
            await place(session, publisher, two, target="street", rule=lasting(2), layer=exclusive, now=NOW)
        # Touching is not overlapping, and a rule does not clash with the one it replaces.
        await place(session, publisher, two, target="street", rule=lasting(3), layer=exclusive, now=NOW)
        await replace_placement(session, publisher, first.id, rule=lasting(2, 1), layer=exclusive, now=NOW)
        below = await clashes_of_placement(
            session, publisher, one, target="street", rule=lasting(0, 10), layer=Layer.DAYPART, now=NOW
        )
    assert [(clash.code, clash.params.get("minutes")) for clash in below if clash.code == "hidden"] == [("hidden", 180)]


async def test_rule_when_nothing_of_it_is_to_come_is_refused_and_nothing_is_placed(calendar: Calendar) -> None:
    await approved(calendar, "甲")
    publisher, document = await calendar.office.actor("publisher"), await calendar.document("甲")
    never = {"start": NOW.isoformat(), "end": (NOW + HOUR).isoformat(), "skip": ["2026-11-20"]}
    february = {"start": "2027-02-01T00:00:00+08:00", "cycle": "year", "month_days": [30]}
    async with calendar.db.write() as session:
        with pytest.raises(Invalid, match="rule_never"):
            await place(session, publisher, document, target="street", rule=never, now=NOW)
        with pytest.raises(Invalid, match="rule_no_such_date"):
            await place(session, publisher, document, target="street", rule=february, now=NOW)


async def test_year_when_imported_replaces_its_days_and_ends_the_warning(calendar: Calendar) -> None:
    publisher, author = await calendar.office.actor("publisher"), await calendar.office.actor("author")
    years = await asyncio.to_thread(shipped_years)
    async with calendar.db.write() as session:
        assert await missing_years(session, now=NOW) == [2026, 2027]
        await enter_shipped(session, years, now=NOW)
        await enter_shipped(session, years, now=NOW)
        assert await missing_years(session, now=NOW) == [2027]
        assert await missing_years(session, now=NOW - 30 * DAY) == []
        file = read_file("2027-01-01,放假,元旦\n2027-01-03,补班,元旦\n".encode("gb18030"))
        (change,) = await plan_import(session, file)
        assert (len(change.added), change.removed, change.kept) == (2, (), 0)
        with pytest.raises(Denied):
            await import_holidays(session, author, file, source="国务院办公厅通知", now=NOW)
        with pytest.raises(Invalid, match="holiday_source"):
            await import_holidays(session, publisher, file, source=" ", now=NOW)
        wrong = read_file("2027-02-30,放假,\n".encode())
        with pytest.raises(Invalid, match="holiday_lines"):
            await import_holidays(session, publisher, wrong, source="通知", now=NOW)
        await import_holidays(session, publisher, file, source="国务院办公厅通知", now=NOW)
        assert await missing_years(session, now=NOW) == []
        again = read_file("2027-01-01,放假,元旦\n".encode())
        (change,) = await plan_import(session, again)
        assert (change.added, [day.on.day for day in change.removed], change.kept) == ((), [3], 1)
        read = await read_calendar(session)
        assert [one.year for one in await entered_years(session)] == [2027, 2026]
    assert read.is_workday(dt.date(2027, 1, 3))
    assert not read.is_workday(dt.date(2027, 1, 1))


async def test_daypart_when_changed_says_what_moves_and_moves_every_rule_that_uses_it(calendar: Calendar) -> None:
    await approved(calendar, "甲")
    await approved(calendar, "乙")
    publisher, author = await calendar.office.actor("publisher"), await calendar.office.actor("author")
    one, two = await calendar.document("甲"), await calendar.document("乙")
    async with calendar.db.write() as session:
        with pytest.raises(Denied):
            await add_daypart(session, author, Hours("早高峰", "07:00", "09:00"), now=NOW)
        rush, noon, _, night = await add_usual(session, publisher, now=NOW)
        named = {"start": NOW.isoformat(), "named": [{"id": str(rush.id)}]}
        # Hours sent beside a name are not believed.
        other = {"start": NOW.isoformat(), "named": [{"id": str(noon.id), "start": "01:00", "end": "02:00"}]}
        first = await place(session, publisher, one, target="street", rule=named, layer=Layer.EXCLUSIVE, now=NOW)
        second = await place(session, publisher, two, target="street", rule=other, layer=Layer.EXCLUSIVE, now=NOW)
        assert second.rule["named"] == [
            {"id": str(noon.id), "start": "11:30:00", "end": "13:30:00", "days": "any"},
        ]
        rule = {"start": NOW.isoformat(), "named": [{"id": str(one)}]}
        with pytest.raises(Invalid, match="no_daypart"):
            await place(session, publisher, one, target="street", rule=rule, now=NOW)

    later = Hours("早高峰", "07:30", "09:30", Days.WORKDAYS)
    async with calendar.db.write() as session:
        (moved,) = await moves(session, publisher, rush.id, later, now=NOW)
        assert (moved.title, moved.target, moved.problem) == ("甲", "全区阅读屏", None)
        # Five working days, half an hour at each end.
        assert [len(moved.moved.lost), len(moved.moved.won)] == [5, 5]
        with pytest.raises(Refused, match="daypart_used"):
            await remove_daypart(session, publisher, rush.id, now=NOW)
        assert await change_daypart(session, publisher, rush.id, later, now=NOW) == 1
        assert (await session.get_one(Placement, first.id)).ended_at == NOW
        ((row, _),) = await placements_of(session, one)
        assert row.rule["named"][0]["start"] == "07:30:00"

    into_noon = Hours("早高峰", "07:30", "12:00", Days.WORKDAYS)
    async with calendar.db.write() as session:
        (moved,) = await moves(session, publisher, rush.id, into_noon, now=NOW)
        assert isinstance(moved.problem, Refused)
        with pytest.raises(Refused, match="exclusive_taken"):
            await change_daypart(session, publisher, rush.id, into_noon, now=NOW)
        with pytest.raises(Invalid, match="bad_daypart"):
            await change_daypart(session, publisher, rush.id, Hours("早", "7时", "09:00"), now=NOW)
        with pytest.raises(Conflict, match="daypart_taken"):
            await change_daypart(session, publisher, rush.id, Hours("午间", "07:00", "09:00"), now=NOW)
        await remove_daypart(session, publisher, night.id, now=NOW)
        assert [row.name for row in await dayparts(session)] == ["早高峰", "午间", "晚间"]
