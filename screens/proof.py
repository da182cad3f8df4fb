"""Proof of play, counted: which rows of a device's chain hold, and what they sum up to by day. Pure.

A row is one showing: a release, when it began, how long it stood. Rows are numbered from 1 and each hash takes in the
one before, so a device can neither leave one out nor slip one in once a later one is here. Rows are counted strictly in
their order, whatever order batches arrive in: the totals cannot depend on it.
"""

import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from cms.kernel.errors import Invalid
from schedules.beijing import OFFSET

GENESIS: Final = "0" * 64
DAY_MS: Final = 86_400_000
# A box whose trusted time is a beacon old may be ahead of us by this much.
AHEAD_MS: Final = 5 * 60_000
LONGEST_MS: Final = DAY_MS
_OFFSET_MS: Final = round((OFFSET.utcoffset(None) or dt.timedelta()).total_seconds() * 1000)
REFUSED: Final = ("negative", "too_long", "future", "overlap")

Days: TypeAlias = dict[tuple[str, str], list[int]]
"""(day, release) -> [plays, milliseconds]."""


class Row(NamedTuple):
    release: str
    start: int
    ms: int


class Refusal(NamedTuple):
    """A row that is not counted; `code` is one of `REFUSED`."""

    seq: int
    code: str
    row: Row


@dataclass(frozen=True, slots=True)
class Head:
    """Up to where a chain is counted: number and hash of the last row, and when the last good one ended (ms)."""

    seq: int = 0
    hash: str = GENESIS
    until: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows, numbered from `first`; `prev` is the hash of the row before, `head` that of the last one."""

    first: int
    prev: str
    head: str
    rows: tuple[Row, ...]


@dataclass(slots=True)
class Counted:
    """What a batch came to."""

    head: Head
    days: Days = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)


class Broken(Exception):
    """The batch does not hang on the chain as it is counted: a row was changed, left out or slipped in."""


def next_hash(prev: str, seq: int, row: Row) -> str:
    """The hash of a row under the one before; the player computes the same (docs/formats.md §6)."""
    text = f"yunping/proof/1\n{prev}\n{seq}\n{row.release}\n{row.start}\n{row.ms}"
    return hashlib.sha256(text.encode()).hexdigest()


def chained(rows: Sequence[Row], first: int = 1, prev: str = GENESIS) -> Batch:
    """Rows as a batch with its hashes."""
    head = prev
    for place, row in enumerate(rows):
        head = next_hash(head, first + place, row)
    return Batch(first, prev, head, tuple(rows))


def count(head: Head, batch: Batch, *, now: int) -> Counted:
    """Counts the rows of a batch that begins where `head` ends; bad rows are named and the others stand.

    Raises Broken.
    """
    if batch.first != head.seq + 1 or batch.prev != head.hash:
        raise Broken
    made = Counted(head)
    until, link, latest = head.until, head.hash, now + AHEAD_MS
    for seq, row in enumerate(batch.rows, batch.first):
        link = next_hash(link, seq, row)
        code = _fault(row, until, latest)
        if code:
            made.refusals.append(Refusal(seq, code, row))
            continue
        until = row.start + row.ms
        _add(made.days, row)
    if link != batch.head:
        raise Broken
    made.head = Head(head.seq + len(batch.rows), link, until)
    return made


def day_of_ms(ms: int) -> str:
    """The day of the district an instant lies in, ``2026-11-26``."""
    return _day((ms + _OFFSET_MS) // DAY_MS)


def squeezed(batch: Batch) -> bytes:
    """A batch as it is kept."""
    text = json.dumps([batch.first, batch.prev, batch.head, *plain(batch.rows)], separators=(",", ":"))
    return zlib.compress(text.encode(), 3)


def unsqueezed(data: bytes) -> Batch:
    first, prev, head, names, rows = json.loads(zlib.decompress(data))
    return Batch(first, prev, head, tuple(Row(names[name], start, ms) for name, start, ms in rows))


def month_days(month: str) -> tuple[str, str]:
    """The first and the last day of ``2026-11``. Raises Invalid `screens.month`."""
    try:
        first = dt.date.fromisoformat(f"{month}-01")
    except ValueError as problem:
        raise Invalid("screens.month", fields={"month": "screens.month"}) from problem
    later = first.replace(day=28) + dt.timedelta(days=4)
    return first.isoformat(), (later - dt.timedelta(days=later.day)).isoformat()


def merged(days: Days, more: Mapping[tuple[str, str], Sequence[int]]) -> None:
    """Adds the second to the first."""
    for key, (plays, ms) in more.items():
        of = days.setdefault(key, [0, 0])
        of[0] += plays
        of[1] += ms


def _fault(row: Row, until: int, latest: int) -> str:
    if row.ms <= 0 or row.start < 0:
        return "negative"
    if row.ms > LONGEST_MS:
        return "too_long"
    if row.start + row.ms > latest:
        return "future"
    return "overlap" if row.start < until else ""


def _add(days: Days, row: Row) -> None:
    """A showing over midnight is one play of the day it began on; its time goes to the days it stood in."""
    for place, (day, ms) in enumerate(_parts(row)):
        of = days.setdefault((day, row.release), [0, 0])
        of[0] += place == 0
        of[1] += ms


def _parts(row: Row) -> Iterator[tuple[str, int]]:
    start, left = row.start, row.ms
    while left > 0:
        day = (start + _OFFSET_MS) // DAY_MS
        part = min(left, (day + 1) * DAY_MS - _OFFSET_MS - start)
        yield _day(day), part
        start, left = start + part, left - part


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()


def plain(rows: Sequence[Row]) -> tuple[list[str], list[list[int]]]:
    """Names once, and rows that name theirs by its place: as a message carries them."""
    names: dict[str, int] = {}
    found = [[names.setdefault(row.release, len(names)), row.start, row.ms] for row in rows]
    return list(names), found
