"""Taking an issue in: the PDF is looked through before anything is kept, then a document, an issue and its work."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import read_body
from cms.content.draft import LIMITS, Draft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.content.models import Document
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, Refused
from cms.kernel.ids import block_id, uuid7
from cms.kernel.text import one_line
from cms.kernel.wake import ring
from cms.library.upload import Workshop, asset_name
from cms.newspaper.models import DrawJob, Newspaper, NewspaperIssue
from cms.newspaper.states import DrawState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, require_can
from media.errors import MediaRefused
from media.kinds import PDF, Kind as FileKind
from media.limits import DocumentLimits
from media.newspaper import Sheets, look_through
from media.probe import probe
from media.sources import Source
from media.store import StoredFile
from media.threads import in_thread
from media.workspace import caught, private_folder

PDF_LIMITS: Final = DocumentLimits()
NAME_LENGTH: Final = 60
NUMBER_LENGTH: Final = 40
_LONG_AGO: Final = dt.date(1900, 1, 1)
_AHEAD: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Named:
    """Which issue it is: of which paper, of which day, under which number; a number is optional."""

    paper: str
    date: dt.date
    number: str = ""


def read_named(*, paper: str, date: str, number: str, today: dt.date) -> Named:
    """As people write it. Raises Invalid `newspaper.issue` naming the fields."""
    wrong: dict[str, str] = {}
    name, counted = one_line(paper), one_line(number)
    if not 0 < len(name) <= NAME_LENGTH:
        wrong["paper"] = "newspaper.field_paper"
    if len(counted) > NUMBER_LENGTH:
        wrong["number"] = "newspaper.field_number"
    day = _day(date, today)
    if day is None:
        wrong["date"] = "newspaper.field_date"
    if wrong or day is None:
        raise Invalid("newspaper.issue", fields=wrong)
    return Named(name, day, counted)


def _day(value: str, today: dt.date) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return None
    return day if _LONG_AGO <= day <= today + _AHEAD else None


async def take_issue(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    *,
    named: Named,
    name: str,
    size: int | None = None,
    base: Draft | None = None,
    now: dt.datetime,
) -> str:
    """The public id of the document an issue becomes; its pages are drawn by a worker.

    Raises:
        Denied: the person may not write or upload in their unit.
        Refused: `newspaper.issue_exists` with the document of the paper's issue of that day.
        MediaRefused: `media.too_large` before anything is read, `media.too_many_pages`, `media.locked_document`, ….
    """
    own = Subject(actor.unit, frozenset({actor.person}))
    for action in (Action.DOCUMENT_CREATE, Action.LIBRARY_UPLOAD):
        require_can(actor, action, own)
    if size is not None and size > PDF_LIMITS.file_bytes:
        raise MediaRefused("media.too_large", limit=PDF_LIMITS.file_bytes >> 20)
    async with db.read() as session:
        await _none_yet(session, actor.unit, named)
    sheets, kept = await keep_pdf(workshop, source)
    try:
        async with db.write() as session:
            await _none_yet(session, actor.unit, named)
            return await _add(session, actor, named, sheets, kept, name=name, base=base or Draft(), now=now)
    except IntegrityError:
        # Two people brought the same issue at the same moment: the second is told of the first.
        async with db.read() as session:
            await _none_yet(session, actor.unit, named)
        raise


async def keep_pdf(workshop: Workshop, source: Source) -> tuple[Sheets, StoredFile]:
    """The checked PDF in the store, and what is in it; a refused one leaves nothing."""
    async with private_folder(workshop.work) as folder:
        path = folder / "upload"
        await caught(source, path, limit=PDF_LIMITS.file_bytes, reserve=PDF_LIMITS.min_free_bytes)
        form = await in_thread(probe, path, accept={FileKind.document, FileKind.picture, FileKind.video})
        if form is not PDF:
            raise MediaRefused("media.wrong_kind", found=form.name)
        sheets = await look_through(path, sandbox=workshop.sandbox, work=workshop.work, limits=PDF_LIMITS)
        return sheets, await workshop.store.put(path, media_type=PDF.media_type)


async def _none_yet(session: AsyncSession, unit: str, named: Named) -> None:
    """Raises Refused `newspaper.issue_exists`."""
    query = (
        select(Document.public_id)
        .join(NewspaperIssue, NewspaperIssue.document_id == Document.id)
        .join(Newspaper, Newspaper.id == NewspaperIssue.newspaper_id)
        .where(Newspaper.unit_path == unit, Newspaper.name == named.paper, NewspaperIssue.date == named.date)
    )
    if (document := await session.scalar(query)) is not None:
        raise Refused("newspaper.issue_exists", paper=named.paper, date=named.date.isoformat(), document=document)


async def _add(
    session: AsyncSession,
    actor: Actor,
    named: Named,
    sheets: Sheets,
    kept: StoredFile,
    *,
    name: str,
    base: Draft,
    now: dt.datetime,
) -> str:
    unit = (await session.execute(select(Unit.id).where(Unit.path == actor.unit))).scalar_one()
    body = read_body({"schema": 1, "blocks": [issue_block(block_id(), named)]})
    title = f"{named.paper} {named.date.year}年{named.date.month}月{named.date.day}日"[: LIMITS["title"]]
    draft = replace(base, title=base.title or title, body=body)
    edition = await create(session, actor, kind=Kind.NEWSPAPER, unit=unit, draft=draft, now=now)
    paper = await _paper(session, actor.unit, named.paper, now)
    issue = NewspaperIssue(
        id=uuid7(now),
        newspaper_id=paper.id,
        date=named.date,
        number=named.number,
        document_id=edition.document_id,
        source_name=asset_name(name),
        source_sha256=kept.sha256,
        source_size=kept.size,
        created_by=actor.person,
        created_at=now,
    )
    session.add(issue)
    await session.flush()
    job = DrawJob(id=uuid7(now), issue_id=issue.id, pages=sheets.pages, left=dict(sheets.left), not_before=now)
    job.state, job.created_at = DrawState.WAITING.value, now
    session.add(job)
    document = await session.get_one(Document, edition.document_id)
    details = {"paper": named.paper, "date": named.date.isoformat(), "pages": sheets.pages, "sha256": kept.sha256}
    of = ("document", document.public_id)
    await record(session, actor, "newspaper.upload", of=of, unit=actor.unit, details=details, now=now)
    await ring(session, "library")
    return document.public_id


def issue_block(id_: str, named: Named) -> dict[str, str]:
    """The block that says which issue it is."""
    block = {"id": id_, "type": "issue", "paper": named.paper, "date": named.date.isoformat()}
    return {**block, "number": named.number} if named.number else block


async def _paper(session: AsyncSession, unit: str, name: str, now: dt.datetime) -> Newspaper:
    query = select(Newspaper).where(Newspaper.unit_path == unit, Newspaper.name == name)
    found = await session.scalar(query)
    if found is None:
        found = Newspaper(id=uuid7(now), unit_path=unit, name=name, created_at=now)
        session.add(found)
        await session.flush()
    return found
