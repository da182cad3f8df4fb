"""A schedule lies inside what was approved, at its edges too."""

import datetime as dt

import pytest

from cms.kernel.errors import Refused
from cms.planning.envelope import Allowed
from cms.planning.models import Target

T0 = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ALLOWED = Allowed(("/320509/04/",), ("screen", "web"), T0, T0 + HOUR)


def target(kind: str = "screen", *units: str) -> Target:
    return Target(code="t", kind=kind, name="屏", units=list(units))


def test_the_time_is_half_open() -> None:
    ALLOWED.check_time(T0)
    ALLOWED.check_time(T0 + HOUR - dt.timedelta(milliseconds=1))
    for at, code in ((T0 - dt.timedelta(milliseconds=1), "too_early"), (T0 + HOUR, "too_late")):
        with pytest.raises(Refused, match=code):
            ALLOWED.check_time(at)


@pytest.mark.parametrize(
    "units", [(), ("/320509/04/",), ("/320509/",), ("/320509/04/0412/",), ("/320509/05/", "/320509/04/")]
)
def test_a_target_that_reaches_into_the_approved_units_is_allowed(units: tuple[str, ...]) -> None:
    ALLOWED.check_targets([target("screen", *units)])


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (target("tv"), "channel_not_approved"),
        (target("screen", "/320509/05/"), "unit_not_approved"),
        (target("screen", "/320509/040/"), "unit_not_approved"),
    ],
)
def test_a_target_outside_of_it_is_refused(one: Target, code: str) -> None:
    with pytest.raises(Refused, match=code):
        ALLOWED.check_targets([target(), one])
