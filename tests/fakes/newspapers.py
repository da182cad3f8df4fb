"""Newspapers for tests: issues as signed releases, and PDFs with real text that need no file from anywhere."""

import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from cms.trust.approval import Bundle
from cms.trust.release import ReleaseAsset
from cms.trust.signed import text_of
from tests.fakes.gateway import Media
from tests.fakes.pieces import Colour, listed
from tests.vectors import world

FONT: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SHEET: Final = (780, 1100)


def zone(number: int, points: Sequence[Sequence[int]], **opens: Any) -> dict[str, Any]:
    return {"id": f"b_{number:010d}zz", "points": [list(point) for point in points], **opens}


def sheet(colour: Colour, *, width: int, mark: int) -> bytes:
    """A page of one colour with a frame, so that a page in the wrong place is seen."""
    height = width * SHEET[1] // SHEET[0]
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).rectangle((6, 6, width - 7, height - 7), outline=(mark, mark, mark), width=6)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def issue(
    media: Media, date: str, pages: Sequence[tuple[Colour, Sequence[dict[str, Any]]]], *, paper: str = "吴江日报"
) -> Bundle:
    """An approved issue: a sheet of one colour with its zones for each page."""
    assets: list[ReleaseAsset] = []
    blocks: list[dict[str, Any]] = [
        {"id": "b_issue0000001", "type": "issue", "paper": paper, "date": date, "number": "第1288期"}
    ]
    for number, (colour, zones) in enumerate(pages, 1):
        master = None
        for name, width in (("page-2160", 1560), ("page-1080", 780), ("page-thumb", 120)):
            data = sheet(colour, width=width, mark=number * 20)
            media.put(data)
            one = listed(data, rendition=name, master=master)
            master = one.of
            assets.append(one)
        block = {"id": f"b_page{number:08d}", "type": "page", "asset": master, "label": f"{number:02d}"}
        blocks.append({**block, "zones": list(zones)})
    title = f"{paper} {date}"
    content = {**world.content(title, cover=None), "column": "news", "body": {"schema": 1, "blocks": blocks}}
    made = world.release(title, class_="newspaper", content=content, assets=tuple(assets))
    return world.bundle_of(text_of(made), "qian", "sun")


ARTICLES: Final = (
    ("垂虹桥畔夜市开市", "家门口的文明实践站里，志愿者把理论讲成了故事，把服务送到了桥边与田头。" * 4),
    ("太湖新城图书馆延长开放", "图书馆每晚开放到十点，读者可以凭身份证借书，三十天内归还。" * 4),
    ("村村有讲堂", "宣讲员走进田头，用吴语讲政策，乡亲们围坐在一起，边听边问。" * 4),
)


def newspaper_pdf(pages: int = 1, *, articles: Sequence[tuple[str, str]] = ARTICLES, catalog: bytes = b"") -> bytes:
    """A paper of that many pages: its name, then each article in a column, in a font of its own inside the file.

    The font is written by hand (Type 3: a picture for each character, with the table that says which it is), so that
    tests need no tool for fonts. `catalog` is put into the document's root, for what a hostile one has there.
    """
    words = "".join(title + text for title, text in articles) + "吴江日报第版0123456789"
    codes = {ch: number + 1 for number, ch in enumerate(dict.fromkeys(words))}
    assert len(codes) < 256
    objects: list[bytes] = [b"", b"", *_font(codes)]
    kids = []
    for number in range(pages):
        lines = [("吴江日报", 290, 1020, 50), (f"第{number + 1}版", 370, 990, 10)]
        for at, (title, text) in enumerate(articles):
            left = 40 + at * 245
            lines.append((title, left, 930, 19))
            lines += [(text[n : n + 20], left, 900 - n // 20 * 15, 10) for n in range(0, len(text), 20)]
        drawn = b"".join(_line(codes, *line) for line in lines)
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
        kids.append(len(objects) + 1)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 780 1100]/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
            % len(objects)
        )
    objects[0] = b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % kid for kid in kids))
    return written(objects)


def written(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its root."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def many_pages(count: int) -> bytes:
    """A PDF of that many empty pages, all in one small file."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 780 1100]>>"
    return written(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids), *[page] * count]
    )


def _line(codes: dict[str, int], text: str, x: int, y: int, size: int) -> bytes:
    shown = bytes(codes[ch] for ch in text).hex().encode()
    return b"BT /F %d Tf %d %d Td <%s> Tj ET\n" % (size, x, y, shown)


@functools.cache
def _glyph(ch: str) -> bytes:
    """A character as a mask of 32 by 32 dots that fills the square above the line."""
    face = ImageFont.truetype(str(FONT), 30) if FONT.is_file() else ImageFont.load_default(30)
    image = Image.new("1", (32, 32), 1)
    ImageDraw.Draw(image).text((1, -6), ch, font=face, fill=0)
    return (
        b"1000 0 0 -120 1000 880 d1 q 1000 0 0 1000 0 -120 cm BI /W 32 /H 32 /IM true /BPC 1 /F /AHx ID "
        + image.tobytes().hex().encode()
        + b"> EI Q"
    )


def _font(codes: dict[str, int]) -> list[bytes]:
    """The font as object 3, its table of characters as 4, its glyphs from 5."""
    last = len(codes)
    names = b" ".join(b"/g%d" % code for code in codes.values())
    glyphs = b"".join(b"/g%d %d 0 R" % (code, code + 4) for code in codes.values())
    widths = b" ".join([b"1000"] * last)
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 -120 1000 880]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 1/LastChar %d"
        b"/Widths[%s]/Encoding<</Type/Encoding/Differences[1 %s]>>/CharProcs<<%s>>/ToUnicode 4 0 R/Resources<<>>>>"
        % (last, widths, names, glyphs)
    )
    lines = b"\n".join(b"<%02x> <%s>" % (code, ch.encode("utf-16-be").hex().encode()) for ch, code in codes.items())
    parts = [lines.split(b"\n")[at : at + 100] for at in range(0, last, 100)]
    body = b"".join(b"%d beginbfchar\n%s\nendbfchar\n" % (len(part), b"\n".join(part)) for part in parts)
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n" + body + b"endcmap end end"
    )
    streams = [cmap, *(_glyph(ch) for ch in codes)]
    return [font, *(b"<</Length %d>>stream\n%s\nendstream" % (len(one), one) for one in streams)]
