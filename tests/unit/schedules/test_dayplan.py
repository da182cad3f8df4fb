"""A day on the grid: snapping, holes, what fills them, and what is carried to another day."""

import datetime as dt
import itertools

from hypothesis import given, strategies as st

from schedules.beijing import SLOT, SLOTS_PER_DAY, day_slots, day_start, slot_start
from schedules.dayplan import Lying, carried, common, filled, holes, in_the_way, offsets, slots_for, snapped

DAY = dt.date(2026, 11, 26)
FIRST = day_slots(DAY).start
LYING = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=12).map(
    lambda pairs: [Lying(str(at), FIRST + at, count, str(number)) for number, (at, count) in enumerate(pairs)]
)


@given(st.integers(0, 86_400_000))
def test_time_when_snapped_is_at_most_half_a_slot_away(ms: int) -> None:
    at = day_start(DAY) + dt.timedelta(milliseconds=ms)
    assert abs(slot_start(snapped(at)) - at) <= SLOT / 2


def test_time_when_it_is_said_to_the_second_comes_back_to_its_slot() -> None:
    for slot in range(FIRST, FIRST + 1_000):
        shown = slot_start(slot).replace(microsecond=0)
        assert snapped(shown) == slot


@given(LYING)
def test_holes_and_what_lies_there_cover_the_day_once(lying: list[Lying]) -> None:
    free = holes(lying, FIRST, FIRST + 400)
    covered = {slot for one in lying for slot in range(one.start, one.end)}
    empty = {slot for start, end in free for slot in range(start, end)}
    assert covered | empty >= set(range(FIRST, FIRST + 400))
    assert not covered & empty


@given(LYING, st.lists(st.integers(0, 30), max_size=4))
def test_holes_when_filled_hold_everything_whole_and_nothing_meets(lying: list[Lying], lengths: list[int]) -> None:
    free = holes(lying, FIRST, FIRST + 400)
    things = [(str(number), count) for number, count in enumerate(lengths)]
    found = filled(free, things)
    assert all(any(start <= one.start and one.end <= end for start, end in free) for one in found)
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
    left = holes([*lying, *found], FIRST, FIRST + 400)
    shortest = min((count for count in lengths if count), default=None)
    assert len(found) == 500 or shortest is None or all(end - start < shortest for start, end in left)


def test_things_when_they_fill_take_turns_over_the_holes() -> None:
    found = filled([(0, 10), (20, 34)], [("a", 4), ("b", 6), ("c", 12)])
    assert [(one.what, one.start) for one in found] == [("a", 0), ("b", 4), ("c", 20)]


def test_thing_when_it_moves_is_not_in_its_own_way_and_neighbours_do_not_meet() -> None:
    lying = [Lying("a", 10, 5, "a1"), Lying("b", 15, 5, "b1")]
    assert in_the_way(Lying("a", 9, 5, "a1"), lying) == ()
    assert [one.what for one in in_the_way(Lying("c", 12, 5), lying)] == ["a", "b"]


def test_day_when_carried_keeps_its_times_and_leaves_what_began_the_day_before() -> None:
    lying = [Lying("late", FIRST - 3, 9), Lying("b", FIRST + 100, 5), Lying("a", FIRST, 5)]
    to = DAY + dt.timedelta(days=3)
    assert [(one.what, one.start) for one in carried(lying, DAY, to)] == [
        ("a", FIRST + 3 * SLOTS_PER_DAY),
        ("b", FIRST + 3 * SLOTS_PER_DAY + 100),
    ]
    assert offsets(lying, DAY) == (("a", 0), ("b", 100))


def test_lengths_are_whole_slots_and_stretches_meet_where_both_are() -> None:
    assert [slots_for(ms) for ms in (0, 1, 3840, 3841)] == [1, 1, 1, 2]
    assert common([(0, 10), (20, 30)], [(5, 25)]) == ((5, 10), (20, 25))
