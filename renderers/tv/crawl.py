"""飞字: the words of an approved piece over single planned slots, encoded ahead; where they are late, none stand."""

import asyncio
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from cms.contract import AssetGone, Assets
from media.errors import MediaRefused
from media.fragments import patched_head
from media.house import RUNGS, TRACKS, HouseIndex
from media.overlay import Crawl, laid_over
from media.sandbox import Sandbox
from renderers.tv.items import index_of
from renderers.tv.plan import Plan
from renderers.tv.slate import GOLD, WHITE, face
from schedules.linear import SLOT_MS, slot_at, slot_from

# A piece of work of a few seconds: what a killed worker loses, and how finely progress is told.
CHUNK: Final = 4
_SIZES: Final = {"1080": (1920, 1080), "720": (1280, 720)}
_MOST: Final = 300
_GAP: Final = "　　"


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` slots from `start` in which the item `item` is planned with its segments from `first` on."""

    start: int
    count: int
    item: str
    first: int


def stretches(plan: Plan, start_ms: int, until_ms: int) -> Iterator[Stretch]:
    """The planned slots between two instants, cut where the item changes and into pieces of `CHUNK`; no slates."""
    first, end = slot_from(start_ms), slot_at(until_ms)
    for run in plan.runs:
        if run.item not in plan.items:
            continue
        for start in range(max(run.start, first), min(run.end, end), CHUNK):
            count = min(CHUNK, run.end - start, end - start)
            yield Stretch(start, count, run.item, run.segment(start))


async def lay(
    folder: Path,
    stretch: Stretch,
    plan: Plan,
    spec: Mapping[str, Any],
    *,
    assets: Assets,
    sandbox: Sandbox,
) -> tuple[Path, HouseIndex] | None:
    """The slots of a stretch with the words of `spec` over them; None when the item's files are gone meanwhile.

    Raises:
        MediaRefused: as `laid_over`.
    """
    index = await index_of(plan.items[stretch.item].index, assets)
    if index is None:
        return None
    rungs = RUNGS if spec["rungs"] == "all" else ("720",)
    try:
        for name in TRACKS:
            data = await _track(index, name, stretch, assets)
            await asyncio.to_thread((folder / name).write_bytes, data)
    except (AssetGone, IndexError):
        return None
    since = stretch.start * SLOT_MS - slot_from(int(spec["start"])) * SLOT_MS
    crawl = await asyncio.to_thread(_drawn, folder, spec, rungs[0], since)
    return await laid_over(folder, crawl, segments=stretch.count, rungs=rungs, sandbox=sandbox)


async def _track(index: HouseIndex, name: str, stretch: Stretch, assets: Assets) -> bytes:
    """The segments of a stretch as a file of their own, from time 0 on."""
    track = index.tracks[name]
    parts = [await assets.part(track.sha256, track.start, track.init)]
    for number in range(stretch.count):
        start, length = track.segment(stretch.first + number)
        data = await assets.part(track.sha256, start, length)
        if len(data) != length:
            raise MediaRefused("media.bad_fragment")
        parts.append(patched_head(data, sequence=number + 1, base=number * track.ticks))
    return b"".join(parts)


def _drawn(folder: Path, spec: Mapping[str, Any], rung: str, since_ms: int) -> Crawl:
    """The pictures of the words, for a rung's size."""
    width, height = _SIZES[rung]
    band, line, head = pictures(str(spec.get("title", "")), str(spec.get("text", "")), width)
    paths = {}
    for name, image in (("band", band), ("line", line), ("head", head)):
        out = io.BytesIO()
        image.save(out, "PNG")
        paths[name] = folder / f"{name}.png"
        paths[name].write_bytes(out.getvalue())
    # Inside the part of the picture that every set shows.
    top = height * 95 // 100 - band.height
    return Crawl(paths["band"], paths["line"], paths["head"], top, width // 12, since_ms)


def pictures(title: str, text: str, width: int) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Band, running line and head of the words, for a picture of this width."""
    size = width // 40
    height = size * 2
    words = " ".join(f"{title}{_GAP}{text}".split(" ")).strip()[:_MOST]
    font = face(size, bold=True)
    band = Image.new("RGBA", (width, height), (40, 4, 10, 205))
    ImageDraw.Draw(band).rectangle((0, 0, width, max(2, height // 30)), fill=(*GOLD, 255))
    line = Image.new("RGBA", (max(2, round(font.getlength(words)) + 2), height), (0, 0, 0, 0))
    ImageDraw.Draw(line).text((0, height // 2), words, font=font, fill=(*WHITE, 255), anchor="lm")
    head = Image.new("RGBA", (size * 4, height), (122, 16, 26, 255))
    ImageDraw.Draw(head).text((head.width // 2, height // 2), "通知", font=font, fill=(*GOLD, 255), anchor="mm")
    return band, line, head
