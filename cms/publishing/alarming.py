"""Who is told when something did not go out: those in charge as an alarm, the authors and whoever promised it too."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import look
from cms.content.models import Edition
from cms.content.states import EditionState
from cms.kernel.clock import to_ms
from cms.notices.alarms import raise_alarm
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell_all
from cms.people.permissions import Action
from cms.planning.models import Occurrence, Target
from cms.planning.occurrences import OPEN, OccurrenceKind
from cms.publishing.models import Delivery
from cms.publishing.publish import fail_to_publish
from cms.publishing.states import DeliveryState
from schedules.clashes import said

MISSED: Final = "planning.missed"
# A worker that is up takes an occurrence within a second; what waits for longer has been lost by somebody.
OVERDUE: Final = dt.timedelta(minutes=5)
_LOST: Final = "planning.promise_lost"


async def alarm_of_promise(session: AsyncSession, promise: Occurrence, *, code: str, now: dt.datetime) -> None:
    """A promise that was not kept: missed or refused at its time."""
    if promise.edition_id is None:
        return
    kind = "missed" if code == MISSED else "failed"
    await _alarm(session, promise.edition_id, f"promise:{promise.id}", kind, promise.at, promise.actor_id, now)


async def tell_of_delivery(session: AsyncSession, row: Delivery, state: DeliveryState, *, now: dt.datetime) -> None:
    """A delivery that was missed raises an alarm; one that failed tells those who may try again, and the authors.

    An account that only an administrator can mend is one cause, however many deliveries wait for it.
    """
    if row.edition_id is None:
        return
    if state is DeliveryState.MISSED:
        await _alarm(session, row.edition_id, f"late:{row.publication_id}", "missed", row.at, None, now)
    elif state is DeliveryState.FAILED:
        held = await look(session, row.edition_id)
        target = await session.get_one(Target, row.target_id)
        people = {*await who_may(session, Action.PUBLISHING_RETRY, held.unit.path), held.document.created_by}
        await tell_all(
            session,
            people | held.authors | {held.edition.holder_id},
            cause=f"delivery:{row.id}",
            subject="notices.subject.delivery",
            params={"title": held.document.title, "target": target.name},
            href=f"/desk/documents/{held.document.public_id}/publish",
            now=now,
        )


async def tell_of_account(session: AsyncSession, account: uuid.UUID, *, now: dt.datetime) -> None:
    """An account was paused: one message, however many pieces wait for it."""
    target = await session.get_one(Target, account)
    people = await who_may(session, Action.TARGET_MANAGE, target.unit_path)
    await tell_all(
        session,
        people,
        cause=f"account:{target.code}",
        subject="notices.subject.account",
        params={"target": target.name},
        href=f"/desk/targets/{target.code}",
        now=now,
    )


async def delivery_is_well(session: AsyncSession, delivery: uuid.UUID, *, now: dt.datetime) -> None:
    """What was told of its failure is over."""
    await settle(session, cause=f"delivery:{delivery}", now=now)


async def lost_promises(session: AsyncSession, *, now: dt.datetime) -> Sequence[Edition]:
    """Scheduled editions whose time has come and which no row of the runner will ever publish."""
    open_ = select(Occurrence.id).where(
        Occurrence.edition_id == Edition.id,
        Occurrence.kind == OccurrenceKind.PUBLISH.value,
        Occurrence.state.in_(OPEN),
    )
    query = select(Edition).where(
        Edition.state == EditionState.SCHEDULED.value, Edition.scheduled_at < now - OVERDUE, ~exists(open_)
    )
    return (await session.scalars(query.order_by(Edition.document_id).limit(50))).all()


async def sweep_lost(session: AsyncSession, *, now: dt.datetime) -> int:
    """Nothing vanishes: a promise whose row was given up is failed on the edition and raises an alarm."""
    lost = await lost_promises(session, now=now)
    for edition in lost:
        at = edition.scheduled_at or now
        await fail_to_publish(session, edition.id, code=_LOST, params={}, now=now)
        await _alarm(session, edition.id, f"lost:{edition.id}:{to_ms(at)}", "failed", at, None, now)
    return len(lost)


async def _alarm(  # noqa: PLR0917 - private
    session: AsyncSession,
    edition: uuid.UUID,
    cause: str,
    kind: str,
    at: dt.datetime,
    promised_by: uuid.UUID | None,
    now: dt.datetime,
) -> None:
    held = await look(session, edition)
    also = {held.document.created_by, held.edition.holder_id, *held.authors}
    await raise_alarm(
        session,
        cause=cause,
        unit=held.unit.path,
        subject=f"notices.subject.{kind}",
        params={"title": held.document.title, "at": said(at)},
        href=f"/desk/documents/{held.document.public_id}/publish",
        now=now,
        also=sorted(also | ({promised_by} if promised_by is not None else set())),
    )
