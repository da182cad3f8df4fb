"""Reading a year of public holidays out of a table or an ICS file: days, and each line that is none, with the reason.

Pure. Nothing is guessed: a line that is not understood is named, and whoever asked decides.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schedules.calendar import DayKind

MOST_LINES: Final = 2000
MOST_DAYS: Final = 60  # one event of an ICS file; a longer one is no holiday

_KINDS: Final = {
    **dict.fromkeys(("holiday", "休", "放假", "节假日", "休息"), DayKind.HOLIDAY),
    **dict.fromkeys(("makeup", "班", "调休", "调休上班", "补班", "上班"), DayKind.MAKEUP),
}
_HEAD: Final = frozenset({"date", "日期"})
_DATE: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class HolidayLine:
    """A date, what it is for the office, and the feast it belongs to."""

    on: dt.date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A line that is not understood: its number from 1, a code of the catalogue, and what stands there."""

    line: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class HolidayFile:
    """What was read: days in their order, and what was not understood or left out."""

    days: tuple[HolidayLine, ...]
    wrong: tuple[WrongLine, ...]
    skipped: tuple[WrongLine, ...] = ()

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({day.on.year for day in self.days}))


def read_holidays(text: str) -> HolidayFile:
    """An ICS file when it says so on its first line, else a table ``date,kind,name`` with or without a head."""
    plain = text.removeprefix("\ufeff")
    is_ics = plain.lstrip().upper().startswith("BEGIN:VCALENDAR")
    return _file(_ics(plain) if is_ics else _table(plain))


def _file(found: Iterator[HolidayLine | WrongLine]) -> HolidayFile:
    days: dict[dt.date, HolidayLine] = {}
    wrong: list[WrongLine] = []
    skipped: list[WrongLine] = []
    for one in found:
        if isinstance(one, WrongLine):
            (skipped if one.code == "no_holiday" else wrong).append(one)
        elif one.on in days and days[one.on].kind != one.kind:
            wrong.append(WrongLine(0, "twice", one.on.isoformat()))
        else:
            days.setdefault(one.on, one)
    return HolidayFile(tuple(sorted(days.values())), tuple(wrong), tuple(skipped))


def _table(text: str) -> Iterator[HolidayLine | WrongLine]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text else ",")
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            line = rows.line_num
            if line > MOST_LINES:
                yield WrongLine(line, "too_long", "")
                return
            if not any(cells) or cells[0].startswith("#") or cells[0].casefold() in _HEAD:
                continue
            yield _row(line, cells)
    except csv.Error as problem:
        yield WrongLine(rows.line_num, "no_table", str(problem)[:60])


def _row(line: int, cells: list[str]) -> HolidayLine | WrongLine:
    on = _date(cells[0])
    if on is None:
        return WrongLine(line, "no_date", cells[0][:60])
    kind = _KINDS.get(cells[1].casefold()) if len(cells) > 1 else None
    if kind is None:
        return WrongLine(line, "no_kind", (cells[1] if len(cells) > 1 else "")[:60])
    return HolidayLine(on, kind, cells[2][:60] if len(cells) > 2 else "")


def _date(text: str) -> dt.date | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _ics(text: str) -> Iterator[HolidayLine | WrongLine]:
    """All-day events whose title says 休 or 班; others are named and left out. Repeating events are none of ours."""
    event: dict[str, str] | None = None
    begun = 0
    for number, line in _unfolded(text):
        name, _, value = line.partition(":")
        key = name.partition(";")[0].upper()
        if (key, value.upper()) == ("BEGIN", "VEVENT"):
            event, begun = {}, number
        elif (key, value.upper()) == ("END", "VEVENT") and event is not None:
            yield from _event(begun, event)
            event = None
        elif event is not None:
            event.setdefault(key, value)
        if number > MOST_LINES * 10:
            yield WrongLine(number, "too_long", "")
            return


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    held = ""
    begun = 1
    for number, line in enumerate(text.splitlines(), start=1):
        if line[:1] in {" ", "\t"}:
            held += line[1:]
            continue
        if held:
            yield begun, held
        held, begun = line, number
    if held:
        yield begun, held


def _event(line: int, event: dict[str, str]) -> Iterator[HolidayLine | WrongLine]:
    title = re.sub(r"\\(.)", r"\1", event.get("SUMMARY", "")).strip()[:60]
    start = _date(event.get("DTSTART", "")[:8])
    kind = DayKind.MAKEUP if "班" in title else DayKind.HOLIDAY if re.search("[休假]", title) else None
    if kind is None:
        yield WrongLine(line, "no_holiday", title)
        return
    if start is None or "RRULE" in event:
        yield WrongLine(line, "no_date", title)
        return
    end = _date(event["DTEND"][:8]) if "DTEND" in event else start + _DAY
    if end is None or not 0 < (end - start).days <= MOST_DAYS:
        yield WrongLine(line, "no_date", title)
        return
    for count in range((end - start).days):
        yield HolidayLine(start + count * _DAY, kind, title)
