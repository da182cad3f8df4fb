"""What is missing inside a video is told from slides that stand still and from a microphone that was off."""

import pytest

from media.gaps import Spans, gaps, missing


def test_gaps_are_a_second_or_more_between_packets_in_any_time_base() -> None:
    lines = ["#software: x", "#tb 0: 1/12800", "0,          0,     512,      512,     7532, 0x05f2bffa"]
    lines += [f"0, {at * 128}, {at * 128}, 512, 40, 0x1, F=0x0" for at in (4, 103, 99, 203, 204)]
    assert gaps(lines) == ((1_030, 2_030),)
    assert gaps([]) == gaps(["#tb 0: 1/25"]) == ()


@pytest.mark.parametrize(
    ("pictures", "sounds", "complained", "lost"),
    [
        (((1_000, 9_000),), (), False, ()),  # a slide
        ((), ((1_000, 9_000),), False, ()),  # a microphone that was off
        (((1_000, 3_000), (5_000, 9_000)), ((2_500, 7_000),), False, ((5_000, 7_000),)),
        (((1_000, 9_000),), None, False, ()),
        (((1_000, 9_000),), None, True, ((1_000, 9_000),)),
    ],
)
def test_missing_is_what_neither_is_seen_nor_heard(
    pictures: Spans, sounds: Spans | None, complained: bool, lost: Spans
) -> None:
    assert missing(pictures, sounds, complained=complained) == lost
