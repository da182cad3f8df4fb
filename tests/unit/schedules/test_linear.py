"""A channel is arithmetic: two thousand random days keep their promises, in a long run ten thousand."""

import itertools
import random
from collections.abc import Mapping, Sequence

import pytest

from schedules.linear import (
    DAY_SLOTS,
    FILLER,
    SLOT_MS,
    Loop,
    Run,
    kept,
    loops_of,
    run_at,
    runs_between,
    slot_at,
    slot_from,
)
from schedules.weaving import extended

any_days = pytest.mark.parametrize("days", [2_000, pytest.param(10_000, marks=pytest.mark.soak)])
ITEMS = "abcdef"


def whole(runs: Sequence[Run], start: int, end: int) -> bool:
    edges = [(run.start, run.end) for run in runs]
    touching = all(a[1] == b[0] for a, b in itertools.pairwise(edges))
    return bool(edges) and edges[0][0] == start and edges[-1][1] >= end and touching and all(r.count > 0 for r in runs)


def some_loops(dice: random.Random, start: int, end: int) -> tuple[Loop, ...]:
    edges = sorted({start, end, *(dice.randrange(start, end) for _ in range(dice.randrange(4)))})
    return tuple(
        Loop(a, b, tuple(dice.sample(ITEMS, dice.randrange(len(ITEMS))))) for a, b in itertools.pairwise(edges)
    )


def some_lengths(dice: random.Random) -> Mapping[str, int]:
    return {item: dice.randrange(1, 30) for item in ITEMS if dice.random() < 0.9}


def slots(runs: Sequence[Run]) -> dict[int, tuple[str, int]]:
    return {
        slot: (run.item, run.segment(slot) if run.item else 0) for run in runs for slot in range(run.start, run.end)
    }


def test_slots_when_a_day_is_counted_fall_on_beijings_midnight() -> None:
    midnight = 1_764_086_400_000  # 2025-11-26 00:00 in Beijing
    assert DAY_SLOTS * SLOT_MS == 86_400_000
    assert midnight % SLOT_MS == 0
    assert slot_at(midnight) == slot_from(midnight) == slot_at(midnight - 1) + 1


@any_days
def test_runs_when_made_of_any_loops_tile_time_and_show_items_whole(days: int) -> None:
    for seed in range(days):
        dice = random.Random(seed)
        loops, lengths = some_loops(dice, 100, 300), some_lengths(dice)
        runs = extended((), loops, lengths, start=100)
        assert whole(runs, 100, 300), seed
        for run in runs:
            if run.item == FILLER:
                continue
            here = next(loop for loop in loops if loop.start <= run.start < loop.end)
            assert run.item in here.items, seed
            assert run.first == 0
            cut = run.count < lengths[run.item]
            assert not cut or (run.start, run.end) == (here.start, here.end), seed
            over = [loop for loop in loops if loop.start < run.end and loop.end > run.start]
            assert all(run.item in loop.items for loop in over), seed


def test_runs_between_slots_are_all_that_touch_them() -> None:
    assert not runs_between((), 0, 10)
    for seed in range(300):
        dice = random.Random(seed)
        runs = extended((), some_loops(dice, 100, 200), some_lengths(dice), start=100)
        runs = tuple(run for run in runs if dice.random() < 0.8)  # with holes
        start = dice.randrange(80, 220)
        end = start + dice.randrange(60)
        touching = [run for run in runs if run.end > start and run.start < end]
        assert list(runs_between(runs, start, end)) == touching, seed


@any_days
def test_edits_when_made_at_any_time_never_touch_frozen_slots(days: int) -> None:
    for seed in range(days):
        dice = random.Random(seed)
        lengths = some_lengths(dice)
        runs = extended((), some_loops(dice, 0, 200), lengths, start=0)
        edge = dice.randrange(5, 190)
        gone = {item for item in ITEMS if dice.random() < 0.1}
        stay = kept(runs, since=0, edge=edge, finishes=lambda item: item not in gone)  # noqa: B023 - used at once
        after = extended(stay, some_loops(dice, 0, 200), some_lengths(dice), start=0)
        assert whole(after, 0, 200), seed
        before, now = slots(runs), slots(after)
        assert all(before[slot] == now[slot] for slot in range(edge)), seed
        on_air = run_at(runs, edge)
        assert on_air is not None
        if on_air.start < edge and on_air.item and on_air.item not in gone:
            assert all(before[slot] == now[slot] for slot in range(edge, on_air.end)), seed


