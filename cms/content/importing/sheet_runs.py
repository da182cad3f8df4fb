"""A table from its dry run to its drafts and back: all rows or none, and one undo for all of them."""

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.draft import BylineDraft
from cms.content.editing import create
from cms.content.editions import discard
from cms.content.importing.models import SheetImport
from cms.content.importing.sheets import Checked, Known, Row, check_rows
from cms.content.kinds import Kind
from cms.content.models import Column, Document, Edition, Revision, WorkingCopy
from cms.content.states import EditionState
from cms.kernel.errors import NotFound, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, can, require_reach
from cms.people.units import unit_at

PAGE: Final = 20


class SheetState(StrEnum):
    """How far the import of a table is."""

    CHECKED = "checked"
    DONE = "done"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Words:
    """What cells may call things on this installation: kinds and channels by their names, and the byline's rest."""

    kinds: Mapping[str, Kind]
    channels: Mapping[str, str]
    zone: zoneinfo.ZoneInfo
    sponsor: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A document an import made: its public id, title, and whether it is still as it was imported."""

    public_id: str
    title: str
    state: str
    is_untouched: bool


async def dry_run(
    session: AsyncSession, actor: Actor, rows: Sequence[Row], *, name: str, now: dt.datetime
) -> SheetImport:
    """Keeps a table that was read, so that what is confirmed is what was shown; nothing else is written."""
    require_reach(actor, Action.DOCUMENT_CREATE)
    run = SheetImport(
        id=uuid7(now),
        person_id=actor.person,
        unit_path=actor.unit,
        name=one_line(name)[:200],
        state=SheetState.CHECKED,
        rows=[[number, list(cells)] for number, cells in rows],
        documents=[],
        created_at=now,
    )
    session.add(run)
    await session.flush()
    return run


async def checked(session: AsyncSession, actor: Actor, run: SheetImport, words: Words, *, now: dt.datetime) -> Checked:
    """What a kept table would become as things are now."""
    known = await _known(session, actor, words, now)
    return check_rows([(number, cells) for number, cells in run.rows], known)


async def apply(session: AsyncSession, actor: Actor, run: uuid.UUID, words: Words, *, now: dt.datetime) -> SheetImport:
    """Makes a draft of every row, in one transaction.

    Raises Refused `content.sheet_faults` when anything is wrong, `content.sheet_settled` when it was done already.
    """
    row = await run_of(session, actor, run, lock=True)
    if row.state != SheetState.CHECKED:
        raise Refused("content.sheet_settled")
    found = await checked(session, actor, row, words, now=now)
    if found.faults or not found.entries:
        raise Refused("content.sheet_faults", count=len(found.faults))
    made = []
    for entry in found.entries:
        edition = await create(session, actor, kind=entry.kind, unit=entry.unit, draft=entry.draft, now=now)
        made.append(str(edition.document_id))
    row.documents, row.state, row.done_at = made, SheetState.DONE, now
    await session.flush()
    await _record(session, actor, "import.sheet", row, now)
    return row


async def undo(session: AsyncSession, actor: Actor, run: uuid.UUID, *, now: dt.datetime) -> SheetImport:
    """Discards every draft of an import, in one transaction.

    Raises Refused `content.sheet_settled`, `content.sheet_in_use` naming a piece somebody has worked on since.
    """
    row = await run_of(session, actor, run, lock=True)
    if row.state != SheetState.DONE:
        raise Refused("content.sheet_settled")
    for one in await made_by(session, row):
        if not one.is_untouched and one.state != EditionState.DISCARDED:
            raise Refused("content.sheet_in_use", title=one.title)
    query = select(Edition).where(Edition.document_id.in_(map(uuid.UUID, row.documents)), Edition.is_current)
    for edition in (await session.scalars(query.order_by(Edition.id))).all():
        if edition.state != EditionState.DISCARDED:
            await discard(session, actor, edition.id, now=now)
    row.state, row.undone_at = SheetState.UNDONE, now
    await session.flush()
    await _record(session, actor, "import.undo", row, now)
    return row


async def run_of(session: AsyncSession, actor: Actor, run: uuid.UUID, *, lock: bool = False) -> SheetImport:
    """One's own import. Raises NotFound `content.no_import`."""
    require_reach(actor, Action.DOCUMENT_CREATE)
    row = await session.get(SheetImport, run, with_for_update=lock or None, populate_existing=True)
    if row is None or row.person_id != actor.person:
        raise NotFound("content.no_import")
    return row


async def runs(session: AsyncSession, actor: Actor) -> Sequence[SheetImport]:
    """One's own imports, newest first."""
    query = select(SheetImport).where(SheetImport.person_id == actor.person)
    return (await session.scalars(query.order_by(SheetImport.created_at.desc()).limit(PAGE))).all()


async def made_by(session: AsyncSession, run: SheetImport) -> Sequence[Made]:
    """The documents of an import, in the order of its rows."""
    ids = list(map(uuid.UUID, run.documents))
    query = select(Document, Edition.state, Edition.number, Revision.number.label("revision"), WorkingCopy.id)
    query = query.join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
    query = query.join(Revision, Revision.id == Edition.revision_id)
    query = query.outerjoin(WorkingCopy, WorkingCopy.document_id == Document.id)
    found = {row.Document.id: row for row in (await session.execute(query.where(Document.id.in_(ids)))).all()}
    return [
        Made(
            row.Document.public_id,
            row.Document.title,
            row.state,
            row.state == EditionState.DRAFT and row.number == 1 and row.revision == 1 and row.id is None,
        )
        for row in (found[one] for one in ids if one in found)
    ]


async def _known(session: AsyncSession, actor: Actor, words: Words, now: dt.datetime) -> Known:
    units = (await session.scalars(select(Unit))).all()
    named: dict[str, tuple[uuid.UUID, ...]] = {}
    for unit in units:
        for name in {unit.name.lower(), unit.code.lower(), unit.path}:
            named[name] = (*named.get(name, ()), unit.id)
    own = await unit_at(session, actor.unit)
    mine = frozenset(
        unit.id for unit in units if can(actor, Action.DOCUMENT_CREATE, Subject(unit.path, frozenset({actor.person})))
    )
    columns = (await session.execute(select(Column.code, Column.name))).all()
    return Known(
        units=named,
        mine=mine,
        own_unit=own.id,
        columns={name.lower(): row.code for row in columns for name in (row.name, row.code)},
        kinds=words.kinds,
        channels=words.channels,
        zone=words.zone,
        byline=BylineDraft(own.name, actor.name, "", words.sponsor, now),
    )


async def _record(session: AsyncSession, actor: Actor, action: str, row: SheetImport, now: dt.datetime) -> None:
    details = {"name": row.name, "documents": len(row.documents)}
    await record(session, actor, action, of=("import", str(row.id)), unit=row.unit_path, details=details, now=now)
