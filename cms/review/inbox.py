"""What waits for a person: submitted pieces whose next step is theirs to take."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.kinds import Kind
from cms.content.models import Document, Edition, Revision
from cms.content.states import EditionState
from cms.kernel.errors import Denied
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, reach_of_others
from cms.review.approve import Turn, may_take
from cms.review.models import ReleaseRow, ReviewStep
from cms.review.plans import plan_of
from cms.trust.release import read_release

# An inbox of more is a backlog; the oldest come first.
MOST: Final = 200
_STEPS: Final = (Action.REVIEW_PASS, Action.REVIEW_SIGN)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the inbox."""

    edition: uuid.UUID
    public_id: str
    number: int
    kind: Kind
    title: str
    unit_name: str
    step: str
    ordinal: int
    steps: int
    hints: int
    note: str
    submitted_by: str
    submitted_at: dt.datetime
    planned_at: dt.datetime | None
    release: str


async def waiting_for(session: AsyncSession, actor: Actor, *, limit: int = MOST) -> Sequence[Waiting]:
    """Pieces the actor can pass or sign now, longest waiting first; none for a person without such a role."""
    paths = sorted({path for action in _STEPS for path in reach_of_others(actor, action)})
    if not paths or actor.must_set_password:
        return []
    decided = select(func.count()).where(ReviewStep.release_id == ReleaseRow.id).correlate(ReleaseRow)
    mine = select(ReviewStep.id).where(ReviewStep.release_id == ReleaseRow.id, ReviewStep.person_id == actor.person)
    query = (
        select(ReleaseRow, Edition, Document, Revision, Unit, Person.name, decided.scalar_subquery().label("decided"))
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .join(Document, Document.id == Edition.document_id)
        .join(Revision, Revision.id == Edition.revision_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Person, Person.id == ReleaseRow.submitted_by)
        .where(Edition.state == EditionState.SUBMITTED.value, ReleaseRow.round == Edition.round)
        .where(or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths)), ~mine.exists())
        .order_by(ReleaseRow.submitted_at, ReleaseRow.id)
        .limit(MOST)
    )
    found: list[Waiting] = []
    for row in (await session.execute(query)).all():
        plan = plan_of(row.ReleaseRow.plan)
        turn = Turn(row.ReleaseRow, read_release(row.ReleaseRow.text), plan, row.decided + 1)
        if _is_theirs(turn, Held(row.Edition, row.Document, row.Revision, row.Unit), actor):
            found.append(_waiting(turn, row.Document, row.Edition, row.Unit.name, row.name))
    return found[:limit]


async def waiting_count(session: AsyncSession, actor: Actor) -> int:
    """The number beside the entry of the navigation."""
    return len(await waiting_for(session, actor))


def _is_theirs(turn: Turn, held: Held, actor: Actor) -> bool:
    if turn.ordinal > len(turn.plan.steps):
        return False
    try:
        may_take(turn, held, actor)
    except Denied:
        return False
    return True


def _waiting(turn: Turn, document: Document, edition: Edition, unit_name: str, submitter: str) -> Waiting:
    row = turn.row
    return Waiting(
        edition=edition.id,
        public_id=document.public_id,
        number=edition.number,
        kind=Kind(document.kind),
        title=document.title,
        unit_name=unit_name,
        step=turn.step.key,
        ordinal=turn.ordinal,
        steps=len(turn.plan.steps),
        hints=len(row.findings),
        note=row.note,
        submitted_by=submitter,
        submitted_at=row.submitted_at,
        planned_at=edition.planned_at,
        release=row.hash,
    )
