"""The index of a house item: what is written is read again, and nonsense is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from media import house
from media.errors import MediaRefused
from media.house import HouseIndex, Track, read_index, write_index

SHA = "ab" * 32


def _track(lengths: list[int], *, start: int = 0, init: int = 700, audio: bool = False) -> Track:
    ends, at = [], start + init
    for length in lengths:
        at += length
        ends.append(at)
    if audio:
        return Track(SHA, start, init, tuple(ends), 0, 0, "mp4a.40.2", 9, 8, house.AUDIO_TIMESCALE)
    return Track(SHA, start, init, tuple(ends), 1280, 720, "avc1.64001f", 9, 8, house.VIDEO_TIMESCALE)


def _told(**changes: Any) -> bytes:
    track = _track([5, 6])
    told = json.loads(write_index(HouseIndex("h", 2, 7_000, {"720": track, "audio": _track([5, 6], audio=True)})))
    told["tracks"]["720"].update(changes.pop("track", {}))
    return json.dumps({**told, **changes}).encode()


@given(st.lists(st.integers(1, 1 << 24), min_size=1, max_size=40), st.integers(0, 1 << 30))
def test_index_written_and_read_is_the_same(lengths: list[int], start: int) -> None:
    index = HouseIndex(
        "h1", len(lengths), 4, {"1080": _track(lengths, start=start), "audio": _track(lengths, audio=True)}
    )
    assert read_index(write_index(index)) == index
    assert [index.tracks["1080"].segment(n)[1] for n in range(len(lengths))] == lengths
    assert index.tracks["1080"].segment(0)[0] == start + 700
    with pytest.raises(IndexError):
        index.tracks["1080"].segment(len(lengths))
    with pytest.raises(IndexError):
        index.tracks["1080"].segment(-1)


@given(st.binary(max_size=300))
def test_read_index_of_any_bytes_refuses(data: bytes) -> None:
    with pytest.raises(MediaRefused) as caught:
        read_index(data)
    assert caught.value.code == "media.bad_index"


@pytest.mark.parametrize(
    "data",
    [
        _told(format=2),
        _told(segments=3),
        _told(segments=True),
        _told(duration_ms=-1),
        _told(house=""),
        _told(tracks={}),
        _told(track={"ends": [705, 705]}),
        _told(track={"ends": [1 << 60, 1 << 61]}),
        _told(track={"sha256": "../../etc"}),
        _told(track={"timescale": 90_000}),
        b"[" * 100_000,
    ],
)
def test_read_index_when_a_value_is_senseless_refuses(data: bytes) -> None:
    with pytest.raises(MediaRefused):
        read_index(data)


def test_grid_is_whole_in_frames_samples_and_days() -> None:
    assert house.SEGMENT_FRAMES * 1000 == house.SEGMENT_MS * house.FPS
    assert house.AUDIO_FRAMES * house.AUDIO_FRAME_SAMPLES == house.AUDIO_TICKS
    assert house.AUDIO_TICKS * 1000 == house.SEGMENT_MS * house.AUDIO_TIMESCALE
    assert house.VIDEO_TICKS * 1000 == house.SEGMENT_MS * house.VIDEO_TIMESCALE
    assert 86_400_000 % house.SEGMENT_MS == 0
    assert (16 * 3_600_000) % house.SEGMENT_MS == 0
    assert _track([1]).ticks == house.VIDEO_TICKS
    assert _track([1], audio=True).ticks == house.AUDIO_TICKS
