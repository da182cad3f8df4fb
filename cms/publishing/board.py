"""The account board: how each account stands, by the rows alone."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.clock import from_ms
from cms.people.actor import Actor
from cms.people.permissions import Action, require_reach
from cms.planning.models import Target
from cms.publishing.models import Delivery, Receipt
from cms.publishing.services.models import AccountBudget, AccountValue
from cms.publishing.silence import silent_days
from cms.publishing.states import OPEN, DeliveryState
from cms.publishing.upkeep import REMEMBERED

_DAY: Final = dt.timedelta(days=1)
_WEEK: Final = dt.timedelta(days=7)
_OPEN: Final = [state.value for state in sorted(OPEN)]
_BAD: Final = [DeliveryState.FAILED.value, DeliveryState.MISSED.value]


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account: what went out, what waits, and what its platform holds back.

    Attributes:
        last_post_at: the newest proof that something of ours went live; None for never.
        held_until: when a quota lets the next one through; None while none holds anything.
        taken: of each budget the instants of its last period.
        upkeep: what the daily look left behind.
    """

    target: Target
    last_post_at: dt.datetime | None
    posts_day: int
    posts_week: int
    waiting: int
    troubled: int
    tasks: int
    held_until: dt.datetime | None
    taken: Mapping[str, Sequence[dt.datetime]]
    upkeep: Mapping[str, Any]

    def silent_days(self, now: dt.datetime) -> int:
        """Whole days since the last post, or since the account was added."""
        return silent_days(self.last_post_at, self.target.created_at, now)


async def account_lines(
    session: AsyncSession, actor: Actor, kinds: Collection[str], *, now: dt.datetime
) -> Sequence[AccountLine]:
    """Every account of these channel kinds that the actor may see, those that are switched off last."""
    within = or_(
        *(Target.unit_path.startswith(path, autoescape=True) for path in require_reach(actor, Action.PUBLISHING_READ))
    )
    query = select(Target).where(Target.kind.in_(kinds), within)
    rows = (await session.scalars(query.order_by(Target.active.desc(), Target.kind, Target.code))).all()
    ids, codes = [row.id for row in rows], [row.code for row in rows]
    posts, counts = await _posts(session, ids, now), await _counts(session, ids)
    taken, kept = await _taken(session, codes), await _kept(session, codes)
    return [
        _line(row, posts.get(row.id), counts.get(row.id), taken.get(row.code, {}), kept.get(row.code, {}))
        for row in rows
    ]


def _line(row: Target, posts: Any, counts: Any, taken: Mapping[str, Any], kept: Mapping[str, Any]) -> AccountLine:
    return AccountLine(
        target=row,
        last_post_at=None if posts is None else posts.last,
        posts_day=0 if posts is None else posts.day,
        posts_week=0 if posts is None else posts.week,
        waiting=0 if counts is None else counts.waiting,
        troubled=0 if counts is None else counts.troubled,
        tasks=0 if counts is None else counts.tasks,
        held_until=None if counts is None else counts.held,
        taken=taken,
        upkeep=kept,
    )


async def _posts(session: AsyncSession, ids: Collection[uuid.UUID], now: dt.datetime) -> Mapping[uuid.UUID, Any]:
    """Proofs that something went live; a correction by the same piece counts as an update too."""
    query = (
        select(
            Receipt.target_id,
            func.max(Receipt.at).label("last"),
            func.sum(case((Receipt.at > now - _DAY, 1), else_=0)).label("day"),
            func.sum(case((Receipt.at > now - _WEEK, 1), else_=0)).label("week"),
        )
        .where(Receipt.target_id.in_(ids), Receipt.state == DeliveryState.LIVE.value)
        .group_by(Receipt.target_id)
    )
    return {row.target_id: row for row in (await session.execute(query)).all()}


async def _counts(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Any]:
    is_open = Delivery.state.in_(_OPEN)
    troubled = Delivery.state.in_(_BAD) | (is_open & Delivery.error_code.is_not(None))
    # What a quota holds back waits with a code of that name, the channel's or our own.
    held = is_open & or_(Delivery.error_code.endswith(".quota"), Delivery.error_code.contains(".own_limit_"))
    query = (
        select(
            Delivery.target_id,
            func.sum(case((is_open, 1), else_=0)).label("waiting"),
            func.sum(case((troubled, 1), else_=0)).label("troubled"),
            func.sum(case((Delivery.state == DeliveryState.MANUAL.value, 1), else_=0)).label("tasks"),
            func.min(case((held, Delivery.not_before))).label("held"),
        )
        .where(Delivery.target_id.in_(ids), is_open | Delivery.state.in_([*_BAD, DeliveryState.MANUAL.value]))
        .group_by(Delivery.target_id)
    )
    return {row.target_id: row for row in (await session.execute(query)).all()}


async def _taken(session: AsyncSession, codes: Collection[str]) -> Mapping[str, dict[str, list[dt.datetime]]]:
    found: dict[str, dict[str, list[dt.datetime]]] = {}
    for row in (await session.scalars(select(AccountBudget).where(AccountBudget.account.in_(codes)))).all():
        found.setdefault(row.account, {})[row.name] = [from_ms(ms) for ms in row.taken]
    return found


async def _kept(session: AsyncSession, codes: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    query = select(AccountValue).where(AccountValue.account.in_(codes), AccountValue.name == REMEMBERED)
    return {row.account: row.value or {} for row in (await session.scalars(query)).all()}
