"""Recordings out of what came in: really copied, with losses, in other shapes, and with clocks that were set."""

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from media.errors import MediaRefused
from media.limits import VideoLimits
from media.live_keeping import Films, Part, films
from media.sandbox import Sandbox
from media.store import Store
from media.video import examine

LIMITS = VideoLimits(min_free_bytes=0)


def made(seconds: float, size: str = "320x180", *more: str) -> bytes:
    told = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25", "-f", "lavfi", "-i", "sine=440")
    coded = ("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac", *more)
    return subprocess.run([*told, *coded, "-f", "mpegts", "pipe:1"], check=True, capture_output=True, timeout=60).stdout


@pytest.fixture(scope="module")
def six() -> bytes:
    return made(6)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}/store", min_free_bytes=0)


async def reel(store: Store, *data: bytes) -> list[Part]:
    kept = [await store.put(one, media_type="video/mp2t") for one in data]
    return [Part(0, number, number, one.sha256, one.size) for number, one in enumerate(kept)]


async def run(reels: Sequence[Sequence[Part]], tmp_path: Path, store: Store, sandbox: Sandbox) -> Films:
    folder = tmp_path / "films"
    folder.mkdir()
    return await films(reels, folder, store=store, sandbox=sandbox.apart(parallel=4), limits=LIMITS)


async def length(path: Path, tmp_path: Path, sandbox: Sandbox) -> int:
    """As the library finds it, by reading all of it."""
    return (await examine(path, sandbox=sandbox, work=tmp_path, limits=LIMITS)).duration_ms


async def test_signal_that_went_away_and_came_back_is_one_film_without_the_gap(
    six: bytes, store: Store, tmp_path: Path, sandbox: Sandbox
) -> None:
    middle, third = len(six) // 4 + 37, len(six) // 3
    # Taken up in the middle of a packet, in parts that end anywhere; then a receiver that begins anew, at time 0.
    first = await reel(store, six[middle : 2 * third], six[2 * third :])
    again = await reel(store, six[:third], six[third:])
    found = await run([first, again], tmp_path, store, sandbox)
    assert found.lost == 0
    (film,) = found.paths
    assert await length(film, tmp_path, sandbox) == pytest.approx(10_500, abs=1_000), (
        "six seconds behind four and a half"
    )
    look = ("ffmpeg", "-v", "error", "-i", str(film), "-f", "null", "-")
    told = await asyncio.to_thread(subprocess.run, look, check=True, capture_output=True, timeout=60)
    assert told.stderr == b"", "each stretch begins with a key picture: nothing in it is undecodable"


async def test_signal_that_comes_back_in_another_shape_is_another_film(
    six: bytes, store: Store, tmp_path: Path, sandbox: Sandbox
) -> None:
    other = await asyncio.to_thread(made, 2, "256x144")
    told = [await reel(store, six), await reel(store, other), await reel(store, other)]
    found = await run(told, tmp_path, store, sandbox)
    assert found.lost == 0
    lengths = [await length(path, tmp_path, sandbox) for path in found.paths]
    assert lengths == [pytest.approx(6_000, abs=200), pytest.approx(4_000, abs=300)]


async def test_clock_of_a_source_that_jumps_within_a_stretch_makes_no_hole(
    six: bytes, store: Store, tmp_path: Path, sandbox: Sandbox
) -> None:
    later = await asyncio.to_thread(made, 2, "320x180", "-output_ts_offset", "5000")
    found = await run([await reel(store, six, later, six)], tmp_path, store, sandbox)
    (film,) = found.paths
    assert await length(film, tmp_path, sandbox) == pytest.approx(14_000, abs=1_500)


async def test_what_cannot_be_read_is_left_out_and_counted(
    six: bytes, store: Store, tmp_path: Path, sandbox: Sandbox
) -> None:
    gone = await reel(store, b"gone" * 50)
    await store.delete(gone[0].sha256)
    noise = await reel(store, bytes(range(256)) * 400)
    whole = await reel(store, six)
    found = await run([noise, [*gone, *whole]], tmp_path, store, sandbox)
    assert found.lost == 2
    (film,) = found.paths
    assert await length(film, tmp_path, sandbox) == pytest.approx(6_000, abs=200)


async def test_disk_that_is_full_is_said_and_nothing_is_given_up(
    six: bytes, store: Store, tmp_path: Path, sandbox: Sandbox
) -> None:
    tight = VideoLimits(min_free_bytes=1 << 60)
    with pytest.raises(MediaRefused, match="disk_full"):
        await films([await reel(store, six)], tmp_path, store=store, sandbox=sandbox.apart(parallel=4), limits=tight)
