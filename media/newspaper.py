"""A newspaper's PDF: what is in it, and each page as pictures with the text that stands on it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.decoding import decode, produced
from media.errors import MediaRefused
from media.kinds import PDF, WEBP
from media.limits import DocumentLimits
from media.sandbox import Sandbox
from media.threads import in_thread
from media.workspace import private_folder

THUMB: Final = "page-thumb"
SIZES: Final[Mapping[str, tuple[int, int]]] = {
    # name: pixels across, quality; small Chinese type stays sharp only above 80
    "page-2160": (2_160, 82),
    "page-1080": (1_080, 84),
    "page-720": (720, 82),
    THUMB: (240, 74),
}
"""The files of a page. The largest is its master: a street screen draws it when somebody looks closely."""
LARGEST: Final = "page-2160"
LEFT: Final = ("script", "attachment", "form", "font", "glyph")
"""What a page image does without: named to the editor, never run, opened or guessed."""
SCALE: Final = 10_000
"""Parts into which the width and the height of a page are divided: places are whole numbers."""

_TEXT_FILE: Final = "text"
_TEXT_BYTES: Final = 4 << 20
_BLOCKS: Final = 2_000
_CHARACTERS: Final = 60_000  # a broadsheet page of small type has 10,000


@dataclass(frozen=True, slots=True)
class Sheets:
    """What is in a PDF: how many pages, and by kind how much of it a picture cannot have."""

    pages: int
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Words that stand together on a page, its box and the height of its type in parts of `SCALE`."""

    left: int
    top: int
    right: int
    bottom: int
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class PageFile:
    """A picture of a page; `path` is gone when the context ends."""

    path: Path
    width: int
    height: int
    media_type: str = WEBP.media_type


@dataclass(frozen=True, slots=True)
class PageDrawn:
    """One page: its files by name of size, its text in the order of the PDF, and what it has to do without."""

    files: Mapping[str, PageFile]
    blocks: tuple[TextBlock, ...]
    left: Mapping[str, int]


async def look_through(
    pdf: Path,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: DocumentLimits = DocumentLimits(),  # noqa: B008 - frozen
) -> Sheets:
    """Counts the pages and names what is left out; nothing is drawn.

    Raises:
        MediaRefused: `media.too_many_pages`, `media.locked_document`, `media.broken`, `media.too_costly`.
    """
    async with private_folder(work) as out:
        asked = {"format": PDF.name, "do": "look", "pages": limits.pages}
        answer = await decode("paper", asked, sandbox=sandbox, given=pdf, out=out, bounds=limits.bounds())
    pages = answer.get("pages")
    if type(pages) is not int or not 0 < pages <= limits.pages:
        raise MediaRefused("media.broken", format=PDF.name)
    return Sheets(pages, _counts(answer.get("left")))


@asynccontextmanager
async def draw_page(
    pdf: Path,
    number: int,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: DocumentLimits = DocumentLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[PageDrawn]:
    """Page `number`, from 1, in every size, for the length of an `async with`. Raises as `look_through`."""
    async with private_folder(work) as out:
        asked = {
            "format": PDF.name,
            "do": "draw",
            "number": number,
            "height": limits.page_height,
            "sizes": {name: list(size) for name, size in SIZES.items()},
            "scale": SCALE,
            "text": _TEXT_FILE,
        }
        answer = await decode("paper", asked, sandbox=sandbox, given=pdf, out=out, bounds=limits.bounds())
        files = {name: await in_thread(_file, out / name) for name in SIZES}
        blocks = await in_thread(_blocks, out / _TEXT_FILE)
        yield PageDrawn(files, blocks, _counts(answer.get("left")))


def _file(path: Path) -> PageFile:
    return PageFile(path, *produced(path, WEBP))


def _counts(value: object) -> dict[str, int]:
    given = value if isinstance(value, dict) else {}
    return {kind: given[kind] for kind in LEFT if type(given.get(kind)) is int and given[kind] > 0}


def _blocks(path: Path) -> tuple[TextBlock, ...]:
    """What the worker says of the text, read as strictly as anything from outside."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _TEXT_BYTES:
        raise MediaRefused("media.broken", format=PDF.name)
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise MediaRefused("media.broken", format=PDF.name) from error
    kept: list[TextBlock] = []
    room = _CHARACTERS
    for one in found[:_BLOCKS] if isinstance(found, list) else ():
        block = _block(one)
        if block is not None and len(block.text) <= room:
            kept.append(block)
            room -= len(block.text)
    return tuple(kept)


def _block(value: Any) -> TextBlock | None:
    if not isinstance(value, list) or len(value) != 6 or not isinstance(value[5], str):
        return None
    places: Sequence[Any] = value[:5]
    if not all(type(one) is int and 0 <= one <= SCALE for one in places):
        return None
    left, top, right, bottom, size = places
    return TextBlock(left, top, right, bottom, size, value[5]) if left < right and top < bottom else None
