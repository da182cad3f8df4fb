"""Sandboxed: what is in a newspaper's PDF, and one of its pages as pictures and text.

Nothing of the document is run: this build of the library has no script engine, forms are not initialised, and
attachments are counted by their table alone.
"""

import json
from pathlib import Path
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

from media.errors import MediaRefused
from media.worker.page_text import characters, text_blocks
from media.worker.pdf import opened

_SIDE: Final = 14_400  # points; the format's own largest page
_SHAPE: Final = 12  # times longer than wide: no newspaper, and a mile of pixels
_FONTS: Final = 20_000  # objects looked at for their fonts
_NO_FORM: Final = 0


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """`do` is `look` or `draw`; as `media.newspaper` asks."""
    document = opened(given)
    if asked["do"] == "look":
        return _look(document, given, int(asked["pages"]))
    return _draw(document, out, asked)


def _look(document: pypdfium2.PdfDocument, given: Path, most: int) -> dict[str, Any]:
    pages = len(document)
    if pages > most:
        raise MediaRefused("media.too_many_pages", pages=pages, limit=most)
    if pages == 0:
        raise MediaRefused("media.broken", format="pdf")
    for number in range(pages):
        _checked_size(document.get_page_size(number), number + 1)
    scripts = max(0, raw.FPDFDoc_GetJavaScriptActionCount(document))
    # An action of one page or of the opening is in no table; its name in the file gives it away.
    if not scripts and _names(given, b"/JavaScript"):
        scripts = 1
    left = {
        "script": scripts,
        "attachment": max(0, raw.FPDFDoc_GetAttachmentCount(document)),
        "form": int(raw.FPDF_GetFormType(document) != _NO_FORM),
    }
    return {"pages": pages, "left": left}


def _names(given: Path, word: bytes) -> bool:
    with given.open("rb") as file:
        tail = b""
        while block := file.read(1 << 20):
            if word in tail + block:
                return True
            tail = block[-len(word) :]
    return False


def _draw(document: pypdfium2.PdfDocument, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    number = int(asked["number"])
    if not 0 < number <= len(document):
        raise MediaRefused("media.broken", format="pdf")
    page = document[number - 1]
    width, height = _checked_size(page.get_size(), number)
    text = page.get_textpage()
    blocks, lost = text_blocks(characters(text), width=width, height=height, scale=int(asked["scale"]))
    (out / str(asked["text"])).write_text(json.dumps(blocks, ensure_ascii=False), "utf-8")
    text.close()
    largest = max(across for across, _ in asked["sizes"].values())
    picture = page.render(scale=min(largest / width, int(asked["height"]) / height)).to_pil().convert("RGB")
    for name, (across, quality) in asked["sizes"].items():
        scaled = picture
        if across < picture.width:
            size = (across, max(1, round(picture.height * across / picture.width)))
            scaled = picture.resize(size, resample=1, reducing_gap=2.0)
        scaled.save(out / name, "WEBP", quality=quality, method=3)
    return {"left": {"font": _strange_fonts(page), "glyph": lost}}


def _checked_size(size: tuple[float, float], number: int) -> tuple[float, float]:
    width, height = size
    if not (0 < width <= _SIDE and 0 < height <= _SIDE) or max(width, height) > _SHAPE * min(width, height):
        raise MediaRefused("media.page_size", page=number)
    return width, height


def _strange_fonts(page: pypdfium2.PdfPage) -> int:
    """Fonts that are not in the file: another stands in for them, and may draw what was not meant."""
    fonts: dict[str, bool] = {}
    for count, one in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])):
        if count >= _FONTS:
            break
        font = raw.FPDFTextObj_GetFont(one)
        if not font:
            continue
        if raw.FPDFFont_GetIsEmbedded(font) == 0:
            fonts[str(raw.FPDFFont_GetFlags(font)) + str(raw.FPDFFont_GetWeight(font))] = True
    return len(fonts)
