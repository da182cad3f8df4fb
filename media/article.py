"""A Word document as HTML and pictures, both still foreign: the text is parsed, the pictures go through intake."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from media.decoding import decode
from media.errors import MediaRefused
from media.kinds import DOCX, Kind
from media.limits import DocumentLimits
from media.probe import probe
from media.sandbox import Sandbox
from media.sources import Source
from media.threads import in_thread
from media.workspace import caught, private_folder

PICTURES: Final = 100  # in one document; a newspaper page has fewer
_TEXT_BYTES: Final = 8 << 20  # far beyond what an article may hold
_NAMES: Final = ("article.html", "image-{}")
LEFT: Final = ("header", "footer", "comment", "formula", "object", "chart", "deleted")
"""What a document may have that an article has no place for."""


@dataclass(frozen=True, slots=True)
class Article:
    """`html` names its pictures `image-0`, `image-1`…; `pictures` are their files, gone when the context ends.

    `left` counts what of the document is not in the HTML, by kind (`header`, `comment`, `formula`…).
    """

    html: str
    pictures: tuple[Path, ...]
    left: Mapping[str, int] = field(default_factory=dict)


@asynccontextmanager
async def take_article(
    source: Source,
    *,
    sandbox: Sandbox,
    work: Path,
    limits: DocumentLimits = DocumentLimits(),  # noqa: B008 - frozen
) -> AsyncIterator[Article]:
    """Take one docx, for the length of an `async with`.

    Raises:
        MediaRefused: the reason, with its code.
    """
    async with private_folder(work) as folder:
        upload = folder / "upload"
        await caught(source, upload, limit=limits.file_bytes, reserve=limits.min_free_bytes)
        form = await in_thread(probe, upload, accept={Kind.document})
        if form is not DOCX:
            raise MediaRefused("media.wrong_kind", found=form.name)
        out = folder / "out"
        await in_thread(out.mkdir)
        asked = {
            "format": form.name,
            "entries": limits.entries,
            "entry_bytes": limits.entry_bytes,
            "unpacked_bytes": limits.unpacked_bytes,
            "ratio": limits.ratio,
            "pictures": PICTURES,
        }
        answer = await decode("article", asked, sandbox=sandbox, given=upload, out=out, bounds=limits.bounds())
        yield await in_thread(_article, out, answer.get("pictures"), answer.get("left"))


def _article(out: Path, count: object, left: object) -> Article:
    text, name = out / _NAMES[0], _NAMES[1]
    pictures = [out / name.format(number) for number in range(count)] if isinstance(count, int) else []
    for path in (text, *pictures):
        if path.is_symlink() or not path.is_file():
            raise MediaRefused("media.broken", format=DOCX.name)
    if text.stat().st_size > _TEXT_BYTES:
        raise MediaRefused("media.too_costly")
    given = left.items() if isinstance(left, dict) else ()
    counts = {kind: number for kind in LEFT for name, number in given if name == kind and isinstance(number, int)}
    return Article(text.read_text("utf-8", errors="replace"), tuple(pictures), counts)
