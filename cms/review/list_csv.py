"""The lists as tables of a spreadsheet: read with the place of every wrong cell, and written back alike. Pure."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from cms.kernel.folding import fold
from cms.kernel.text import one_line

MOST_ROWS: Final = 50_000
MOST_BYTES: Final = 8 << 20
MOST_PROBLEMS: Final = 100
_LONGEST: Final = 40
_LONGEST_TEXT: Final = 100


class ListKind(StrEnum):
    """A list that machine checks look things up in."""

    WORDS = "words"
    NAMES = "names"
    SOURCES = "sources"


Entry: TypeAlias = dict[str, Any]

RULES: Final = {"deny": "禁用", "allow": "放行"}
SEVERITIES: Final = {"must": "必须修改", "reason": "须说明理由", "hint": "提示"}
# kind -> column of the file -> field of the entry; the first is what an entry is known by.
COLUMNS: Final[Mapping[ListKind, Mapping[str, str]]] = {
    ListKind.WORDS: {
        "词语": "word",
        "类型": "rule",
        "级别": "severity",
        "建议用语": "suggest",
        "类别": "category",
    },
    ListKind.NAMES: {"姓名": "name", "职务": "titles"},
    ListKind.SOURCES: {"来源": "name"},
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which row (the heading is row 1) and column; its sentence is ``review.list.{code}``."""

    row: int
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says: its entries, and everything that is wrong with it."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import would do, by the keys of the entries."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    same: int = 0
    result: tuple[Entry, ...] = field(default=(), repr=False)


def key_of(kind: ListKind, entry: Entry) -> str:
    """What an entry is known by."""
    return str(entry[next(iter(COLUMNS[kind].values()))])


def read_csv(kind: ListKind, data: bytes) -> Read:
    """Entries of a CSV file in UTF-8 or, as an office's spreadsheet writes it, GB 18030."""
    if len(data) > MOST_BYTES:
        return Read(problems=(Problem(0, "", "file_large"),))
    text = _decoded(data)
    if text is None:
        return Read(problems=(Problem(0, "", "file_encoding"),))
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error:
        return Read(problems=(Problem(0, "", "file_form"),))
    heading = [one_line(cell) for cell in rows[0]] if rows else []
    columns = COLUMNS[kind]
    wanted = next(iter(columns))
    if wanted not in heading:
        return Read(problems=(Problem(1, wanted, "column_missing"),))
    unknown = [Problem(1, cell, "column_unknown", cell[:_LONGEST]) for cell in heading if cell not in columns]
    if unknown or len(rows) > MOST_ROWS + 1:
        return Read(problems=tuple(unknown[:MOST_PROBLEMS]) or (Problem(MOST_ROWS + 2, "", "file_long"),))
    return _read_rows(kind, heading, rows[1:])


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None


def _read_rows(kind: ListKind, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Read:
    entries: dict[str, Entry] = {}
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=2):
        cells = {name: one_line(cell) for name, cell in zip(heading, row, strict=False)}
        if not any(cells.values()):
            continue
        entry, wrong = _READERS[kind](cells)
        found = [Problem(number, column, code, cells.get(column, "")[:_LONGEST]) for column, code in wrong]
        key = "" if found else key_of(kind, entry)
        # Two spellings that are one when compared: only one of them would ever be found.
        same = fold(key, joined=True).text
        if key and same in first:
            found = [Problem(number, next(iter(COLUMNS[kind])), "row_twice", f"{key}（{first[same]}）")]
        problems += found
        if len(problems) >= MOST_PROBLEMS:
            break
        if not found:
            entries[key], first[same] = entry, number
    if not entries and not problems:
        problems.append(Problem(2, "", "file_empty"))
    return Read(() if problems else tuple(entries.values()), tuple(problems))


