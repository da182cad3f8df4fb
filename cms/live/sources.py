"""The sources of channels, kept by whoever manages the channel: added, changed, taken away, each written down."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.contract import Vault
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.live.models import LiveSource, LiveState, LiveTake, account_of
from cms.live.rules import Checked, SourceForm, SourceKind, checked
from cms.outlets.rules import masked
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, reach, require_can, require_reach
from cms.planning.models import Target
from cms.publishing.onair.models import CHANNEL, CutInRow

SECRET: Final = "secret"  # noqa: S105 - the name under which it lies in the vault
MOST: Final = 50
Vaults = Callable[[str], Vault]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its channel, what its receiver last said, and the order that has it on air."""

    source: LiveSource
    target: Target
    state: LiveState | None
    take: LiveTake | None = None
    cut_in: CutInRow | None = None


async def add_source(
    db: Database, vaults: Vaults, actor: Actor, code: str, form: SourceForm, *, anywhere: bool, now: dt.datetime
) -> LiveSource:
    """A new source of a channel.

    Raises Invalid `live.form`, NotFound `live.no_channel`, Conflict `live.port_taken`, Refused `live.many`.
    """
    values = checked(form, anywhere=anywhere)
    async with db.write() as session:
        target = await session.scalar(select(Target).where(Target.code == code, Target.kind == CHANNEL))
        if target is None:
            raise NotFound("live.no_channel")
        require_can(actor, Action.TARGET_MANAGE, Subject(target.unit_path))
        if (await session.scalar(select(func.count()).select_from(LiveSource)) or 0) >= MOST:
            raise Refused("live.many", most=MOST)
        await _free(session, values, None)
        row = LiveSource(id=uuid7(now), target_id=target.id, created_by=actor.person, created_at=now)
        # Nothing is received before the secret lies in the vault.
        _fill(row, values, active=False)
        session.add(row)
        await session.flush()
        await _record(session, actor, "live.add", row, target, now)
    await vaults(account_of(row.id)).put(SECRET, values.secret)
    if values.active:
        async with db.write() as session:
            (await session.get_one(LiveSource, row.id)).active = True
    return row


async def edit_source(
    db: Database, vaults: Vaults, actor: Actor, source: uuid.UUID, form: SourceForm, *, anywhere: bool, now: dt.datetime
) -> LiveSource:
    """Changes a source; its kind stays. Raises as `add_source`, and NotFound `live.none`."""
    async with db.read() as session:
        before = (await source_of(session, actor, source, Action.TARGET_MANAGE)).source
    values = checked(form, anywhere=anywhere, keeps=True)
    if values.kind != before.kind:
        raise Invalid("live.form", fields={"kind": "live.kind"})
    if values.secret:
        await vaults(account_of(source)).put(SECRET, values.secret)
    async with db.write() as session:
        found = await source_of(session, actor, source, Action.TARGET_MANAGE)
        await _free(session, values, source)
        _fill(found.source, values, active=values.active)
        found.source.version += 1
        await session.flush()
        await _record(session, actor, "live.edit", found.source, found.target, now)
    return found.source


async def source_of(session: AsyncSession, actor: Actor, source: uuid.UUID, action: Action) -> SourceRow:
    """A source, for somebody who may do this on its channel. Raises Denied, NotFound `live.none`."""
    row = (await session.execute(_rows().where(LiveSource.id == source))).one_or_none()
    if row is None:
        raise NotFound("live.none")
    require_can(actor, action, Subject(row[1].unit_path))
    return SourceRow(*row)


async def sources(session: AsyncSession, actor: Actor, *, now: dt.datetime) -> Sequence[SourceRow]:
    """The sources of the channels whose deliveries the actor sees, with what is on air of them."""
    query = _rows().where(reached(actor, Action.PUBLISHING_READ)).order_by(Target.name, LiveSource.created_at)
    rows = [SourceRow(*row) for row in (await session.execute(query)).all()]
    on = {take.source_id: (take, cut) for take, cut in await open_takes(session, now=now)}
    return [SourceRow(one.source, one.target, one.state, *on.get(one.source.id, (None, None))) for one in rows]


async def channels(session: AsyncSession, actor: Actor) -> Sequence[Target]:
    """The television channels the actor manages; none for who manages none."""
    if not reach(actor, Action.TARGET_MANAGE):
        return []
    query = select(Target).where(Target.kind == CHANNEL, Target.active, reached(actor, Action.TARGET_MANAGE))
    return (await session.scalars(query.order_by(Target.name))).all()


async def any_source(session: AsyncSession) -> bool:
    """Whether any source is switched on."""
    return await session.scalar(select(LiveSource.id).where(LiveSource.active).limit(1)) is not None


async def open_takes(session: AsyncSession, *, now: dt.datetime) -> Sequence[tuple[LiveTake, CutInRow]]:
    """What is on air live, or was ordered to be, on any channel."""
    query = select(LiveTake, CutInRow).join(CutInRow, CutInRow.id == LiveTake.cut_in_id)
    query = query.where(CutInRow.ended_at.is_(None), or_(CutInRow.until.is_(None), CutInRow.until > now))
    found = (await session.execute(query.order_by(CutInRow.start_at, CutInRow.id))).all()
    return [(row[0], row[1]) for row in found]


def _rows() -> Any:
    query = select(LiveSource, Target, LiveState).join(Target, Target.id == LiveSource.target_id)
    return query.outerjoin(LiveState, LiveState.source_id == LiveSource.id).execution_options(populate_existing=True)


def reached(actor: Actor, action: Action) -> Any:
    return or_(*(Target.unit_path.startswith(path, autoescape=True) for path in require_reach(actor, action)))


async def _free(session: AsyncSession, values: Checked, but: uuid.UUID | None) -> None:
    """One port, one listener. Raises Conflict `live.port_taken`."""
    if values.kind is SourceKind.LISTEN:
        query = select(LiveSource.id).where(LiveSource.port == values.port, LiveSource.id != but)
        if (await session.scalars(query)).first() is not None:
            raise Conflict("live.port_taken", port=values.port)


def _fill(row: LiveSource, values: Checked, *, active: bool) -> None:
    row.name, row.kind, row.port, row.active = values.name, values.kind.value, values.port, active
    if values.kind is SourceKind.PULL and values.secret:
        row.url = masked(values.secret)


async def _record(  # noqa: PLR0917 - two private callers
    session: AsyncSession, actor: Actor, action: str, row: LiveSource, target: Target, now: dt.datetime
) -> None:
    told = {"channel": target.code, "name": row.name, "kind": row.kind, "url": row.url, "port": row.port}
    details = told | {"active": row.active}
    await record(session, actor, action, of=("live", str(row.id)), unit=target.unit_path, details=details, now=now)
