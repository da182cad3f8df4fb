"""What waits for a person: steps they can take, proofs they can make, emergencies to look at; told from above first."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.kinds import Kind
from cms.content.models import Document, Edition, Revision
from cms.content.states import EditionState
from cms.kernel.errors import Denied
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, Subject, can, reach_of_others
from cms.review.approve import check_step
from cms.review.deadlines import AFTER, Waits, waits
from cms.review.models import AfterReview, ProofMark, ReleaseRow, ReviewStep, ReviewView, Seat
from cms.review.plans import Plan, plan_of
from cms.review.seats import Part

# An inbox of more is a backlog; the oldest come first.
MOST: Final = 200
_ACTIONS: Final = (Action.REVIEW_PASS, Action.REVIEW_SIGN, Action.REVIEW_URGENT, Action.REVIEW_PROOF)
_LAST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


class Track(StrEnum):
    """What is asked of the person."""

    STEP = "step"
    PROOF = "proof"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the inbox.

    `due` is when the step should be taken; `told`: it was not, and the person's own unit was told. `batch`: it may be
    passed with others, which needs an earlier step and a text that was on this person's page.
    """

    track: Track
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
    urgent: bool = False
    due: dt.datetime | None = None
    told: bool = False
    batch: bool = False


async def waiting_for(session: AsyncSession, actor: Actor, *, limit: int = MOST) -> Sequence[Waiting]:
    """What the actor can do now: emergencies, then what was told of from below, then by deadline and waiting time."""
    paths = sorted({path for action in _ACTIONS for path in reach_of_others(actor, action)})
    if not paths or actor.must_set_password:
        return []
    rows = (await session.execute(_query(actor, paths))).all()
    clocks = await waits(session, [row.ReleaseRow.id for row in rows])
    found: list[Waiting] = []
    for row in rows:
        found += _lines(row, actor, clocks.get(row.ReleaseRow.id, Waits()))
    found.sort(key=lambda one: (not one.urgent, not one.told, one.due or _LAST, one.submitted_at, one.edition))
    return found[:limit]


async def waiting_count(session: AsyncSession, actor: Actor) -> int:
    """The number beside the entry of the navigation."""
    return len(await waiting_for(session, actor))


def _query(actor: Actor, paths: Sequence[str]) -> Select[Any]:
    """Releases in review, and emergencies nobody looked at afterwards, with what this person is to them."""

    def count(table: type[ReviewStep | ProofMark]) -> Any:
        made = select(func.count()).where(table.release_id == ReleaseRow.id).correlate(ReleaseRow)
        return made.scalar_subquery()

    faults = select(func.count()).where(ProofMark.release_id == ReleaseRow.id, ProofMark.clean.is_(False))
    done = select(AfterReview.id).where(AfterReview.release_id == ReleaseRow.id).exists()
    afterwards = and_(Edition.state == EditionState.PUBLISHED_PENDING_REVIEW.value, ~done)
    viewed = and_(ReviewView.document_id == Document.id, ReviewView.person_id == actor.person)
    return (
        select(
            ReleaseRow,
            Edition,
            Document,
            Revision,
            Unit,
            Person.name,
            Seat.seat,
            ReviewView.revision_id.label("viewed"),
            count(ReviewStep).label("decided"),
            count(ProofMark).label("proofs"),
            faults.correlate(ReleaseRow).scalar_subquery().label("faults"),
        )
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .join(Document, Document.id == Edition.document_id)
        .join(Revision, Revision.id == Edition.revision_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Person, Person.id == ReleaseRow.submitted_by)
        .outerjoin(Seat, and_(Seat.release_id == ReleaseRow.id, Seat.person_id == actor.person))
        .outerjoin(ReviewView, viewed)
        .where(or_(Edition.state == EditionState.SUBMITTED.value, afterwards), ReleaseRow.round == Edition.round)
        .where(or_(false(), *(Unit.path.startswith(path, autoescape=True) for path in paths)))
        .order_by(ReleaseRow.submitted_at, ReleaseRow.id)
        .limit(MOST)
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A release as the person meets it: its plan, the edition it is of, and their part in it so far."""

    row: ReleaseRow
    plan: Plan
    held: Held
    part: Part | None

    def may_step(self, ordinal: int, actor: Actor) -> bool:
        held = self.held
        # What the draft leaves open is its own unit, as in the release: its text need not be read for a list.
        shown = held.revision.envelope["units"] or [held.unit.path]
        try:
            check_step(self.plan.steps[ordinal - 1], self.row, held, shown, actor)
        except Denied:
            return False
        return True

    def may(self, action: Action, actor: Actor) -> bool:
        authors = frozenset(map(uuid.UUID, self.row.authors)) | self.held.subject.own_of
        return bool(can(actor, action, Subject(self.held.unit.path, authors)))

    def may_sit(self, part: Part) -> bool:
        both = {Part.STEP, Part.PROOF}
        return self.part is None or (self.plan.reviewer_proofs and self.part in both - {part})


def _lines(row: Row[Any], actor: Actor, clock: Waits) -> list[Waiting]:
    release: ReleaseRow = row.ReleaseRow
    plan = plan_of(release.plan, release.terms)
    held = Held(row.Edition, row.Document, row.Revision, row.Unit)
    asked = _Asked(release, plan, held, None if row.seat is None else Part(row.seat))
    if held.state is EditionState.PUBLISHED_PENDING_REVIEW:
        may_look = asked.part is None and asked.may(Action.REVIEW_SIGN, actor)
        return [_waiting(asked, row, Track.AFTER, AFTER, 1, 1, clock, actor)] if may_look else []
    found = []
    ordinal, count = row.decided + 1, len(plan.steps)
    ready = ordinal < count or (ordinal == count and row.proofs >= plan.proofs and not row.faults)
    if ready and asked.may_sit(Part.STEP) and asked.may_step(ordinal, actor):
        key = plan.steps[ordinal - 1].key
        found.append(_waiting(asked, row, Track.STEP, key, ordinal, count, clock, actor))
    if row.proofs < plan.proofs and asked.may_sit(Part.PROOF) and asked.may(Action.REVIEW_PROOF, actor):
        ordinal = row.proofs + 1
        found.append(_waiting(asked, row, Track.PROOF, f"proof{ordinal}", ordinal, plan.proofs, clock, actor))
    return found


def _waiting(  # noqa: PLR0917 - private
    asked: _Asked, row: Row[Any], track: Track, step: str, ordinal: int, steps: int, clock: Waits, actor: Actor
) -> Waiting:
    release, document, edition = asked.row, row.Document, row.Edition
    told = track is not Track.PROOF and any(grant.unit in clock.reached for grant in actor.grants)
    early = track is Track.STEP and ordinal < steps and not asked.plan.urgent
    return Waiting(
        track=track,
        edition=edition.id,
        public_id=document.public_id,
        number=edition.number,
        kind=Kind(document.kind),
        title=document.title,
        unit_name=row.Unit.name,
        step=step,
        ordinal=ordinal,
        steps=steps,
        hints=len(release.findings),
        note=release.note,
        submitted_by=row.name,
        submitted_at=release.submitted_at,
        planned_at=edition.planned_at,
        release=release.hash,
        urgent=asked.plan.urgent,
        due=None if track is Track.PROOF else clock.due,
        told=told,
        batch=early and row.viewed == edition.revision_id,
    )
