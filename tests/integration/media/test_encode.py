"""Unlike videos become items of one house: one grid, one loudness, one set of init segments, joined without a step."""

import asyncio
import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from media import house, ladder, package
from media.carried import carried_subtitles
from media.cutting import Piece
from media.encode import EncodedVideo, encode_house
from media.errors import MediaRefused
from media.first_look import first_look
from media.fragments import layout, patched_head
from media.house import HouseIndex, read_index
from media.joining import Film, join_house
from media.limits import VideoLimits
from media.runner import Progress, Stage
from media.sandbox import Sandbox
from media.slate import make_slate
from media.sprites import sheet_of
from media.subtitles import Cue
from media.video import VideoFacts, examine
from tests.integration.media import clips
from tests.integration.media.keeping import Folder
from tests.integration.media.sizes import FULL, SMALL, ladder_of

# At the house's own sizes some 25 CPU-seconds of encoding stand in one fixture, at the lowest priority.
pytestmark = pytest.mark.timeout(400)

LIMITS = VideoLimits(min_free_bytes=0)


@dataclass(frozen=True)
class Item:
    facts: VideoFacts
    made: EncodedVideo
    index: HouseIndex
    files: dict[str, Path]
    told: list[Progress]

    def segment(self, track: str, number: int, *, slot: int | None = None) -> bytes:
        found = self.index.tracks[track]
        offset, length = found.segment(number)
        data = self.files[f"house-{track}"].read_bytes()[offset : offset + length]
        return data if slot is None else patched_head(data, sequence=slot, base=slot * found.ticks)

    def init(self, track: str) -> bytes:
        found = self.index.tracks[track]
        return self.files[f"house-{track}"].read_bytes()[found.start : found.start + found.init]


async def _item(clip: Path, folder: Path) -> Item:
    sandbox = await Sandbox.detect(allow_unsandboxed=False, parallel=1)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    told: list[Progress] = []
    files = {}
    given: dict[str, Any] = {"sandbox": sandbox, "work": work, "limits": LIMITS}
    async with encode_house(clip, facts, progress=told.append, each=1, **given) as made:
        for file in made.files:
            files[file.rendition] = folder / f"{clip.stem}-{file.rendition}"
            shutil.copyfile(file.path, files[file.rendition])
    assert list(work.iterdir()) == []
    return Item(facts, made, read_index(files["house-index"].read_bytes()), files, told)


@pytest.fixture(scope="module", autouse=True, params=[SMALL, pytest.param(FULL, marks=pytest.mark.soak)])
def size(request: pytest.FixtureRequest) -> Iterator[str]:
    with ladder_of(request.param):
        yield request.param


@pytest.fixture(scope="module")
def items(size: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Item]:
    folder = tmp_path_factory.mktemp(f"items-{size}")
    made = (clips.phone, clips.broadcast, clips.screencast, clips.hdr)
    return {make.__name__: asyncio.run(_item(make(folder), folder)) for make in made}


def _size(rung: str) -> tuple[int, int]:
    return ladder.LADDER[rung].width, ladder.LADDER[rung].height


def _probe(path: Path, entries: str, *more: str) -> dict[str, Any]:
    argv = ["ffprobe", "-v", "error", *more, "-show_entries", entries, "-of", "json", str(path)]
    answer = subprocess.run(argv, check=True, capture_output=True, timeout=60)
    assert not answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


def test_every_item_has_whole_segments_of_96_pictures_and_180_sound_frames(items: dict[str, Item]) -> None:
    assert {name: item.index.segments for name, item in items.items()} == {
        "phone": 2,
        "broadcast": 1,
        "screencast": 1,
        "hdr": 1,
    }
    for item in items.values():
        for track in house.TRACKS:
            with item.files[f"house-{track}"].open("rb") as file:
                found = layout(file)
            samples, ticks = (180, 184_320) if track == "audio" else (96, 49_152)
            assert [(f.samples, f.ticks, f.base) for f in found.fragments] == [
                (samples, ticks, number * ticks) for number in range(item.index.segments)
            ]
            assert tuple(f.end for f in found.fragments) == item.index.tracks[track].ends


def test_init_segments_of_unlike_sources_are_the_same_bytes(items: dict[str, Item]) -> None:
    for track in house.TRACKS:
        assert len({item.init(track) for item in items.values()}) == 1
    assert len({item.index.house for item in items.values()}) == 1
    assert [items["hdr"].index.tracks[track].codecs for track in house.TRACKS] == [
        "avc1.640028",
        "avc1.64001f",
        "avc1.64001e",
        "mp4a.40.2",
    ]


