"""The laws of clashes: of any order, of both sides, and never more minutes than there are."""

import datetime as dt
from random import Random

from hypothesis import given, strategies as st

from schedules.clashes import Clash, Placing, Sending, Severity, hidden_minutes, of_placing, of_sending, overlaps
from schedules.intervals import Interval, clip, union
from schedules.resolve import Layer

T0 = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
WINDOW = Interval(T0, T0 + dt.timedelta(hours=24))
MINUTE = dt.timedelta(minutes=1)

names = st.frozensets(st.sampled_from("abc"), min_size=1)
sendings = st.lists(
    st.builds(
        lambda number, document, minutes, targets: Sending(
            str(number), document, "甲", T0 + minutes * MINUTE, targets, targets
        ),
        st.integers(0, 99),
        st.sampled_from("xyz"),
        st.integers(0, 600),
        names,
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)
intervals = st.lists(
    st.tuples(st.integers(-60, 1500), st.integers(1, 600)).map(
        lambda pair: Interval(T0 + pair[0] * MINUTE, T0 + sum(pair) * MINUTE)
    ),
    min_size=1,
    max_size=3,
).map(tuple)
placings = st.lists(
    st.builds(
        Placing,
        id=st.integers(0, 99).map(str),
        document=st.sampled_from("xyz"),
        title=st.just("甲"),
        layer=st.sampled_from([Layer.DEFAULT, Layer.DAYPART, Layer.EXCLUSIVE, Layer.PINNED]),
        priority=st.integers(0, 2),
        since=st.integers(0, 3).map(lambda hours: T0 - dt.timedelta(hours=hours)),
        intervals=intervals,
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one.id,
)


def codes(clashes: tuple[Clash, ...]) -> list[str]:
    return sorted(one.code for one in clashes)


@given(sendings, st.randoms())
def test_sendings_when_shuffled_clash_alike_and_from_both_sides(found: list[Sending], random: Random) -> None:
    for one in found:
        before = of_sending(one, found)
        shuffled = random.sample(found, len(found))
        assert of_sending(one, shuffled) == before
        for other in found:
            assert codes(of_sending(one, [other])) == codes(of_sending(other, [one]))


@given(placings, st.randoms())
def test_placings_when_shuffled_clash_alike(found: list[Placing], random: Random) -> None:
    shuffled = random.sample(found, len(found))
    for one in found:
        assert of_placing(one, shuffled, WINDOW, target="t") == of_placing(one, found, WINDOW, target="t")


@given(placings)
def test_hidden_minutes_are_never_more_than_the_rule_wants_in_the_window(found: list[Placing]) -> None:
    new, *others = found
    wanted = sum((part.length for part in clip(union(new.intervals), WINDOW)), dt.timedelta())
    assert dt.timedelta() <= hidden_minutes(new, others, WINDOW) * MINUTE <= wanted
    assert hidden_minutes(new, [], WINDOW) == 0


@given(placings)
def test_two_exclusive_ones_clash_exactly_where_both_want_an_instant(found: list[Placing]) -> None:
    new, *others = found
    rivals = [one for one in others if one.layer == new.layer == Layer.EXCLUSIVE and overlaps(new, one, WINDOW)]
    errors = [one for one in of_placing(new, others, WINDOW, target="t") if one.severity is Severity.ERROR]
    assert len(errors) == len(rivals)


def test_same_document_within_two_hours_and_two_posts_in_an_hour_are_named() -> None:
    wechat = frozenset({"服务号"})
    new = Sending("1", "x", "甲", T0, wechat, wechat)
    same = Sending("2", "x", "甲", T0 + 119 * MINUTE, wechat, wechat)
    later = Sending("3", "x", "甲", T0 + 120 * MINUTE, wechat, wechat)
    hour = Sending("4", "y", "乙", T0 + 59 * MINUTE, wechat, wechat)
    next_hour = Sending("5", "y", "乙", T0 + 60 * MINUTE, wechat, wechat)
    screens = Sending("6", "y", "乙", T0, frozenset({"街面"}))
    assert [one.code for one in of_sending(new, [same, later, hour, next_hour, screens])] == [
        "same_hour",
        "same_document",
    ]
