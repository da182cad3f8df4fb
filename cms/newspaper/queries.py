"""Reading the newspaper: issues in one's reach, newest first, and everything of one."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, false, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition, Revision
from cms.content.states import EditionState
from cms.library.models import PageText
from cms.newspaper.models import DrawJob, Newspaper, NewspaperIssue, NewspaperPage
from cms.newspaper.states import DRAW, DrawState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, reach

PAGE = 30


@dataclass(frozen=True, slots=True)
class IssueRow:
    """One line of the list, and the head of an issue's page."""

    id: uuid.UUID
    document: str
    title: str
    paper: str
    date: dt.date
    number: str
    unit: str
    state: EditionState
    drawing: DrawState
    pages: int
    done: int
    left: Mapping[str, int]
    error: tuple[str, Mapping[str, Any]] | None
    cover: uuid.UUID | None
    source: str


@dataclass(frozen=True, slots=True)
class PageRow:
    """A drawn page: the text printed on it, and what its picture does without."""

    number: int
    asset: uuid.UUID
    blocks: Sequence[Any]
    left: Mapping[str, int]


async def issues(
    session: AsyncSession,
    actor: Actor,
    *,
    before: tuple[dt.date, uuid.UUID] | None = None,
    limit: int = PAGE,
    document: str = "",
) -> Sequence[IssueRow]:
    """Issues whose documents the actor may read, newest first; `before` is the last row of the page before."""
    paths = reach(actor, Action.DOCUMENT_READ)
    within = (Unit.path.startswith(path, autoescape=True) for path in paths)
    query = (
        select(NewspaperIssue, Newspaper.name, Document.public_id, Edition.state, Revision.title, Unit.name, DrawJob)
        .join(Newspaper, Newspaper.id == NewspaperIssue.newspaper_id)
        .join(Document, Document.id == NewspaperIssue.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
        .join(Revision, Revision.id == Edition.revision_id)
        .join(DrawJob, DrawJob.issue_id == NewspaperIssue.id)
        .where(or_(false(), *within))
        .order_by(NewspaperIssue.date.desc(), NewspaperIssue.id.desc())
        .limit(limit)
    )
    if document:
        query = query.where(Document.public_id == document)
    if before is not None:
        query = query.where(tuple_(NewspaperIssue.date, NewspaperIssue.id) < tuple_(*before))
    return [_row(row) for row in (await session.execute(query)).all()]


async def pages_of(session: AsyncSession, issue: uuid.UUID) -> Sequence[PageRow]:
    """The pages that are drawn, in order."""
    query = (
        select(NewspaperPage, PageText.blocks)
        .join(PageText, PageText.asset_id == NewspaperPage.asset_id)
        .where(NewspaperPage.issue_id == issue)
        .order_by(NewspaperPage.number)
    )
    return [
        PageRow(page.number, page.asset_id, blocks, page.left) for page, blocks in (await session.execute(query)).all()
    ]


async def linked(
    session: AsyncSession, documents: Collection[str], *, within: Collection[str] | None = None
) -> Mapping[str, tuple[str, EditionState]]:
    """Title and state of pieces a zone opens, by public id; unknown ones are missing, and those not `within`."""
    if not documents:
        return {}
    query = (
        select(Document.public_id, Document.title, Edition.state)
        .join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
        .where(Document.public_id.in_(documents))
    )
    if within is not None:
        inside = or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in within))
        query = query.join(Unit, Unit.id == Document.unit_id).where(inside)
    return {key: (title, EditionState(state)) for key, title, state in (await session.execute(query)).all()}


async def drawings_waiting(session: AsyncSession) -> int:
    """Issues that nobody is drawing yet, for the gauge."""
    rows = await session.scalars(select(DrawJob.id).where(DrawJob.state.in_(sorted(DRAW.ready))))
    return len(rows.all())


def _row(row: Row[NewspaperIssue, str, str, str, str, str, DrawJob]) -> IssueRow:
    issue, paper, document, state, title, unit, job = row
    return IssueRow(
        id=issue.id,
        document=document,
        title=title,
        paper=paper,
        date=issue.date,
        number=issue.number,
        unit=unit,
        state=EditionState(state),
        drawing=DrawState(job.state),
        pages=job.pages,
        done=job.done,
        left=job.left,
        error=None if job.error_code is None else (job.error_code, job.error_params),
        cover=issue.cover_id,
        source=issue.source_name,
    )
