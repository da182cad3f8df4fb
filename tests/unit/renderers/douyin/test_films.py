"""Films, covers and packs: what the encoder made is what the platform takes, and the same piece gives the same pack."""

import asyncio
import dataclasses
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from cms.contract import AssetFile, Piece
from media.errors import MediaRefused
from media.sandbox import Sandbox
from media.subtitles import Cue, write_vtt
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.douyin.films import Length, film_of_lecture
from renderers.douyin.outbox import checklist, pack
from renderers.douyin.payload import Payload, prepare
from renderers.douyin.settings import Settings
from tests.unit.renderers.articles import AT, piece_of

MASTER = "e" * 64


def streams(data: bytes, folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "found.mp4"
    path.write_bytes(data)
    asked = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)["streams"]
    return {one["codec_type"]: one for one in found}


def still(data: bytes, folder: Path, at: float) -> Image.Image:
    """One picture of a film."""
    (folder / "still.mp4").write_bytes(data)
    asked = ["ffmpeg", "-v", "error", "-ss", str(at), "-i", str(folder / "still.mp4"), "-frames:v", "1", "-f", "image2"]
    return Image.open(io.BytesIO(subprocess.run([*asked, "-c:v", "png", "-"], check=True, capture_output=True).stdout))


async def made(piece: Piece, settings: Settings, world: World) -> tuple[Payload, bytes]:
    payload = await prepare(piece, settings, world.services)
    return payload, await world.services.assets.read(payload.video)


@pytest.fixture
def lecture(tmp_path: Path) -> bytes:
    """Four seconds of a wide film with sound."""
    path = tmp_path / "lecture.mp4"
    made_by = "ffmpeg -v error -f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=r=48000 -t 4 -pix_fmt yuv420p"
    subprocess.run([*made_by.split(), str(path)], check=True)
    return path.read_bytes()


async def test_text_when_filmed_is_an_upright_film_with_a_silent_track(tmp_path: Path) -> None:
    world = World("douyin")
    settings = Settings(width=180, card_seconds=0.4)
    payload, film = await made(make_piece(3, at=AT), settings, world)
    found = await asyncio.to_thread(streams, film, tmp_path)
    video, audio = found["video"], found["audio"]
    assert (video["codec_name"], video["pix_fmt"], video["width"], video["height"]) == ("h264", "yuv420p", 180, 320)
    assert audio["codec_name"] == "aac"
    assert abs(float(video["duration"]) * 1000 - payload.milliseconds) < 80
    assert film.index(b"moov") < film.index(b"mdat")
    assert payload.size == len(film)


async def test_lecture_when_filmed_is_upright_bounded_and_keeps_its_sound(lecture: bytes, tmp_path: Path) -> None:
    world = World("douyin")
    world.assets.held[MASTER] = lecture
    file = AssetFile(MASTER, len(lecture), "video/mp4", 320, 180, "v" * 64, "play-720")
    piece = piece_of({"type": "video", "asset": "v" * 64, "title": "课"}, assets=(file,), durations={"v" * 64: 4000})
    payload, film = await made(piece, Settings(width=180, lecture_seconds=3), world)
    found = await asyncio.to_thread(streams, film, tmp_path)
    assert (found["video"]["width"], found["video"]["height"]) == (180, 320)
    assert payload.milliseconds == 3000
    assert abs(float(found["video"]["duration"]) - 3) < 0.1
    assert abs(float(found["audio"]["duration"]) - 3) < 0.1