def test_items_are_as_loud_as_the_house_asks(items: dict[str, Item]) -> None:
    for name in ("phone", "broadcast", "hdr"):
        loudness = items[name].made.findings.loudness
        assert loudness.integrated is not None
        assert loudness.peak is not None
        assert abs(loudness.integrated + 24) <= 1, name
        assert loudness.peak <= -2, name
    assert items["screencast"].made.findings.loudness.integrated is None


def test_one_segment_decodes_by_itself(items: dict[str, Item], tmp_path: Path) -> None:
    item = items["phone"]
    for track, count in (("480", 96), ("1080", 96), ("audio", 180)):
        piece = tmp_path / f"{track}.mp4"
        piece.write_bytes(item.init(track) + item.segment(track, 1))
        told = _probe(piece, "stream=nb_read_frames,width,height,pix_fmt", "-count_frames")
        assert told["streams"][0]["nb_read_frames"] == str(count)


def test_segments_of_different_items_join_without_a_step(items: dict[str, Item], tmp_path: Path) -> None:
    first = 467_568_607  # slots since 1970: beyond what 32 bits of time could hold
    order = [("phone", 1), ("broadcast", 0), ("screencast", 0), ("phone", 0), ("hdr", 0)]
    for track, step in (("720", 512), ("audio", 1_024)):
        channel = tmp_path / f"{track}.mp4"
        parts = [items[name].segment(track, n, slot=first + at) for at, (name, n) in enumerate(order)]
        channel.write_bytes(items["hdr"].init(track) + b"".join(parts))
        told = _probe(channel, "packet=dts")
        times = [packet["dts"] for packet in told["packets"]]
        assert len(times) == len(order) * (96 if track == "720" else 180)
        assert {b - a for a, b in itertools.pairwise(times)} == {step}
        if track == "720":
            shown = sorted(frame["pts"] for frame in _probe(channel, "frame=pts")["frames"])
            assert {b - a for a, b in itertools.pairwise(shown)} == {step}
            assert shown[0] - times[0] == house.DELAY_MS * house.VIDEO_TIMESCALE // 1000


def test_play_copy_and_poster_are_plain_files(items: dict[str, Item]) -> None:
    for name, item in items.items():
        told = _probe(item.files["play-720"], "stream=codec_name,nb_read_frames:format=duration", "-count_frames")
        assert [stream["codec_name"] for stream in told["streams"]] == ["h264", "aac"]
        assert abs(float(told["format"]["duration"]) * 1000 - item.made.duration_ms) < 300, name
        assert item.files["play-720"].read_bytes()[4:8] == b"ftyp"
        assert b"moov" in item.files["play-720"].read_bytes()[:200]
        sheet = sheet_of(item.made.duration_ms)
        with Image.open(item.files["sprites"]) as small:
            assert (small.format, small.size) == ("JPEG", (sheet.columns * 160, sheet.rows * 90))
            for number in range(sheet.count):
                left, top = sheet.place(number * sheet.every_ms)
                there = small.convert("L").crop((left, top, left + 160, top + 90))
                assert ImageStat.Stat(there).stddev[0] > 20, (name, number)
        with Image.open(item.files["poster"]) as poster:
            assert (poster.format, poster.size) == ("JPEG", _size("720"))
            assert ImageStat.Stat(poster.convert("L")).mean[0] > 20


