"""Pictures and covers as files: inside the platform's limits, drawn in the mainland's face, the same on every call."""

import dataclasses
import io
import random
from pathlib import Path

import pytest
from PIL import Image

from cms.contract import AssetFile, ContractError, Made
from renderers.conformance.samples import digest, make_piece
from renderers.conformance.world import World
from renderers.wechat import covers
from renderers.wechat.covers import HEIGHT, SQUARE, WIDTH, cover_source, crops, draw_cover, make_cover
from renderers.wechat.pictures import fitting
from tests.contract.wechat import a_jpeg
from tests.unit.renderers.articles import AT, piece_of

THEME = "#b3261e"


def noise(width: int, height: int) -> bytes:
    made = io.BytesIO()
    data = random.Random(1).randbytes(width * height * 3)
    Image.frombytes("RGB", (width, height), data).save(made, "JPEG", quality=90)
    return made.getvalue()


def world_with(data: bytes, sha256: str) -> World:
    world = World("wechat")
    world.assets.held[sha256] = data
    return world


async def test_picture_that_fits_goes_as_it_is() -> None:
    world = World("wechat")
    file = AssetFile("a" * 64, 999, "image/jpeg", 960, 540, "m", "web-960-jpeg")
    assert await fitting(file, 1_000, world.services) == Made("a" * 64, 999)


async def test_picture_that_is_too_heavy_is_stepped_down_to_the_best_that_fits() -> None:
    data = noise(960, 960)
    sha256 = digest("noise")
    world = world_with(data, sha256)
    file = AssetFile(sha256, len(data), "image/jpeg", 960, 960, "m", "web-960-jpeg")
    sizes = []
    for limit in (600_000, 200_000):
        made = await fitting(file, limit, world.services)
        assert made.size < limit
        sizes.append(made.size)
        with Image.open(io.BytesIO(await world.services.assets.read(made.sha256))) as image:
            assert image.format == "JPEG"
    assert sizes[0] > sizes[1]


async def test_picture_that_is_too_heavy_at_its_least_is_refused() -> None:
    data = noise(960, 960)
    sha256 = digest("noise too heavy")
    file = AssetFile(sha256, len(data), "image/jpeg", 960, 960, "m", "web-960-jpeg")
    with pytest.raises(ContractError, match="picture_too_heavy"):
        await fitting(file, 1_000, world_with(data, sha256).services)


async def test_cover_of_a_photograph_has_the_shape_and_is_made_once() -> None:
    piece = make_piece(1, at=AT)
    source = cover_source(piece)
    assert source == digest(digest("cover 1") + "og")
    world = world_with(a_jpeg(), source)
    made = await make_cover(piece, piece.title, THEME, world.services)
    assert made == await make_cover(piece, "another title", THEME, world.services)
    with Image.open(io.BytesIO(await world.services.assets.read(made.sha256))) as image:
        assert image.size == (WIDTH, HEIGHT)


async def test_cover_without_a_photograph_is_drawn_from_words() -> None:
    piece = make_piece(1, at=AT, pictured=False)
    assert cover_source(piece) is None
    world = world_with(b"", "none")
    made = await make_cover(piece, "题", THEME, world.services)
    assert made != await make_cover(piece, "别的题", THEME, world.services)
    assert made.size < 200_000


def test_cover_of_a_lecture_without_one_is_its_still() -> None:
    poster = AssetFile("p" * 64, 1, "image/jpeg", 1280, 720, "b" * 64, "poster")
    piece = piece_of({"type": "video", "asset": "b" * 64, "title": "t"})
    assert cover_source(dataclasses.replace(piece, cover=None, assets=(poster,))) == "p" * 64


@pytest.mark.parametrize("title", ["冬至", "吴江" * 16, "A" * 32, "", "“”《》" * 8, "👨‍👩‍👧" * 4, "2026" * 8])
def test_drawn_cover_keeps_its_words_in_the_middle_square(title: str, tmp_path: Path) -> None:
    words, empty = tmp_path / "words.jpg", tmp_path / "empty.jpg"
    draw_cover((title, "理论宣讲" * 9, "吴江区委宣传部" * 9), THEME, words)
    draw_cover(("", "", ""), THEME, empty)
    with Image.open(words) as one, Image.open(empty) as other:
        assert one.size == (WIDTH, HEIGHT)
        left, _, right, _ = SQUARE
        for box in ((0, 0, left - 8, HEIGHT), (right + 8, 0, WIDTH, HEIGHT)):
            pairs = zip(one.crop(box).tobytes(), other.crop(box).tobytes(), strict=True)
            assert max(abs(a - b) for a, b in pairs) < 24


def test_drawing_is_the_same_every_time(tmp_path: Path) -> None:
    files = [draw_cover(("题", "栏目", "主办"), THEME, tmp_path / name).read_bytes() for name in ("1", "2")]
    assert files[0] == files[1]


def test_crops_are_shares_of_the_file() -> None:
    for left, top, right, bottom in crops().values():
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
    left, top, right, bottom = crops()["1_1"]
    assert round((right - left) * WIDTH) == round((bottom - top) * HEIGHT)


def test_font_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(covers, "_FONTS", (tmp_path,))
    with pytest.raises(ContractError, match="no_font"):
        draw_cover(("题", "", ""), THEME, tmp_path / "x.jpg")
