"""Stretches tile an item, sprites stand where arithmetic says, and what filters print becomes spans inside the item."""

import os

import pytest
from hypothesis import given, strategies as st

from media import kinds, sprites
from media.carried import language_of
from media.findings import Findings, read_findings
from media.house import SEGMENT_FRAMES
from media.sandbox import Effort
from media.stretches import read_from_ms, stretches
from media.subtitles import Cue


@given(st.integers(1, 5_000), st.integers(1, 40))
def test_stretches_tile_an_item_and_none_is_longer_than_asked(segments: int, each: int) -> None:
    found = stretches(segments, each=each)
    assert [one.number for one in found] == list(range(len(found)))
    assert sum(one.segments for one in found) == segments
    assert found[0].segments == 1
    assert all(one.frames[1] % (each * SEGMENT_FRAMES) == 0 for one in found[1:-1])
    assert all(one.segments <= each for one in found)
    for before, after in zip(found, found[1:], strict=False):  # noqa: RUF007 - pairs
        assert before.frames[1] == after.frames[0] == after.first * SEGMENT_FRAMES


def test_stretch_is_read_from_before_its_begin_and_from_further_where_there_is_no_index() -> None:
    first, second, third = stretches(20)
    assert read_from_ms(first, kinds.MP4) == read_from_ms(first, kinds.MPEGTS) == 0
    assert second.begin_ms == 3_840
    assert read_from_ms(second, kinds.MP4) == 840
    assert read_from_ms(second, kinds.MPEGTS) == 0
    assert third.begin_ms == 61_440
    assert read_from_ms(third, kinds.MP4) == 58_440
    assert read_from_ms(third, kinds.MPEGTS) == 46_440


@given(st.integers(1, 4 * 3_600_000))
def test_sheet_holds_the_whole_film_in_a_hundred_pictures(duration: int) -> None:
    sheet = sprites.sheet_of(duration)
    assert 1 <= sheet.count <= sprites.MOST
    assert sheet.count * sheet.every_ms >= duration
    left, top = sheet.place(duration)
    assert left <= (sheet.columns - 1) * sprites.WIDTH
    assert top <= (sheet.rows - 1) * sprites.HEIGHT
    assert sheet.place(0) == (0, 0)


SAID = """
[blackdetect @ 0x1] black_start:0 black_end:2.52 black_duration:2.52
[blackdetect @ 0x1] black_start:19 black_end:30 black_duration:11
[freezedetect @ 0x1] lavfi.freezedetect.freeze_start: 3.2
[freezedetect @ 0x1] lavfi.freezedetect.freeze_duration: 2
[freezedetect @ 0x1] lavfi.freezedetect.freeze_end: 5.2
[freezedetect @ 0x1] lavfi.freezedetect.freeze_start: 6
[silencedetect @ 0x1] silence_start: -0.02
[silencedetect @ 0x1] silence_end: 6.5 | silence_duration: 6.5
"""


def test_findings_are_inside_the_item_and_as_long_as_is_worth_a_look() -> None:
    found = read_findings(SAID, end_ms=20_000)
    assert found.black == ((0, 2_520),)
    assert found.frozen == ((6_000, 20_000),)
    assert found.silent == ((0, 6_500),)
    assert read_findings("", end_ms=20_000) == Findings()
    assert found.told()["loudness"] == {"integrated": None, "peak": None}


@pytest.mark.parametrize(
    ("said", "text", "language"),
    [("chi", "x", "zh"), ("eng", "x", "en"), ("", "老师好", "zh"), ("und", "hello", "en"), ("fre", "salut", "")],
)
def test_language_of_a_track_is_what_it_says_or_what_it_looks_like(said: str, text: str, language: str) -> None:
    assert language_of(said, [Cue(0, 1_000, text)]) == language


def test_effort_is_a_nice_level_and_the_last_cores() -> None:
    cores = sorted(os.sched_getaffinity(0))
    assert Effort().prefix == ("/usr/bin/nice", "-n", "10")
    assert Effort(15, len(cores)).prefix == ("/usr/bin/nice", "-n", "15")
    if len(cores) > 1:
        assert Effort(5, 1).prefix == ("/usr/bin/nice", "-n", "5", "/usr/bin/taskset", "-c", str(cores[-1]))
