"""What the commands of the ladder and of the first look ask of ffmpeg."""

from dataclasses import replace

import pytest

from media import kinds, ladder
from media.first_look import look_command
from media.house import RUNGS
from media.limits import VideoLimits
from media.runner import command
from media.stretches import Stretch
from media.video import Sound, facts_of
from tests.unit.media.test_video import PICTURE, SEEN

FACTS = facts_of({"streams": [PICTURE]}, form=kinds.MP4, seen=SEEN, limits=VideoLimits())


def test_segment_that_is_waited_for_is_searched_less_and_no_other_is() -> None:
    first, others = (command(*ladder.stretch_outputs(FACTS, one)) for one in (Stretch(0, 0, 1), Stretch(1, 1, 15)))
    assert first.count("superfast") == others.count("veryfast") == len(RUNGS)
    assert not {"superfast"} & set(others)
    assert not {"veryfast"} & set(first)


@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_look_opens_the_file_once_for_pictures_and_sound(codec: str) -> None:
    facts = replace(FACTS, codec=codec, sound=Sound(1, "aac", 2, 60_000), length_ms=60_000, last_ms=59_960)
    assert look_command(facts, Stretch(0, 0, 1)).count("-i") == 1
