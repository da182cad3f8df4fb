"""A delivery to the screens as it really went: its publication's piece on each screen, and who has it not, and why."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import look
from cms.content.models import Document, Edition, Revision
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, Subject, reach, require_can
from cms.planning.models import Target
from cms.publishing.models import Delivery, Receipt
from cms.publishing.states import TAKES_OFF, PublicationKind
from screens.ledger import COUNTED, Progress, ScreenProgress, progress
from screens.steps import STAGES

KIND: Final = "screen"
# The manifest is queued while the delivery runs; clocks of two machines may differ by this.
_BEFORE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a page shows of it; `lacking` are the screens of the actor's reach that do not show it."""

    delivery: Delivery
    target: str
    title: str
    document: str
    takes_off: bool
    progress: Progress
    lacking: Sequence[ScreenProgress]
    all: Sequence[ScreenProgress]


async def delivered(session: AsyncSession, actor: Actor, delivery: uuid.UUID, *, now: dt.datetime) -> Delivered:
    """How far a delivery got on the screens.

    Raises Denied, NotFound `publishing.no_delivery`, `screens.no_version` for a delivery of another channel.
    """
    row = await session.get(Delivery, delivery)
    if row is None:
        raise NotFound("publishing.no_delivery")
    target = await session.get_one(Target, row.target_id)
    subject = Subject(target.unit_path)
    document = None if row.document_id is None else await session.get(Document, row.document_id)
    title = ""
    if row.edition_id is not None:
        held = await look(session, row.edition_id)
        subject, title = held.subject, held.revision.title
    elif document is not None:
        subject = Subject((await session.get_one(Unit, document.unit_id)).path)
        title = await _title(session, document.id)
    require_can(actor, Action.PUBLISHING_READ, subject)
    if target.kind != KIND:
        raise NotFound("screens.no_version")
    takes_off = PublicationKind(row.kind) in TAKES_OFF
    found = Progress(counts=dict.fromkeys(COUNTED, 0))
    for release in await _releases(session, row):
        one = await progress(session, release, brought=not takes_off, since=row.created_at - _BEFORE, now=now)
        found = one if one.total > found.total else found
    seen = reach(actor, Action.SCREEN_READ)
    mine = [one for one in found.screens if seen and one.screen.unit.startswith(seen)]
    lacking = [one for one in mine if STAGES["shown"] not in one.reached]
    public = document.public_id if document is not None else ""
    return Delivered(row, target.name, title, public, takes_off, found, lacking, mine)


async def _releases(session: AsyncSession, row: Delivery) -> Sequence[str]:
    """The releases it is about; a recall names none and is about all that ever went to this target."""
    if row.release:
        return [row.release]
    if row.document_id is None:
        return []
    query = select(Receipt.release).where(Receipt.document_id == row.document_id, Receipt.target_id == row.target_id)
    return [one for one in (await session.scalars(query.distinct())).all() if one]


async def _title(session: AsyncSession, document: uuid.UUID) -> str:
    query = (
        select(Revision.title)
        .join(Edition, Edition.revision_id == Revision.id)
        .where(Edition.document_id == document)
        .order_by(Edition.number.desc())
        .limit(1)
    )
    return await session.scalar(query) or ""
