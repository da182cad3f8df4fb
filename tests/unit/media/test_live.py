"""A live signal on the grid: where its segments belong, what is too late, what a machine bears, and its bytes."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from PIL import Image

from cms.publishing.onair.logos import SIZE
from media.errors import MediaRefused
from media.house import RUNGS, SEGMENT_MS
from media.live import (
    AHEAD,
    DELAY,
    HEADROOM,
    REACH_MS,
    Grid,
    Measured,
    Power,
    Splitter,
    fits,
    is_ahead,
    is_in_time,
    room_for,
    rungs_for,
    slowed,
)
from media.live_encoding import argv, measured, tried
from media.logo import DEAREST, Corner, Place, Worn, box as box_of, plate
from media.loudness import Loudness, live_gain
from media.runner import command

INSTANTS = st.integers(0, 1 << 42)


@given(INSTANTS)
def test_signal_is_taken_from_the_next_slot_on_and_shown_two_slots_later(now: int) -> None:
    grid = Grid.at(now)
    assert 0 <= grid.lead_ms < SEGMENT_MS
    assert (now + grid.lead_ms) % SEGMENT_MS == 0
    begun = (now + grid.lead_ms) // SEGMENT_MS
    assert [grid.slot(n) - (begun + n) for n in range(3)] == [DELAY] * 3 == [2] * 3


@given(INSTANTS, st.integers(0, 10_000))
def test_segment_that_is_ready_as_its_signal_ends_has_most_of_a_slot_to_spare(now: int, segment: int) -> None:
    grid = Grid.at(now)
    ends = (grid.first + segment + 1) * SEGMENT_MS
    assert is_in_time(grid.slot(segment), ends + SEGMENT_MS - REACH_MS)
    assert not is_in_time(grid.slot(segment), ends + SEGMENT_MS - REACH_MS + 1)
    assert not is_ahead(grid.slot(segment), ends)


def test_source_that_is_faster_than_time_has_to_wait() -> None:
    grid = Grid.at(1_000 * SEGMENT_MS)
    ahead = [is_ahead(grid.slot(n), 1_000 * SEGMENT_MS) for n in range(AHEAD + 3)]
    assert ahead == [False] * (AHEAD + 1) + [True] * 2


@given(st.dictionaries(st.sampled_from([1, 2, 3]), st.floats(0, 20)))
def test_ladder_is_the_largest_that_is_fast_enough(factors: dict[int, float]) -> None:
    rungs = rungs_for(factors)
    assert tuple(rungs) == RUNGS[len(RUNGS) - len(rungs) :]
    good = [count for count, factor in factors.items() if factor >= HEADROOM]
    assert len(rungs) == max(good, default=0)


def test_room_of_a_small_machine_is_for_one() -> None:
    assert [room_for(factor) for factor in (0.5, 1.4, 2.1, 2.7, 8.0)] == [0, 1, 1, 2, 6]


@pytest.mark.parametrize(
    ("speed", "plain", "marked"),
    [(2.0, [3], [3]), (1.31, [3, 2], [3, 2]), (0.7, [3, 2], [2]), (0.2, [3, 2, 1], [1])],
)
async def test_machine_is_measured_until_a_ladder_is_fast_enough_with_a_recording_too(
    monkeypatch: pytest.MonkeyPatch, speed: float, plain: list[int], marked: list[int]
) -> None:
    """A rung less is twice as fast here; what has too little for the largest picture is not tried with a logo on it."""
    seen: dict[bool, list[int]] = {False: [], True: []}

    async def factor_of(rungs: Sequence[str], _sandbox: object, _work: Path, *, has_logo: bool) -> float:
        seen[has_logo].append(len(rungs))
        return speed * (1 << (3 - len(rungs)))

    async def nothing(*_: object) -> float:
        return 0.05

    for name, made in (("factor_of", factor_of), ("_keeping", nothing)):
        monkeypatch.setattr(f"media.live_encoding.{name}", made)
    monkeypatch.setattr("media.package.house_of", nothing)
    unused: Any = None
    found = await measured(sandbox=unused, work=Path(), store=unused)
    assert (seen[False], seen[True]) == (plain, marked)
    assert found.power(logo=True, recorded=True).factor > 0, "how fast it is can be told in any case"


@given(st.integers(0, 8), st.floats(0.1, 20))
def test_signals_of_one_kind_fit_as_often_as_there_is_room(count: int, factor: float) -> None:
    assert fits([factor] * count, factor) == (count == 0 or count + 1 <= factor / HEADROOM)


def test_each_signal_that_is_encoded_counts_with_its_own_price() -> None:
    assert fits([4.0], 2.0)
    assert not fits([2.0], 2.0)
    assert not fits([4.0, 4.0], 3.0)
    assert fits([], 1.31)
    assert not fits([], 0.0), "what was not measured"


@given(st.floats(0.1, 20), st.floats(0.001, 1))
def test_recording_is_never_free_and_makes_the_ladder_smaller_where_it_must(factor: float, seconds: float) -> None:
    assert slowed(factor, seconds) <= factor
    found = Measured({3: factor, 2: 2 * factor, 1: 4 * factor}, {}, seconds)
    plain, recorded = (found.power(logo=False, recorded=one) for one in (False, True))
    assert len(recorded.rungs) <= len(plain.rungs)
    assert found.power(logo=True, recorded=False) == Power((), 0.0)


def test_machine_is_measured_with_the_largest_logo_over_the_largest_picture() -> None:
    plain, marked = (command(*tried(RUNGS, has_logo=one)) for one in (False, True))
    assert "overlay" not in graph(plain)
    assert graph(marked).count("overlay") == 1
    assert graph(marked).index("overlay") < graph(marked).index("split")
    here = box_of(DEAREST, 1920, 1080)
    assert f"{here.width}:{here.height}" in graph(marked)
    for corner in Corner:
        for size in SIZE:
            other = box_of(Place(corner, 10, size, 100), 1920, 1080)
            assert other.width * other.height <= here.width * here.height, "no channel's logo is dearer"
    with Image.open(io.BytesIO(plate(here.width, here.height))) as picture:
        assert (picture.size, picture.getpixel((3, 3))) == ((here.width, here.height), (255, 0, 255))


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4) + kind + body


@given(st.lists(st.integers(1, 50), max_size=20))
def test_splitter_gives_the_same_whatever_the_blocks(cuts: list[int]) -> None:
    data = (
        box(b"ftyp", b"a") + box(b"moov", b"bb") + b"".join(box(b"moof", b"m") + box(b"mdat", b"x" * n) for n in cuts)
    )
    splitter, found = Splitter(), list[bytes]()
    at = 0
    for size in [*cuts, len(data)]:
        found += splitter.feed(data[at : at + size])
        at += size
    assert splitter.init == box(b"ftyp", b"a") + box(b"moov", b"bb")
    assert found == [box(b"moof", b"m") + box(b"mdat", b"x" * n) for n in cuts]


@pytest.mark.parametrize("data", [b"\0\0\0\7mdat", b"\xff\xff\xff\xffmdat"])
def test_splitter_when_a_length_is_senseless_refuses(data: bytes) -> None:
    with pytest.raises(MediaRefused):
        Splitter().feed(data)


@pytest.mark.parametrize(
    ("integrated", "peak", "decibels"),
    [(None, None, 0.0), (-24.0, -10.0, 0.0), (-6.0, 0.0, -18.0), (-45.0, -30.0, 9.0), (-65.0, -50.0, 0.0)],
)
def test_signal_is_levelled_by_what_was_heard_and_never_lifted_by_much(
    integrated: float | None, peak: float | None, decibels: float
) -> None:
    found = live_gain(Loudness(integrated, peak))
    assert (found.decibels, found.limited) == (decibels, True)
    text = " ".join(argv(Grid(100, 0), ("480",), has_sound=True, gain=found))
    assert "alimiter" in text
    assert (f"volume={decibels:.2f}dB" in text) == bool(decibels)


def test_encoder_is_superfast_sees_a_pipe_alone_and_takes_from_the_lead_on() -> None:
    given_ = argv(Grid(100, 1_500), ("720", "480"), has_sound=True)
    text = " ".join(given_)
    assert text.count("-preset superfast") == 2
    assert "-protocol_whitelist file,pipe" in text
    assert "start_time=1.500" in text
    assert "first_pts=72000" in text
    assert "anullsrc" in " ".join(argv(Grid(100, 0), ("480",), has_sound=False))


def graph(given_: list[str]) -> str:
    return given_[given_.index("-filter_complex") + 1]


def test_logo_is_laid_over_the_largest_picture_once_before_it_is_split_into_rungs() -> None:
    worn = Worn(b"", "png_pipe", Place(Corner.TOP_RIGHT, 5, 10, 80))
    for rungs, box, x in ((RUNGS, "w=192:h=237", "1824-w"), (RUNGS[1:], "w=128:h=158", "1216-w")):
        told = argv(Grid(100, 0), rungs, has_sound=True, logo=worn)
        assert told.count("-i") == 2, "one encoder, which is given the signal and the picture"
        assert told[told.index("png_pipe") + 2 :].count("-i") <= 1
        found = graph(told)
        assert found.count("overlay") == 1
        assert found.index("overlay") < found.index("split")
        assert all(part in found for part in (box.replace("w=", "").replace("h=", ""), f"x={x}", "aa=0.80")), found
    plain = argv(Grid(100, 0), RUNGS, has_sound=True)
    assert plain.count("-i") == 1
    assert "overlay" not in graph(plain)
