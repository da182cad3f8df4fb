"""Another PDF in the place of an issue's: pages that look the same keep their zones, and one step leads back.

What stood before is kept as a row until the piece has another edition: the file, the pages that were drawn, and the
revision they stood in. A page is the same when its picture is, byte by byte; wherever it stands in the new file. What
was drawn on pages that changed is offered to the next editor (`cms.newspaper.bringing`).
"""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import read_body
from cms.content.draft import Draft, draft_of
from cms.content.editing import save, save_held
from cms.content.held import Held, hold
from cms.content.models import Revision
from cms.content.queries import find
from cms.content.states import EDITABLE
from cms.kernel.db import Database
from cms.kernel.errors import Refused
from cms.kernel.wake import ring
from cms.library.upload import Workshop, asset_name
from cms.newspaper.bringing import EXCHANGED
from cms.newspaper.models import DrawJob, NewspaperIssue, NewspaperPage, PastIssue
from cms.newspaper.states import DrawState
from cms.newspaper.taking import PDF_LIMITS, keep_pdf
from cms.newspaper.zoning import issue_of, typed_by
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from media.errors import MediaRefused
from media.newspaper import Sheets
from media.sources import Source
from media.store import StoredFile

_BUSY = frozenset({DrawState.WAITING.value, DrawState.DRAWING.value})


@dataclass(frozen=True, slots=True)
class Replaced:
    """What the page says of a file that took another's place: the one before, and how many pages stayed."""

    name: str
    at: dt.datetime
    kept: int
    pages: int


@dataclass(frozen=True, slots=True)
class _Issue:
    held: Held
    row: NewspaperIssue
    job: DrawJob
    past: PastIssue | None


async def replace_pdf(
    db: Database,
    workshop: Workshop,
    actor: Actor,
    source: Source,
    document: str,
    *,
    name: str,
    size: int | None = None,
    now: dt.datetime,
) -> None:
    """Takes a PDF in the place of the issue's; its pages are drawn by a worker, and the zones of equal ones stay.

    What the person typed and did not save is saved first, so that it stands in the history.

    Raises:
        Denied: the person may not edit the piece, or not upload in their unit.
        Refused: `newspaper.still_drawing`, `newspaper.pdf_same`, `content.not_editable`, `newspaper.not_an_issue`.
        Conflict: `content.conflict` when somebody saved over what was typed.
        MediaRefused: as `take_issue`.
    """
    require_can(actor, Action.LIBRARY_UPLOAD, Subject(actor.unit, frozenset({actor.person})))
    if size is not None and size > PDF_LIMITS.file_bytes:
        raise MediaRefused("media.too_large", limit=PDF_LIMITS.file_bytes >> 20)
    async with db.read() as session:
        await _to_replace(session, actor, document)
    sheets, kept = await keep_pdf(workshop, source)
    async with db.write() as session:
        issue = await _to_replace(session, actor, document, lock=True)
        if issue.row.source_sha256 == kept.sha256:
            raise Refused("newspaper.pdf_same")
        held = await _saved(session, actor, issue.held, now)
        if issue.job.state == DrawState.DONE.value:
            await _keep_past(session, actor, replace(issue, held=held), now)
        await _exchange(session, issue, sheets, kept, name=name, now=now)
        details = {"pages": sheets.pages, "sha256": kept.sha256, "name": issue.row.source_name}
        of = ("document", document)
        await record(session, actor, EXCHANGED, of=of, unit=held.unit.path, details=details, now=now)
        await ring(session, "library")


async def undo_replacement(session: AsyncSession, actor: Actor, document: str, *, now: dt.datetime) -> None:
    """Puts the file before, its pages and their zones back, also while the new ones are drawn; inside a write block.

    Raises Denied, Refused `newspaper.nothing_to_undo`, `content.not_editable`, Conflict `content.conflict`.
    """
    issue = await _issue(session, actor, document, lock=True)
    past = issue.past
    if past is None or past.edition_id != issue.held.edition.id:
        raise Refused("newspaper.nothing_to_undo")
    held = await _saved(session, actor, issue.held, now)
    newer = issue.row.cover_id
    issue.row.source_name, issue.row.source_sha256 = past.source_name, past.source_sha256
    issue.row.source_size, issue.row.cover_id = past.source_size, past.cover_id
    _reset(issue.job, DrawState.DONE, pages=past.count, left=past.left, now=now)
    issue.job.done, issue.job.finished_at = past.count, now
    await session.execute(delete(NewspaperPage).where(NewspaperPage.issue_id == issue.row.id))
    session.add_all(
        NewspaperPage(issue_id=issue.row.id, number=number, asset_id=uuid.UUID(asset), left=left)
        for number, asset, left in past.pages
    )
    revision = await session.get_one(Revision, past.revision_id)
    draft = _with_pages_of(draft_of(held.revision), draft_of(revision))
    draft = replace(draft, cover=past.cover_id if draft.cover == newer else draft.cover)
    await save_held(session, actor, held, draft, now=now)
    await session.delete(past)
    details = {"sha256": past.source_sha256, "name": past.source_name}
    of = ("document", document)
    await record(session, actor, "newspaper.replace_undo", of=of, unit=held.unit.path, details=details, now=now)
    await ring(session, "library")


