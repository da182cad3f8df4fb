"""Sandboxed: a docx that passed its check, as HTML and picture files; what it turns into is decided outside."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from xml.etree import ElementTree as ET

import mammoth

from media.errors import MediaRefused
from media.worker import docx

HTML: Final = "article.html"
PICTURE: Final = "image-{}"
# Word's own heading styles come through by default; Chinese Word names them otherwise.
_STYLES: Final = """
p[style-name='标题'] => h1:fresh
p[style-name='Title'] => h1:fresh
p[style-name='标题 1'] => h2:fresh
p[style-name='标题 2'] => h3:fresh
p[style-name='副标题'] => h2:fresh
p[style-name='引用'] => blockquote:fresh
p[style-name='Quote'] => blockquote:fresh
u => u
strike => s
"""

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATHS: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
_CHART: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
# Parts of a package whose words mammoth leaves out; each is named to the editor, so that nothing is lost in silence.
_BESIDE: Final[Mapping[str, re.Pattern[str]]] = {
    "header": re.compile(r"word/header\d*\.xml"),
    "footer": re.compile(r"word/footer\d*\.xml"),
    "comment": re.compile(r"word/comments\.xml"),
}


class _Image(Protocol):
    def open(self) -> Any: ...


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Writes `article.html` and `image-0`, `image-1`… in the order of the text."""
    docx.run(given, out, asked)
    most, pictures = int(asked["pictures"]), 0

    def kept(image: _Image) -> dict[str, str]:
        nonlocal pictures
        if pictures >= most:
            raise MediaRefused("media.too_many_pictures", limit=most)
        name = PICTURE.format(pictures)
        with image.open() as stream:
            (out / name).write_bytes(stream.read())
        pictures += 1
        return {"src": name}

    with given.open("rb") as file:
        made = mammoth.convert_to_html(file, style_map=_STYLES, convert_image=mammoth.images.img_element(kept))
    (out / HTML).write_text(made.value, "utf-8")
    return {"pictures": pictures, "left": left_out(given)}


def left_out(given: Path) -> dict[str, int]:
    """How much of a checked package has no place in an article, by kind."""
    counts: dict[str, int] = {}
    with zipfile.ZipFile(given) as package:
        for name in package.namelist():
            for kind, form in _BESIDE.items():
                if form.fullmatch(name) and (number := _worded(package.read(name), kind)):
                    counts[kind] = counts.get(kind, 0) + number
        body = ET.fromstring(package.read("word/document.xml"))  # noqa: S314 - this is the sandbox
    for kind, tag in (("formula", _MATHS), ("object", f"{_W}object"), ("chart", _CHART), ("deleted", f"{_W}del")):
        if number := sum(1 for _ in body.iter(tag)):
            counts[kind] = number
    return counts


def _worded(xml: bytes, kind: str) -> int:
    """How many comments, or whether a header says anything."""
    root = ET.fromstring(xml)  # noqa: S314
    if kind == "comment":
        return sum(1 for _ in root.iter(f"{_W}comment"))
    return int(any((one.text or "").strip() for one in root.iter(f"{_W}t")))
