"""飞字: an approved piece's words over single slots, of films, fillers and slates; where they are late, none stand."""

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
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
from renderers.tv.looks import shown_index
from renderers.tv.plan import Plan
from renderers.tv.slate import GOLD, WHITE, face
from schedules.linear import FILLER, SLOT_MS, Run, run_at, slot_at, slot_from

# A piece of work of a few seconds: what a killed worker loses, and how finely progress is told.
CHUNK: Final = 4
_SIZES: Final = {"1080": (1920, 1080), "720": (1280, 720)}
_MOST: Final = 300
_GAP: Final = "　　"


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` slots from `start` in which the item `item` is planned with its segments from `first` on.

    The item "" is the slate.
    """

    start: int
    count: int
    item: str
    first: int


def stretches(plan: Plan, start_ms: int, until_ms: int) -> Iterator[Stretch]:
    """The slots between two instants, cut where the item changes and into pieces of `CHUNK`.

    Nothing is laid over what was taken back: whatever comes into its place would not be what the words lie over.
    """
    at, end = slot_from(start_ms), slot_at(until_ms)
    while at < end:
        run = run_at(plan.runs, at)
        stop = min(run.end if run is not None else following(plan.runs, at, end), at + CHUNK, end)
        if run is not None and run.item in plan.items:
            yield Stretch(at, stop - at, run.item, run.segment(at))
        elif run is None or run.item == FILLER:
            yield Stretch(at, stop - at, FILLER, at % plan.planned(at).slate.segments)
        at = stop


def following(runs: Sequence[Run], slot: int, end: int) -> int:
    """Where the next run begins behind a slot without one."""
    return min((run.start for run in runs if run.start > slot), default=end)


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
    shown = None if stretch.item == FILLER else plan.items[stretch.item].shown_in(stretch.start)
    slate = plan.planned(stretch.start).slate
    index = slate if shown is None else await shown_index(shown.index, shown.plain, assets)
    if index is None:
        return None
    rungs = RUNGS if spec["rungs"] == "all" else ("720",)
    try:
        for name in TRACKS:
            data = await track_of(index, name, stretch.first, stretch.count, assets)
            await asyncio.to_thread((folder / name).write_bytes, data)
    except (AssetGone, IndexError):
        return None
    since = stretch.start * SLOT_MS - slot_from(int(spec["start"])) * SLOT_MS
    crawl = await asyncio.to_thread(_drawn, folder, spec, rungs[0], since)
    return await laid_over(folder, crawl, segments=stretch.count, rungs=rungs, sandbox=sandbox)


async def track_of(index: HouseIndex, name: str, first: int, count: int, assets: Assets) -> bytes:
    """Segments as a file of their own, from time 0 on; a slate begins again at its end.

    Raises AssetGone, MediaRefused `media.bad_fragment`.
    """
    track = index.tracks[name]
    parts = [await assets.part(track.sha256, track.start, track.init)]
    for number in range(count):
        start, length = track.segment((first + number) % index.segments)
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
