"""The rule of two weeks, and the marks of a consent's end."""

import datetime as dt

import pytest

from cms.contract import Standing
from cms.publishing.silence import level_of_silence, tone_of_silence
from cms.publishing.upkeep import mark_of
from renderers.douyin.tokens import WARN_DAYS

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("days", "tone"), [(0, "good"), (9, "good"), (10, "wait"), (12, "wait"), (13, "bad"), (14, "bad"), (400, "bad")]
)
def test_account_when_silent_is_yellow_at_ten_days_and_red_at_thirteen(days: int, tone: str) -> None:
    assert tone_of_silence(days) == tone
    assert level_of_silence(days) == {"good": 0, "wait": 10, "bad": 13}[tone]


@pytest.mark.parametrize(
    ("left", "mark"), [(31, None), (30, 30), (29, 30), (14, 14), (10, 14), (7, 7), (2, 3), (1, 1), (0, 0), (-5, 0)]
)
def test_consent_when_its_end_comes_near_reaches_the_most_urgent_mark(left: int, mark: int | None) -> None:
    ends = NOW + dt.timedelta(days=left)
    assert mark_of(Standing(consent_ends=ends, marks=(*WARN_DAYS, 0)), NOW) == mark
    assert mark_of(Standing(), NOW) is None
