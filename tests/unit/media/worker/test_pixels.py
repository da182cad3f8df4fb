import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from media.errors import MediaRefused
from media.worker.pixels import flat, open_picture, plain

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def _quadrants() -> Image.Image:
    """Red, green / blue, white: every orientation of it is different."""
    image = Image.new("RGB", (64, 32))
    for at, colour in zip([(0, 0), (32, 0), (0, 16), (32, 16)], [RED, GREEN, BLUE, WHITE], strict=True):
        image.paste(colour, (*at, at[0] + 32, at[1] + 16))
    return image


def _opened(image: Image.Image, path: Path, form: str, **options: Any) -> Image.Image:
    image.save(path, form, **options)
    return open_picture(path, form=form, pixels=10_000_000)


def _pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
def test_plain_turns_every_orientation_upright(tmp_path: Path, orientation: int) -> None:
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = _quadrants().transpose(back[orientation]) if orientation > 1 else _quadrants()
    exif = Image.Exif()
    exif[0x0112] = orientation
    with _opened(stored, tmp_path / "x", "PNG", exif=exif) as opened:
        made = plain(opened, side=100, alpha_side=100)
    assert made.size == (64, 32)
    assert [made.getpixel(at) for at in ((5, 5), (60, 5), (5, 30), (60, 30))] == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"\0" * 30])
def test_plain_with_damaged_exif_keeps_the_pixels(tmp_path: Path, exif: bytes) -> None:
    with _opened(_quadrants(), tmp_path / "x", "PNG", exif=exif) as opened:
        assert plain(opened, side=100, alpha_side=100).size == (64, 32)


@pytest.mark.parametrize(
    ("mode", "form", "wanted"),
    [
        ("1", "PNG", "RGB"),
        ("L", "PNG", "RGB"),
        ("P", "PNG", "RGB"),
        ("RGB", "JPEG", "RGB"),
        ("CMYK", "JPEG", "RGB"),
        ("LA", "PNG", "RGBA"),
        ("RGBA", "PNG", "RGBA"),
        ("RGBA", "WEBP", "RGBA"),
    ],
)
def test_plain_of_each_mode_is_eight_bit_colour(tmp_path: Path, mode: str, form: str, wanted: str) -> None:
    source = Image.new("RGBA", (20, 10), (200, 40, 40, 128 if "A" in mode else 255))
    source = source.convert(mode) if "A" in mode else source.convert("RGB").convert(mode)
    options = {"lossless": True} if form == "WEBP" else {}
    with _opened(source, tmp_path / "x", form, **options) as opened:
        made = plain(opened, side=100, alpha_side=100)
    assert made.mode == wanted
    assert made.info == {}


def test_plain_of_sixteen_bit_grey_scales_instead_of_clipping(tmp_path: Path) -> None:
    source = Image.new("I;16", (4, 4), 32_768)
    source.putpixel((0, 0), 65_535)
    source.putpixel((1, 0), 0)
    with _opened(source, tmp_path / "x", "PNG") as opened:
        made = plain(opened, side=100, alpha_side=100).convert("L")
    assert made.getpixel((0, 0)) == 255
    assert made.getpixel((1, 0)) == 0
    assert made.getpixel((2, 2)) in {127, 128}


def test_plain_with_a_transparent_palette_colour_has_alpha(tmp_path: Path) -> None:
    source = Image.new("P", (8, 8), 1)
    source.putpalette([255, 0, 0, 0, 255, 0])
    source.putpixel((0, 0), 0)
    with _opened(source, tmp_path / "x", "PNG", transparency=0) as opened:
        made = plain(opened, side=100, alpha_side=100)
    assert made.mode == "RGBA"
    assert _pixel(made, (0, 0))[3] == 0
    assert made.getpixel((5, 5)) == (0, 255, 0, 255)


def test_plain_of_alpha_that_is_full_everywhere_drops_it(tmp_path: Path) -> None:
    with _opened(Image.new("RGBA", (8, 8), (1, 2, 3, 255)), tmp_path / "x", "PNG") as opened:
        assert plain(opened, side=100, alpha_side=100).mode == "RGB"


def test_plain_with_a_profile_changes_colour_and_keeps_none(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Red and green colorants swapped: a profile that must visibly change what is shown.
    swapped = lab.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    source = Image.new("RGB", (8, 8), (220, 30, 30))
    with _opened(source, tmp_path / "x", "PNG", icc_profile=swapped) as opened:
        made = plain(opened, side=100, alpha_side=100)
    red, green, _ = _pixel(made, (4, 4))
    assert green > red
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    assert b"iCCP" not in buffer.getvalue()


def test_plain_with_a_damaged_profile_converts_without_it(tmp_path: Path) -> None:
    source = Image.new("RGB", (8, 8), (220, 30, 30))
    with _opened(source, tmp_path / "x", "PNG", icc_profile=b"not a profile" * 20) as opened:
        assert plain(opened, side=100, alpha_side=100).getpixel((4, 4)) == (220, 30, 30)


def test_plain_of_a_large_picture_is_scaled_to_the_side(tmp_path: Path) -> None:
    with _opened(Image.new("RGB", (400, 100)), tmp_path / "x", "PNG") as opened:
        assert plain(opened, side=200, alpha_side=200).size == (200, 50)


def test_plain_of_a_large_transparent_picture_is_scaled_further(tmp_path: Path) -> None:
    for colour, wanted in (((1, 2, 3, 9), (100, 25)), ((1, 2, 3), (200, 50))):
        image = Image.new("RGBA" if len(colour) == 4 else "RGB", (400, 100), colour)
        with _opened(image, tmp_path / "x", "PNG") as opened:
            assert plain(opened, side=200, alpha_side=100).size == wanted


def test_plain_of_a_cut_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x"
    Image.effect_noise((200, 200), 90).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:2000])
    with open_picture(path, form="JPEG", pixels=10_000_000) as opened, pytest.raises(MediaRefused) as caught:
        plain(opened, side=1000, alpha_side=1000)
    assert caught.value.code == "media.truncated"


def test_open_picture_with_too_many_pixels_is_refused_before_decoding(tmp_path: Path) -> None:
    path = tmp_path / "x"
    Image.new("1", (2000, 2000)).save(path, "PNG")
    for limit in (1_000_000, 3_999_999):
        with pytest.raises(MediaRefused) as caught:
            open_picture(path, form="PNG", pixels=limit)
        assert caught.value.code == "media.too_many_pixels"


def test_flat_puts_transparency_on_white() -> None:
    assert flat(Image.new("RGBA", (2, 2), (0, 0, 0, 0))).getpixel((0, 0)) == WHITE