def _word(cells: Mapping[str, str]) -> tuple[Entry, list[tuple[str, str]]]:
    wrong: list[tuple[str, str]] = []
    word, suggest, category = cells["词语"], cells.get("建议用语", ""), cells.get("类别", "")
    rule = _named(cells.get("类型") or RULES["deny"], RULES)
    severity = _named(cells.get("级别") or SEVERITIES["must"], SEVERITIES)
    if not fold(word, joined=True).text:
        wrong.append(("词语", "cell_empty"))
    wrong += [("词语", "cell_long")] if len(word) > _LONGEST else []
    wrong += [] if rule else [("类型", "rule_unknown")]
    wrong += [] if severity else [("级别", "severity_unknown")]
    wrong += [("建议用语", "cell_long")] if len(suggest) > _LONGEST_TEXT else []
    wrong += [("类别", "cell_long")] if len(category) > _LONGEST else []
    return {"word": word, "rule": rule, "severity": severity, "suggest": suggest, "category": category}, wrong


def _name(cells: Mapping[str, str]) -> tuple[Entry, list[tuple[str, str]]]:
    name = cells["姓名"]
    titles = [one.strip() for one in cells.get("职务", "").replace(";", "；").split("；") if one.strip()]
    wrong: list[tuple[str, str]] = []
    if len(name) < 2:
        wrong.append(("姓名", "name_short"))
    wrong += [("姓名", "cell_long")] if len(name) > _LONGEST else []
    wrong += [] if titles else [("职务", "cell_empty")]
    wrong += [("职务", "cell_long")] if any(len(one) > _LONGEST for one in titles) else []
    return {"name": name, "titles": titles}, wrong


def _source(cells: Mapping[str, str]) -> tuple[Entry, list[tuple[str, str]]]:
    name = cells["来源"]
    wrong = [("来源", "cell_empty")] if not name else [("来源", "cell_long")] if len(name) > _LONGEST_TEXT else []
    return {"name": name}, wrong


_READERS: Final[Mapping[ListKind, Callable[[Mapping[str, str]], tuple[Entry, list[tuple[str, str]]]]]] = {
    ListKind.WORDS: _word,
    ListKind.NAMES: _name,
    ListKind.SOURCES: _source,
}


def _named(value: str, names: Mapping[str, str]) -> str:
    """The word of the code for the one in the file; either is understood."""
    return next((code for code, name in names.items() if value in {code, name}), "")


def write_csv(kind: ListKind, entries: Sequence[Entry]) -> bytes:
    """The list as `read_csv` reads it, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS[kind])
    writer.writerows([_safe(_cell(name, entry[name])) for name in COLUMNS[kind].values()] for entry in entries)
    return out.getvalue().encode("utf-8-sig")


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "；".join(value)
    return {"rule": RULES, "severity": SEVERITIES}.get(name, {}).get(value, str(value))


def _safe(cell: str) -> str:
    """A spreadsheet runs what begins like a formula; a blank before it is taken off again on reading."""
    return f" {cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def compare(kind: ListKind, before: Sequence[Entry], file: Sequence[Entry], *, replace: bool) -> Changes:
    """What becomes of `before` by a file: its entries put over it, or, with `replace`, in its place."""
    old = {key_of(kind, entry): entry for entry in before}
    new = {key_of(kind, entry): entry for entry in file}
    after = new if replace else {**old, **new}
    return Changes(
        added=tuple(key for key in new if key not in old),
        changed=tuple(key for key, entry in new.items() if key in old and old[key] != entry),
        removed=tuple(key for key in old if key not in after),
        same=sum(after.get(key) == entry for key, entry in old.items()),
        result=tuple(after.values()),
    )


def rows(kind: ListKind, entries: Sequence[Entry], *, words: str = "") -> Iterator[list[str]]:
    """The entries as cells, those with `words` in any of them."""
    for entry in entries:
        cells = [_cell(name, entry[name]) for name in COLUMNS[kind].values()]
        if not words or any(words in cell for cell in cells):
            yield cells
