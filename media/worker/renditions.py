"""Sandboxed: one master decoded once, cut and scaled to every size, encoded."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from PIL import Image

from media.crop import Box, Focal, Mode, crop_box, fit_width
from media.worker.pixels import flat, open_picture, plain

_THREADS: Final = 2
_ENCODERS: Final = {"image/webp": "WEBP", "image/jpeg": "JPEG"}


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Write one file `out/{name}` for each row wanted."""
    with open_picture(given, form=str(asked["format"]).upper(), pixels=int(asked["pixels"])) as opened:
        master = plain(opened, side=max(opened.size), alpha_side=max(opened.size))

    def make(row: dict[str, Any]) -> None:
        _encode(_sized(master, row), out / str(row["name"]), row)

    # Pillow's scalers and encoders run without the interpreter's lock.
    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(make, asked["wanted"]))
    return {}


def _sized(master: Image.Image, row: dict[str, Any]) -> Image.Image:
    target_w, target_h = int(row["width"]), int(row["height"])
    box = Box(0, 0, *master.size)
    if row["mode"] == Mode.cover:
        x, y, zoom = row["crop"]
        box = crop_box(*master.size, target_w=target_w, target_h=target_h, focal=Focal(x, y), zoom=zoom)
        size = (target_w, target_h)
    else:
        size = fit_width(*master.size, target_w=target_w)
    return master.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)


def _encode(image: Image.Image, path: Path, row: dict[str, Any]) -> None:
    encoder = _ENCODERS[row["media_type"]]
    if encoder == "JPEG":
        flat(image).save(path, encoder, quality=int(row["quality"]), optimize=True, progressive=True)
    else:
        image.save(path, encoder, quality=int(row["quality"]), method=2)