def test_pictures_keep_their_shape_and_sound_its_place(items: dict[str, Item]) -> None:
    assert (items["phone"].facts.width, items["phone"].facts.height) == (180, 320)
    assert items["broadcast"].facts.interlaced
    assert items["hdr"].facts.hdr == "hlg"
    assert {name: item.made.findings.unchecked for name, item in items.items()} == {
        **dict.fromkeys(items, ""),
        "screencast": "vp8",
    }
    with Image.open(items["phone"].files["poster"]) as poster:
        grey = poster.convert("L")
        wide, high = grey.size
        assert grey.getpixel((wide // 64, high // 2)) == pytest.approx(0, abs=8)  # bars beside an upright picture
        assert ImageStat.Stat(grey.crop((wide * 11 // 32, 0, wide * 21 // 32, high))).stddev[0] > 20
        # Bars from grey to blue, turned against the clock: what was on the right is above, what was above on the left.
        above, below = (poster.convert("RGB").getpixel((wide * 13 // 32, high * part // 16)) for part in (1, 15))
        assert above == pytest.approx((0, 0, 191), abs=24)
        assert below == pytest.approx((190, 190, 190), abs=16)
    sound = items["hdr"].files["house-audio"]
    heard = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(sound), "-f", "s16le", "-ac", "1", "-"], check=True, capture_output=True
    ).stdout
    samples = memoryview(heard).cast("h")
    loud = [n for n, value in enumerate(samples) if abs(value) > 300]
    assert 80 <= loud[0] / 48 <= 105  # milliseconds: the delay of the pictures, then a fade
    assert loud[-1] / 48 == pytest.approx(2_080, abs=30)


def test_high_dynamic_range_becomes_what_a_plain_screen_shows(items: dict[str, Item]) -> None:
    with Image.open(items["hdr"].files["poster"]) as poster:
        bars = poster.convert("RGB")
    wide, high = bars.size
    places = [(wide * (2 * bar + 1) // 14, high * 9 // 16) for bar in range(7)]
    seen = [tuple(bars.crop((x, y, x + 1, y + 1)).tobytes()) for x, y in places]
    grey = seen[0]
    # The white of paper stays white, neither burnt out nor as dim as its curve reads on a screen that knows no curve.
    assert max(grey) - min(grey) <= 6
    assert 190 <= grey[0] <= 245
    for colour, channels in zip(seen[1:], ("rg", "gb", "g", "rb", "r", "b"), strict=True):
        bright = [value for value, channel in zip(colour, "rgb", strict=True) if channel in channels]
        dark = [value for value, channel in zip(colour, "rgb", strict=True) if channel not in channels]
        assert min(bright) > max(dark) + 80, channels


def test_pictures_at_any_time_are_shown_when_they_came(items: dict[str, Item]) -> None:
    wide, high = _size("480")
    argv = ["ffmpeg", "-v", "error", "-i", str(items["screencast"].files["house-480"]), "-f", "rawvideo"]
    grey = subprocess.run([*argv, "-pix_fmt", "gray", "-"], check=True, capture_output=True, timeout=60).stdout
    frames = [
        Image.frombytes("L", (wide, high), grey[at : at + wide * high]) for at in range(0, len(grey), wide * high)
    ]
    assert len(frames) == 96
    moved = [ImageStat.Stat(ImageChops.difference(a, b)).mean[0] for a, b in itertools.pairwise(frames)]
    shown = [number for number, much in enumerate(moved, start=1) if much > 2]
    # Every seventh picture at 24 a second, on the house's grid of 25; then all of them to the end, and the last stays.
    assert [at for at in shown if at < 36] == [7, 15, 22, 29]
    assert max(shown) <= 62


def test_progress_tells_each_stage_and_ends_full(items: dict[str, Item]) -> None:
    told = items["phone"].told
    assert [stage for stage in Stage if any(p.stage is stage for p in told)] == [
        Stage.measuring,
        Stage.sounding,
        Stage.encoding,
        Stage.finishing,
    ]
    encoding = [p for p in told if p.stage is Stage.encoding]
    assert all(a.done_ms <= b.done_ms <= b.total_ms for a, b in itertools.pairwise(encoding))
    assert encoding[-1].done_ms >= encoding[-1].total_ms - 200


@pytest.fixture
async def quick(tmp_path: Path, sandbox: Sandbox, work: Path) -> tuple[Path, VideoFacts]:
    """A clip that was examined; each test does it some harm."""
    clip = clips.make(tmp_path / "clip.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=30", "-preset", "ultrafast")
    return clip, await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)


async def _encode(clip: Path, facts: VideoFacts, sandbox: Sandbox, work: Path, **more: Any) -> None:
    more.setdefault("limits", LIMITS)
    async with encode_house(clip, facts, sandbox=sandbox, work=work, **more):
        raise AssertionError


async def test_source_that_vanishes_or_changes_is_refused(
    quick: tuple[Path, VideoFacts], sandbox: Sandbox, work: Path
) -> None:
    clip, facts = quick
    data = clip.read_bytes()
    clip.write_bytes(data[:-1])
    with pytest.raises(MediaRefused, match="video_changed"):
        await _encode(clip, facts, sandbox, work)
    clip.unlink()
    with pytest.raises(MediaRefused, match="video_vanished"):
        await _encode(clip, facts, sandbox, work)


async def test_source_that_vanishes_during_the_encode_is_refused(tmp_path: Path, sandbox: Sandbox, work: Path) -> None:
    clip = clips.make(tmp_path / "clip.mp4", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=1", "-preset", "ultrafast")
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    with pytest.raises(MediaRefused, match="video_vanished"):
        await _encode(clip, facts, sandbox, work, progress=lambda _: clip.unlink(missing_ok=True))


async def test_encode_on_a_volume_without_room_is_refused(
    quick: tuple[Path, VideoFacts], sandbox: Sandbox, work: Path
) -> None:
    clip, facts = quick
    with pytest.raises(MediaRefused, match="disk_full"):
        await _encode(clip, facts, sandbox, work, limits=VideoLimits(min_free_bytes=1 << 60))


def test_disk_that_fills_during_the_encode_is_refused_and_nothing_is_left(size: str, tmp_path: Path) -> None:
    # All of a segment at the ladder's highest rate.
    noise = ("-f", "lavfi", "-i", "color=gray:s=480x270:r=25:d=3.8,noise=alls=90:allf=t", "-preset", "ultrafast")
    clip = clips.make(tmp_path / "noise.mp4", *noise)
    volume = tmp_path / "volume"
    volume.mkdir()
    walls = ["/usr/bin/bwrap", "--dev-bind", "/", "/", "--size", str(8 << 20), "--tmpfs", str(volume), "--"]
    here = Path(__file__).parent
    child = subprocess.run(
        [*walls, sys.executable, str(here / "full_disk_encode.py"), size, str(volume), str(clip)],
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(here.parents[2])},
        timeout=200,
        check=False,
    )
    assert child.returncode == 0, child.stderr.decode()
    assert json.loads(child.stdout) == {"code": "media.disk_full", "left": ["ballast"]}


async def test_cancelled_encode_leaves_nothing(quick: tuple[Path, VideoFacts], sandbox: Sandbox, work: Path) -> None:
    clip, facts = quick
    begun = asyncio.Event()
    task = asyncio.ensure_future(_encode(clip, facts, sandbox, work, progress=lambda _: begun.set()))
    await asyncio.wait_for(begun.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # `work` looks for what is left


async def test_encode_killed_again_and_again_makes_no_kept_chunk_anew_and_in_any_order_the_same_bytes(
    size: str, items: dict[str, Item], sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    path = clips.phone(tmp_path)
    program = (sys.executable, "-m", "tests.integration.media.keeping", size, str(path), str(work), str(kept))
    # Killed in what comes first, then in the chunk after the first kept one.
    for kept_before in (0, 1):
        child = await asyncio.to_thread(subprocess.Popen, program, cwd=Path(__file__).parents[3])
        while len(list(kept.glob("[4am]*"))) < 3 * kept_before or not await _is_encoding(work):
            assert child.poll() is None
            await asyncio.sleep(0.02)
        child.kill()
        await asyncio.to_thread(child.wait)
        assert len(list(kept.glob("480.*"))) == kept_before
        await asyncio.to_thread(_emptied, work)
    parts = {one.name for one in kept.iterdir() if not one.name.startswith(".")}
    assert parts == {"audio", "measured", "1080.0+1", "720.0+1", "480.0+1"}

    # Somebody waits by now: the smallest picture of the rest comes first, and can be watched.
    told: list[Progress] = []
    following = Folder(kept)
    following.others_wait = [False, True]
    facts = await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
    given: dict[str, Any] = {"sandbox": sandbox, "work": work, "limits": LIMITS, "each": 1}
    made = await _made(path, facts, kept=following, progress=told.append, **given)
    assert set(following.asked) == parts
    done = [one.done_ms for one in told if one.stage is Stage.encoding]
    assert min(done) >= 3_840
    assert done == sorted(done)
    for track in house.TRACKS:
        assert made[f"house-{track}"] == items["phone"].files[f"house-{track}"].read_bytes(), track
    film = tmp_path / "film.mp4"
    film.write_bytes(following.film)
    streams = _probe(film, "stream=codec_name,height,nb_frames")["streams"]
    assert [(one["codec_name"], one.get("height")) for one in streams] == [("h264", _size("480")[1]), ("aac", None)]
    assert int(streams[0]["nb_frames"]) == 96 * items["phone"].index.segments


async def _is_encoding(work: Path) -> bool:
    """Whether the encoder has begun to write pictures of a chunk."""
    return any(one.stat().st_size for one in await asyncio.to_thread(lambda: list(work.glob("**/480*"))))


def _emptied(work: Path) -> None:
    """As the next start of a worker does with what a killed one left."""
    for left in work.iterdir():
        shutil.rmtree(left, ignore_errors=True)


async def _made(path: Path, facts: VideoFacts, **given: Any) -> dict[str, bytes]:
    async with encode_house(path, facts, **given) as made:
        return {file.rendition: file.path.read_bytes() for file in made.files}


async def test_pieces_of_films_join_without_a_step_and_without_an_encoder(
    items: dict[str, Item], sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    films = {
        name: Film(items[name].index, {track: items[name].files[f"house-{track}"] for track in house.TRACKS})
        for name in ("phone", "hdr")
    }
    pieces = [Piece("hdr", 0, 1), Piece("phone", 1, 2), Piece("phone", 0, 1)]
    async with join_house(pieces, films, sandbox=sandbox, work=work, limits=LIMITS) as made:
        assert (made.index.segments, made.duration_ms) == (3, 3 * 3_840 - 80)
        assert made.index.house == items["hdr"].index.house
        for track, step in (("480", 512), ("audio", 1_024)):
            file = next(one.path for one in made.files if one.rendition == f"house-{track}")
            times = [packet["dts"] for packet in _probe(file, "packet=dts")["packets"]]
            assert {b - a for a, b in itertools.pairwise(times)} == {step}
            offset, length = made.index.tracks[track].segment(1)
            whole = items["phone"].segment(track, 1, slot=0)
            assert file.read_bytes()[offset : offset + length][-2_000:] == whole[-2_000:]
        assert {file.rendition for file in made.files} == set(items["hdr"].files)
    other = {**films, "hdr": replace(films["hdr"], index=replace(films["hdr"].index, house="older"))}
    joining = join_house(pieces, other, sandbox=sandbox, work=work, limits=LIMITS)
    with pytest.raises(MediaRefused, match="cut_houses"):
        await joining.__aenter__()


async def test_first_look_plays_and_shows_the_begin(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    clip = clips.screencast(tmp_path)
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    async with first_look(clip, facts, segments=1, sandbox=sandbox, work=work, limits=LIMITS) as path:
        told = _probe(path, "stream=codec_name,width,height:format=duration")
    assert [(one["codec_name"], one["width"], one["height"]) for one in told["streams"]] == [("h264", *_size("480"))]
    assert float(told["format"]["duration"]) * 1000 == pytest.approx(facts.duration_ms, abs=80)


async def test_words_inside_a_film_are_read(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:00,200 --> 00:00:01,000\n各位老师好\n", encoding="utf-8")
    (tmp_path / "c.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=900\ntitle=提问\n", encoding="utf-8"
    )
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-i", str(tmp_path / "a.srt")]
    more = ["-f", "ffmetadata", "-i", str(tmp_path / "c.txt"), "-map_metadata", "2", "-map", "0", "-map", "1"]
    clip = clips.make(tmp_path / "clip.mkv", *inputs, *more, "-preset", "ultrafast", "-c:s", "srt")
    facts = await examine(clip, sandbox=sandbox, work=work, limits=LIMITS)
    assert facts.chapters == ((500, "提问"),)
    found = await carried_subtitles(clip, facts, sandbox=sandbox, work=work, limits=LIMITS)
    assert found == {"zh": (Cue(200, 1_000, "各位老师好"),)}


def test_track_of_another_house_is_refused(items: dict[str, Item], tmp_path: Path) -> None:
    item = items["hdr"]
    for track in house.TRACKS:
        shutil.copyfile(item.files[f"house-{track}"], tmp_path / track)
    true = {t: hashlib.sha256(item.init(t)).hexdigest() for t in house.TRACKS}
    package.index_of(tmp_path, package.House("h", true), segments=1, duration_ms=2_000)
    with pytest.raises(MediaRefused, match="house_mismatch"):
        package.index_of(tmp_path, package.House("h", {**true, "720": "0" * 64}), segments=1, duration_ms=2_000)
    with pytest.raises(MediaRefused, match="video_truncated"):
        package.index_of(tmp_path, package.House("h", true), segments=2, duration_ms=6_000)


async def test_slate_is_one_file_of_the_same_house(items: dict[str, Item], sandbox: Sandbox, tmp_path: Path) -> None:
    picture = tmp_path / "slate.png"
    Image.new("RGB", (1920, 1080), (200, 30, 30)).save(picture)
    path, index = await make_slate(tmp_path, picture, sandbox=sandbox)
    assert index.house == items["hdr"].index.house
    data = path.read_bytes()
    assert index.tracks["audio"].ends[-1] == len(data)
    for name, track in index.tracks.items():
        assert data[track.start : track.start + track.init] == items["hdr"].init(name)
    found = index.tracks["480"]
    offset, length = found.segment(0)
    piece = tmp_path / "piece.mp4"
    piece.write_bytes(data[found.start : found.start + found.init] + data[offset : offset + length])
    clips.make(tmp_path / "seen.png", "-i", str(piece), "-frames:v", "1")
    with Image.open(tmp_path / "seen.png") as seen:
        assert seen.size == _size("480")
        assert seen.convert("RGB").getpixel((100, 50)) == pytest.approx((200, 30, 30), abs=6)
