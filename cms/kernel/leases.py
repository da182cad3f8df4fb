"""Work as leased rows of the domain: claim, renew, finish, fail; there is no second queue beside the truth.

A claim makes a row ours until `lease_until` and raises its `fence`. A worker that dies simply stops renewing; the next
one takes the row with a higher fence, and whatever the dead one still writes is dropped, because `finish` names the
fence it was given. Call everything that writes inside a write block: on PostgreSQL rows are taken with SKIP LOCKED, on
SQLite the block is a ``BEGIN IMMEDIATE``.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from cms.kernel.base import Key

BACKOFF_FIRST: Final = dt.timedelta(seconds=5)
BACKOFF_CAP: Final = dt.timedelta(minutes=15)
_MAX_DOUBLINGS: Final = 10  # 5 s · 2¹⁰ is far beyond the cap; a bigger exponent only overflows


class Leased:
    """The columns of a row that a worker may hold.

    Attributes:
        not_before: it is not looked at earlier.
        attempt: how often it was claimed.
        lost: leases that ran out one after another, each a worker that died or hung on it.
        fence: raised by every claim; the right to finish.
    """

    id: Mapped[Key]
    state: Mapped[str]
    priority: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[dt.datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[dt.datetime | None]


@dataclass(frozen=True, slots=True)
class LeaseRules:
    """Which states a table's rows go through, and how patient we are.

    Attributes:
        ready: states from which a row may be claimed once it is due.
        poisoned: where a row goes that cost `max_lost` workers their lease in a row.
        alone: name of a column whose value may be held once at a time (a delivery's target).
    """

    ready: frozenset[str]
    held: str
    retry: str
    poisoned: str
    lease: dt.timedelta = dt.timedelta(seconds=60)
    max_attempts: int = 12
    max_lost: int = 3
    alone: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to finish a row; `fence` and `owner` must still match when the work is done."""

    id: uuid.UUID
    fence: int
    attempt: int
    owner: str


def backoff(attempt: int, jitter: float) -> dt.timedelta:
    """How long to wait after the `attempt`-th failure (from 1); `jitter` in [0, 1) adds up to a quarter."""
    doublings = min(max(attempt - 1, 0), _MAX_DOUBLINGS)
    return min(BACKOFF_CAP, BACKOFF_FIRST * (1 << doublings) * (1 + jitter / 4))


async def is_due(
    session: AsyncSession,
    table: type[Leased],
    rules: LeaseRules,
    *,
    now: dt.datetime,
    where: Sequence[ColumnElement[bool]] = (),
) -> bool:
    """Whether a claim would find something; reads only, so that an idle worker never takes the writer's turn."""
    ready = and_(_ready(table, rules, now), *where)
    found = await session.scalar(select(table.id).where(or_(ready, _lost(table, rules, now))).limit(1))
    return found is not None


async def claim(
    session: AsyncSession,
    table: type[Leased],
    rules: LeaseRules,
    *,
    owner: str,
    now: dt.datetime,
    limit: int = 1,
    poison: Mapping[str, Any] | None = None,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[Claim]:
    """Takes up to `limit` due rows, highest priority first, then longest waiting; `where` narrows which.

    Rows whose lease ran out go back to `rules.retry` first, or, when that keeps happening, to `rules.poisoned` with the
    columns `poison`, so that a person sees why; without this one poisonous row would stop all others.
    """
    await _reap(session, table, rules, now, poison or {})
    query = select(table.id).where(_ready(table, rules, now), *where)
    if rules.alone is not None:
        query = query.where(_first_of_its_kind(table, rules, now))
    order = (table.priority.desc(), table.not_before, table.id)
    # Locked rows are skipped, not waited for: another worker has them in hand at this moment.
    picked = (await session.scalars(query.order_by(*order).limit(limit).with_for_update(skip_locked=True))).all()
    if not picked:
        return []
    taken = (
        update(table)
        .where(table.id.in_(picked))
        .values(
            state=rules.held,
            lease_owner=owner,
            lease_until=now + rules.lease,
            attempt=table.attempt + 1,
            fence=table.fence + 1,
        )
        .returning(table.id, table.fence, table.attempt)
        .execution_options(synchronize_session=False)
    )
    rows = {row.id: row for row in (await session.execute(taken)).all()}
    return [Claim(key, rows[key].fence, rows[key].attempt, owner) for key in picked]


async def _reap(
    session: AsyncSession, table: type[Leased], rules: LeaseRules, now: dt.datetime, poison: Mapping[str, Any]
) -> None:
    query = select(table.id, table.lost).where(_lost(table, rules, now)).with_for_update(skip_locked=True)
    rows = (await session.execute(query)).all()
    gone = [row.id for row in rows if row.lost + 1 >= rules.max_lost]
    back = [row.id for row in rows if row.lost + 1 < rules.max_lost]
    freed: dict[str, Any] = {"lease_owner": None, "lease_until": None, "fence": table.fence + 1}
    for keys, values in ((back, {"state": rules.retry}), (gone, {"state": rules.poisoned, **poison})):
        if keys:
            statement = update(table).where(table.id.in_(keys)).values(**freed, **values, lost=table.lost + 1)
            await session.execute(statement.execution_options(synchronize_session=False))


async def renew(
    session: AsyncSession, table: type[Leased], rules: LeaseRules, held: Claim, *, now: dt.datetime, **values: Any
) -> bool:
    """Prolongs the lease and writes `values`, such as progress; False when the row is not ours: the work must stop."""
    return await _write(session, table, rules, held, lease_until=now + rules.lease, **values)


async def finish(
    session: AsyncSession, table: type[Leased], rules: LeaseRules, held: Claim, *, state: str, **values: Any
) -> bool:
    """Ends the work with `state` and further columns; False when somebody else owns it: drop the result."""
    return await _write(session, table, rules, held, state=state, lease_owner=None, lease_until=None, lost=0, **values)


async def fail(
    session: AsyncSession,
    table: type[Leased],
    rules: LeaseRules,
    held: Claim,
    *,
    now: dt.datetime,
    jitter: float,
    failed: str,
    after: dt.timedelta | None = None,
    **values: Any,
) -> str | None:
    """Gives the row back for another try, or into `failed` after the last one; returns its state, None if not ours.

    `after` is a wait somebody asked for (a platform's quota); it replaces the back-off and costs no attempt limit.
    """
    over = after is None and held.attempt >= rules.max_attempts
    state = failed if over else rules.retry
    wait = after if after is not None else backoff(held.attempt, jitter)
    done = await finish(session, table, rules, held, state=state, not_before=now + wait, **values)
    return state if done else None


async def _write(session: AsyncSession, table: type[Leased], rules: LeaseRules, held: Claim, **values: Any) -> bool:
    statement = (
        update(table)
        .where(
            table.id == held.id,
            table.fence == held.fence,
            table.lease_owner == held.owner,
            table.state == rules.held,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101
    return result.rowcount == 1


def _ready(table: Any, rules: LeaseRules, now: dt.datetime) -> ColumnElement[bool]:
    return and_(table.state.in_(sorted(rules.ready)), table.not_before <= now)


def _lost(table: Any, rules: LeaseRules, now: dt.datetime) -> ColumnElement[bool]:
    # A lease far in the future was written before the clock went back; waiting for it would stop the row for hours.
    ran_out = or_(table.lease_until < now, table.lease_until > now + 2 * rules.lease)
    return and_(table.state == rules.held, ran_out)


def _first_of_its_kind(table: type[Leased], rules: LeaseRules, now: dt.datetime) -> ColumnElement[bool]:
    """Nobody holds the kind, and no other due row of it stands before this one."""
    other: Any = aliased(table)
    kind = getattr(table, rules.alone or "")
    same = getattr(other, rules.alone or "") == kind
    before = or_(
        other.priority > table.priority,
        and_(other.priority == table.priority, other.not_before < table.not_before),
        and_(other.priority == table.priority, other.not_before == table.not_before, other.id < table.id),
    )
    busy = select(other.id).where(same, other.state == rules.held).exists()
    earlier = select(other.id).where(same, _ready(other, rules, now), before).exists()
    return and_(~busy, ~earlier)
