import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from media.worker.picture import run

ASKED = {"pixels": 10_000_000, "side": 1_000, "alpha_side": 500}


def _pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, ...]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return found


def test_run_on_a_photo_writes_a_jpeg_and_describes_it(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (10, 120, 200)).save(tmp_path / "in", "WEBP", lossless=True)
    answer = run(tmp_path / "in", tmp_path, {**ASKED, "format": "webp"})
    assert answer | {"placeholder": ""} == {
        "has_alpha": False,
        "dominant": "#0a78c8",
        "placeholder": "",
        "frames_dropped": 0,
        "scaled_down": False,
    }
    with Image.open(tmp_path / "master") as master:
        assert (master.format, master.size) == ("JPEG", (300, 200))
    with Image.open(io.BytesIO(base64.b64decode(answer["placeholder"]))) as tiny:
        assert tiny.size == (24, 16)


def test_run_on_transparency_writes_a_png(tmp_path: Path) -> None:
    image = Image.new("RGBA", (30, 20), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 30, 15))
    image.save(tmp_path / "in", "PNG")
    answer = run(tmp_path / "in", tmp_path, {**ASKED, "format": "png"})
    assert answer["has_alpha"] is True
    with Image.open(tmp_path / "master") as master:
        assert master.format == "PNG"
        assert master.getpixel((5, 18)) == (0, 0, 0, 0)


def test_run_on_an_animation_keeps_the_first_frame_and_counts_the_rest(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "in", "GIF", save_all=True, append_images=frames[1:])
    answer = run(tmp_path / "in", tmp_path, {**ASKED, "format": "gif"})
    assert answer["frames_dropped"] == 2
    with Image.open(tmp_path / "master") as master:
        red, green, blue = _pixel(master.convert("RGB"), (10, 10))
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 2)])
def test_run_on_odd_shapes_still_has_a_placeholder(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "navy").save(tmp_path / "in", "PNG")
    answer = run(tmp_path / "in", tmp_path, {**ASKED, "format": "png"})
    assert answer["dominant"] == "#000080"
    assert base64.b64decode(answer["placeholder"]).startswith(b"RIFF")


def test_run_writes_nothing_of_the_metadata(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    Image.new("RGB", (20, 20)).save(tmp_path / "in", "JPEG", exif=exif, comment=b"SECRET-NOTE")
    run(tmp_path / "in", tmp_path, {**ASKED, "format": "jpeg"})
    assert b"SECRET" not in (tmp_path / "master").read_bytes()
