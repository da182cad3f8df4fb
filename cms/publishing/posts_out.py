"""What stands at an account now: the newest posts with their addresses, for those who look after it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.models import Document, Edition, Revision
from cms.kernel.errors import NotFound
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Target
from cms.publishing.models import Delivery, Showing

PAGE = 25


@dataclass(frozen=True, slots=True)
class PostOut:
    """One piece that is out; `post` is the platform's id of it."""

    delivery: uuid.UUID
    document: str
    title: str
    post: str
    url: str
    at: dt.datetime | None


async def account_of(session: AsyncSession, actor: Actor, code: str, action: Action) -> Target:
    """An account that the actor may `action` at. Raises NotFound `planning.no_such_target`, Denied."""
    row = await session.scalar(select(Target).where(Target.code == code))
    if row is None:
        raise NotFound("planning.no_such_target", target=code[:40])
    require_can(actor, action, Subject(row.unit_path))
    return row


async def posts_out(session: AsyncSession, target: uuid.UUID, *, page: int = 0) -> tuple[Sequence[PostOut], bool]:
    """A page of what is out, newest first, and whether there is more."""
    query = (
        select(Delivery, Document.public_id, Revision.title)
        .join(Showing, (Showing.publication_id == Delivery.publication_id) & (Showing.target_id == Delivery.target_id))
        .join(Document, Document.id == Delivery.document_id)
        .join(Edition, Edition.id == Showing.edition_id)
        .join(Revision, Revision.id == Edition.revision_id)
        .where(Delivery.target_id == target, Showing.removed_at.is_(None), Delivery.post.is_not(None))
        .order_by(Delivery.finished_at.desc(), Delivery.id)
        .offset(page * PAGE)
        .limit(PAGE + 1)
    )
    rows = (await session.execute(query)).all()
    found = [_post(row.Delivery, row.public_id, row.title) for row in rows]
    return found[:PAGE], len(found) > PAGE


async def post_of(session: AsyncSession, target: uuid.UUID, delivery: uuid.UUID) -> str:
    """The platform's id of one of them. Raises NotFound."""
    here = (Delivery.id == delivery, Delivery.target_id == target, Delivery.post.is_not(None))
    found = await session.scalar(select(Delivery.post).where(*here))
    if found is None:
        raise NotFound("kernel.not_found")
    return found


async def note_comments(
    session: AsyncSession, actor: Actor, row: Target, delivery: uuid.UUID, *, wanted: bool, now: dt.datetime
) -> None:
    """The record of who opened or closed readers' comments."""
    details = {"delivery": str(delivery), "open": wanted}
    await record(
        session, actor, "target.comments", of=("target", row.code), unit=row.unit_path, details=details, now=now
    )


def _post(row: Delivery, document: str, title: str) -> PostOut:
    url = str((row.receipt or {}).get("url") or "")
    return PostOut(row.id, document, title, row.post or "", url, row.finished_at)
