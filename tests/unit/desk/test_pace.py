"""How often one address may ask: a window that forgets."""

import datetime as dt

import pytest

from cms.desk.pace import Pace
from cms.kernel.errors import TooMany

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def test_address_when_too_fast_is_told_how_long_to_wait_and_others_are_not() -> None:
    pace = Pace(2, dt.timedelta(minutes=1))
    pace.take("a", NOW)
    pace.take("a", NOW + dt.timedelta(seconds=20))
    with pytest.raises(TooMany) as refused:
        pace.take("a", NOW + dt.timedelta(seconds=30))
    assert refused.value.params["seconds"] == 30
    pace.take("b", NOW + dt.timedelta(seconds=30))
    pace.take("a", NOW + dt.timedelta(seconds=61))