@any_days
def test_runs_when_planned_again_without_an_edit_are_the_same(days: int) -> None:
    for seed in range(days):
        dice = random.Random(seed)
        loops, lengths = some_loops(dice, 0, 200), some_lengths(dice)
        runs = extended((), loops, lengths, start=0)
        stay = kept(runs, since=0, edge=dice.randrange(1, 199), finishes=lambda _: True)
        assert slots(extended(stay, loops, lengths, start=0)) == slots(runs), seed


def test_items_when_all_fit_take_turns_in_the_order_of_the_loop() -> None:
    runs = extended((), (Loop(0, 20, ("a", "b", "c")),), {"a": 2, "b": 3, "c": 1}, start=0)
    assert [run.item for run in runs] == ["a", "b", "c", "a", "b", "c", "a", "b", "c", "a"]
    newer = kept(runs, since=0, edge=3, finishes=lambda _: True)
    after = extended(newer, (Loop(0, 12, ("n", "a", "b", "c")),), dict.fromkeys("nabc", 2), start=0)
    assert [run.item for run in after] == ["a", "b", "c", "n", "a", "b"]


def test_item_that_may_not_run_over_a_border_waits_and_filler_stands_before_it() -> None:
    runs = extended((), (Loop(0, 10, ("a",)), Loop(10, 14, ("b",)), Loop(14, 30, ("a",))), {"a": 4, "b": 3}, start=0)
    assert runs[:5] == (Run(0, 4, "a"), Run(4, 4, "a"), Run(8, 2), Run(10, 3, "b"), Run(13, 1))


def test_item_longer_than_its_only_stretch_is_cut_rather_than_never_shown() -> None:
    runs = extended((), (Loop(0, 5, ()), Loop(5, 9, ("long",)), Loop(9, 12, ())), {"long": 40}, start=0)
    assert runs == (Run(0, 5), Run(5, 4, "long"), Run(9, 3))


def test_item_that_was_taken_back_on_air_ends_at_the_edge() -> None:
    stay = kept((Run(0, 50, "a"),), since=0, edge=7, finishes=lambda _: False)
    assert stay == (Run(0, 7, "a"),)


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        ([(0, 3 * SLOT_MS), (3 * SLOT_MS, 6 * SLOT_MS)], [(0, 3, ("a",)), (3, 6, ("b",))]),
        ([(0, 2 * SLOT_MS + 5), (2 * SLOT_MS + 5, 6 * SLOT_MS)], [(0, 2, ("a",)), (2, 3, ()), (3, 6, ("b",))]),
    ],
)
def test_slot_that_a_border_cuts_shows_what_both_sides_show(
    ms: list[tuple[int, int]], expected: list[tuple[int, int, tuple[str, ...]]]
) -> None:
    items = [("a",), ("b",)]
    loops = loops_of((start, end, items[n]) for n, (start, end) in enumerate(ms))
    assert [(loop.start, loop.end, loop.items) for loop in loops] == expected


@any_days
def test_loops_when_made_of_any_stretches_tile_time_and_stay_inside_them(days: int) -> None:
    for seed in range(days):
        dice = random.Random(seed)
        edges = sorted({0, 100 * SLOT_MS, *(dice.randrange(100 * SLOT_MS) for _ in range(dice.randrange(8)))})
        stretches = [(a, b, tuple(dice.sample(ITEMS, 3))) for a, b in itertools.pairwise(edges)]
        loops = loops_of(stretches)
        assert loops[0].start == 0, seed
        assert loops[-1].end == 100, seed
        assert all(a.end == b.start for a, b in itertools.pairwise(loops)), seed
        for loop in loops:
            touched = [s for s in stretches if s[0] < loop.end * SLOT_MS and s[1] > loop.start * SLOT_MS]
            if len(touched) > 1 and len(touched) < 3:
                assert set(loop.items) <= set(touched[0][2]) & set(touched[1][2]), seed
