"""The sizes every channel needs, as one table, and the arithmetic of cropping to them."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from media.crop import CENTRE, Crop, Focal, Mode
from media.decoding import decode, produced
from media.kinds import JPEG, WEBP, Kind
from media.limits import PictureLimits
from media.probe import probe
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder


@dataclass(frozen=True, slots=True)
class Rendition:
    """One named size.

    Attributes:
        name: stable; part of rows and URLs' lookups, never renamed.
        mode: `width` scales to at most that width, never up; `cover` fills the box exactly.
        height: pixels; 0 for `width`.
        media_type: image/webp or image/jpeg; JPEG puts transparency on white.
        quality: 1 to 100.
        shape: the row of `SHAPES` whose crop it follows; empty for `width`.
    """

    name: str
    mode: Mode
    width: int
    height: int
    media_type: str
    quality: int
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape in which channels show pictures; its key never changes, crops are kept under it."""

    key: str
    width: int
    height: int


# In the order in which a person looks at them: the street and television first.
SHAPES: Final = (
    Shape("9x16", 9, 16),
    Shape("16x9", 16, 9),
    Shape("235x100", 900, 383),
    Shape("1x1", 1, 1),
    Shape("3x4", 3, 4),
    Shape("4x3", 4, 3),
    Shape("191x100", 1200, 630),
    Shape("16x10", 16, 10),
)

RENDITIONS: Final = (
    Rendition("web-480", Mode.width, 480, 0, WEBP.media_type, 78),
    Rendition("web-960", Mode.width, 960, 0, WEBP.media_type, 78),
    Rendition("web-1440", Mode.width, 1440, 0, WEBP.media_type, 78),
    Rendition("web-960-jpeg", Mode.width, 960, 0, JPEG.media_type, 82),
    Rendition("og", Mode.cover, 1200, 630, JPEG.media_type, 82, "191x100"),
    Rendition("thumb", Mode.cover, 320, 240, WEBP.media_type, 72, "4x3"),
    Rendition("tv-card", Mode.cover, 320, 200, JPEG.media_type, 80, "16x10"),
    Rendition("screen-1080", Mode.width, 1080, 0, WEBP.media_type, 86),
    Rendition("screen-cover", Mode.cover, 1080, 1920, WEBP.media_type, 86, "9x16"),
    Rendition("cover-16x9", Mode.cover, 1280, 720, JPEG.media_type, 82, "16x9"),
    Rendition("cover-235", Mode.cover, 900, 383, JPEG.media_type, 84, "235x100"),
    Rendition("cover-1x1", Mode.cover, 600, 600, JPEG.media_type, 82, "1x1"),
    Rendition("cover-3x4", Mode.cover, 810, 1080, JPEG.media_type, 82, "3x4"),
)
# Pictures whose sizes were made of another table lack something: the back-fill looks for them by this.
TABLE: Final = hashlib.sha256(repr(RENDITIONS).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """A finished size; `path` is gone when the context ends."""

    name: str
    media_type: str
    path: Path
    width: int
    height: int


@asynccontextmanager
async def make_renditions(
    master: Path,
    *,
    sandbox: Sandbox,
    work: Path,
    focal: Focal = CENTRE,
    crops: Mapping[str, Crop] = MappingProxyType({}),
    wanted: Sequence[Rendition] = RENDITIONS,
    limits: PictureLimits = PictureLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[tuple[RenditionFile, ...]]:
    """All sizes of a master from one decode in one sandboxed process, in the order wanted.

    Args:
        master: what `take_picture` produced, for instance from `Store.as_path`.
        sandbox: from `Sandbox.detect`.
        work: an existing private folder for temporary files; nothing is left in it.
        focal: the point that crops keep in sight, in thousandths of width and height.
        crops: by the key of a shape, where a person chose another cut than the focal point gives.
        wanted: rows of the table.
        limits: bounds.

    Raises:
        MediaRefused: as `take_picture`.
    """
    async with private_folder(work) as folder:
        form = await in_thread(probe, master, accept={Kind.picture})
        await decode(
            "renditions",
            {
                "format": form.name,
                "wanted": [{**asdict(one), "crop": list(crops.get(one.shape) or Crop(*focal))} for one in wanted],
                "pixels": limits.pixels,
            },
            sandbox=sandbox,
            given=master,
            out=folder,
            bounds=limits.bounds(),
        )
        yield tuple([await _checked(rendition, folder) for rendition in wanted])


async def _checked(rendition: Rendition, folder: Path) -> RenditionFile:
    path = folder / rendition.name
    form = WEBP if rendition.media_type == WEBP.media_type else JPEG
    width, height = await in_thread(produced, path, form)
    return RenditionFile(rendition.name, rendition.media_type, path, width, height)
