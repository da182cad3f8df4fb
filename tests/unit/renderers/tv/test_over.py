"""Overrides as a rule: precedence, what was promised, and the way back to what was planned."""

import datetime as dt
import random
from collections.abc import Sequence

import pytest

from renderers.tv.over import Kind, Layers, Order, Over, overridden
from schedules.linear import SLOT_MS


def edges(now: int) -> dict[Kind, int]:
    return dict.fromkeys(Kind, now + 2) | {Kind.EMERGENCY: now + 1}


def shown(overs: Sequence[Over], slot: int) -> tuple[str, int] | None:
    """The item and segment in front of all others, by looking at each; items are ten segments long."""
    over = [(one.kind, one.number, one) for one in overs if one.start <= slot < one.end]
    return (max(over)[2].item, max(over)[2].segment(slot, 10)) if over else None


def test_slot_under_two_overrides_shows_the_greater_and_of_two_alike_the_newer() -> None:
    overs = [
        Over(1, "a", Kind.EMERGENCY, 10, 5, "1.1"),
        Over(2, "b", Kind.LIVE, 8, 20, "1.2"),
        Over(3, "c", Kind.INSERT, 0, 40, "1.3"),
        Over(4, "d", Kind.INSERT, 30, 5, "1.4"),
        Over(5, "e", Kind.TEXT, 0, 60, "1.5"),
    ]
    front = [next((over.order for over in Layers(overs).at(slot)), "") for slot in range(62)]
    assert "".join(front[:60]) == "c" * 8 + "b" * 2 + "a" * 5 + "b" * 13 + "c" * 2 + "d" * 5 + "c" * 5 + "e" * 20
    assert front[60:] == ["", ""]


def test_layers_when_cut_to_a_stretch_are_gap_free() -> None:
    layers = Layers([Over(1, "a", Kind.INSERT, 5, 5, "1.1"), Over(2, "b", Kind.EMERGENCY, 7, 2, "1.2")])
    parts = [(start, end, [over.order for over in stack]) for start, end, stack in layers.parts(0, 20)]
    assert parts == [(0, 5, []), (5, 7, ["a"]), (7, 9, ["b", "a"]), (9, 10, ["a"]), (10, 20, [])]
    assert [part[:2] for part in layers.parts(7, 8)] == [(7, 8)]


@pytest.mark.parametrize(("kind", "first"), [(Kind.INSERT, 102), (Kind.EMERGENCY, 101)])
def test_order_for_now_begins_at_the_first_slot_that_nobody_was_promised(kind: Kind, first: int) -> None:
    order = Order("a", kind, "1.1", 3, 100 * SLOT_MS)
    assert overridden((), [order], since=0, edges=edges(100)) == (Over(1, "a", kind, first, 3, "1.1"),)


def test_order_that_ended_keeps_what_was_promised_and_gives_back_the_rest() -> None:
    order = Order("a", Kind.EMERGENCY, "1.1", 1, 0, 500 * SLOT_MS)
    on_air = overridden((), [order], since=0, edges=edges(100))
    assert (on_air[0].start, on_air[0].end) == (101, 500)
    ended = overridden(on_air, [], since=0, edges=edges(200))
    assert (ended[0].start, ended[0].end) == (101, 201)
    assert overridden(ended, [], since=0, edges=edges(300)) == ended
    assert overridden(ended, [], since=201, edges=edges(300)) == ()


def test_emergency_with_new_words_changes_at_the_next_slot_and_keeps_the_old_ones_as_the_past() -> None:
    old = overridden((), [Order("a", Kind.EMERGENCY, "1.1", 1, 0, 500 * SLOT_MS)], since=0, edges=edges(100))
    new = overridden(old, [Order("a", Kind.EMERGENCY, "1.2", 1, 0, 500 * SLOT_MS)], since=0, edges=edges(200))
    assert [(one.item, one.start, one.end) for one in new] == [("1.1", 101, 201), ("1.2", 201, 500)]


def test_insert_that_was_shown_once_is_not_shown_again() -> None:
    order = Order("a", Kind.INSERT, "1.1", 3, 100 * SLOT_MS)
    once = overridden((), [order], since=0, edges=edges(100))
    for now in (101, 103, 150, 9000):
        once = overridden(once, [order], since=0, edges=edges(now))
        assert [(one.start, one.end) for one in once] == [(102, 105)]


def test_promised_slots_never_change_whatever_is_ordered_and_ended() -> None:
    luck = random.Random(dt.date(2026, 11, 27).toordinal())
    for _ in range(60):
        overs: tuple[Over, ...] = ()
        orders: dict[str, Order] = {}
        promised: dict[int, tuple[str, int] | None] = {}
        now = 1000
        for step in range(40):
            now += luck.randrange(3)
            if luck.random() < 0.4:
                kind = luck.choice([Kind.INSERT, Kind.EMERGENCY])
                start = now + luck.randrange(-3, 15)
                until = None if kind is Kind.INSERT else start + luck.randrange(20)
                end = None if until is None else until * SLOT_MS
                orders[str(step)] = Order(str(step), kind, f"1.{step}", luck.randrange(1, 9), start * SLOT_MS, end)
            if orders and luck.random() < 0.2:
                orders.pop(luck.choice(list(orders)))
            overs = overridden(overs, orders.values(), since=0, edges=edges(now))
            assert overs == overridden(overs, orders.values(), since=0, edges=edges(now)), "again is the same"
            assert len({over.number for over in overs}) == len(overs)
            layers = Layers(overs)
            for slot in range(990, now + 1):
                assert promised.setdefault(slot, shown(overs, slot)) == shown(overs, slot)
                stack = layers.at(slot)
                assert (stack[0].item if stack else None) == ((shown(overs, slot) or [None])[0])
