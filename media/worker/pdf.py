"""Sandboxed: count the pages of a PDF and draw each as a PNG."""

from pathlib import Path
from typing import Any

import pypdfium2

from media.errors import MediaRefused


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Write `out/page-1`, `out/page-2`, …; answers the number of pages."""
    document = opened(given)
    pages = len(document)
    if pages > int(asked["pages"]):
        raise MediaRefused("media.too_many_pages", pages=pages, limit=int(asked["pages"]))
    if pages == 0:
        raise MediaRefused("media.broken", format="pdf")
    for number in range(pages):
        page = document[number]
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            raise MediaRefused("media.broken", format="pdf")
        # Fit both sides: a page of 3 by 14,400 points must not become a mile of pixels.
        scale = min(int(asked["width"]) / width, int(asked["height"]) / height)
        picture = page.render(scale=scale).to_pil().convert("RGB")
        picture.save(out / f"page-{number + 1}", "PNG", compress_level=3)
        page.close()
    return {"pages": pages}


def opened(path: Path) -> pypdfium2.PdfDocument:
    """Raises MediaRefused `media.locked_document` for one with a password, `media.broken`."""
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise MediaRefused("media.locked_document", format="pdf") from error
        raise MediaRefused("media.broken", format="pdf") from error
