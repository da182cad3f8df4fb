"""Which parts of a recording make a stretch, and where one that is too long for a video is cut."""

import dataclasses
from itertools import pairwise

from media.limits import VideoLimits
from media.live_keeping import Part, copying, reels

MIB = 1 << 20
LIMITS = VideoLimits()


def part(at: int, *, stretch: int = 0, size: int = 4 * MIB, sha256: str = "a") -> Part:
    return Part(stretch, at, at + 3_840, sha256, size)


def test_stretches_stand_in_their_order_without_what_could_not_be_kept() -> None:
    told = [part(9_000, stretch=9_000), part(3_840), part(0), part(7_680, sha256="")]
    assert [[one.at for one in reel] for reel in reels(told, LIMITS)] == [[0, 3_840], [9_000]]
    assert reels([part(0, sha256="")], LIMITS) == []


def test_stretch_that_is_longer_than_a_video_is_cut_and_nothing_is_lost_at_the_cut() -> None:
    eight_hours = [part(number * 3_840) for number in range(7_500)]
    found = reels(eight_hours, LIMITS)
    assert {one.at for reel in found for one in reel} == {one.at for one in eight_hours}
    for before, after in pairwise(found):
        assert before[-1].until <= before[0].at + LIMITS.duration_ms
        assert before[-1].until - after[0].at >= 10_000, "a key picture lies in what both have"
    small = dataclasses.replace(LIMITS, file_bytes=100 * MIB)
    assert all(sum(one.size for one in reel) <= 100 * MIB for reel in reels(eight_hours[:100], small))


def test_stretch_is_copied_and_times_that_jump_are_closed() -> None:
    told = copying(12.5)
    assert told[told.index("-c") + 1] == "copy"
    assert told[told.index("-output_ts_offset") + 1] == "12.500000"
    assert told[told.index("-dts_delta_threshold") + 1] == "4"
    assert told[told.index("-protocol_whitelist") + 1] == "file,pipe"