async def test_lecture_when_marked_is_cut_to_its_marks_with_its_subtitles_burned_in(
    lecture: bytes, tmp_path: Path
) -> None:
    world = World("douyin")
    cues = write_vtt([Cue(0, 900, "不在片段里"), Cue(2000, 3000, "文明实践"), Cue(3200, 3900, "第二段")])
    world.assets.held |= {MASTER: lecture, "d" * 64: cues}
    files = (
        AssetFile(MASTER, len(lecture), "video/mp4", 320, 180, "v" * 64, "play-720"),
        AssetFile("d" * 64, len(cues), "text/vtt", 0, 0, "v" * 64, "subtitles-zh"),
    )
    block = {"type": "video", "asset": "v" * 64, "title": "课"}
    piece = piece_of(block, assets=files, durations={"v" * 64: 4000})
    piece = dataclasses.replace(piece, overrides={"douyin": {"cuts": "0:02-0:03\n0:00－0:01"}})
    payload, film = await made(piece, Settings(width=180), world)
    assert payload.milliseconds == 2000
    found = await asyncio.to_thread(streams, film, tmp_path)
    assert abs(float(found["video"]["duration"]) - 2) < 0.1
    assert abs(float(found["audio"]["duration"]) - 2) < 0.1
    bare = dataclasses.replace(piece, assets=files[:1])
    _, without = await made(bare, Settings(width=180), world)
    drawn = [await asyncio.to_thread(still, data, tmp_path, 0.5) for data in (film, without)]
    box = ImageChops.difference(*drawn).point(lambda value: 255 * (value > 60)).getbbox()
    assert box is not None
    # On the lower edge of the picture, which stands in the middle.
    assert 130 < box[1] < box[3] <= 215


async def test_lecture_when_its_file_is_damaged_is_refused_with_its_reason(tmp_path: Path) -> None:
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom" + b"x" * 1000)
    frame, shown = Image.new("RGBA", (90, 160)), ((0, 3000),)
    with pytest.raises(MediaRefused) as refused:
        await film_of_lecture(broken, frame, stretches=shown, captions="", folder=tmp_path, sandbox=sandbox)
    assert refused.value.code == "douyin.film_failed"


async def test_covers_when_made_have_both_shapes_and_show_the_picture() -> None:
    world = World("douyin")
    piece = make_piece(33, at=AT)  # the kit's studio remembers; no other test makes this one
    drawn = io.BytesIO()
    Image.new("RGB", (1080, 1920), "#2e7d32").save(drawn, "WEBP")
    file = piece.rendition(str(piece.cover), "screen-cover")
    assert file is not None
    world.assets.held[file.sha256] = drawn.getvalue()
    payload, _ = await made(piece, Settings(width=180, card_seconds=0.2), world)
    upright, wide = [Image.open(io.BytesIO(world.assets.held[sha])) for sha in (payload.cover_3x4, payload.cover_4x3)]
    assert (upright.size, wide.size) == ((270, 360), (360, 270))
    red, green, blue = upright.convert("RGB").getpixel((135, 40))  # type: ignore[misc]
    assert green > red
    assert green > blue


async def test_payload_when_made_twice_is_the_same_bytes_and_reads_back() -> None:
    settings, piece = Settings(width=72, card_seconds=0.2, topics=("吴江",)), make_piece(4, at=AT)
    first, _ = await made(piece, settings, World("douyin"))
    second, _ = await made(piece, settings, World("douyin"))
    assert first.encode() == second.encode()
    assert Payload.decode(first.encode()) == first
    changed, _ = await made(dataclasses.replace(piece, title="另一个题目"), settings, World("douyin"))
    assert changed.video != first.video


async def test_pack_when_made_holds_all_and_is_the_same_for_the_same_piece() -> None:
    world = World("douyin")
    payload, film = await made(make_piece(5, at=AT), Settings(width=72, card_seconds=0.2), world)
    packed = await pack(payload, world.services)
    assert packed == await pack(payload, world.services)
    with zipfile.ZipFile(io.BytesIO(world.assets.held[packed.sha256])) as zipped:
        assert zipped.namelist() == [
            "01 视频.mp4",
            "02 封面3比4.jpg",
            "03 封面4比3.jpg",
            "04 文案.txt",
            "05 发布清单.html",
            "06 原文二维码.png",
        ]
        assert zipped.read("01 视频.mp4") == film
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert payload.title in zipped.read("05 发布清单.html").decode()
        with Image.open(io.BytesIO(zipped.read("06 原文二维码.png"))) as code:
            assert ImageChops.invert(code.convert("L")).getbbox() is not None


def test_checklist_when_the_text_is_hostile_is_still_text() -> None:
    hostile = "<script>alert(1)</script>"
    payload = Payload("d", "r", hostile, hostile, "v", 1, 1, "a", "b", "https://x/" + hostile, 1, 1)
    page = checklist(payload)
    assert "<script" not in page
    assert "仅自己可见" in page


def test_length_when_of_cards_counts_their_fades() -> None:
    assert Length(5, 4.0).seconds == 21.28
