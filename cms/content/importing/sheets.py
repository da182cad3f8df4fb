"""The rows of a table as drafts: every cell is read, and every fault is named by its row and column. Pure."""

import datetime as dt
import re
import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cms.content.blocks import MAX_CHARACTERS, clean_text, read_body
from cms.content.draft import LIMITS, BylineDraft, Draft
from cms.content.kinds import Kind
from cms.kernel.errors import Invalid
from cms.kernel.ids import block_id
from cms.kernel.text import clean, one_line

# Field -> the names a column may have, the first is the template's.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("标题", "title"),
    "kind": ("类型", "稿件类型", "kind"),
    "unit": ("单位", "所属单位", "unit"),
    "column": ("栏目", "column"),
    "subtitle": ("副标题", "subtitle"),
    "summary": ("摘要", "summary"),
    "body": ("正文", "内容", "body"),
    "source": ("来源", "source"),
    "reporter": ("记者/作者", "作者", "记者", "reporter", "author"),
    "editor": ("责编", "责任编辑", "editor"),
    "sponsor": ("主办", "主办单位", "sponsor"),
    "date": ("日期", "时间", "date"),
    "channels": ("渠道", "channels"),
}
_FIELDS: Final = {name.lower(): field for field, names in COLUMNS.items() for name in names}
_SPLIT: Final = re.compile(r"[、，,;；\s]+")
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T](\d{1,2})[:：](\d{2})(?::\d{2})?)?")
_CELL_SHOWN: Final = 40

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the cells may name: units and columns by code and by name, kinds and channels by name.

    A name that several units have maps to several ids; `mine` are the units the person may write in.
    """

    units: Mapping[str, tuple[uuid.UUID, ...]]
    mine: frozenset[uuid.UUID]
    own_unit: uuid.UUID
    columns: Mapping[str, str]
    kinds: Mapping[str, Kind]
    channels: Mapping[str, str]
    zone: zoneinfo.ZoneInfo
    byline: BylineDraft


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in one cell: the row and the letter of its column as the spreadsheet shows them, and why.

    `code` is a key under ``error.``; `params` has what its sentence shows.
    """

    row: int
    letter: str
    header: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A good row: what to create."""

    row: int
    kind: Kind
    unit: uuid.UUID
    draft: Draft


@dataclass(frozen=True, slots=True)
class Checked:
    """The dry run of a table: what every row would become, and everything that is wrong."""

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    rows: int


def check_rows(rows: Sequence[Row], known: Known) -> Checked:
    """Reads a whole table; nothing is written, and no fault hides another."""
    if not rows:
        return Checked((), (Fault(1, "A", "", "content.sheet_empty"),), 0)
    head, *rest = rows
    faults: list[Fault] = []
    places = _places(head, faults)
    entries: list[Entry] = []
    if not faults and not rest:
        faults.append(Fault(head[0] + 1, "A", "", "content.sheet_empty"))
    if "title" not in places:
        return Checked((), tuple(faults), len(rest))
    seen: dict[tuple[str, uuid.UUID], int] = {}
    for number, cells in rest:
        reader = _Row(number, cells, places, known)
        entry = reader.entry()
        if entry is not None:
            first = seen.setdefault((entry.draft.title, entry.unit), number)
            if first != number:
                reader.fault("title", "content.sheet_twice", first=first)
        faults += sorted(reader.faults, key=lambda one: (len(one.letter), one.letter))
        if entry is not None and not reader.faults:
            entries.append(entry)
    return Checked(tuple(entries), tuple(faults), len(rest))


def letter(column: int) -> str:
    """The letter of a column from 0, as a spreadsheet shows it."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _places(head: Row, faults: list[Fault]) -> dict[str, tuple[int, str]]:
    """Which column holds which field."""
    number, cells = head
    places: dict[str, tuple[int, str]] = {}
    for at, cell in enumerate(cells):
        name = one_line(cell).rstrip("*＊ ")
        if not name:
            continue
        found = _FIELDS.get(name.lower())
        if found is None:
            faults.append(Fault(number, letter(at), name, "content.sheet_header", {"value": name[:_CELL_SHOWN]}))
        elif found in places:
            faults.append(Fault(number, letter(at), name, "content.sheet_header_twice", {"value": name}))
        else:
            places[found] = (at, name)
    if "title" not in places:
        faults.append(Fault(number, "A", "", "content.sheet_no_title"))
    return places


