"""Accounts that wait for an administrator: what only a person can mend is asked of a platform once, not every minute.

A channel says that by the code of its trouble: ``{kind}.setup…`` (a secret, an address, a setting is wrong) and
``{kind}.rights…`` (the platform does not allow this account to do it).
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.errors import Denied, NotFound, Refused
from cms.kernel.wake import ring
from cms.notices.tell import settle
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.planning.models import Target
from cms.publishing.deliveries import ask_again, held_delivery, replaced
from cms.publishing.models import Delivery
from cms.publishing.states import OPEN, STUCK, DeliveryState

_CLASSES: Final = ("setup", "rights")
_OF_THE_HOUSE: Final = frozenset({"publishing.vault_closed", "publishing.outbound_refused"})
_STUCK: Final = [state.value for state in sorted(STUCK)]
_AT_ONCE: Final = 500  # what one press may move; the rest with the next press
_WAITING: Final = [state.value for state in sorted(OPEN - {DeliveryState.SENDING})]


def mended_by_administrator(code: str) -> bool:
    """Whether trying again is of no use before somebody changed the account."""
    return code.partition(".")[2].startswith(_CLASSES) or code in _OF_THE_HOUSE


async def pause(
    session: AsyncSession, target: uuid.UUID, code: str, params: Mapping[str, Any], *, now: dt.datetime
) -> None:
    """Sends nothing more there, except what takes off; the first reason stays."""
    waits = update(Target).where(Target.id == target, Target.paused_at.is_(None))
    values = {"paused_at": now, "paused_code": code, "paused_params": dict(params)}
    await session.execute(waits.values(**values).execution_options(synchronize_session=False))


async def resume(session: AsyncSession, actor: Actor, code: str, *, now: dt.datetime) -> int:
    """Goes on, and tries everything again that waited or failed for the account; returns how many.

    Raises:
        Denied: no right to manage the target.
        NotFound: `planning.no_such_target`.
    """
    target = await session.scalar(select(Target).where(Target.code == code).with_for_update())
    if target is None:
        raise NotFound("planning.no_such_target", target=code[:40])
    require_can(actor, Action.TARGET_MANAGE, Subject(target.unit_path))
    since = target.paused_at
    target.paused_at, target.paused_code, target.paused_params = None, None, None
    await session.flush()
    count = await _all_again(session, target, since or now, now)
    await settle(session, cause=f"account:{code}", now=now)
    await ring(session, "publishing")
    details = {"deliveries": count}
    await record(session, actor, "target.resume", of=("target", code), unit=target.unit_path, details=details, now=now)
    return count


async def retry_account(session: AsyncSession, actor: Actor, code: str, *, now: dt.datetime) -> int:
    """Another try of everything at an account that failed, was missed or waits; returns how many.

    What a later order replaced, and pieces the actor has no right to, are left alone.

    Raises:
        Denied: no right to retry there.
        NotFound: `planning.no_such_target`.
        Refused: `publishing.account_paused`, because nothing would be sent before it is mended.
    """
    target = await session.scalar(select(Target).where(Target.code == code))
    if target is None:
        raise NotFound("planning.no_such_target", target=code[:40])
    require_can(actor, Action.PUBLISHING_RETRY, Subject(target.unit_path))
    if target.paused_at is not None:
        raise Refused("publishing.account_paused")
    # By document, so that two who press at once take their locks in one order.
    query = select(Delivery.id).where(Delivery.target_id == target.id, Delivery.state.in_(_STUCK))
    found = (await session.scalars(query.order_by(Delivery.document_id, Delivery.id).limit(_AT_ONCE))).all()
    count = 0
    for one in found:
        try:
            row, _ = await held_delivery(session, actor, one)
        except Denied:
            continue
        if DeliveryState(row.state) in STUCK and not await replaced(session, row):
            ask_again(row, now)
            count += 1
    await session.flush()
    await ring(session, "publishing")
    details = {"deliveries": count}
    await record(session, actor, "target.retry", of=("target", code), unit=target.unit_path, details=details, now=now)
    return count


async def note_consent(session: AsyncSession, actor: Actor, row: Target, *, now: dt.datetime) -> None:
    """The record of who asked a person to let us post. Raises Denied: no right to manage the target."""
    require_can(actor, Action.TARGET_MANAGE, Subject(row.unit_path))
    await record(session, actor, "target.consent", of=("target", row.code), unit=row.unit_path, now=now)


async def _all_again(session: AsyncSession, target: Target, since: dt.datetime, now: dt.datetime) -> int:
    failed = Delivery.state == DeliveryState.FAILED.value
    wanted = or_(Delivery.state.in_(_WAITING), failed & (Delivery.finished_at >= since))
    query = select(Delivery).where(Delivery.target_id == target.id, wanted).order_by(Delivery.created_at)
    count = 0
    for row in (await session.scalars(query.with_for_update())).all():
        if row.state == DeliveryState.FAILED.value:
            if not mended_by_administrator(row.error_code or "") or await replaced(session, row):
                continue
            row.state = DeliveryState.RETRY.value
        # Asked for now, so it is not late; an open call stays open and is reconciled first.
        row.not_before, row.at, row.attempt, row.lost, row.finished_at = now, now, 0, 0, None
        count += 1
    await session.flush()
    return count
