"""A small workbook, written part by part: shared strings, numbers, and columns whose numbers are dates."""

import io
import zipfile
from collections.abc import Collection, Sequence
from typing import Final
from xml.sax.saxutils import escape

_MAIN: Final = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS: Final = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def xlsx(rows: Sequence[Sequence[str | float]], *, dates: Collection[int] = ()) -> bytes:
    """A package whose second sheet holds the rows; the first is hidden. An empty row is left out, as programs do."""
    strings: list[str] = []
    body = "".join(_row(number, row, dates, strings) for number, row in enumerate(rows, start=1) if row)
    sheets = '<sheet name="x" sheetId="1" state="hidden" r:id="rId2"/><sheet name="稿件" sheetId="2" r:id="rId1"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>{sheets}</sheets></workbook>')
        related = f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        package.writestr("xl/_rels/workbook.xml.rels", _RELS.format(related))
        package.writestr(
            "xl/styles.xml",
            f'<styleSheet {_MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        texts = "".join(f"<si><r><t>{escape(one)}</t></r></si>" for one in strings)
        package.writestr("xl/sharedStrings.xml", f"<sst {_MAIN}>{texts}</sst>")
        package.writestr("xl/worksheets/sheet1.xml", f"<worksheet {_MAIN}><sheetData>{body}</sheetData></worksheet>")
    return out.getvalue()


def _row(number: int, row: Sequence[str | float], dates: Collection[int], strings: list[str]) -> str:
    cells = []
    for at, value in enumerate(row):
        place = f"{chr(65 + at)}{number}"
        if isinstance(value, str):
            strings.append(value)
            cells.append(f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>')
        else:
            cells.append(f'<c r="{place}" s="{int(at in dates)}"><v>{value}</v></c>')
    return f'<row r="{number}">{"".join(cells)}</row>'
