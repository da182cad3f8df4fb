"""Sandboxed: a table of a spreadsheet, XLSX or CSV, as rows of text; formulas give the value they had when saved."""

import csv
import datetime as dt
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from media.errors import MediaRefused

NAME: Final = "sheet.json"
_READ_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ET.ParseError,
    KeyError,
)
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
# Built-in formats of dates and times; an office's own ones are known by their letters.
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - wall time, as the office typed it
_EPOCH_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_CELL_TEXT: Final = 110_000  # an article has at most 100,000 characters


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Writes `sheet.json`: {rows: [[number, [cell…]]…]}, without rows that are empty."""
    rows = _workbook(given, asked) if asked["format"] == "xlsx" else _separated(given.read_bytes())
    kept: list[tuple[int, list[str]]] = []
    for number, cells in rows:
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if len(kept) > int(asked["rows"]) or len(cells) > int(asked["columns"]):
            raise MediaRefused("media.sheet_too_large", rows=int(asked["rows"]), columns=int(asked["columns"]))
        kept.append((number, [cell[:_CELL_TEXT] for cell in cells]))
    (out / NAME).write_text(json.dumps({"rows": kept}, ensure_ascii=False), "utf-8")
    return {"rows": len(kept)}


def _separated(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    if "\0" in text:
        raise MediaRefused("media.sheet_kind")
    head = text[:4_000].partition("\n")[0]
    mark = max(",;\t", key=head.count)
    csv.field_size_limit(1 << 20)
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True), start=1)
    except csv.Error as error:
        raise MediaRefused("media.broken", format="csv") from error


def _decoded(data: bytes) -> str:
    """UTF-8, or what Chinese Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for name in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise MediaRefused("media.sheet_kind")


def _workbook(given: Path, asked: dict[str, Any]) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(given) as package:
            _check(package, asked)
            book = ET.fromstring(package.read("xl/workbook.xml"))  # noqa: S314 - this is the sandbox
            shared = _shared(package)
            dates = _date_styles(package)
            epoch = _EPOCH_1904 if any(one.get("date1904") in {"1", "true"} for one in book.iter()) else _EPOCH
            sheet = ET.fromstring(package.read(_first_sheet(package, book)))  # noqa: S314
            yield from ((number, row) for number, row in _rows(sheet, shared, dates, epoch, asked))
    except _READ_ERRORS as error:
        raise MediaRefused("media.broken", format="xlsx") from error


def _check(package: zipfile.ZipFile, asked: dict[str, Any]) -> None:
    members = package.infolist()
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise MediaRefused("media.locked_document", format="xlsx")
    if "xl/workbook.xml" not in names:
        raise MediaRefused("media.sheet_kind")
    total = sum(member.file_size for member in members)
    if len(members) > int(asked["entries"]) or total > int(asked["unpacked_bytes"]):
        raise MediaRefused("media.zip_bomb")


def _first_sheet(package: zipfile.ZipFile, book: ET.Element) -> str:
    """The first sheet that is not hidden."""
    sheets = [one for one in book.iter() if _local(one) == "sheet"]
    shown = next((one for one in sheets if one.get("state", "visible") == "visible"), sheets[0] if sheets else None)
    wanted = shown.get(_RELATION) if shown is not None else None
    for one in ET.fromstring(package.read("xl/_rels/workbook.xml.rels")):  # noqa: S314
        if one.get("Id") == wanted:
            target = one.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise MediaRefused("media.broken", format="xlsx")


def _shared(package: zipfile.ZipFile) -> list[str]:
    try:
        root = ET.fromstring(package.read("xl/sharedStrings.xml"))  # noqa: S314
    except KeyError:
        return []
    return [_words(one) for one in root if _local(one) == "si"]


def _date_styles(package: zipfile.ZipFile) -> set[int]:
    """Indexes of cell styles that show a number as a date."""
    try:
        root = ET.fromstring(package.read("xl/styles.xml"))  # noqa: S314
    except KeyError:
        return set()
    own = {one.get("numFmtId"): one.get("formatCode", "") for one in root.iter() if _local(one) == "numFmt"}
    styles = next((one for one in root if _local(one) == "cellXfs"), ())
    found = set()
    for index, style in enumerate(styles):
        number = style.get("numFmtId", "0")
        code = _QUOTED.sub("", own.get(number, "")).lower()
        if (number.isdigit() and int(number) in _DATES) or ("y" in code and "d" in code) or "年" in own.get(number, ""):
            found.add(index)
    return found


def _rows(
    sheet: ET.Element, shared: list[str], dates: set[int], epoch: dt.datetime, asked: dict[str, Any]
) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for row in (one for one in sheet.iter() if _local(one) == "row"):
        given = row.get("r", "")
        number = int(given) if given.isdigit() and len(given) < 8 else number + 1
        cells: list[str] = []
        for cell in (one for one in row if _local(one) == "c"):
            place = _CELL.fullmatch(cell.get("r", ""))
            column = _column(place[1]) if place else len(cells)
            if column >= int(asked["columns"]) + 1:
                if _value(cell, shared, dates, epoch).strip():
                    raise MediaRefused("media.sheet_too_large", rows=int(asked["rows"]), columns=int(asked["columns"]))
                continue
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = _value(cell, shared, dates, epoch)
        yield number, cells


def _value(cell: ET.Element, shared: list[str], dates: set[int], epoch: dt.datetime) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _words(cell)
    text = next(("".join(one.itertext()) for one in cell if _local(one) == "v"), "")
    if kind == "s":
        return shared[int(text)] if text.isdigit() and int(text) < len(shared) else ""
    style = cell.get("s", "")
    if kind == "n" and text and style.isdigit() and int(style) in dates:
        return _date(text, epoch)
    return text


def _date(text: str, epoch: dt.datetime) -> str:
    try:
        at = epoch + dt.timedelta(days=float(text))
    except (ValueError, OverflowError):
        return text
    at = (at + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return at.date().isoformat() if at.time() == dt.time() else at.isoformat(" ", "minutes")


def _words(element: ET.Element) -> str:
    """The text of a string and its runs; how a name is read (phonetic) is not its text."""
    runs = []
    for one in element:
        if _local(one) == "t":
            runs.append(one.text or "")
        elif _local(one) in {"r", "is"}:
            runs.append(_words(one))
    return "".join(runs)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]
