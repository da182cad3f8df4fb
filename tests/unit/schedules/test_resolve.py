"""The laws of resolution, over generated contenders."""

import datetime as dt
from random import Random

from hypothesis import given, strategies as st

from schedules.intervals import Interval, tiles
from schedules.resolve import Contender, Layer, Reason, Segment, join, resolve

T0 = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def at(hours: int) -> dt.datetime:
    return T0 + dt.timedelta(hours=hours)


WINDOW = Interval(at(0), at(24))
Some = list[Contender]
Layers = frozenset[Layer]

interval = st.tuples(st.integers(-6, 30), st.integers(1, 20)).map(lambda p: Interval(at(p[0]), at(p[0] + p[1])))
contender = st.builds(
    Contender,
    id=st.text("abcdef", min_size=1, max_size=3),
    layer=st.sampled_from(Layer),
    priority=st.integers(0, 2),
    narrowness=st.integers(0, 3),
    since=st.integers(-3, 3).map(at),
    intervals=st.lists(interval, min_size=1, max_size=3).map(tuple),
)
contenders = st.lists(contender, max_size=8, unique_by=lambda c: c.id)
shared = st.frozensets(st.sampled_from(Layer))


def segment_at(segments: tuple[Segment, ...], when: dt.datetime) -> Segment:
    return next(s for s in segments if s.interval.contains(when))


@given(contenders, shared)
def test_segments_of_any_contenders_tile_the_window(all_of: list[Contender], layers: frozenset[Layer]) -> None:
    segments = resolve(all_of, WINDOW, shared=layers)
    assert tiles([s.interval for s in segments], WINDOW)


@given(contenders, st.randoms(), shared)
def test_resolution_when_the_input_is_shuffled_is_the_same(
    all_of: list[Contender], random: Random, layers: Layers
) -> None:
    before = resolve(all_of, WINDOW, shared=layers)
    random.shuffle(all_of)
    assert resolve(all_of, WINDOW, shared=layers) == before


@given(contenders, contender, shared)
def test_a_lower_contender_when_added_never_unseats_a_winner(all_of: Some, extra: Contender, layers: Layers) -> None:
    weakest = min((c.priority for c in all_of), default=0) - 1
    lower = Contender("zz", Layer.DEFAULT, weakest, -1, at(-99), extra.intervals)
    before = resolve(all_of, WINDOW, shared=layers)
    after = resolve([*all_of, lower], WINDOW, shared=layers)
    for segment in after:
        old = segment_at(before, segment.interval.start)
        assert segment.winners[: len(old.winners)] == old.winners


@given(contenders, st.integers(1, 23), shared)
def test_two_windows_when_joined_equal_the_whole(all_of: Some, middle: int, layers: Layers) -> None:
    left = resolve(all_of, Interval(at(0), at(middle)), shared=layers)
    right = resolve(all_of, Interval(at(middle), at(24)), shared=layers)
    assert join([*left, *right]) == resolve(all_of, WINDOW, shared=layers)


@given(contenders, shared)
def test_winners_and_losers_are_exactly_those_present(all_of: Some, layers: Layers) -> None:
    for segment in resolve(all_of, WINDOW, shared=layers):
        present = {c.id for c in all_of if any(i.contains(segment.interval.start) for i in c.intervals)}
        assert sorted(segment.winners + segment.losers) == sorted(present)
        assert bool(segment.winners) == bool(present)


@given(contenders)
def test_winners_of_a_layer_that_is_not_shared_are_alone(all_of: Some) -> None:
    for segment in resolve(all_of, WINDOW, shared=frozenset()):
        assert len(segment.winners) <= 1


@given(contenders, shared)
def test_no_loser_outranks_a_winner(all_of: Some, layers: Layers) -> None:
    layer = {c.id: c.layer for c in all_of}
    for segment in resolve(all_of, WINDOW, shared=layers):
        top = [layer[w] for w in segment.winners]
        assert len(set(top)) <= 1
        assert all(layer[loser] <= top[0] for loser in segment.losers)


def one(name: str, layer: Layer = Layer.EXCLUSIVE, **changes: object) -> Contender:
    values = {"priority": 0, "narrowness": 0, "since": T0, "intervals": (WINDOW,)} | changes
    return Contender(name, layer, **values)  # type: ignore[arg-type]


def test_ties_when_broken_name_the_reason() -> None:
    def reason(*those: Contender) -> tuple[str, Reason]:
        (segment,) = resolve(those, WINDOW)
        return segment.winners[0], segment.reason

    assert reason(one("b"), one("a", Layer.EMERGENCY)) == ("a", Reason.LAYER)
    assert reason(one("a"), one("b", priority=1)) == ("b", Reason.PRIORITY)
    assert reason(one("a"), one("b", narrowness=3)) == ("b", Reason.NARROWER)
    assert reason(one("a"), one("b", since=at(1))) == ("b", Reason.LATER)
    assert reason(one("b"), one("a")) == ("a", Reason.ID)
    assert reason(one("a")) == ("a", Reason.ALONE)
    assert reason(one("a", Layer.DEFAULT), one("b", Layer.DEFAULT)) == ("a", Reason.SHARED)


def test_an_empty_house_resolves_to_one_empty_segment() -> None:
    assert resolve([], WINDOW) == (Segment(WINDOW, (), Reason.NOTHING, ()),)
