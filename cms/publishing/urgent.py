"""Bringing an emergency out as its second key turns: to every channel its release allows."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, can
from cms.planning.envelope import Allowed
from cms.planning.models import Target
from cms.publishing.models import Publication
from cms.publishing.onair.cutting import Wish, cut_in, prepare
from cms.publishing.onair.models import CHANNEL, CutInKind
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
    if not codes:
        return None
    made = await publish_now(session, actor, edition, targets=codes, now=now)
    await _cut_in(session, actor, made, [target for target in targets if target.code in codes], now)
    return made


async def _cut_in(
    session: AsyncSession, actor: Actor, made: Publication, targets: Sequence[Target], now: dt.datetime
) -> None:
    """Onto the channels of whoever turned the key; on those of others only the picture is made ready."""
    if made.document_id is None:
        return
    channels = [target for target in targets if target.kind == CHANNEL]
    own = [one for one in channels if can(actor, Action.PUBLISHING_PUBLISH, Subject(one.unit_path))]
    if own:
        wish = Wish(CutInKind.EMERGENCY, tuple(target.code for target in own))
        await cut_in(session, actor, made.document_id, wish, now=now)
    for target in channels[: 0 if own else 1]:
        await prepare(session, target, made.document_id, now=now)


def _fits(allowed: Allowed, target: Target) -> bool:
    try:
        allowed.check_targets([target])
    except Refused:
        return False
    return True
