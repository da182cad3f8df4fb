"""What is wrong inside a source: damage that decoders tell, parts that are gone, stretches without picture or sound."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from media.encode import encode_house
from media.errors import MediaRefused
from media.limits import VideoLimits
from media.sandbox import Sandbox
from media.video import examine
from tests.integration.media import clips
from tests.integration.media.sizes import FULL, SMALL, ladder_of

pytestmark = pytest.mark.timeout(400)

LIMITS = VideoLimits(min_free_bytes=0)


@pytest.fixture(scope="module", autouse=True, params=[SMALL, pytest.param(FULL, marks=pytest.mark.soak)])
def size(request: pytest.FixtureRequest) -> Iterator[str]:
    with ladder_of(request.param):
        yield request.param


def _zeroed(data: bytes) -> bytes:
    begin, end = len(data) * 4 // 10, len(data) * 6 // 10
    return data[:begin] + bytes(end - begin) + data[end:]


def _spotted(data: bytes) -> bytes:
    """A bit turned over here and there, as a failing disk does; the container shows nothing of it."""
    spots = set(range(len(data) * 3 // 5, len(data), len(data) // 40))
    return bytes(byte ^ 0x10 if at in spots else byte for at, byte in enumerate(data))


@pytest.mark.parametrize(
    ("suffix", "codecs", "harmed"),
    [
        # What the decoders say of it is counted; the sound's, and those of the pictures.
        ("mp4", ("libx264", "aac", "-movflags", "+faststart"), _zeroed),
        ("avi", ("mpeg2video", "pcm_s16le"), lambda data: data[:50_000] + data[50_000:].replace(b"\x2a", b"\x2b")),
        ("webm", ("libvpx-vp9", "libopus", "-deadline", "realtime", "-cpu-used", "8"), _spotted),
    ],
)
async def test_source_that_is_damaged_inside_is_refused_by_the_decode_of_all_of_it(
    suffix: str, codecs: tuple[str, ...], harmed: Callable[[bytes], bytes], sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    clip = _eight_seconds(tmp_path, suffix, *codecs)
    clip.write_bytes(harmed(clip.read_bytes()))
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    with pytest.raises(MediaRefused, match=r"media\.video_damaged") as refused:
        async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS):
            raise AssertionError
    assert "decoding errors" in str(refused.value.params["reason"])


async def test_source_that_lacks_a_part_inside_is_made_with_a_note_of_it(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    clip = _eight_seconds(tmp_path, "ts", "libx264", "aac")
    clip.write_bytes(_zeroed(clip.read_bytes()))
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as made:
        ((begin, end),) = made.findings.missing
        assert made.findings.told()["missing"] == [[begin, end]]
    assert 2_500 < begin < 4_000 < end < 5_500
    assert made.index.segments == 3


async def test_black_frozen_and_silent_stretches_are_reported(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "color=black:s=160x90:r=25:d=11", "-preset", "ultrafast")
    sound = ("-f", "lavfi", "-i", "aevalsrc='if(gt(t,6),0.3*sin(2000*t),0)':d=11", "-c:a", "aac")
    clip = clips.make(tmp_path / "black.mp4", *picture[:4], *sound[:4], *picture[4:], *sound[4:])
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as made:
        found = made.findings
    for one, end in ((found.black, 11_000), (found.frozen, 11_000), (found.silent, 6_080)):
        assert len(one) == 1
        assert one[0] == pytest.approx((0, end), abs=120)


@pytest.mark.soak
@pytest.mark.parametrize("suffix", ["ts", "mpg", "avi", "wmv", "flv"])
async def test_whole_source_is_not_taken_for_damaged_where_a_stretch_begins_inside_it(
    suffix: str, sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    codec = {"wmv": "msmpeg4", "flv": "libx264", "avi": "mpeg4"}.get(suffix, "mpeg2video")
    film = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=32", "-f", "lavfi", "-i", "sine=d=32", "-c:v", codec)
    sound = ("-c:a", "aac" if suffix == "flv" else "mp2" if suffix in {"ts", "mpg"} else "pcm_s16le", "-ar", "44100")
    clip = clips.make(tmp_path / f"film.{suffix}", *film, *sound, "-preset", "ultrafast", "-g", "100", "-bf", "0")
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS, each=1) as made:
        assert made.findings.missing == ()
        assert made.index.segments == 9


@pytest.mark.soak
async def test_largest_square_and_one_of_forty_sounds_become_items(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    wide = ("-f", "lavfi", "-i", "color=s=8192x8192:r=1:d=2", "-c:v", "mjpeg", "-q:v", "31")
    sounds = ("-f", "lavfi", "-i", "sine=d=1:r=8000", "-map", "0", *("-map", "1") * 40, "-c:a", "pcm_s16le")
    small = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", *sounds, "-preset", "ultrafast")
    for clip in (clips.make(tmp_path / "wide.mkv", *wide), clips.make(tmp_path / "讲 座—'40' 😀.mkv", *small)):
        facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
        async with encode_house(clip, facts, sandbox=sandbox, work=work, limits=LIMITS) as made:
            assert made.index.segments == 1


def _eight_seconds(folder: Path, suffix: str, picture: str, sound: str, *more: str) -> Path:
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=8", "-f", "lavfi", "-i", "sine=d=8")
    how = ("-c:v", picture, "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", sound)
    return clips.make(folder / f"clip.{suffix}", *inputs, *how, *more)
