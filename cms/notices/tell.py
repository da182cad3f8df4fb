"""Telling a person something once: the use case that every other room escalates through."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.ids import uuid7
from cms.kernel.wake import ring
from cms.notices.models import Letter, Notice, NoticeChoice
from cms.notices.quiet import Quiet

TOPIC: Final = "notices"
MAIL: Final = "mail"
WEBHOOK: Final = "webhook"


async def tell(
    session: AsyncSession,
    *,
    person: uuid.UUID,
    cause: str,
    subject: str,
    params: Mapping[str, Any],
    href: str,
    now: dt.datetime,
    urgent: bool = False,
) -> uuid.UUID:
    """Puts a notice into a person's inbox and its letters on their way; returns the notice.

    While a notice of the same cause is open, it is only counted and shown as unread again: one message per cause.
    `subject` is a key of the catalogue (``notices.subject.…``) and `params` fill it; `href` is a page of the desk. What
    is `urgent` does not wait for the end of the person's quiet hours.
    """
    upsert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {
        "id": uuid7(now),
        "person_id": person,
        "cause": cause,
        "subject": subject,
        "params": dict(params),
        "href": href,
        "urgent": urgent,
        "times": 1,
        "first_at": now,
        "last_at": now,
    }
    again = {"times": Notice.times + 1, "last_at": now, "params": dict(params), "href": href, "read_at": None}
    statement = (
        upsert(Notice)
        .values(values)
        .on_conflict_do_update(
            index_elements=[Notice.person_id, Notice.cause], index_where=Notice.done_at.is_(None), set_=again
        )
        .returning(Notice.id, Notice.times)
    )
    notice, times = (await session.execute(statement)).tuples().one()
    if times == 1:
        await _post(session, notice, person, urgent=urgent, now=now)
    return notice


async def tell_all(
    session: AsyncSession,
    people: Iterable[uuid.UUID],
    *,
    cause: str,
    subject: str,
    params: Mapping[str, Any],
    href: str,
    now: dt.datetime,
    urgent: bool = False,
) -> None:
    """The same to several people, in an order that no two transactions can take differently."""
    for person in sorted(set(people)):
        await tell(
            session, person=person, cause=cause, subject=subject, params=params, href=href, now=now, urgent=urgent
        )


async def settle(session: AsyncSession, *, cause: str, now: dt.datetime, person: uuid.UUID | None = None) -> None:
    """Closes the open notices of a cause, everybody's or one person's; letters that have not left stay at home."""
    mine = () if person is None else (Notice.person_id == person,)
    closing = (
        update(Notice)
        .where(Notice.cause == cause, Notice.done_at.is_(None), *mine)
        .values(done_at=now)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    closed = (await session.scalars(closing)).all()
    await keep_home(session, closed, now=now)


async def keep_home(session: AsyncSession, notices: Iterable[uuid.UUID], *, now: dt.datetime) -> None:
    """Letters of these notices that have not left are not sent any more."""
    statement = (
        update(Letter)
        .where(Letter.notice_id.in_(list(notices)), Letter.state.in_(("due", "retry")))
        .values(state="dropped", finished_at=now, fence=Letter.fence + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(statement)


async def _post(session: AsyncSession, notice: uuid.UUID, person: uuid.UUID, *, urgent: bool, now: dt.datetime) -> None:
    choice = await session.scalar(select(NoticeChoice).where(NoticeChoice.person_id == person))
    quiet = Quiet() if choice is None or urgent else Quiet(choice.quiet_from, choice.quiet_to)
    ways = [WEBHOOK] if choice is None or not choice.mail else [MAIL, WEBHOOK]
    leaves = quiet.leaves_at(now)
    for way in ways:
        session.add(Letter(id=uuid7(now), notice_id=notice, way=way, state="due", not_before=leaves, created_at=now))
    await session.flush()
    await ring(session, TOPIC)
