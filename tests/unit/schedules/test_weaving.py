"""Weaving over random line-ups: no hole, no overlap, promises kept to the slot, fillers by formula, history kept."""

import itertools
import random
from collections.abc import Mapping, Sequence

from schedules.linear import FILLER, SLOT_MS, Loop, Run, kept, run_at, slot_from, with_fixed
from schedules.weaving import Rules, extended

CASES = 1_500
ITEMS, PROMISED = "abcdef", "ABCDE"
FILLERS, BEFORE, AFTER = ("p", "q", "r"), ("x", "y"), ("z",)


def some_line(dice: random.Random, end: int) -> tuple[Loop, ...]:
    """Loops with entries promised to the slot over them."""
    edges = sorted({0, end, *(dice.randrange(end) for _ in range(dice.randrange(4)))})
    loops = [Loop(a, b, tuple(dice.sample(ITEMS, dice.randrange(len(ITEMS))))) for a, b in itertools.pairwise(edges)]
    promised = dice.sample(PROMISED, dice.randrange(5))
    wanted = [(dice.randrange(end * SLOT_MS), dice.randrange(1, 25), item) for item in promised]
    return with_fixed(loops, wanted)


def some_rules(dice: random.Random) -> Rules:
    return Rules(*(pool[: dice.randrange(len(pool) + 1)] for pool in (FILLERS, BEFORE, AFTER)))


def some_lengths(dice: random.Random, line: Sequence[Loop]) -> Mapping[str, int]:
    lengths = {item: dice.randrange(1, 25) for item in ITEMS}
    lengths |= {item: dice.randrange(1, 9) for item in (*FILLERS, *BEFORE, *AFTER)}
    return lengths | {loop.items[0]: loop.end - loop.start for loop in line if loop.fixed}


def whole(runs: Sequence[Run], end: int) -> bool:
    touching = all(a.end == b.start for a, b in itertools.pairwise(runs))
    return runs[0].start == 0 and runs[-1].end >= end and touching and all(run.count > 0 for run in runs)


def slots(runs: Sequence[Run], start: int, end: int) -> list[tuple[str, int]]:
    found = []
    for slot in range(start, end):
        run = run_at(runs, slot)
        assert run is not None
        found.append((run.item, run.segment(slot) if run.item else 0))
    return found


def test_line_when_woven_has_no_hole_and_starts_every_promise_on_its_slot() -> None:
    for seed in range(CASES):
        dice = random.Random(seed)
        line, rules = some_line(dice, 200), some_rules(dice)
        lengths = some_lengths(dice, line)
        runs = extended((), line, lengths, start=0, rules=rules)
        assert whole(runs, 200), seed
        for loop in line:
            if loop.fixed:
                assert run_at(runs, loop.start) == Run(loop.start, loop.end - loop.start, loop.items[0]), seed


def test_line_when_woven_again_at_any_slot_is_the_same() -> None:
    for seed in range(CASES):
        dice = random.Random(seed)
        line, rules = some_line(dice, 200), some_rules(dice)
        lengths = some_lengths(dice, line)
        runs = extended((), line, lengths, start=0, rules=rules)
        edge = dice.randrange(1, 199)
        stay = kept(runs, since=0, edge=edge, finishes=lambda _: True, fixed=[one for one in line if one.fixed])
        again = extended(stay, line, lengths, start=0, rules=rules)
        assert slots(again, 0, 200) == slots(runs, 0, 200), (seed, edge)


def test_history_when_anything_is_edited_never_changes_and_new_promises_are_kept() -> None:
    for seed in range(CASES):
        dice = random.Random(seed)
        line, rules = some_line(dice, 200), some_rules(dice)
        lengths = some_lengths(dice, line)
        runs = extended((), line, lengths, start=0, rules=rules)
        edge = dice.randrange(5, 190)
        other, rules = some_line(dice, 200), some_rules(dice)
        lengths = some_lengths(dice, other)
        fixed = [one for one in other if one.fixed]
        stay = kept(runs, since=0, edge=edge, finishes=lambda item: item in "abcpqrxyz", fixed=fixed)
        after = extended(stay, other, lengths, start=0, rules=rules)
        assert whole(after, 200), seed
        assert slots(after, 0, edge) == slots(runs, 0, edge), seed
        for loop in fixed:
            if loop.start >= edge:
                assert run_at(after, loop.start) == Run(loop.start, loop.end - loop.start, loop.items[0]), seed


