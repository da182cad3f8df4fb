"""Lectures for a street screen: short films whose pixels a test can tell apart, made once a session by ffmpeg."""

import dataclasses
import functools
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from cms.trust.approval import Bundle
from cms.trust.keys import sha256
from cms.trust.release import ReleaseAsset, read_release
from cms.trust.signed import text_of
from tests.fakes.gateway import Media
from tests.fakes.pieces import Colour, content_of, listed, picture
from tests.vectors import world

MIB: Final = 2**20
FILM_AT: Final = (540, 700)  # a point of the film on a portrait screen


@functools.cache
def film(colour: Colour, seconds: float = 4.0, *, mib: float = 0.0, pictures: int = 25) -> bytes:
    """A progressive film of one colour, so many pictures a second; `mib` MiB of noise are laid in: it has chunks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        noise = ",noise=alls=30:allf=t" if mib else ""
        rate = max(300_000, int(mib * MIB * 8 / seconds))
        paint = f"color=0x{bytes(colour).hex()}:s=1280x720:r={pictures}:d={seconds}{noise}"
        paint += ",scale=out_color_matrix=bt709"
        argv = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", paint]
        argv += ["-f", "lavfi", "-i", f"sine=440:r=48000:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
        argv += ["-b:v", str(rate), "-minrate", str(rate if mib else 0), "-maxrate", str(rate), "-bufsize", str(rate)]
        argv += ["-pix_fmt", "yuv420p", "-colorspace", "bt709", "-g", "48", "-c:a", "aac", "-b:a", "64k"]
        argv += ["-movflags", "+faststart", str(path)]
        subprocess.run(argv, check=True)
        return path.read_bytes()


def asset_of(data: bytes, *, master: str, rendition: str, media_type: str) -> ReleaseAsset:
    chunks = tuple(sha256(data[at : at + MIB]) for at in range(0, len(data), MIB))
    return ReleaseAsset(sha256(data), len(data), media_type, 1280, 720, master, rendition, chunks)


def lecture(
    media: Media,
    title: str,
    colour: Colour,
    *,
    seconds: float = 4.0,
    mib: float = 0.0,
    pictures: int = 25,
    **changes: Any,
) -> Bundle:
    """A lecture with its film (see `film`) and poster at the media server; `changes` go to its content."""
    data = film(colour, seconds, mib=mib, pictures=pictures)
    master = sha256(b"master " + data + title.encode())
    poster = picture(colour, width=1280, height=720)
    for one in (data, poster):
        media.put(one)
    assets = (
        asset_of(data, master=master, rendition="play-720", media_type="video/mp4"),
        dataclasses.replace(listed(poster, rendition="poster", master=master)),
    )
    block = {"id": "b_film00000001", "type": "video", "asset": master, "title": title}
    content = content_of(title, cover=None, paragraphs=0)
    content["body"]["blocks"] = [block]
    content |= {"durations": {master: int(seconds * 1000)}, "summary": "志愿者把理论讲成了故事。", **changes}
    made = world.release(title, class_="lecture", content=content, assets=assets)
    return world.bundle_of(text_of(made), "qian", "sun")


def film_of(made: Bundle) -> str:
    """The hash of the film a lecture's release lists."""
    return next(asset.sha256 for asset in read_release(made.text).assets if asset.rendition == "play-720")
