"""What a container claims, believed only as far as it can be."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from media import kinds, ladder
from media.errors import MediaRefused
from media.house import RUNGS
from media.limits import VideoLimits
from media.loudness import Loudness, gain_for, read_summary
from media.runner import Ran, command
from media.stable import Look
from media.stretches import Stretch
from media.video import VideoFacts, checked, claims_of, facts_of, true_length

SEEN = Look(1, 2, 3)
LIMITS = VideoLimits()
PICTURE: dict[str, Any] = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "width": 1280,
    "height": 720,
    "avg_frame_rate": "30000/1001",
    "duration": "10.0",
    "nb_frames": "300",
    "disposition": {"default": 1, "attached_pic": 0},
}
SOUND: dict[str, Any] = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2, "disposition": {}}


def _facts(*streams: dict[str, Any]) -> VideoFacts:
    return facts_of({"streams": list(streams)}, form=kinds.MP4, seen=SEEN, limits=LIMITS)


def test_facts_choose_the_moving_picture_and_the_default_sound() -> None:
    cover = {**PICTURE, "index": 5, "width": 4_000, "disposition": {"attached_pic": 1, "default": 1}}
    second = {**SOUND, "index": 2, "disposition": {"default": 1}}
    facts = _facts(cover, SOUND, second, PICTURE)
    assert (facts.stream, facts.width, facts.height, facts.hdr, facts.matrix) == (0, 1280, 720, "", "bt709")
    assert round(facts.fps, 2) == 29.97
    assert facts.sound is not None
    assert facts.sound.stream == 2


def test_facts_turn_and_stretch_the_picture_as_it_is_seen() -> None:
    turned = {**PICTURE, "side_data_list": [{"rotation": -90}], "sample_aspect_ratio": "12:11"}
    assert (_facts(turned).width, _facts(turned).height, _facts(turned).rotation) == (720, 1396, 270)
    assert _facts({**PICTURE, "sample_aspect_ratio": "1:9999"}).width == 1280
    assert _facts({**PICTURE, "tags": {"rotate": "180"}}).rotation == 180
    assert _facts({**PICTURE, "tags": {"rotate": "inf"}}).rotation == 0


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        ([SOUND], "no_video"),
        ([{**PICTURE, "disposition": {"attached_pic": 1}}, SOUND], "no_video"),
        ([{**PICTURE, "codec_name": "unknown"}], "video_codec"),
        ([{**PICTURE, "width": 0}], "video_damaged"),
        ([{**PICTURE, "width": 90_000}], "video_too_wide"),
        ([PICTURE] * 65, "video_damaged"),
    ],
)
def test_facts_of_what_cannot_be_shown_are_refused(streams: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(MediaRefused, match=f"media.{code}"):
        _facts(*streams)


@pytest.mark.parametrize("told", [b"", b"{", b"[]", b"{}", b'{"streams":[]}', b"\xff"])
def test_claims_that_are_no_answer_are_refused(told: bytes) -> None:
    with pytest.raises(MediaRefused, match="video_damaged"):
        claims_of(told)


@given(st.integers(0, 10**8), st.integers(0, 10**7))
def test_true_length_never_ends_before_what_was_read_nor_stays_long_behind_it(claimed: int, read: int) -> None:
    assert read <= true_length(claimed, read) <= read + 60_000


def _checked(pictures: Ran, sounds: Ran | None = None, **claims: Any) -> VideoFacts:
    streams = [{**PICTURE, **claims}, SOUND] if sounds else [{**PICTURE, **claims}]
    told = {"streams": streams, "format": {"duration": claims.get("duration", "10.0")}}
    return checked(_facts(*streams), told, pictures, sounds, LIMITS)


def test_checked_takes_lengths_from_what_was_read() -> None:
    facts = _checked(Ran(9_960, 300, ""), Ran(12_000, 0, ""))
    assert (facts.length_ms, facts.duration_ms) == (10_000, 12_000)
    assert _checked(Ran(9_960, 300, ""), Ran(0, 0, "")).sound is None
    assert _checked(Ran(9_960, 300, ""), duration="1.0").length_ms == 10_000
    assert _checked(Ran(9_960, 300, ""), duration="N/A", nb_frames="N/A").length_ms == 10_000
    trimmed_on_a_telephone = _checked(Ran(9_600, 24, ""), nb_frames="90")
    assert trimmed_on_a_telephone.length_ms == 10_000


@pytest.mark.parametrize(
    ("pictures", "claims", "code"),
    [
        (Ran(0, 0, ""), {}, "video_truncated"),
        (Ran(5_000, 150, ""), {}, "video_truncated"),
        (Ran(5_000, 150, ""), {"nb_frames": "N/A"}, "video_truncated"),
        (Ran(9_960, 300, "[mov] stream 0, offset 0x1: partial file"), {}, "video_truncated"),
        (Ran(9_960, 300, "File ended prematurely"), {}, "video_truncated"),
        (Ran(5 * 3_600_000, 300, ""), {}, "video_too_long"),
        (Ran(40, 300, ""), {"duration": "0.04"}, "video_too_short"),
    ],
)
def test_checked_refuses_what_is_cut_or_out_of_bounds(pictures: Ran, claims: dict[str, Any], code: str) -> None:
    with pytest.raises(MediaRefused, match=f"media.{code}"):
        _checked(pictures, **claims)


@pytest.mark.parametrize(("lost", "is_refused"), [(2_900, False), (3_100, True)])
def test_checked_refuses_what_lacks_more_than_a_little_inside(lost: int, is_refused: bool) -> None:
    facts = replace(_facts(PICTURE), missing=((4_000, 4_000 + lost),))
    told = {"streams": [PICTURE], "format": {}}
    if not is_refused:
        assert checked(facts, told, Ran(9_960, 300, ""), None, LIMITS).missing == facts.missing
        return
    with pytest.raises(MediaRefused, match=r"media\.video_truncated") as refused:
        checked(facts, told, Ran(9_960, 300, ""), None, LIMITS)
    assert refused.value.params == {"found": 6, "claimed": 9}


@given(st.integers(2, 8_192), st.integers(2, 8_192))
def test_fitted_is_even_inside_the_house_and_fills_one_side(width: int, height: int) -> None:
    found = ladder.fitted(width, height)
    assert found[0] % 2 == found[1] % 2 == 0
    assert 2 <= found[0] <= 1920
    assert 2 <= found[1] <= 1080
    assert found[0] >= 1918 or found[1] >= 1078


@given(st.integers(0, 10**7))
def test_segments_hold_the_item_and_no_segment_too_many(duration: int) -> None:
    segments = ladder.segments_of(duration)
    assert segments * 3_840 >= duration + 80
    assert segments == 1 or (segments - 1) * 3_840 < duration + 80


@pytest.mark.parametrize("hdr", ["", "pq", "hlg"])
@pytest.mark.parametrize("interlaced", [True, False])
@pytest.mark.parametrize("sounds", [True, False])
@pytest.mark.parametrize("limited", [True, False])
def test_graph_makes_every_track_without_a_python_list_in_it(
    hdr: str, interlaced: bool, sounds: bool, limited: bool
) -> None:
    facts = _checked(Ran(9_960, 300, ""), Ran(9_000, 0, "") if sounds else None)
    facts = replace(facts, hdr=hdr, interlaced=interlaced)
    stretch = Stretch(0, 0, 3)
    outputs = [
        *ladder.stretch_outputs(facts, stretch),
        ladder.sound_output(facts, ladder.Gain(3.5, limited=limited), 3),
    ]
    argv = command(*outputs, own_clock=True)
    graph = argv[argv.index("-filter_complex") + 1]
    assert [argument for argument in argv if argument.startswith("file:{output}/")] == [
        f"file:{{output}}/{track}" for track in (*RUNGS, "none", "audio")
    ]
    # A graph of one input would hand the source's Dolby Vision record to every track.
    assert "anull" in graph
    assert not any("['" in argument for argument in argv)
    assert ("yadif" in graph) == interlaced
    assert ("tonemap" in graph) == bool(hdr)
    assert ("alimiter" in graph) == (sounds and limited)
    assert argv.count("288") == 3


def test_gain_brings_speech_to_the_target_and_leaves_silence_alone() -> None:
    assert gain_for(Loudness(-18.0, -3.0)) == ladder.Gain(-6.0, limited=False)
    assert gain_for(Loudness(-30.0, -4.0)) == ladder.Gain(6.0, limited=True)
    assert gain_for(Loudness(None, None)) == gain_for(Loudness(-66.0, -40.0)) == ladder.Gain(0.0, limited=False)
    assert gain_for(Loudness(-59.0, -50.0)).decibels == 35.0


def test_read_summary_takes_the_last_and_knows_silence() -> None:
    first = "Summary:\n  I:  -70.0 LUFS\n Peak: -inf dBFS\n"
    assert read_summary(first) == Loudness(None, None)
    assert read_summary(first + "Summary:\n I:         -8.8 LUFS\n Threshold: -19 LUFS\n Peak:  1.4 dBFS") == Loudness(
        -8.8, 1.4
    )
    assert read_summary("nothing") == Loudness(None, None)
