"""Back-off grows, never shrinks, and ends at its cap."""

import datetime as dt

from hypothesis import given, strategies as st

from cms.kernel.leases import BACKOFF_CAP, backoff


def test_waits_without_jitter_double_from_five_seconds_to_the_cap() -> None:
    seconds = [backoff(n, 0).total_seconds() for n in range(1, 11)]
    assert seconds == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


@given(st.integers(0, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_with_any_jitter_stays_within_its_bounds(attempt: int, jitter: float) -> None:
    wait = backoff(attempt, jitter)
    assert dt.timedelta(seconds=5) <= backoff(attempt, 0) <= wait <= BACKOFF_CAP
