"""Bringing an emergency out as its second key turns: to every channel its release allows."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Refused
from cms.people.actor import Actor
from cms.planning.envelope import Allowed
from cms.planning.models import Target
from cms.publishing.models import Publication
from cms.publishing.publish import publish_now
from cms.review.approved import approved_release
from cms.review.rushing import URGENT


async def bring_out(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, now: dt.datetime) -> Publication | None:
    """Publishes an approved emergency at once; None for every other piece, and where no channel is there to take it."""
    approved = await approved_release(session, edition)
    if approved.release.class_ != URGENT:
        return None
    allowed = Allowed.of(approved.release.envelope)
    targets = (await session.scalars(select(Target).where(Target.active).order_by(Target.code))).all()
    codes = [target.code for target in targets if _fits(allowed, target)]
    return await publish_now(session, actor, edition, targets=codes, now=now) if codes else None


def _fits(allowed: Allowed, target: Target) -> bool:
    try:
        allowed.check_targets([target])
    except Refused:
        return False
    return True
