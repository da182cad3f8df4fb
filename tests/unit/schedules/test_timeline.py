"""Timelines keep their past and tell every late-comer where the loop is."""

import datetime as dt
import itertools

import pytest
from hypothesis import given, strategies as st

from schedules.intervals import Interval
from schedules.resolve import Contender, Layer, resolve
from schedules.timeline import (
    Stretch,
    Timeline,
    Turn,
    cut,
    is_whole,
    simplify,
    splice,
    stretch_at,
    timeline,
    turn_at,
)

T0 = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def at(seconds: int) -> dt.datetime:
    return T0 + dt.timedelta(seconds=seconds)


def seconds(count: int) -> dt.timedelta:
    return dt.timedelta(seconds=count)


loops = st.lists(st.builds(Turn, st.sampled_from("abc"), st.integers(1, 9).map(seconds)), max_size=3).map(tuple)


@st.composite
def lines(draw: st.DrawFn, start: int = 0, end: int = 100) -> Timeline:
    edges = sorted({start, end, *draw(st.lists(st.integers(start, end), max_size=6))})
    pairs = itertools.pairwise(edges)
    return simplify([Stretch(Interval(at(a), at(b)), draw(loops)) for a, b in pairs])


@given(lines(), lines(), st.integers(0, 99))
def test_a_spliced_line_is_old_before_and_new_after(old: Timeline, new: Timeline, when: int) -> None:
    both = splice(old, new, at(when))
    assert is_whole(both, Interval(at(0), at(100)))
    for second in range(100):
        expected = stretch_at(old if second < when else new, at(second))
        found = stretch_at(both, at(second))
        assert found is not None
        assert expected is not None
        assert found.loop == expected.loop


def test_a_line_that_was_not_kept_up_is_spliced_with_the_slate() -> None:
    old = (Stretch(Interval(at(0), at(10)), (Turn("a", seconds(5)),)),)
    new = (Stretch(Interval(at(0), at(50)), (Turn("b", seconds(5)),)),)
    assert splice(old, new, at(20))[1] == Stretch(Interval(at(10), at(20)), ())
    with pytest.raises(ValueError, match="gap"):
        splice(old, cut(new, Interval(at(30), at(50))), at(20))


@given(loops, st.integers(0, 99))
def test_a_late_comer_joins_where_the_others_are(loop: tuple[Turn, ...], second: int) -> None:
    found = turn_at(Stretch(Interval(at(0), at(100)), loop), at(second))
    whole = [turn.what for turn in loop for _ in range(int(turn.show.total_seconds()))]
    assert (found[0].what if found else None) == (whole[second % len(whole)] if whole else None)


def test_a_turn_outside_the_stretch_is_none() -> None:
    stretch = Stretch(Interval(at(0), at(10)), (Turn("a", seconds(5)),))
    assert turn_at(stretch, at(10)) is None
    assert stretch_at((stretch,), at(10)) is None
    assert stretch_at((stretch,), at(-1)) is None


def test_resolved_segments_become_loops_without_what_cannot_be_shown() -> None:
    window = Interval(at(0), at(100))
    names = [Contender(n, Layer.DEFAULT, 0, 0, T0, (window,)) for n in "abc"]
    line = timeline(resolve(names, window), lambda n: None if n == "b" else Turn(n, seconds(3)))
    assert [t.what for t in line[0].loop] == ["a", "c"]


def test_a_turn_that_does_not_last_is_refused() -> None:
    with pytest.raises(ValueError, match="last"):
        Turn("a", seconds(0))
