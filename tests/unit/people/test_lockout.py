"""Waits grow with failures and never shrink; ten thousand guesses are hardly looked at."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.people.lockout import ADDRESS_STEPS, LOGIN_STEPS, login_subject, wait_after


def test_first_tries_when_wrong_cost_no_wait() -> None:
    assert wait_after(4, LOGIN_STEPS) == wait_after(9, ADDRESS_STEPS) == dt.timedelta()


@given(st.integers(0, 10_000), st.sampled_from([LOGIN_STEPS, ADDRESS_STEPS]))
def test_wait_after_one_more_failure_is_never_shorter(failures: int, steps: object) -> None:
    assert wait_after(failures + 1, steps) >= wait_after(failures, steps)  # type: ignore[arg-type]


@pytest.mark.parametrize(("steps", "most"), [(LOGIN_STEPS, 10), (ADDRESS_STEPS, 14)])
def test_guesses_of_ten_thousand_in_a_minute_are_hardly_looked_at(steps: object, most: int) -> None:
    """A guess every six milliseconds; those within a wait are not looked at."""
    looked, blocked = 0, dt.timedelta()
    for number in range(10_000):
        at = dt.timedelta(milliseconds=6) * number
        if at >= blocked:
            looked += 1
            blocked = at + wait_after(looked, steps)  # type: ignore[arg-type]
    assert looked <= most


def test_login_when_kept_is_not_readable() -> None:
    assert "zhang" not in login_subject("zhang")
