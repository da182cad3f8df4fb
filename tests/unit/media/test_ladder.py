"""What the commands of the ladder and of the first look ask of ffmpeg."""

import re
import subprocess
from dataclasses import replace

import pytest

from media import kinds, ladder
from media.first_look import look_command, same_look
from media.house import RUNGS
from media.limits import VideoLimits
from media.runner import command
from media.stretches import Stretch
from media.video import Sound, VideoFacts, facts_of
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
    told = look_command(facts, Stretch(0, 0, 1))
    assert told.count("-i") == 1
    assert "colorspace=bt709" in " ".join(told)


LONG = replace(FACTS, sound=Sound(1, "aac", 2, 60_000), length_ms=60_000, last_ms=60_000)


@pytest.mark.parametrize("length_ms", [10_000, 59_000, 3_600_000])
def test_look_is_the_same_however_long_the_film_is_beyond_it(length_ms: int) -> None:
    found = replace(LONG, sound=Sound(1, "aac", 2, length_ms), length_ms=length_ms, last_ms=length_ms - 40)
    assert same_look(LONG, found, segments=1)


@pytest.mark.parametrize(
    "found",
    [
        replace(LONG, length_ms=3_000, last_ms=2_960, sound=Sound(1, "aac", 2, 3_000)),
        replace(LONG, last_ms=4_000),
        replace(LONG, sound=None),
        replace(LONG, sound=Sound(2, "aac", 2, 60_000)),
        replace(LONG, stream=3),
        replace(LONG, interlaced=True),
        replace(LONG, hdr="hlg"),
    ],
)
def test_look_of_what_was_believed_wrongly_is_another(found: VideoFacts) -> None:
    assert not same_look(LONG, found, segments=1)


def test_smaller_sizes_look_as_by_the_scaler_that_takes_twice_as_long() -> None:
    tags = "format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog:range=tv"
    told = " ".join(command(*ladder.stretch_outputs(FACTS, Stretch(0, 0, 1))))
    for name, size in (("720", "1280:720"), ("480", "854:480")):
        ours = re.search(rf"zscale={size}[^;\[]*", told)
        assert ours is not None, name
        graph = f"{tags},split[a][b];[a]scale={size}[c];[b]{ours[0]}[d];[c][d]psnr"
        source = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:d=0.4"]
        argv = ["ffmpeg", "-nostdin", "-hide_banner", *source, "-filter_complex", graph, "-f", "null", "-"]
        said = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60).stderr
        alike = re.search(r"PSNR y:(\S+)", said)
        assert alike is not None, said
        assert float(alike[1]) > 50
