"""The largest pictures allowed decode within half a gigabyte, measured on the worker itself."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from media.limits import PictureLimits

MEASURE = """
import sys
from media.worker.main import main
main(*sys.argv[1:4])
# Not ru_maxrss: that would include the parent's size at the moment of the fork.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
sys.stderr.write(status["VmHWM"].split()[0])
"""
ROOT = Path(__file__).parents[3]


def _largest(mode: str, form: str) -> bytes:
    limits = PictureLimits()
    side = int((limits.pixels if form == "JPEG" else limits.lossless_pixels) ** 0.5)
    buffer = io.BytesIO()
    options = {"compress_level": 1} if form == "PNG" else {"quality": 60}
    Image.effect_noise((64, 64), 60).resize((side, side)).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("mode", "form"), [("RGB", "JPEG"), ("CMYK", "JPEG"), ("LA", "PNG"), ("I;16", "PNG")])
def test_picture_of_the_largest_size_stays_below_half_a_gigabyte(tmp_path: Path, mode: str, form: str) -> None:
    limits = PictureLimits()
    (tmp_path / "in").write_bytes(_largest(mode, form))
    request = {
        "op": "picture",
        "format": form.lower(),
        "pixels": limits.pixels,
        "side": limits.master_side,
        "alpha_side": limits.alpha_side,
    }
    child = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(request), str(tmp_path / "in"), str(tmp_path)],
        capture_output=True,
        env={"PATH": "/usr/bin", "PYTHONPATH": str(ROOT)},
        timeout=90,
        check=True,
    )
    assert "refused" not in json.loads(child.stdout)
    assert int(child.stderr) < 512 << 10  # kilobytes
