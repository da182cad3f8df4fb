"""Holidays out of tables and calendars: every line is a day, or is named with its reason."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from cms.planning.holidays import SHIPPED
from schedules.calendar import Calendar, DayKind
from schedules.holidays import HolidayLine, read_holidays
from tests.journeys.inputs import SHARED

ICS = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{start}\r\nDTEND;VALUE=DATE:{end}\r\n"
    "SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_shipped_year_when_read_is_the_notice_of_the_state_council() -> None:
    text = (SHIPPED / "2026.csv").read_text("utf-8")
    file = read_holidays(text)
    assert "国务院办公厅" in text.partition("\n")[0]
    assert (file.wrong, file.years) == ((), (2026,))
    kinds = [day.kind for day in file.days]
    assert (kinds.count(DayKind.HOLIDAY), kinds.count(DayKind.MAKEUP)) == (33, 6)
    calendar = Calendar({day.on: day.kind for day in file.days})
    assert calendar.is_workday(dt.date(2026, 10, 10))
    assert not calendar.is_workday(dt.date(2026, 10, 5))


def test_shipped_year_when_compared_with_another_source_is_the_same() -> None:
    found = SHARED / "ical" / "cn_holidays_2022_on.json"
    if not found.exists():
        pytest.skip("the shared inputs are not there")
    data = json.loads(found.read_text("utf-8"))
    days = read_holidays((SHIPPED / "2026.csv").read_text("utf-8")).days
    for key, kind in (("holidays", DayKind.HOLIDAY), ("makeup_workdays", DayKind.MAKEUP)):
        ours = {day.on.isoformat() for day in days if day.kind is kind}
        assert ours == {on for on in data[key] if on.startswith("2026")}


def test_table_when_a_line_is_wrong_names_it() -> None:
    file = read_holidays(
        "日期,类型,名称\n2027-01-01,放假,元旦\n2027-02-30,放假,\n2027-01-03,也许,\n\n2027/1/4,补班,元旦\n"
    )
    assert file.days == (
        HolidayLine(dt.date(2027, 1, 1), DayKind.HOLIDAY, "元旦"),
        HolidayLine(dt.date(2027, 1, 4), DayKind.MAKEUP, "元旦"),
    )
    assert [(one.line, one.code, one.text) for one in file.wrong] == [
        (3, "no_date", "2027-02-30"),
        (4, "no_kind", "也许"),
    ]


def test_calendar_file_when_an_event_is_neither_is_left_out_and_named() -> None:
    file = read_holidays(ICS.format(start="20271001", end="20271004", title="国庆节（休）"))
    assert [day.on.day for day in file.days] == [1, 2, 3]
    other = read_holidays(ICS.format(start="20270214", end="20270215", title="情人节"))
    assert (other.days, [one.code for one in other.skipped]) == ((), ["no_holiday"])
    backwards = read_holidays(ICS.format(start="20271004", end="20271001", title="补班"))
    assert [one.code for one in backwards.wrong] == ["no_date"]


@given(st.text(max_size=300), st.booleans())
def test_anything_when_read_is_days_or_reasons(text: str, ics: bool) -> None:
    read_holidays(f"BEGIN:VCALENDAR\n{text}" if ics else text)


def test_real_calendar_files_when_read_never_break() -> None:
    files = sorted(Path(SHARED / "ical" / "icalendar").glob("*.ics"))
    for path in files:
        read_holidays(path.read_bytes().decode("utf-8", "replace"))
