"""Arguments of graphics cards, word for word, and that ffmpeg knows every one of them."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from media import kinds, ladder
from media.encoders import HARDWARE
from media.first_look import look_command
from media.house import RUNGS
from media.limits import VideoLimits
from media.runner import command
from media.stretches import Stretch
from media.video import Sound, facts_of
from tests.unit.media.test_video import PICTURE, SEEN

FACTS = facts_of({"streams": [PICTURE]}, form=kinds.MP4, seen=SEEN, limits=VideoLimits())
GOLDEN = Path(__file__).parent / "encoders"


@pytest.mark.parametrize("name", sorted(HARDWARE))
def test_arguments_of_a_card_are_these(name: str) -> None:
    encoder = HARDWARE[name]
    outputs = ladder.stretch_outputs(FACTS, Stretch(1, 16, 16), ("720", "480"), encoder)
    argv = command(*outputs, own_clock=True, begin=encoder.begin)
    told = "\n".join(argv) + "\n"
    assert told == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(HARDWARE))
def test_options_of_a_card_are_known_to_ffmpeg(name: str) -> None:
    asked = ["ffmpeg", "-hide_banner", "-h", f"encoder={name}"]
    said = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    if f"Encoder {name}" not in said:
        pytest.skip(f"this ffmpeg has no {name}")
    common = {"c:v", "profile:v", "g", "bf", "b:v", "pix_fmt", "global_quality"}
    assert [one for one in HARDWARE[name].options if one not in common and f"  -{one} " not in said] == []


def test_without_a_card_nothing_is_said_of_one() -> None:
    argv = command(*ladder.stretch_outputs(FACTS, Stretch(0, 0, 1)))
    assert "libx264" in argv
    assert not {"-vaapi_device", "-init_hw_device"} & set(argv)


def test_segment_that_is_waited_for_is_searched_less_and_no_other_is() -> None:
    first, others = (command(*ladder.stretch_outputs(FACTS, one)) for one in (Stretch(0, 0, 1), Stretch(1, 1, 15)))
    assert first.count("superfast") == others.count("veryfast") == len(RUNGS)
    assert not {"superfast"} & set(others)
    assert not {"veryfast"} & set(first)


@pytest.mark.parametrize("codec", ["h264", "vp9"])
def test_look_opens_the_file_once_for_pictures_and_sound(codec: str) -> None:
    facts = replace(FACTS, codec=codec, sound=Sound(1, "aac", 2, 60_000), length_ms=60_000, last_ms=59_960)
    assert look_command(facts, Stretch(0, 0, 1)).count("-i") == 1
