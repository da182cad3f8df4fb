"""A million guesses of pairing codes: how few are looked at, and what that leaves to luck."""

import datetime as dt
from collections import defaultdict, deque

from screens.gateway import MAX_WAITING
from screens.pairing import ALPHABET, LENGTH, MISSES_OF_ALL, MISSES_OF_ONE, WINDOW, pause

BEGAN = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
GUESSES = 1_000_000


def test_guesses_when_a_million_come_in_an_hour_from_fifty_operators_are_looked_at_six_hundred_times() -> None:
    of_all: deque[dt.datetime] = deque()
    of_one: dict[int, deque[dt.datetime]] = defaultdict(deque)
    step, now, looked_at = dt.timedelta(hours=1) / GUESSES, BEGAN, 0
    until = BEGAN
    for number in range(GUESSES):
        now += step
        if now < until:
            continue  # the answer said how long; asking sooner is answered the same, by the assertion below
        own = of_one[number % 50]
        for misses in (own, of_all):
            while misses and misses[0] <= now - WINDOW:
                misses.popleft()
        if pause(len(of_all), of_all[0] if of_all else None, most=MISSES_OF_ALL, now=now):
            assert pause(len(of_all), of_all[0], most=MISSES_OF_ALL, now=now + step)
            until = of_all[0] + WINDOW
        elif not pause(len(own), own[0] if own else None, most=MISSES_OF_ONE, now=now):
            looked_at += 1
            own.append(now)
            of_all.append(now)
    windows = dt.timedelta(hours=1) // WINDOW
    assert looked_at <= windows * MISSES_OF_ALL
    # With every code that can be on show at once, an hour of this hits one in three thousand hours.
    assert looked_at * MAX_WAITING / len(ALPHABET) ** LENGTH < 1 / 3_000


def test_pause_when_few_have_missed_or_the_window_is_over_is_none() -> None:
    assert pause(MISSES_OF_ONE - 1, BEGAN, most=MISSES_OF_ONE, now=BEGAN) == 0
    assert pause(0, None, most=MISSES_OF_ONE, now=BEGAN) == 0
    assert pause(MISSES_OF_ONE, BEGAN, most=MISSES_OF_ONE, now=BEGAN) == WINDOW.total_seconds()
    assert pause(MISSES_OF_ONE, BEGAN, most=MISSES_OF_ONE, now=BEGAN + WINDOW) == 1
