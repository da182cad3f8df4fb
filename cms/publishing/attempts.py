"""The ledger's rows: a call that cannot be undone is written down before it is made, and its end right after."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Document, Edition, Revision
from cms.contract import Accepted, Manual, NotSent, Outcome, Sent, Unknown
from cms.publishing.models import Delivery, PostAttempt

BEGUN: Final = "begun"
SETTLED: Final = "settled"
BY_HAND: Final = "by_hand"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Made:
    """What an attempt was about, for who reads the journal."""

    document: str
    title: str
    outcome: str


def outcome_of(outcome: Outcome) -> tuple[str, str]:
    """An outcome as a row says it: its name, and the platform's id or the reason. Pure."""
    name, why = _said(outcome)
    return name, why[:_LONGEST]


def _said(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Sent(post=post):
            return "sent", post
        case Accepted(why=why):
            return "accepted", why
        case Manual(detail=detail):
            return "manual", str(detail.get("task", ""))
        case Unknown(why=why):
            return "unknown", why
        case NotSent(code=code):
            return "not_sent", code


async def note_end(session: AsyncSession, attempt: str, outcome: Outcome, *, now: dt.datetime) -> None:
    """How it ended; what is still open keeps its last word and no end."""
    name, why = outcome_of(outcome)
    ended = None if isinstance(outcome, Unknown | Accepted) else now
    row = await session.get(PostAttempt, attempt)
    if row is not None and (row.outcome, row.why, row.ended_at) != (name, why, ended):
        row.outcome, row.why, row.ended_at = name, why, ended


async def close(session: AsyncSession, deliveries: Collection[uuid.UUID], outcome: str, *, now: dt.datetime) -> None:
    """Attempts of these deliveries that nobody has to ask about any more."""
    mine = (PostAttempt.delivery_id.in_(deliveries), PostAttempt.ended_at.is_(None))
    closed = update(PostAttempt).where(*mine).values(ended_at=now, outcome=outcome)
    await session.execute(closed.execution_options(synchronize_session=False))


async def attempts_of(session: AsyncSession, delivery: uuid.UUID) -> list[PostAttempt]:
    """All of a delivery, oldest first."""
    query = select(PostAttempt).where(PostAttempt.delivery_id == delivery)
    return list((await session.scalars(query.order_by(PostAttempt.begun_at, PostAttempt.id))).all())


async def made_of(session: AsyncSession, attempts: Collection[str]) -> Mapping[str, Made]:
    """The pieces that attempts of a journal were about, by attempt."""
    title = (
        select(Revision.title)
        .join(Edition, Edition.revision_id == Revision.id)
        .where(Edition.document_id == Document.id)
        .order_by(Edition.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query: Any = (
        select(PostAttempt.id, PostAttempt.outcome, Document.public_id, title.label("title"))
        .join(Delivery, Delivery.id == PostAttempt.delivery_id)
        .join(Document, Document.id == Delivery.document_id)
        .where(PostAttempt.id.in_(attempts))
    )
    return {row.id: Made(row.public_id, row.title or "", row.outcome) for row in (await session.execute(query)).all()}
