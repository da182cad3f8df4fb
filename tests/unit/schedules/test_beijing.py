"""The frozen grid: these numbers must never change."""

import datetime as dt

from hypothesis import given, strategies as st

from schedules import beijing

instants = st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))


def test_known_slots_stay_as_they_are() -> None:
    on = dt.date(2026, 11, 23)
    assert beijing.day_start(on) == dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC)
    assert beijing.day_slots(on) == range(467_542_500, 467_565_000)
    assert beijing.slot_start(467_542_501) == dt.datetime(2026, 11, 22, 16, 0, 3, 840_000, tzinfo=dt.UTC)


def test_a_day_in_the_summer_time_of_1988_starts_at_the_same_hour() -> None:
    assert beijing.day_start(dt.date(1988, 7, 1)) == dt.datetime(1988, 6, 30, 16, tzinfo=dt.UTC)


@given(st.dates(dt.date(1970, 1, 2), dt.date(2200, 1, 1)))
def test_a_day_is_exactly_22500_slots_that_meet_the_next(on: dt.date) -> None:
    slots = beijing.day_slots(on)
    assert len(slots) == 22_500
    assert beijing.slot_start(slots[0]) == beijing.day_interval(on).start
    assert beijing.slot_interval(slots[-1]).end == beijing.day_interval(on).end
    assert beijing.day_slots(on + dt.timedelta(days=1))[0] == slots[-1] + 1


@given(instants)
def test_an_instant_lies_in_its_slot_and_its_day(at: dt.datetime) -> None:
    slot = beijing.slot_of(at)
    assert beijing.slot_interval(slot).contains(at)
    assert slot in beijing.day_slots(beijing.day_of(at))
    assert beijing.floor(at) <= at <= beijing.ceil(at)
    assert beijing.ceil(at) - beijing.floor(at) in {dt.timedelta(), beijing.SLOT}
