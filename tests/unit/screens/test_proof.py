"""Proof of play: chains that hold, rows that do not, and sums that depend on neither order nor repetition."""

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from cms.kernel.clock import to_ms
from screens.proof import (
    AHEAD_MS,
    GENESIS,
    Batch,
    Broken,
    Head,
    Row,
    chained,
    count,
    day_of_ms,
    month_days,
    squeezed,
    unsqueezed,
)

NOW = dt.datetime(2026, 11, 26, 4, 0, tzinfo=dt.UTC)
MS = to_ms(NOW)
A, B = "a" * 64, "b" * 64


def rows_of(now: dt.datetime, count_: int, *, length: int = 60_000) -> list[Row]:
    """A device that showed two pieces in turn, up to now."""
    start = to_ms(now) - count_ * length
    return [Row(A if place % 2 else B, start + place * length, length) for place in range(count_)]


def test_chain_when_whole_is_counted_by_day() -> None:
    made = count(Head(), chained(rows_of(NOW, 30)), now=MS)
    assert made.refusals == []
    assert made.head.seq == 30
    assert made.days == {("2026-11-26", A): [15, 900_000], ("2026-11-26", B): [15, 900_000]}


def test_showing_over_midnight_is_one_play_and_its_time_is_of_both_days() -> None:
    midnight = to_ms(dt.datetime(2026, 11, 25, 16, 0, tzinfo=dt.UTC))
    made = count(Head(), chained([Row(A, midnight - 20_000, 60_000)]), now=MS)
    assert made.days == {("2026-11-25", A): [1, 20_000], ("2026-11-26", A): [0, 40_000]}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Row(A, MS - 60_000, 0), "negative"),
        (Row(A, MS - 60_000, -5), "negative"),
        (Row(A, MS, AHEAD_MS + 1), "future"),
        (Row(A, MS - 90_000_000, 86_400_001), "too_long"),
        (Row(A, MS - 130_000, 10_000), "overlap"),
    ],
)
def test_row_that_does_not_hold_is_named_and_takes_no_other_along(row: Row, code: str) -> None:
    before, after = Row(B, MS - 180_000, 60_000), Row(B, MS - 60_000, 60_000)
    made = count(Head(), chained([before, row, after]), now=MS)
    assert [(one.seq, one.code) for one in made.refusals] == [(2, code)]
    assert made.days["2026-11-26", B] == [2, 120_000]
    assert made.head.seq == 3


@pytest.mark.parametrize("change", ["row", "left out", "slipped in", "head"])
def test_chain_when_somebody_changed_it_is_broken(change: str) -> None:
    rows = rows_of(NOW, 6)
    first, second = chained(rows[:3]), chained(rows[3:], 4, chained(rows[:3]).head)
    changed = list(second.rows)
    if change == "row":
        changed[1] = changed[1]._replace(ms=1)
    elif change == "left out":
        del changed[1]
    elif change == "slipped in":
        changed.insert(1, changed[0])
    head = "f" * 64 if change == "head" else second.head
    reached = count(Head(), first, now=MS).head
    with pytest.raises(Broken):
        count(reached, Batch(second.first, second.prev, head, tuple(changed)), now=MS)


def test_batch_when_it_does_not_begin_at_the_head_is_broken() -> None:
    batch = chained(rows_of(NOW, 2))
    with pytest.raises(Broken):
        count(Head(5, GENESIS, 0), batch, now=MS)


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(-5, MS), st.integers(-5, 90_000_000)), max_size=12))
def test_batch_when_kept_is_read_as_it_was(rows: list[tuple[str, int, int]]) -> None:
    batch = chained([Row(*one) for one in rows])
    assert unsqueezed(squeezed(batch)) == batch


@given(st.integers(0, 4_000_000_000_000))
def test_day_of_an_instant_is_that_of_beijing(ms: int) -> None:
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)
    assert day_of_ms(ms) == at.astimezone(dt.timezone(dt.timedelta(hours=8))).date().isoformat()


def test_month_has_its_first_and_last_day() -> None:
    assert month_days("2028-02") == ("2028-02-01", "2028-02-29")
    assert month_days("2026-12") == ("2026-12-01", "2026-12-31")
