"""The sizes every channel needs, as one table, and the arithmetic of cropping to them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from media.crop import CENTRE, Focal, Mode
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
    """

    name: str
    mode: Mode
    width: int
    height: int
    media_type: str
    quality: int


RENDITIONS: Final = (
    Rendition("web-480", Mode.width, 480, 0, WEBP.media_type, 78),
    Rendition("web-960", Mode.width, 960, 0, WEBP.media_type, 78),
    Rendition("web-1440", Mode.width, 1440, 0, WEBP.media_type, 78),
    Rendition("web-960-jpeg", Mode.width, 960, 0, JPEG.media_type, 82),
    Rendition("og", Mode.cover, 1200, 630, JPEG.media_type, 82),
    Rendition("thumb", Mode.cover, 320, 240, WEBP.media_type, 72),
    Rendition("tv-card", Mode.cover, 320, 200, JPEG.media_type, 80),
    Rendition("screen-1080", Mode.width, 1080, 0, WEBP.media_type, 86),
    Rendition("screen-cover", Mode.cover, 1080, 1920, WEBP.media_type, 86),
)


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
    wanted: Sequence[Rendition] = RENDITIONS,
    limits: PictureLimits = PictureLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[tuple[RenditionFile, ...]]:
    """All sizes of a master from one decode in one sandboxed process, in the order wanted.

    Args:
        master: what `take_picture` produced, for instance from `Store.as_path`.
        sandbox: from `Sandbox.detect`.
        work: an existing private folder for temporary files; nothing is left in it.
        focal: the point that crops keep in sight, in thousandths of width and height.
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
                "focal": [focal.x, focal.y],
                "wanted": [asdict(rendition) for rendition in wanted],
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
