"""Arguments of graphics cards, word for word, and that ffmpeg knows every one of them."""

import subprocess
from pathlib import Path

import pytest

from media import kinds, ladder
from media.encoders import HARDWARE
from media.limits import VideoLimits
from media.runner import command
from media.stretches import Stretch
from media.video import facts_of
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
