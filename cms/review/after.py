"""The review after an emergency publication: a third person looks at what two keys brought out."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.held import Held, hold
from cms.content.move import move
from cms.content.states import EditionState, Verb
from cms.kernel.errors import Conflict, Invalid, Refused
from cms.kernel.ids import uuid7
from cms.kernel.text import clean
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.review.approve import current_release
from cms.review.deadlines import begin_after, stop
from cms.review.models import AfterReview, ReleaseRow
from cms.review.plans import plan_of
from cms.review.seats import Part, check_free, take_seat

_MOST = 2000


async def open_after_review(session: AsyncSession, held: Held, row: ReleaseRow, *, now: dt.datetime) -> None:
    """Makes the task as the piece goes out; nobody has to remember it."""
    await begin_after(session, row, plan_of(row.plan, row.terms), unit=held.unit.path, now=now)


async def may_review_after(session: AsyncSession, held: Held, row: ReleaseRow, actor: Actor) -> None:
    """Raises Denied, Refused `content.state`, `review.after_done`, and of `check_free`: neither author nor key."""
    if held.state is not EditionState.PUBLISHED_PENDING_REVIEW:
        raise Refused("content.state", state=held.edition.state, verb=Verb.CONFIRM.value)
    authors = frozenset(map(uuid.UUID, row.authors)) | held.subject.own_of
    require_can(actor, Action.REVIEW_SIGN, Subject(held.unit.path, authors))
    done = await session.scalar(select(AfterReview.id).where(AfterReview.release_id == row.id))
    if done is not None:
        raise Refused("review.after_done")
    await check_free(session, row, actor.person, Part.AFTER, plan_of(row.plan, row.terms))


async def review_after(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    agreed: bool,
    opinion: str,
    seen: str,
    now: dt.datetime,
) -> AfterReview:
    """Says afterwards whether it was right: agreed ends the task, an objection leaves the piece marked for a recall.

    Raises Conflict `review.release_changed`, Invalid `review.opinion_missing` for an objection without words, and as
    `may_review_after`.
    """
    held = await hold(session, edition)
    row = await current_release(session, held.edition)
    if row.hash != seen:
        raise Conflict("review.release_changed", release=row.hash)
    await may_review_after(session, held, row, actor)
    opinion = clean(opinion)[:_MOST]
    if not agreed and not opinion:
        raise Invalid("review.opinion_missing", fields={"opinion": "review.opinion_missing"})
    await take_seat(session, row, actor.person, Part.AFTER, plan_of(row.plan, row.terms))
    made = AfterReview(id=uuid7(now), release_id=row.id, person_id=actor.person, agreed=agreed, opinion=opinion, at=now)
    session.add(made)
    await stop(session, row.id, now=now)
    await session.flush()
    details = {"document": held.document.public_id, "release": row.hash, "agreed": agreed}
    of = ("edition", str(edition))
    await record(session, actor, "review.after", of=of, unit=held.unit.path, details=details, now=now)
    if agreed:
        await move(session, held, Verb.CONFIRM, actor=actor, now=now, note=opinion, details={"release": row.hash})
    return made
