"""What a person saw of a piece last, so that the page can show what changed since."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.models import Edition, Revision
from cms.people.actor import Actor
from cms.review.models import ReleaseRow, ReviewView


async def is_unseen(session: AsyncSession, actor: Actor, held: Held) -> bool:
    """Whether opening the page now shows a revision they have not seen last."""
    row = await session.get(ReviewView, (held.document.id, actor.person))
    return row is None or row.revision_id != held.revision.id


async def note_seen(session: AsyncSession, actor: Actor, held: Held, *, now: dt.datetime) -> None:
    """Notes that the revision was on their page; the one before stays what the next look is compared with."""
    row = await session.get(ReviewView, (held.document.id, actor.person))
    if row is None:
        session.add(
            ReviewView(document_id=held.document.id, person_id=actor.person, revision_id=held.revision.id, at=now)
        )
    elif row.revision_id != held.revision.id:
        row.before_id, row.revision_id, row.at = row.revision_id, held.revision.id, now
    await session.flush()


async def seen_before(session: AsyncSession, actor: Actor, held: Held) -> Revision | None:
    """What to compare with: what I saw last, else what was submitted before, else what is out."""
    view = await session.get(ReviewView, (held.document.id, actor.person))
    if view is not None:
        mine = view.before_id if view.revision_id == held.revision.id else view.revision_id
        if mine is not None:
            return await session.get(Revision, mine)
    earlier = (
        select(Revision)
        .join(ReleaseRow, ReleaseRow.revision_id == Revision.id)
        .where(Revision.document_id == held.document.id, Revision.id != held.revision.id)
        .order_by(ReleaseRow.submitted_at.desc())
        .limit(1)
    )
    live = select(Revision).join(Edition, Edition.revision_id == Revision.id)
    live = live.where(Edition.document_id == held.document.id, Edition.is_live, Revision.id != held.revision.id)
    for query in (earlier, live):
        found = (await session.scalars(query)).first()
        if found is not None:
            return found
    return None