class _Row:
    """Reads one row; what is wrong is noted at its cell."""

    def __init__(self, number: int, cells: list[str], places: Mapping[str, tuple[int, str]], known: Known) -> None:
        self._number, self._cells, self._places, self._known = number, cells, places, known
        self.faults: list[Fault] = []

    def fault(self, name: str, code: str, **params: str | int) -> None:
        at, header = self._places.get(name, (0, ""))
        self.faults.append(Fault(self._number, letter(at), header, code, params))

    def entry(self) -> Entry | None:
        title = self._line("title")
        if not title and not any(
            fault.letter == letter(self._places.get("title", (0, ""))[0]) for fault in self.faults
        ):
            self.fault("title", "content.sheet_title_missing")
        given = self._known.byline
        byline = BylineDraft(
            self._line("source", "byline") or given.source,
            self._line("reporter", "byline") or given.reporter,
            self._line("editor", "byline") or given.editor,
            self._line("sponsor", "byline") or given.sponsor,
            self._date() or given.date,
        )
        unit, kind = self._unit(), self._kind()
        draft = Draft(
            title=title,
            subtitle=self._line("subtitle"),
            summary=self._text("summary", LIMITS["summary"]),
            byline=byline,
            column=self._column(),
            body=self._body(),
            channels=self._channels(),
        )
        return None if unit is None or kind is None else Entry(self._number, kind, unit, draft)

    def _cell(self, name: str) -> str:
        at = self._places[name][0] if name in self._places else -1
        return self._cells[at] if 0 <= at < len(self._cells) else ""

    def _text(self, name: str, most: int) -> str:
        found = clean(clean_text(self._cell(name)))
        if len(found) > most:
            self.fault(name, "content.sheet_long", most=most, count=len(found))
            return ""
        return found

    def _line(self, name: str, limit: str = "") -> str:
        return one_line(self._text(name, LIMITS[limit or name]))

    def _named(self, name: str) -> str:
        return one_line(self._cell(name))

    def _unit(self) -> uuid.UUID | None:
        name = self._named("unit")
        if not name:
            found: tuple[uuid.UUID, ...] = (self._known.own_unit,)
        else:
            found = self._known.units.get(name.lower(), ())
        if not found:
            self.fault("unit", "content.sheet_no_unit", value=name[:_CELL_SHOWN])
        elif len(found) > 1:
            self.fault("unit", "content.sheet_units", value=name[:_CELL_SHOWN], count=len(found))
        elif found[0] not in self._known.mine:
            self.fault("unit", "content.sheet_unit_denied", value=name[:_CELL_SHOWN])
        else:
            return found[0]
        return None

    def _kind(self) -> Kind | None:
        name = self._named("kind")
        found = self._known.kinds.get(name.lower()) if name else Kind.NEWS
        if found is None:
            named = "、".join(key for key, kind in self._known.kinds.items() if key != kind.value)
            self.fault("kind", "content.sheet_kind", value=name[:_CELL_SHOWN], names=named)
        return found

    def _column(self) -> str | None:
        name = self._named("column")
        if not name:
            return None
        found = self._known.columns.get(name.lower())
        if found is None:
            self.fault("column", "content.sheet_no_column", value=name[:_CELL_SHOWN])
        return found

    def _channels(self) -> tuple[str, ...]:
        names = [one for one in _SPLIT.split(self._named("channels")) if one]
        if not names:
            return tuple(sorted(set(self._known.channels.values())))
        found = []
        for name in names:
            known = self._known.channels.get(name.lower())
            if known is None:
                self.fault("channels", "content.sheet_no_channel", value=name[:_CELL_SHOWN])
            else:
                found.append(known)
        return tuple(sorted(set(found)))

    def _date(self) -> dt.datetime | None:
        text = self._named("date")
        if not text:
            return None
        found = _DATE.fullmatch(text)
        try:
            if found is not None:
                year, month, day, hour, minute = (int(part or 0) for part in found.groups())
                at = dt.datetime(year, month, day, hour, minute, tzinfo=self._known.zone).astimezone(dt.UTC)
                if 1970 <= at.year < 2200:
                    return at
        except (ValueError, OverflowError):
            pass
        self.fault("date", "content.sheet_date", value=text[:_CELL_SHOWN])
        return None

    def _body(self) -> Any:
        text = self._text("body", MAX_CHARACTERS)
        parts = [line for part in text.splitlines() if (line := clean(part))]
        blocks = [{"id": block_id(), "type": "paragraph", "text": [{"t": line}]} for line in parts]
        try:
            return read_body({"schema": 1, "blocks": blocks})
        except Invalid:
            self.fault("body", "content.sheet_body", count=len(parts))
            return read_body({"schema": 1, "blocks": []})
