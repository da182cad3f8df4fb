"""Returning a piece to its author, and the author taking it back."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import hold
from cms.content.models import Edition
from cms.content.move import move
from cms.content.states import EditionState, Verb
from cms.kernel.errors import Conflict, Invalid
from cms.kernel.text import clean
from cms.people.actor import Actor
from cms.review.approve import RETURNED, step_row, turn_of
from cms.review.deadlines import stop
from cms.review.models import ReleaseRow
from cms.review.remarks import Remarks, check_remarks
from cms.review.seats import Part, take_seat

_MOST = 2000


async def return_piece(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    opinion: str,
    remarks: Remarks = (),
    seen: str | None = None,
    now: dt.datetime,
) -> Edition:
    """Sends a submitted piece back with an opinion and remarks on blocks (id, text); or an approved one, not yet out.

    `seen` is the hash of the release that was on their page. Raises Invalid `review.opinion_missing`, Conflict
    `review.release_changed`, `review.remark_lost`, Refused `content.state`, Denied.
    """
    opinion = clean(opinion)[:_MOST]
    if not opinion:
        raise Invalid("review.opinion_missing", fields={"opinion": "review.opinion_missing"})
    held = await hold(session, edition)
    details: dict[str, str] = {}
    if held.state is EditionState.SUBMITTED:
        turn = await turn_of(session, held, actor, to_return=True)
        if seen is not None and seen != turn.row.hash:
            raise Conflict("review.release_changed", release=turn.row.hash)
        said = check_remarks(turn.release, remarks)
        await take_seat(session, turn.row, actor.person, Part.STEP, turn.plan)
        await stop(session, turn.row.id, now=now)
        session.add(step_row(turn, actor, RETURNED, opinion=opinion, remarks=said, now=now))
        details = {"release": turn.row.hash, "step": turn.step.key}
    await move(session, held, Verb.RETURN, actor=actor, now=now, note=opinion, details=details)
    return held.edition


async def withdraw(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, note: str = "", now: dt.datetime
) -> Edition:
    """Takes a submitted piece back before it is approved; approvals given so far count for nothing."""
    held = await hold(session, edition)
    rows = select(ReleaseRow.id).where(ReleaseRow.edition_id == edition, ReleaseRow.round == held.edition.round)
    for release in (await session.scalars(rows)).all():
        await stop(session, release, now=now)
    await move(session, held, Verb.WITHDRAW, actor=actor, now=now, note=clean(note)[:_MOST])
    return held.edition
