"""The wall's words for a moment."""

import datetime as dt

from cms.desk.days.wall import begins


def test_beginning_on_another_day_of_the_channel_has_its_date() -> None:
    now = dt.datetime(2026, 11, 27, 15, 59, tzinfo=dt.UTC)  # one minute before Beijing's midnight
    assert begins(now + dt.timedelta(seconds=59), now) == "23:59:59"
    assert begins(now + dt.timedelta(minutes=1), now) == "11-28 00:00:00"
    assert begins(now + dt.timedelta(days=3), now) == "11-30 23:59:00"
