"""Many promises out of one table: every line is checked first, and all of them are made or none."""

import csv
import datetime as dt
import io
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold, look
from cms.content.models import Document, Edition
from cms.content.states import EditionState
from cms.kernel.errors import Denied, DomainError, Invalid, NotFound, Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.schedule import Wanted, check_promise, schedule
from schedules.beijing import OFFSET

MOST: Final = 500
MOST_BYTES: Final = 512 * 1024
_HEAD: Final = frozenset({"id", "稿件编号", "编号"})
_WHEN: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T](\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: which piece, when, on which targets, when it is taken off."""

    number: int
    public_id: str
    wanted: Wanted | None
    error: DomainError | None = None
    title: str = ""
    edition: uuid.UUID | None = None

    @property
    def is_good(self) -> bool:
        return self.error is None


def read_lines(data: bytes) -> Sequence[Line]:
    """Columns: piece, time, targets by ``;``, and, if wanted, the time it is taken off; wall time of the district.

    Raises Invalid `planning.lines_file` for what is no table, or has no line or too many.
    """
    if len(data) > MOST_BYTES:
        raise Invalid("planning.lines_file", most=MOST)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise Invalid("planning.lines_file", most=MOST)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in text else ",")
    found: list[Line] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells) and cells[0].casefold() not in _HEAD and not cells[0].startswith("#"):
                found.append(_line(rows.line_num, cells))
    except csv.Error as problem:
        raise Invalid("planning.lines_file", most=MOST) from problem
    if not 0 < len(found) <= MOST:
        raise Invalid("planning.lines_file", most=MOST)
    return found


async def check_lines(
    session: AsyncSession, actor: Actor, lines: Sequence[Line], *, now: dt.datetime
) -> Sequence[Line]:
    """Each line with its title and what is wrong with it; writes nothing."""
    return [await _checked(session, actor, line, lines, now, lock=False) for line in lines]


async def promise_lines(session: AsyncSession, actor: Actor, lines: Sequence[Line], *, now: dt.datetime) -> int:
    """Makes all promises in one transaction; returns how many.

    Raises Invalid `planning.lines_wrong` when a line is wrong: nothing was promised.
    """
    order = sorted(lines, key=lambda line: line.public_id)
    checked = [await _checked(session, actor, line, lines, now, lock=True) for line in order]
    wrong = [line for line in checked if not line.is_good]
    if wrong:
        raise Invalid("planning.lines_wrong", count=len(wrong), line=min(line.number for line in wrong))
    for line in checked:
        if line.edition is None or line.wanted is None:
            continue
        await schedule(
            session,
            actor,
            line.edition,
            at=line.wanted.at,
            targets=line.wanted.targets,
            now=now,
            take_off_at=line.wanted.take_off_at,
        )
    return len(checked)


async def _checked(
    session: AsyncSession, actor: Actor, line: Line, every: Sequence[Line], now: dt.datetime, *, lock: bool
) -> Line:
    if line.wanted is None:
        return line
    title, edition = "", None
    try:
        held = await _held(session, actor, line.public_id, lock=lock)
        title, edition = held.document.title, held.edition.id
        _once(held, line, every)
        await check_promise(session, held, actor, line.wanted, now=now)
    except DomainError as error:
        return Line(line.number, line.public_id, line.wanted, error, title, edition)
    return Line(line.number, line.public_id, line.wanted, None, title, edition)


def _once(held: Held, line: Line, every: Sequence[Line]) -> None:
    if held.state is EditionState.SCHEDULED:
        raise Refused("planning.promised_already")
    if any(other.public_id == line.public_id and other.number < line.number for other in every):
        raise Invalid("planning.line_twice")


async def _held(session: AsyncSession, actor: Actor, public_id: str, *, lock: bool) -> Held:
    query = select(Edition.id).join(Document, Document.id == Edition.document_id)
    edition = await session.scalar(query.where(Document.public_id == public_id, Edition.is_current))
    if edition is None:
        raise NotFound("content.no_document")
    held = await (hold if lock else look)(session, edition)
    try:
        require_can(actor, Action.DOCUMENT_READ, held.subject)
    except Denied:
        # Which numbers exist in other units is none of a table's business.
        raise NotFound("content.no_document") from None
    return held


def _line(number: int, cells: list[str]) -> Line:
    cells = [*cells, "", "", "", ""]
    public_id = cells[0][:40]
    try:
        at = _instant(cells[1])
        off = _instant(cells[3]) if cells[3] else None
    except Invalid as error:
        return Line(number, public_id, None, error)
    targets = tuple(code.strip() for code in re.split(r"[;；、|]", cells[2]) if code.strip())
    return Line(number, public_id, Wanted(at, targets, off))


def _instant(text: str) -> dt.datetime:
    found = _WHEN.fullmatch(text)
    year, month, day, hour, minute = (int(part) for part in found.groups()) if found else (0, 0, 0, 0, 0)
    try:
        return dt.datetime(year, month, day, hour, minute, tzinfo=OFFSET).astimezone(dt.UTC)
    except ValueError as problem:
        raise Invalid("planning.line_time", text=text[:40]) from problem