async def replaced(session: AsyncSession, issue: uuid.UUID, edition: uuid.UUID) -> Replaced | None:
    """What can be taken back in this edition."""
    past = await session.get(PastIssue, issue)
    if past is None or past.edition_id != edition:
        return None
    query = select(NewspaperPage.asset_id).where(NewspaperPage.issue_id == issue)
    now_there = [str(one) for one in (await session.scalars(query)).all()]
    before = [asset for _, asset, _ in past.pages]
    kept = sum(min(now_there.count(one), before.count(one)) for one in set(now_there))
    return Replaced(past.source_name, past.at, kept, len(now_there))


# ------------------------------------------------------------ parts


async def _to_replace(session: AsyncSession, actor: Actor, document: str, *, lock: bool = False) -> _Issue:
    issue = await _issue(session, actor, document, lock=lock)
    if issue.job.state in _BUSY:
        raise Refused("newspaper.still_drawing")
    return issue


async def _issue(session: AsyncSession, actor: Actor, document: str, *, lock: bool) -> _Issue:
    held = await find(session, actor, document)
    require_can(actor, Action.DOCUMENT_EDIT, held.subject)
    if lock:
        held = await hold(session, held.edition.id)
    if held.state not in EDITABLE:
        raise Refused("content.not_editable", state=held.edition.state)
    row = await issue_of(session, held)
    query = select(DrawJob).where(DrawJob.issue_id == row.id)
    job = (await session.scalars(query.with_for_update() if lock else query)).one()
    return _Issue(held, row, job, await session.get(PastIssue, row.id))


async def _saved(session: AsyncSession, actor: Actor, held: Held, now: dt.datetime) -> Held:
    """The piece with what the person typed in it."""
    typed = await typed_by(session, actor, held)
    if typed.version == 0:
        return held
    await save(session, actor, held.edition.id, typed.draft, base=typed.base, now=now)
    return await hold(session, held.edition.id)


async def _keep_past(session: AsyncSession, actor: Actor, issue: _Issue, now: dt.datetime) -> None:
    """Remembers what stands now; what was remembered earlier is history from here on."""
    if issue.past is not None:
        await session.delete(issue.past)
        await session.flush()
    query = select(NewspaperPage).where(NewspaperPage.issue_id == issue.row.id).order_by(NewspaperPage.number)
    pages: list[Any] = [[one.number, str(one.asset_id), one.left] for one in (await session.scalars(query)).all()]
    past = PastIssue(
        issue_id=issue.row.id,
        edition_id=issue.held.edition.id,
        revision_id=issue.held.revision.id,
        source_name=issue.row.source_name,
        source_sha256=issue.row.source_sha256,
        source_size=issue.row.source_size,
        cover_id=issue.row.cover_id,
        pages=pages,
        count=issue.job.pages,
        left=issue.job.left,
        by=actor.person,
        at=now,
    )
    session.add(past)
    await session.flush()


async def _exchange(
    session: AsyncSession, issue: _Issue, sheets: Sheets, kept: StoredFile, *, name: str, now: dt.datetime
) -> None:
    await session.execute(delete(NewspaperPage).where(NewspaperPage.issue_id == issue.row.id))
    issue.row.source_name, issue.row.source_sha256 = asset_name(name), kept.sha256
    issue.row.source_size = kept.size
    _reset(issue.job, DrawState.WAITING, pages=sheets.pages, left=dict(sheets.left), now=now)
    await session.flush()


def _reset(job: DrawJob, state: DrawState, *, pages: int, left: dict[str, Any], now: dt.datetime) -> None:
    """As if nobody had begun; whoever draws at this moment has no right to finish any more."""
    job.state, job.not_before, job.attempt, job.lost = state.value, now, 0, 0
    job.pages, job.done, job.left = pages, 0, left
    job.error_code, job.error_params, job.finished_at = None, {}, None
    job.lease_owner, job.lease_until, job.fence = None, None, job.fence + 1


def _with_pages_of(draft: Draft, past: Draft) -> Draft:
    """The draft with the pages of an earlier one; which issue it is and what else was written stays."""
    heads = [one for one in draft.body["blocks"] if one["type"] == "issue"]
    pages = [one for one in past.body["blocks"] if one["type"] == "page"]
    others = [one for one in draft.body["blocks"] if one["type"] not in {"issue", "page"}]
    return replace(draft, body=read_body({"schema": draft.body["schema"], "blocks": [*heads, *pages, *others]}))
