from pathlib import Path

import pytest
from PIL import Image

from media.crop import Focal, Mode
from media.errors import MediaRefused
from media.images import RENDITIONS, Rendition, make_renditions
from media.sandbox import Sandbox

RED, BLUE = (255, 0, 0), (0, 0, 255)


def _halves(path: Path, size: tuple[int, int]) -> Path:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    image.save(path, "PNG")
    return path


def _near(path: Path, at: tuple[float, float], colour: tuple[int, int, int]) -> bool:
    with Image.open(path) as image:
        found = image.convert("RGB").getpixel((int(at[0] * (image.width - 1)), int(at[1] * (image.height - 1))))
    assert isinstance(found, tuple)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


async def test_make_renditions_of_a_large_photo_gives_every_size(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    master = _halves(tmp_path / "master", (2000, 1500))
    async with make_renditions(master, sandbox=sandbox, work=work) as made:
        assert {file.name: (file.width, file.height) for file in made} == {
            "web-480": (480, 360),
            "web-960": (960, 720),
            "web-1440": (1440, 1080),
            "web-960-jpeg": (960, 720),
            "og": (1200, 630),
            "thumb": (320, 240),
            "screen-1080": (1080, 810),
            "screen-cover": (1080, 1920),
            "tv-card": (320, 200),
            "cover-16x9": (1280, 720),
            "cover-235": (900, 383),
            "cover-1x1": (600, 600),
            "cover-3x4": (810, 1080),
        }
        for file in made:
            with Image.open(file.path) as image:
                assert image.get_format_mimetype() == file.media_type
                assert image.size == (file.width, file.height)
                assert not {"exif", "icc_profile"} & set(image.info)
            assert _near(file.path, (0.1, 0.5), RED)
            assert _near(file.path, (0.9, 0.5), BLUE)


async def test_make_renditions_of_a_small_picture_never_enlarges_but_fills_boxes(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    master = _halves(tmp_path / "master", (200, 300))
    async with make_renditions(master, sandbox=sandbox, work=work) as made:
        sizes = {file.name: (file.width, file.height) for file in made}
    assert sizes["web-1440"] == sizes["screen-1080"] == (200, 300)
    assert (sizes["og"], sizes["screen-cover"]) == ((1200, 630), (1080, 1920))


@pytest.mark.parametrize(("x", "colour"), [(0, RED), (1000, BLUE)])
async def test_make_renditions_crops_to_the_focal_point(
    sandbox: Sandbox, work: Path, tmp_path: Path, x: int, colour: tuple[int, int, int]
) -> None:
    master = _halves(tmp_path / "master", (1600, 900))
    wanted = [row for row in RENDITIONS if row.name == "screen-cover"]
    async with make_renditions(master, sandbox=sandbox, work=work, focal=Focal(x, 500), wanted=wanted) as made:
        assert all(_near(made[0].path, at, colour) for at in ((0.05, 0.5), (0.95, 0.5)))


async def test_make_renditions_of_transparency_keeps_it_in_webp_and_is_white_in_jpeg(
    sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    Image.new("RGBA", (600, 400), (0, 0, 0, 0)).save(tmp_path / "master", "PNG")
    async with make_renditions(tmp_path / "master", sandbox=sandbox, work=work) as made:
        for file in made:
            with Image.open(file.path) as image:
                assert (image.mode == "RGBA") == (file.media_type == "image/webp")
            if file.media_type == "image/jpeg":
                assert _near(file.path, (0.5, 0.5), (255, 255, 255))


async def test_make_renditions_with_a_point_outside_is_refused(sandbox: Sandbox, work: Path, tmp_path: Path) -> None:
    master = _halves(tmp_path / "master", (64, 64))
    with pytest.raises(MediaRefused) as caught:
        async with make_renditions(master, sandbox=sandbox, work=work, focal=Focal(2000, 0)):
            pass
    assert caught.value.code == "media.bad_focal"


def test_renditions_table_is_sound() -> None:
    assert len({row.name for row in RENDITIONS}) == len(RENDITIONS)
    for row in RENDITIONS:
        assert isinstance(row, Rendition)
        assert (row.height > 0) == (row.mode is Mode.cover)
        assert row.media_type in {"image/webp", "image/jpeg"}
