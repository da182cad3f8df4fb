"""Files that are not the video they say: refused in the sandbox with their own sentence, and nothing is left."""

import dataclasses
import struct
from pathlib import Path

import pytest

from media.errors import MediaRefused
from media.first_look import same_look
from media.limits import VideoLimits
from media.sandbox import Grade, Sandbox
from media.video import VideoFacts, examine
from tests.integration.media import clips

LIMITS = VideoLimits(min_free_bytes=0)
FTYP = struct.pack(">I", 24) + b"ftypisom\0\0\2\0isommp42"
PATTERN = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=6")


def _plain(folder: Path) -> bytes:
    fast = ("-preset", "ultrafast", "-movflags", "+faststart")
    return clips.make(folder / "plain.mp4", *PATTERN, *fast).read_bytes()


def _nothing(_: Path) -> bytes:
    return b""


def _playlist(_: Path) -> bytes:
    return b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n"


def _concat(_: Path) -> bytes:
    return b"ffconcat version 1.0\nfile '/etc/passwd'\n"


def _masked_playlist(folder: Path) -> bytes:
    return FTYP + _playlist(folder)


def _text(_: Path) -> bytes:
    return "会议纪要".encode() * 100


def _cut(folder: Path) -> bytes:
    return _plain(folder)[: len(_plain(folder)) // 2]


def _unfinished(folder: Path) -> bytes:
    late = clips.make(folder / "late.mp4", *PATTERN, "-preset", "ultrafast").read_bytes()
    return late[: len(late) - 2_000]


def _sound_with_cover(folder: Path) -> bytes:
    cover = clips.make(folder / "cover.jpg", *PATTERN, "-frames:v", "1")
    tone = ("-f", "lavfi", "-i", "sine=d=2", "-i", str(cover), "-map", "0", "-map", "1")
    return clips.make(
        folder / "song.mp4", *tone, "-c:v", "mjpeg", "-disposition:v", "attached_pic", "-c:a", "aac"
    ).read_bytes()


def _claims_hours(folder: Path) -> bytes:
    made = clips.make(folder / "plain.mkv", *PATTERN, "-preset", "ultrafast").read_bytes()
    at = made.index(b"\x44\x89\x88")  # Duration, eight bytes
    return made[: at + 3] + struct.pack(">d", 7_200_000.0) + made[at + 11 :]


def _one_picture(folder: Path) -> bytes:
    return clips.make(folder / "one.mp4", *PATTERN, "-frames:v", "1").read_bytes()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (_nothing, "media.empty"),
        (_playlist, "media.playlist"),
        (_concat, "media.playlist"),
        (_masked_playlist, "media.video_unfinished"),
        (_text, "media.unknown_type"),
        (_cut, "media.video_truncated"),
        (_unfinished, "media.video_unfinished"),
        (_sound_with_cover, "media.no_video"),
        (_claims_hours, "media.video_truncated"),
        (_one_picture, "media.video_too_short"),
    ],
)
async def test_examine_refuses_what_is_no_whole_video(
    content: object, code: str, tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    assert callable(content)
    path = tmp_path / "lecture.mp4"
    path.write_bytes(content(tmp_path))
    with pytest.raises(MediaRefused) as caught:
        await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
    assert caught.value.code == code


async def test_examine_tells_what_a_file_claims_before_it_finds_out(
    tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    whole, cut, told = tmp_path / "whole.mp4", tmp_path / "cut.mp4", list[VideoFacts]()
    whole.write_bytes(_plain(tmp_path))
    cut.write_bytes(_cut(tmp_path))
    found = await examine(whole, sandbox=sandbox, work=work, limits=LIMITS, claimed=told.append)
    with pytest.raises(MediaRefused, match=r"media\.video_truncated"):
        await examine(cut, sandbox=sandbox, work=work, limits=LIMITS, claimed=told.append)
    assert [(one.length_ms, one.last_ms) for one in told] == [(6_000, 6_000)] * 2
    assert dataclasses.replace(told[0], last_ms=found.last_ms) == found
    assert same_look(told[0], found, segments=1)


async def test_examine_tells_nothing_of_what_claims_to_be_no_video(
    tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    song, told = tmp_path / "song.mp4", list[VideoFacts]()
    song.write_bytes(_sound_with_cover(tmp_path))
    with pytest.raises(MediaRefused, match=r"media\.no_video"):
        await examine(song, sandbox=sandbox, work=work, limits=LIMITS, claimed=told.append)
    assert told == []


async def test_examine_bounds_size_and_length(tmp_path: Path, sandbox: Sandbox, work: Path) -> None:
    path = tmp_path / "lecture.mp4"
    path.write_bytes(_plain(tmp_path))
    for limits, code in (
        (VideoLimits(file_bytes=1_000), "too_large"),
        (VideoLimits(duration_ms=5_000), "video_too_long"),
        (VideoLimits(side=100), "video_too_wide"),
    ):
        with pytest.raises(MediaRefused, match=f"media.{code}"):
            await examine(path, sandbox=sandbox, work=work, limits=limits)
    with pytest.raises(MediaRefused, match=r"media\.video_vanished"):
        await examine(tmp_path / "gone.mp4", sandbox=sandbox, work=work, limits=LIMITS)


@pytest.mark.parametrize("grade", list(Grade))
async def test_examine_believes_no_name_whatever_stands_in_it(grade: Grade, tmp_path: Path, work: Path) -> None:
    made = clips.make(tmp_path / "plain.mkv", *PATTERN, "-t", "1", "-preset", "ultrafast")
    for name in (
        "-i -y 讲 座.mp4",
        "a'b\"c`$(id)`.mp4",
        "——–-.mp4",
        "😀 👩‍🏫.mp4",
        "{input1}{output}%03d.mp4",
        "file:|x.mp4",
    ):
        disguised = made.rename(tmp_path / name)
        facts = await examine(disguised, sandbox=Sandbox(grade), work=work, limits=LIMITS)
        assert facts.width == 160
        made = disguised


async def test_examine_takes_one_of_forty_sounds_and_refuses_sixty_five_streams(
    tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    sound = ("-f", "lavfi", "-i", "sine=d=1:r=8000", "-map", "0")
    flags = ("-c:a", "pcm_s16le", "-preset", "ultrafast", "-t", "1")
    forty = clips.make(tmp_path / "forty.mkv", *PATTERN, *sound, *("-map", "1:a") * 40, *flags)
    facts = await examine(forty, sandbox=sandbox, work=work, limits=LIMITS)
    assert facts.sound is not None
    assert facts.sound.stream == 1
    many = clips.make(tmp_path / "many.mkv", *PATTERN, *sound, *("-map", "1:a") * 65, *flags)
    with pytest.raises(MediaRefused, match=r"media\.video_damaged"):
        await examine(many, sandbox=sandbox, work=work, limits=LIMITS)


async def test_examine_of_six_hours_at_a_picture_a_second_says_how_long_is_too_long(
    tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    slow = ("-f", "lavfi", "-i", "color=s=32x32:r=1:d=21600", "-preset", "ultrafast")
    path = clips.make(tmp_path / "slow.mkv", *slow)
    with pytest.raises(MediaRefused, match=r"media\.video_too_long") as refused:
        await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
    assert refused.value.params == {"minutes": 360, "limit": 240}


async def test_examine_takes_the_largest_square_and_nothing_wider(tmp_path: Path, sandbox: Sandbox, work: Path) -> None:
    for side in (8_192, 8_194):
        wide = ("-f", "lavfi", "-i", f"color=s={side}x{side}:r=1:d=2", "-c:v", "mjpeg", "-q:v", "31")
        path = clips.make(tmp_path / f"{side}.mkv", *wide)
        if side == 8_192:
            facts = await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
            assert (facts.width, facts.height) == (side, side)
        else:
            with pytest.raises(MediaRefused, match=r"media\.video_too_wide"):
                await examine(path, sandbox=sandbox, work=work, limits=LIMITS)


@pytest.mark.parametrize("suffix", ["mov", "mkv", "webm", "ts", "avi", "flv", "mpg", "wmv"])
async def test_examine_accepts_each_container_by_its_content(
    suffix: str, tmp_path: Path, sandbox: Sandbox, work: Path
) -> None:
    codec = {"webm": ("-c:v", "libvpx", "-deadline", "realtime"), "ts": ("-c:v", "mpeg2video")}.get(suffix, ())
    made = clips.make(tmp_path / f"clip.{suffix}", *PATTERN, *codec)
    disguised = made.rename(tmp_path / "-i.jpg")  # names are never believed, and never options
    facts = await examine(disguised, sandbox=sandbox, work=work, limits=LIMITS)
    assert (facts.width, facts.height) == (160, 90)
    assert abs(facts.duration_ms - 6_000) <= 120