def test_fillers_never_follow_themselves_and_leave_no_slots_that_one_would_fill() -> None:
    for seed in range(CASES):
        dice = random.Random(seed)
        line, rules = some_line(dice, 200), some_rules(dice)
        lengths = some_lengths(dice, line)
        runs = extended((), line, lengths, start=0, rules=rules)
        for before, run in itertools.pairwise(runs):
            if run.item in rules.filler and len(rules.filler) > 1:
                assert before.item != run.item, seed
            if run.item == FILLER and rules.filler:
                if any(run.start < loop.start < run.end for loop in line):
                    continue
                others = [item for item in rules.filler if item != before.item or len(rules.filler) == 1]
                assert all(lengths[item] > run.count for item in others), seed


def test_bumpers_stand_only_beside_programmes() -> None:
    for seed in range(CASES):
        dice = random.Random(seed)
        line = some_line(dice, 200)
        rules = Rules(FILLERS, BEFORE, AFTER)
        runs = extended((), line, some_lengths(dice, line), start=0, rules=rules)
        for before, run in itertools.pairwise(runs):
            if before.item in BEFORE:
                assert run.item in ITEMS + PROMISED, seed
            if run.item in AFTER:
                assert before.item in ITEMS + PROMISED, seed


def test_hole_takes_each_filler_in_turn_and_then_the_longest_that_fits() -> None:
    rules, lengths = Rules(filler=("p", "q", "r")), {"p": 5, "q": 3, "r": 2}
    runs = extended((), (Loop(0, 27),), lengths, start=0, rules=rules)
    assert [run.item for run in runs] == ["p", "q", "r", "p", "q", "p", "q", ""]
    assert runs[-1].count == 1
    (alone,) = {run.item for run in extended((), (Loop(0, 9),), {"p": 3}, start=0, rules=Rules(filler=("p",)))}
    assert alone == "p"


def test_programme_promised_to_the_slot_is_led_in_and_out_and_the_loop_goes_on() -> None:
    line = with_fixed((Loop(0, 40, ("a",)),), [(20 * SLOT_MS - 5, 6, "b")])
    rules, lengths = Rules(("p",), ("x",), ("z",)), {"a": 7, "b": 6, "p": 2, "x": 1, "z": 1}
    runs = extended((), line, lengths, start=0, rules=rules)
    told = [(run.item, run.start) for run in runs if run.start < 30]
    assert told[:5] == [("x", 0), ("a", 1), ("z", 8), ("x", 9), ("a", 10)]
    assert told[5:] == [("z", 17), ("", 18), ("x", 19), ("b", 20), ("z", 26), ("x", 27), ("a", 28)]


def test_item_of_the_loop_never_runs_into_a_promise_of_itself() -> None:
    line = with_fixed((Loop(0, 30, ("a", "b")),), [(10 * SLOT_MS, 8, "a")])
    runs = extended((), line, {"a": 8, "b": 3}, start=0)
    assert runs[:4] == (Run(0, 8, "a"), Run(8, 2), Run(10, 8, "a"), Run(18, 3, "b"))


def test_promise_begins_with_the_first_slot_that_is_not_early() -> None:
    (before, fixed, after) = with_fixed((Loop(0, 30, ("a",)),), [(10 * SLOT_MS + 1, 8, "b")])
    assert (before.end, fixed.start, fixed.end, after.start) == (11, slot_from(10 * SLOT_MS + 1), 19, 19)
    early, late = (one for one in with_fixed((Loop(0, 30),), [(0, 9, "a"), (4 * SLOT_MS, 9, "b")]) if one.fixed)
    assert (early.end, late.start) == (4, 4)


def test_promise_that_came_after_its_time_is_joined_where_it_would_be() -> None:
    line = with_fixed((Loop(0, 30, ("a",)),), [(10 * SLOT_MS, 8, "b")])
    stay = kept((Run(0, 30, "a"),), since=0, edge=12, finishes=lambda _: True, fixed=[one for one in line if one.fixed])
    runs = extended(stay, line, {"a": 30, "b": 8}, start=0)
    assert runs[:2] == (Run(0, 12, "a"), Run(12, 6, "b", 2))


def test_promise_without_its_item_is_filled() -> None:
    line = with_fixed((Loop(0, 20),), [(5 * SLOT_MS, 8, "gone")])
    runs = extended((), line, {"p": 2}, start=0, rules=Rules(filler=("p",)))
    assert runs == (
        *(Run(at, 2, "p") for at in range(0, 4, 2)),
        Run(4, 1),
        *(Run(at, 2, "p") for at in range(5, 13, 2)),
        *(Run(at, 2, "p") for at in range(13, 19, 2)),
        Run(19, 1),
    )
