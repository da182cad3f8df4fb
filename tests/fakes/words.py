"""A small Word document, written part by part: headline, words with marks, a list, a table, a picture, links."""

import io
import zipfile
from typing import Final

from PIL import Image

_NS: Final = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELS: Final = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def paragraph(text: str, *, bold: bool = False, style: str = "") -> str:
    mark = "<w:rPr><w:b/></w:rPr>" if bold else ""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r>{mark}<w:t>{text}</w:t></w:r></w:p>"


def link(text: str, relation: str) -> str:
    return f'<w:p><w:hyperlink r:id="{relation}"><w:r><w:t>{text}</w:t></w:r></w:hyperlink></w:p>'


def table(*rows: tuple[str, ...]) -> str:
    cells = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(c)}</w:tc>" for c in row) + "</w:tr>" for row in rows)
    return f"<w:tbl>{cells}</w:tbl>"


def image(relation: str) -> str:
    blip = f'<pic:blipFill><a:blip r:embed="{relation}"/></pic:blipFill>'
    inner = f"<a:graphic><a:graphicData><pic:pic>{blip}</pic:pic></a:graphicData></a:graphic>"
    named = '<wp:docPr id="1" name="x" descr="桥"/>'
    return f"<w:p><w:r><w:drawing><wp:inline>{named}{inner}</wp:inline></w:drawing></w:r></w:p>"


def picture(colour: tuple[int, int, int] = (40, 90, 120), size: tuple[int, int] = (1200, 800)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def docx(*parts: str, media: bytes | None = None) -> bytes:
    """A package of these parts; `rId1` is an https link, `rId2` another one, `rId3` the picture."""
    relations = (
        f'<Relationship Id="rId1" Type="{_OFFICE}/hyperlink" Target="https://www.example.cn/" TargetMode="External"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/hyperlink" Target="http://old.example.cn/" TargetMode="External"/>'
        f'<Relationship Id="rId3" Type="{_OFFICE}/image" Target="media/image1.png"/>'
    )
    main = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _RELS.format(main))
        package.writestr("word/_rels/document.xml.rels", _RELS.format(relations))
        package.writestr("word/document.xml", f"<w:document {_NS}><w:body>{''.join(parts)}</w:body></w:document>")
        package.writestr("word/media/image1.png", media or picture())
    return out.getvalue()
