"""The outputs of channels, kept by whoever manages the channel: added, changed, taken away, each written down."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.contract import Vault
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Invalid, NotFound, Refused
from cms.kernel.ids import uuid7
from cms.outlets.models import TvOutput, TvOutputState, account_of
from cms.outlets.rules import Checked, OutletForm, OutletKind, checked, masked
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can, require_reach
from cms.planning.models import Target

KIND: Final = "tv"
URL: Final = "url"
MOST: Final = 200
_SET: Final = ("kind", "rung", "active", "address", "port", "rate", "ttl", "interface", "service")
Vaults = Callable[[str], Vault]


@dataclass(frozen=True, slots=True)
class OutletRow:
    """An output with its channel, and what its sender last said."""

    output: TvOutput
    target: Target
    state: TvOutputState | None


async def add_outlet(
    db: Database, vaults: Vaults, actor: Actor, code: str, form: OutletForm, *, anywhere: bool, now: dt.datetime
) -> TvOutput:
    """A new output of a channel.

    Raises Invalid `outlets.form`, NotFound `outlets.no_channel`, Conflict `outlets.taken`, Refused `outlets.many`.
    """
    values = checked(form, anywhere=anywhere)
    async with db.write() as session:
        target = await _channel(session, actor, code)
        if (await session.scalar(select(func.count()).select_from(TvOutput)) or 0) >= MOST:
            raise Refused("outlets.many", most=MOST)
        await _free(session, values, None)
        row = TvOutput(id=uuid7(now), target_id=target.id, created_by=actor.person, created_at=now)
        # A push is not started before its address lies in the vault.
        _fill(row, values, active=values.active and values.kind is OutletKind.UDP)
        session.add(row)
        await session.flush()
        await _record(session, actor, "output.add", row, target, now=now)
    if values.url:
        await vaults(account_of(row.id)).put(URL, values.url)
        if values.active:
            async with db.write() as session:
                (await session.get_one(TvOutput, row.id)).active = True
    return row


async def edit_outlet(
    db: Database, vaults: Vaults, actor: Actor, output: uuid.UUID, form: OutletForm, *, anywhere: bool, now: dt.datetime
) -> TvOutput:
    """Changes an output; its kind stays. Raises as `add_outlet`, and NotFound `outlets.none`."""
    async with db.read() as session:
        before = (await outlet_of(session, actor, output)).output
    keeps = before.kind == OutletKind.PUSH
    values = checked(form, anywhere=anywhere, keeps_url=keeps)
    if values.kind != before.kind:
        raise Invalid("outlets.form", fields={"kind": "outlets.kind"})
    if values.url:
        await vaults(account_of(output)).put(URL, values.url)
    async with db.write() as session:
        found = await outlet_of(session, actor, output, lock=True)
        await _free(session, values, output)
        _fill(found.output, values, active=values.active)
        found.output.version += 1
        await session.flush()
        await _record(session, actor, "output.edit", found.output, found.target, now=now)
    return found.output


async def remove_outlet(session: AsyncSession, actor: Actor, output: uuid.UUID, *, now: dt.datetime) -> None:
    """Takes an output away; what is on its way in this slot still goes out. Raises NotFound `outlets.none`."""
    found = await outlet_of(session, actor, output, lock=True)
    await _record(session, actor, "output.remove", found.output, found.target, now=now)
    await session.execute(delete(TvOutputState).where(TvOutputState.output_id == output))
    await session.delete(found.output)
    await session.flush()


async def outlets(session: AsyncSession, actor: Actor) -> Sequence[OutletRow]:
    """The outputs of the channels the actor manages, by channel."""
    query = _rows().where(_reached(actor)).order_by(Target.name, TvOutput.created_at, TvOutput.id)
    return [OutletRow(*row) for row in (await session.execute(query)).all()]


async def channels(session: AsyncSession, actor: Actor) -> Sequence[Target]:
    """The television channels the actor manages."""
    query = select(Target).where(Target.kind == KIND, _reached(actor)).order_by(Target.name)
    return (await session.scalars(query)).all()


async def outlet_of(session: AsyncSession, actor: Actor, output: uuid.UUID, *, lock: bool = False) -> OutletRow:
    """Raises NotFound `outlets.none`."""
    query = _rows().where(TvOutput.id == output)
    if lock:
        query = query.with_for_update(of=TvOutput)
    row = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise NotFound("outlets.none")
    found = OutletRow(*row)
    require_can(actor, Action.TARGET_MANAGE, Subject(found.target.unit_path))
    return found


def _rows() -> Any:
    query = select(TvOutput, Target, TvOutputState).join(Target, Target.id == TvOutput.target_id)
    return query.outerjoin(TvOutputState, TvOutputState.output_id == TvOutput.id)


def _reached(actor: Actor) -> Any:
    paths = require_reach(actor, Action.TARGET_MANAGE)
    return or_(*(Target.unit_path.startswith(path, autoescape=True) for path in paths))


async def _channel(session: AsyncSession, actor: Actor, code: str) -> Target:
    row = await session.scalar(select(Target).where(Target.code == code, Target.kind == KIND))
    if row is None:
        raise NotFound("outlets.no_channel")
    require_can(actor, Action.TARGET_MANAGE, Subject(row.unit_path))
    return row


async def _free(session: AsyncSession, values: Checked, but: uuid.UUID | None) -> None:
    """Two streams into one address would be noise. Raises Conflict `outlets.taken`."""
    if values.kind is not OutletKind.UDP:
        return
    query = select(TvOutput.id).where(TvOutput.address == values.address, TvOutput.port == values.port)
    if (await session.scalars(query.where(TvOutput.id != but))).first() is not None:
        raise Conflict("outlets.taken", address=values.address, port=values.port)


def _fill(row: TvOutput, values: Checked, *, active: bool) -> None:
    for name in _SET:
        setattr(row, name, getattr(values, name))
    row.kind, row.active = values.kind.value, active
    if values.url:
        row.url = masked(values.url)


async def _record(
    session: AsyncSession, actor: Actor, action: str, row: TvOutput, target: Target, *, now: dt.datetime
) -> None:
    details = {"channel": target.code, "url": row.url} | {name: getattr(row, name) for name in _SET}
    await record(session, actor, action, of=("output", str(row.id)), unit=target.unit_path, details=details, now=now)
