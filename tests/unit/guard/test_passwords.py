"""Waiting after wrong passwords."""

import pytest

from cms.guard.errors import GuardRefused
from cms.guard.passwords import LONGEST, check_backoff, wait_after
from cms.guard.state import GuardState


def test_wait_after_wrong_passwords_grows_and_ends() -> None:
    waits = [wait_after(count) for count in range(40)]
    assert waits[:5] == [0, 0, 0, 2_000, 4_000]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_guessing_for_a_day_gets_few_tries() -> None:
    """The promise is at most ten evaluations a minute; here far fewer."""
    now, count = 0, 0
    while now < 24 * 3_600_000:
        count += 1
        now += max(wait_after(count), 1)
    assert count < 120


def test_check_backoff_tells_the_seconds_left() -> None:
    state = GuardState(wrong={"qian": {"count": 4, "at": 1_000}})
    with pytest.raises(GuardRefused) as refusal:
        check_backoff(state, "qian", now=1_001)
    assert refusal.value.params == {"seconds": 4}
    check_backoff(state, "qian", now=5_000)
    check_backoff(state, "sun", now=1_001)
