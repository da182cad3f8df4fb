"""A table of people or units as offices keep them: CSV of a spreadsheet, columns by their names, faults by place."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cms.kernel.errors import Invalid
from cms.kernel.text import one_line

MOST_BYTES: Final = 1 << 20
MOST_ROWS: Final = 5_000
_MOST_CELL: Final = 400
_DELIMITERS: Final = ",\t;，"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in the product and the names people give it; one that is not `required` may be missing."""

    key: str
    names: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; `number` is the one a spreadsheet shows, the head being 1."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell: where, and the code of the sentence."""

    row: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class SheetRefused(Invalid):
    """A table with faults: nothing of it was taken."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("people.csv_refused", count=len(faults))
        self.faults = tuple(faults)


def read_rows(data: bytes, columns: Sequence[Column]) -> list[Row]:
    """The rows of a CSV in UTF-8, UTF-16 or GB 18030, as spreadsheets write it; empty lines are passed over.

    Raises Invalid `people.csv_empty`, `.csv_large`, `.csv_text` (no text at all), `.csv_columns` (names what is
    missing), `.csv_rows`, `.csv_cell` (a row too long for its place).
    """
    if len(data) > MOST_BYTES:
        raise Invalid("people.csv_large", most=MOST_BYTES >> 20)
    text = _decoded(data)
    head_line = text.lstrip().partition("\n")[0]
    if not head_line.strip():
        raise Invalid("people.csv_empty")
    delimiter = max(_DELIMITERS, key=head_line.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Invalid("people.csv_text") from error
    places = _places(lines[0], columns)
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = {key: one_line(line[at]) if at < len(line) else "" for key, at in places.items()}
        if not any(cells.values()):
            continue
        if any(len(cell) > _MOST_CELL for cell in cells.values()):
            raise Invalid("people.csv_cell", row=number, most=_MOST_CELL)
        rows.append(Row(number, cells))
    if not rows:
        raise Invalid("people.csv_empty")
    if len(rows) > MOST_ROWS:
        raise Invalid("people.csv_rows", most=MOST_ROWS)
    return rows


def _decoded(data: bytes) -> str:
    """Chinese spreadsheets save GBK unless told otherwise; what is neither is no table."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid("people.csv_text")


def _places(head: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    names = [one_line(name).casefold() for name in head]
    places = {}
    for column in columns:
        found = [at for at, name in enumerate(names) if name in column.names]
        if found:
            places[column.key] = found[0]
    missing = [column.names[0] for column in columns if column.required and column.key not in places]
    if missing:
        raise Invalid("people.csv_columns", missing="、".join(missing))
    return places


class Places:
    """Finds a unit by what a cell says: its path, or its code where only one unit has it."""

    def __init__(self, paths: Sequence[str], *, more_codes: Sequence[str] = ()) -> None:
        """`more_codes` are those of units that are about to be: a code that two have names neither."""
        self._paths = set(paths)
        self._by_code: dict[str, list[str]] = {}
        for path in paths:
            self._by_code.setdefault(path.rstrip("/").rpartition("/")[2], []).append(path)
        self._counts = {code: len(found) for code, found in self._by_code.items()}
        for code in more_codes:
            self._counts[code] = self._counts.get(code, 0) + 1

    def add(self, path: str) -> None:
        self._paths.add(path)
        self._by_code.setdefault(path.rstrip("/").rpartition("/")[2], []).append(path)

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def is_ambiguous(self, cell: str) -> bool:
        return "/" not in cell.strip("/") and self._counts.get(_code(cell), 0) > 1 and self._as_path(cell) is None

    def find(self, cell: str) -> str | None:
        """The path of the unit, or None; one code for several is none."""
        found = self._as_path(cell)
        if found is not None or "/" in cell.strip("/") or self.is_ambiguous(cell):
            return found
        return next(iter(self._by_code.get(_code(cell), [])), None)

    def _as_path(self, cell: str) -> str | None:
        path = f"/{_code(cell)}/"
        return path if path in self._paths else None


def _code(cell: str) -> str:
    return cell.strip().strip("/").lower()
